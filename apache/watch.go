package apache

import (
	"context"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie/internal/driver"
)

// observers are those of the session's config, which go on being told of what is watched. A session of the
// caller's does not tell which it has: they are left in their place, and attempts are told as one.
type observers struct {
	query gocql.QueryObserver
	batch gocql.BatchObserver
}

// watching tells a request's watcher of each attempt, and the session's own observers.
type watching struct {
	*observers
	watched *driver.Watched
}

func (w *watching) ObserveQuery(ctx context.Context, o gocql.ObservedQuery) {
	if w.query != nil {
		w.query.ObserveQuery(ctx, o)
	}
	w.watched.Attempted(o.Start, o.End, hostOf(o.Host), o.Err)
}

func (w *watching) ObserveBatch(ctx context.Context, o gocql.ObservedBatch) {
	if w.batch != nil {
		w.batch.ObserveBatch(ctx, o)
	}
	w.watched.Attempted(o.Start, o.End, hostOf(o.Host), o.Err)
}

// hostOf is the address of a host; "" if there is none.
func hostOf(h *gocql.HostInfo) string {
	if h == nil {
		return ""
	}
	return h.HostnameAndPort()
}

package apache_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
	"github.com/coodie-go/coodie/cqltest"
)

type spanKey struct{}

// watcher is an observer of coodie's, and one of the driver's, that write down what they are told.
type watcher struct {
	mu    sync.Mutex
	told  []string
	last  coodie.Event
	hosts []string
}

func (w *watcher) add(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, s)
}

func (w *watcher) Start(ctx context.Context, e coodie.Event) context.Context {
	w.add("start " + e.Op)
	return context.WithValue(ctx, spanKey{}, e.Op)
}

func (w *watcher) Attempt(_ context.Context, _ coodie.Event, a coodie.Attempt) {
	w.hosts = append(w.hosts, a.Host)
	w.add("attempt")
}

func (w *watcher) Observe(_ context.Context, e coodie.Event) {
	w.last = e
	w.add("end")
}

func (w *watcher) ObserveQuery(ctx context.Context, _ gocql.ObservedQuery) { w.driver(ctx) }
func (w *watcher) ObserveBatch(ctx context.Context, _ gocql.ObservedBatch) { w.driver(ctx) }

func (w *watcher) driver(ctx context.Context) {
	if span, ok := ctx.Value(spanKey{}).(string); ok {
		w.add("driver's in " + span)
	}
}

func (w *watcher) clear() { w.told, w.hosts = nil, nil }

// TestCallIsTold: Connect tells each request and leaves the config's observers in their place; New tells them as one.
func TestCallIsTold(t *testing.T) {
	ctx := t.Context()
	for name, open := range map[string]func(*gocql.ClusterConfig, *watcher) *coodie.DB{
		"Connect": func(cluster *gocql.ClusterConfig, w *watcher) *coodie.DB {
			db, err := apache.Connect(t.Context(), cluster, coodie.WithObserver(w))
			require.NoError(t, err)
			t.Cleanup(db.Close)
			return db
		},
		"New": func(cluster *gocql.ClusterConfig, w *watcher) *coodie.DB {
			return apache.New(session(t, cluster), coodie.WithObserver(w))
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
			w := new(watcher)
			cluster := config(srv)
			cluster.QueryObserver, cluster.BatchObserver = w, w
			db := open(cluster, w)
			table := locks(t, db)
			w.clear()
			_, err := table.New(Lock{Name: "a", Owner: "ann"}).Insert(ctx)
			require.NoError(t, err)
			require.Equal(t, []string{"start insert", "driver's in insert", "attempt", "end"}, w.told)
			require.Equal(t, []string{srv.Addr()}, w.hosts)
			require.Equal(t, srv.Addr(), w.last.Host)
			require.Equal(t, 1, w.last.Attempts)

			w.clear()
			batch := db.Batch()
			table.New(Lock{Name: "b"}).SaveIn(batch)
			table.New(Lock{Name: "c"}).SaveIn(batch)
			require.NoError(t, batch.Exec(ctx))
			require.Equal(t, []string{"start batch", "driver's in batch", "attempt", "end"}, w.told)
			require.Equal(t, []string{srv.Addr()}, w.hosts)

			rows, err := table.Find().With(coodie.WithPageSize(1)).All(ctx)
			require.NoError(t, err)
			require.Len(t, rows, 3)
			require.Equal(t, 3, w.last.Rows)
			if name == "New" {
				require.Zero(t, w.last.Pages)
				return
			}
			require.GreaterOrEqual(t, w.last.Pages, 3)
		})
	}
}

// TestDriverLog: the driver's log, with its levels and fields, goes to the program's logger.
func TestDriverLog(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	handler := slog.NewJSONHandler(locked{&mu, &out}, &slog.HandlerOptions{Level: slog.LevelDebug})
	db, err := apache.Connect(t.Context(), config(srv), coodie.WithDriverLog(slog.New(handler)))
	require.NoError(t, err)
	db.Close()
	mu.Lock()
	defer mu.Unlock()
	require.Contains(t, out.String(), `"logger":"gocql"`)
	require.Contains(t, out.String(), `"level":"INFO"`)
	require.Contains(t, out.String(), `"host_addr":"127.0.0.1"`)
}

type locked struct {
	mu  *sync.Mutex
	out *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

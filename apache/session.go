package apache

import (
	"context"
	"errors"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie/internal/driver"
)

// conn is a session as coodie's seam has it.
type conn struct {
	*gocql.Session
	honest    bool       // the session's retry policy ignores no error
	observers *observers // nil: those of the session are not known
}

func (c *conn) Send(ctx context.Context, r *driver.Request, used driver.Iter) driver.Iter {
	switch r.Kind {
	case driver.LoggedBatch, driver.UnloggedBatch, driver.CounterBatch:
		return c.sendBatch(ctx, r)
	}
	q := c.Query(r.Statement+r.Marks, r.Args(r.Values, argument)...).DefaultTimestamp(false).
		Consistency(gocql.Consistency(r.Consistency)).
		// Not several at once: the values lie in memory that the next call takes over.
		SetSpeculativeExecutionPolicy(&gocql.NonSpeculativeExecution{})
	if r.PageSize > 0 {
		q.PageSize(r.PageSize)
	}
	if r.Prefetch != nil {
		q.Prefetch(*r.Prefetch)
	}
	if r.Unpaged {
		q.PageSize(0)
	}
	if r.ClientTimestamp && (r.Kind == driver.Write || r.Kind == driver.TextBatch) {
		q.WithTimestamp(r.Timestamp)
	}
	if r.Metadata || r.Kind == driver.Read || r.Kind == driver.SerialRead || r.Kind == driver.CAS {
		q.NoSkipMetadata() // those of an LWT change from one execution to the next (CASSANDRA-11099)
	}
	if r.Kind == driver.CAS {
		q.SerialConsistency(gocql.Consistency(r.Serial))
	}
	switch {
	case r.Kind == driver.Read:
		q.Idempotent(!r.Once)
		if r.Page {
			q.PageState(r.PageState) // and no further page
		}
	case c.maySendAgain(r):
		q.Idempotent(true)
	default:
		once(q)
	}
	watched := r.Watched()
	if watched != nil && c.observers != nil {
		q.Observer(&watching{c.observers, watched})
		watched = nil
	}
	iter := q.IterContext(ctx)
	watched.Answered()
	return c.answerOf(r, iter, used, watched)
}

// maySendAgain reports whether the session's retry policy may have a write.
func (c *conn) maySendAgain(r *driver.Request) bool {
	return c.honest && r.Replayable && r.Kind != driver.CAS && r.Kind != driver.SerialRead && r.Kind != driver.Schema
}

// once keeps the driver from sending a statement twice. PageState keeps it from asking for a further page, for
// which it would send the whole statement again.
func once(q *gocql.Query) { q.RetryPolicy(never{}).Idempotent(false).PageState(nil) }

// never is a retry policy that says no.
type never struct{}

func (never) Attempt(gocql.RetryableQuery) bool  { return false }
func (never) GetRetryType(error) gocql.RetryType { return gocql.Rethrow }

// honest is a retry policy that ignores no error: the driver would then forget it.
type honest struct{ gocql.RetryPolicy }

func (h honest) GetRetryType(err error) gocql.RetryType {
	if t := h.RetryPolicy.GetRetryType(err); t != gocql.Ignore {
		return t
	}
	return gocql.Rethrow
}

// sendBatch sends a plain batch, once unless it is replayable. A batch with conditions is a CAS whose statement is
// the whole text `BEGIN BATCH … APPLY BATCH`.
func (c *conn) sendBatch(ctx context.Context, r *driver.Request) driver.Iter {
	types := map[driver.Kind]gocql.BatchType{
		driver.LoggedBatch: gocql.LoggedBatch, driver.UnloggedBatch: gocql.UnloggedBatch, driver.CounterBatch: gocql.CounterBatch,
	}
	b := c.Batch(types[r.Kind]).DefaultTimestamp(false).Consistency(gocql.Consistency(r.Consistency)).
		SpeculativeExecutionPolicy(&gocql.NonSpeculativeExecution{})
	if r.ClientTimestamp {
		b.WithTimestamp(r.Timestamp)
	}
	again := c.maySendAgain(r)
	if !again {
		b.RetryPolicy(never{})
	}
	for _, e := range r.Entries {
		b.Query(e.Statement+r.Marks, r.Args(e.Values, argument)...)
		b.Entries[len(b.Entries)-1].Idempotent = again
	}
	watched := r.Watched()
	if watched != nil && c.observers != nil {
		b.Observer(&watching{c.observers, watched})
		watched = nil
	}
	iter := b.IterContext(ctx)
	watched.Answered()
	return driver.Executed(closed(r, iter, watched))
}

// argument is a value as the driver takes it.
func argument(v *driver.Value) any {
	if v.IsUnset() {
		return gocql.UnsetValue
	}
	return (*value)(v)
}

// value is a driver.Value that the driver encodes.
type value driver.Value

// MarshalCQL implements gocql.Marshaler.
func (v *value) MarshalCQL(info gocql.TypeInfo) ([]byte, error) {
	of := (*driver.Value)(v)
	t, isList := of.Type()
	if of.IsNull() || !isList && same(t, info) || isList && sameElements(t, info) {
		return of.Encode(nil)
	}
	live, err := typeOf(info)
	if err != nil {
		return nil, of.Misfit("another type", err)
	}
	return of.Encode(live)
}

func (c *conn) AwaitSchema(ctx context.Context) error { return c.AwaitSchemaAgreement(ctx) }

func (c *conn) Keyspace() string { return c.Query("").Keyspace() }

// Describe is what the driver knows of a keyspace: nothing of its tables if the config's Metadata.CacheMode says so.
func (c *conn) Describe(name string, _ []string, _ driver.Keyspace) (driver.Keyspace, error) {
	m, err := c.KeyspaceMetadata(name)
	if err != nil {
		return nil, err
	}
	return &described{m}, nil
}

// errIgnored is the error of a read whose error the session's retry policy has ignored.
var errIgnored = errors.New("the session's retry policy ignored an error of the driver, which has forgotten it")

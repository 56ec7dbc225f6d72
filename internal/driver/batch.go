package driver

import (
	"context"

	"github.com/gocql/gocql"
)

// Entry is one statement of a batch.
type Entry struct {
	Statement string
	Values    []any
}

// sendBatch sends a plain batch, once unless it is replayable. A batch with conditions is a CAS whose statement is
// the whole text `BEGIN BATCH … APPLY BATCH`: gocql's ExecuteBatchCAS scans the first line
// of the answer before its columns can be known, and so loses it.
func (s *sender) sendBatch(ctx context.Context, r *Request) Iter {
	types := map[Kind]gocql.BatchType{
		LoggedBatch: gocql.LoggedBatch, UnloggedBatch: gocql.UnloggedBatch, CounterBatch: gocql.CounterBatch,
	}
	b := s.session.NewBatch(types[r.Kind]).WithContext(ctx).
		DefaultTimestamp(false).SpeculativeExecutionPolicy(gocql.NonSpeculativeExecution{})
	b.SetConsistency(r.Consistency)
	if r.ClientTimestamp {
		b.WithTimestamp(r.Timestamp)
	}
	if !r.Replayable {
		b.RetryPolicy(never{})
	}
	for i := range r.Entries {
		b.Query(s.schema.text(r.Entries[i].Statement), r.Entries[i].Values...)
	}
	err := s.session.ExecuteBatch(b)
	return attempted(r, executed{err}, b.Attempts())
}

// executed is the answer of a batch: no rows.
type executed struct{ err error }

func (executed) Columns() []gocql.ColumnInfo { return nil }
func (executed) Scan(...any) bool            { return false }
func (executed) PageState() []byte           { return nil }
func (e executed) Close() error              { return e.err }

package gocqlv1

import (
	"context"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

// sendBatch sends a plain batch, once unless it is replayable. A batch with conditions is a CAS whose statement is
// the whole text `BEGIN BATCH … APPLY BATCH`: gocql's ExecuteBatchCAS scans the first line
// of the answer before its columns can be known, and so loses it.
func (s session) sendBatch(ctx context.Context, r *driver.Request) driver.Iter {
	types := map[driver.Kind]gocql.BatchType{
		driver.LoggedBatch: gocql.LoggedBatch, driver.UnloggedBatch: gocql.UnloggedBatch, driver.CounterBatch: gocql.CounterBatch,
	}
	b := s.NewBatch(types[r.Kind]).WithContext(ctx).
		DefaultTimestamp(false).SpeculativeExecutionPolicy(gocql.NonSpeculativeExecution{})
	b.SetConsistency(gocql.Consistency(r.Consistency))
	if r.ClientTimestamp {
		b.WithTimestamp(r.Timestamp)
	}
	if !r.Replayable {
		b.RetryPolicy(never{})
	}
	for i := range r.Entries {
		b.Query(r.Entries[i].Statement+r.Marks, r.Args(r.Entries[i].Values, argument)...)
	}
	watched := r.Watched()
	if watched != nil && s.observers != nil {
		b.Observer(&watching{s.observers, watched})
		watched = nil
	}
	err := s.ExecuteBatch(b)
	watched.Answered()
	watched.Ended("", b.Attempts(), err)
	return driver.Executed(closed(told(r, b.Attempts()), err))
}

// Package bucket reads time series whose partitions hold an hour, a day or a month each, so that none
// grows without bound.
//
//	type Reading struct {
//		Sensor string      `cql:"sensor,partition"`
//		Day    coodie.Date `cql:"day,partition"` // coodie.DateOf(bucket.Day.Start(at))
//		At     time.Time   `cql:"at,clustering"`
//		Value  float64     `cql:"value"`
//	}
//
//	week := bucket.Range{Size: bucket.Day, From: monday, To: monday.AddDate(0, 0, 7)}
//	for r, err := range bucket.Rows(ctx, week, 100, func(start time.Time) coodie.Readable[Reading] {
//		return readings.Find(sensor.Eq("s1"), day.Eq(coodie.DateOf(start)), at.Ge(week.From), at.Lt(week.To))
//	}) {
//
// A bucket is named by the time at which it begins. Buckets are those of UTC, so none is longer or shorter
// because of a clock change, and every program agrees on them. How the table stores a bucket is up to you: a
// Date, a time.Time, or a text such as start.Format("2006-01").
package bucket

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/coodie-go/coodie"
)

// Size is how much time a bucket holds.
type Size int

// The sizes of buckets. Choose one so that a partition stays below 100 MB.
const (
	Hour Size = iota + 1
	Day
	Month
	Year
)

// Start is the beginning of the bucket that holds t, in UTC; the zero time if s is none of the sizes.
func (s Size) Start(t time.Time) time.Time {
	t = t.UTC()
	switch s {
	case Hour:
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), 0, 0, 0, time.UTC)
	case Day:
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	case Month:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case Year:
		return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// Next is the beginning of the bucket after the one that holds t; the zero time if s is none of the sizes.
func (s Size) Next(t time.Time) time.Time {
	start := s.Start(t)
	switch s {
	case Hour:
		return start.Add(time.Hour)
	case Day:
		return start.AddDate(0, 0, 1)
	case Month:
		return start.AddDate(0, 1, 0)
	case Year:
		return start.AddDate(1, 0, 0)
	}
	return start
}

// DefaultMaxBuckets is the MaxBuckets of a Range that has none: a year of hours.
const DefaultMaxBuckets = 366 * 24

// Range is a span of time, from From up to and without To.
type Range struct {
	Size     Size
	From, To time.Time
	// NewestFirst begins with the last bucket. Order the rows within a bucket alike: by the table's
	// clustering order, or by OrderBy.
	NewestFirst bool
	// MaxBuckets bounds the partitions that may be read; 0 is DefaultMaxBuckets.
	MaxBuckets int
}

// Buckets are the beginnings of the buckets that hold a part of the range, in order: none if To is From. A zero
// time, a To before From, and a range of more than MaxBuckets are an error of KindUsage.
func (r Range) Buckets() ([]time.Time, error) {
	limit := r.MaxBuckets
	if limit == 0 {
		limit = DefaultMaxBuckets
	}
	switch {
	case r.Size < Hour || r.Size > Year:
		return nil, wrong("Size is none of the package's sizes")
	case r.From.IsZero() || r.To.IsZero():
		return nil, wrong("From and To are needed: one of them is the zero time")
	case r.To.Before(r.From):
		return nil, wrong("To is before From; set NewestFirst to read backwards")
	case limit < 0:
		return nil, wrong("MaxBuckets is not negative")
	}
	var out []time.Time
	for start := r.Size.Start(r.From); start.Before(r.To) && r.From.Before(r.To); start = r.Size.Next(start) {
		if len(out) == limit {
			return nil, wrong(fmt.Sprintf("the range has more than %d buckets: choose a greater Size, a shorter range, or set MaxBuckets", limit))
		}
		out = append(out, start)
	}
	if r.NewestFirst {
		slices.Reverse(out)
	}
	return out, nil
}

func wrong(reason string) error {
	return &coodie.Error{Kind: coodie.KindUsage, Op: "buckets", Reason: reason}
}

// Rows reads the rows of the buckets of a range, limit at most; 0 is all. query selects the rows of the
// bucket that begins at start. The first and last bucket also hold rows outside of the range: let query compare the time
// column with From and To.
//
// It is lazy: a bucket is read when the rows of those before have been taken, and when the loop ends, or limit
// rows have been read, no further one is. With a limit, each query is limited to the rows that are still wanted, which
// replaces a Limit of its own. The first error is yielded with a zero row and ends the loop.
func Rows[T any](ctx context.Context, r Range, limit int, query func(start time.Time) coodie.Readable[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		buckets, err := r.Buckets()
		if err == nil && limit < 0 {
			err = wrong("limit is not negative")
		}
		if err == nil && query == nil {
			err = wrong("there is no query")
		}
		if err != nil {
			yield(zero, err)
			return
		}
		left := limit
		for _, start := range buckets {
			of := query(start)
			if of == nil {
				yield(zero, wrong("query returned nil"))
				return
			}
			rows := of.Reads()
			if limit > 0 {
				rows = rows.Limit(left)
			}
			for row, err := range rows.Iter(ctx) {
				if err != nil {
					yield(zero, err)
					return
				}
				if !yield(row, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
		}
	}
}

package bucket_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/bucket"
)

func TestMain(m *testing.M) { leak.Main(m) }

func date(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

// A bucket begins in UTC, whatever zone a time is in, and the next one begins where it ends.
func TestStartAndNext(t *testing.T) {
	for _, c := range []struct {
		size            bucket.Size
		at, start, next string
	}{
		{bucket.Hour, "2024-02-29T23:59:59.999999999Z", "2024-02-29T23:00:00Z", "2024-03-01T00:00:00Z"},
		{bucket.Hour, "2024-03-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-03-01T01:00:00Z"},
		{bucket.Hour, "2024-03-01T00:15:00+05:30", "2024-02-29T18:00:00Z", "2024-02-29T19:00:00Z"},
		{bucket.Day, "2024-02-28T23:30:00-01:00", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
		{bucket.Day, "2023-12-31T12:00:00Z", "2023-12-31T00:00:00Z", "2024-01-01T00:00:00Z"},
		{bucket.Month, "2024-01-31T12:00:00Z", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"},
		{bucket.Month, "2024-12-31T23:30:00-01:00", "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"},
		{bucket.Year, "2024-12-31T23:59:59Z", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"},
		{bucket.Day, "1969-12-31T23:59:59Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"},
	} {
		at := date(t, c.at)
		require.Equal(t, date(t, c.start), c.size.Start(at), "%v", c)
		require.Equal(t, date(t, c.next), c.size.Next(at), "%v", c)
		require.Equal(t, c.size.Start(at), c.size.Start(c.size.Start(at)))
	}
	require.True(t, bucket.Size(0).Start(time.Now()).IsZero())
	require.True(t, bucket.Size(0).Next(time.Now()).IsZero())
}

// Days in which the clocks of Berlin change have 24 hours, as all have.
func TestClockChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	for _, day := range []time.Time{time.Date(2024, 3, 31, 12, 0, 0, 0, berlin), time.Date(2024, 10, 27, 12, 0, 0, 0, berlin)} {
		require.Equal(t, 24*time.Hour, bucket.Day.Next(day).Sub(bucket.Day.Start(day)))
		r := bucket.Range{Size: bucket.Hour, From: day.Add(-12 * time.Hour), To: day.Add(12 * time.Hour)}
		hours, err := r.Buckets()
		require.NoError(t, err)
		require.Len(t, hours, 24)
		for i := range hours[1:] {
			require.Equal(t, time.Hour, hours[i+1].Sub(hours[i]))
		}
	}
}

func TestBuckets(t *testing.T) {
	noon := date(t, "2024-01-30T12:00:00Z")
	names := func(r bucket.Range) (out []string) {
		buckets, err := r.Buckets()
		require.NoError(t, err)
		for _, b := range buckets {
			out = append(out, b.Format("01-02 15h"))
		}
		return out
	}
	days := bucket.Range{Size: bucket.Day, From: noon, To: noon.AddDate(0, 0, 2)}
	require.Equal(t, []string{"01-30 00h", "01-31 00h", "02-01 00h"}, names(days))
	days.NewestFirst = true
	require.Equal(t, []string{"02-01 00h", "01-31 00h", "01-30 00h"}, names(days))
	require.Equal(t, []string{"01-30 00h"}, names(bucket.Range{Size: bucket.Day, From: noon, To: date(t, "2024-01-31T00:00:00Z")}), "without To")
	require.Equal(t, []string{"01-30 12h"}, names(bucket.Range{Size: bucket.Hour, From: noon, To: noon.Add(1)}))
	require.Equal(t, []string{"01-01 00h", "02-01 00h"}, names(bucket.Range{Size: bucket.Month, From: noon, To: noon.AddDate(0, 0, 3)}))
	require.Empty(t, names(bucket.Range{Size: bucket.Day, From: noon, To: noon}))
}

// A range that makes no sense, or has more buckets than anybody would want to read, is refused.
func TestBucketsRefused(t *testing.T) {
	noon := date(t, "2024-01-30T12:00:00Z")
	for _, r := range []bucket.Range{
		{From: noon, To: noon.Add(1)},
		{Size: bucket.Year + 1, From: noon, To: noon.Add(1)},
		{Size: bucket.Day, To: noon},
		{Size: bucket.Day, From: noon},
		{Size: bucket.Day, From: noon, To: noon.Add(-1)},
		{Size: bucket.Day, From: noon, To: noon.Add(1), MaxBuckets: -1},
		{Size: bucket.Day, From: noon, To: noon.AddDate(0, 0, 3), MaxBuckets: 3},
		{Size: bucket.Hour, From: noon, To: noon.AddDate(100, 0, 0)},
	} {
		_, err := r.Buckets()
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage, "%v", r)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		for _, err := range bucket.Rows(t.Context(), r, 0, func(time.Time) coodie.Readable[Reading] { panic("read") }) {
			require.ErrorAs(t, err, &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
		}
	}
	r := bucket.Range{Size: bucket.Day, From: noon, To: noon.AddDate(0, 0, 2), MaxBuckets: 3}
	buckets, err := r.Buckets()
	require.NoError(t, err)
	require.Len(t, buckets, 3)
	for _, err := range bucket.Rows(t.Context(), r, -1, func(time.Time) coodie.Readable[Reading] { panic("read") }) {
		require.Error(t, err)
	}
}

// start returns a week of readings, one every 8 hours from Monday 2024-06-03 04:00.
func start(t *testing.T) (*cqltest.Server, *coodie.Table[Reading], time.Time) {
	t.Helper()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	readings, err := coodie.Open[Reading](coodie.New(session))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, readings).Create(t.Context()))
	monday := date(t, "2024-06-03T00:00:00Z")
	for i := range 21 {
		when := monday.Add(time.Duration(4+8*i) * time.Hour)
		require.NoError(t, readings.New(Reading{"s1", coodie.DateOf(bucket.Day.Start(when)), when, float64(i)}).Save(t.Context()))
	}
	srv.ResetLog()
	return srv, readings, monday
}

// Rows come across buckets in order, within the range, and no bucket is read that is not needed.
func TestRows(t *testing.T) {
	srv, readings, monday := start(t)
	read := func(r bucket.Range, limit, stop int) (values []float64, buckets int) {
		srv.ResetLog()
		for row, err := range bucket.Rows(t.Context(), r, limit, func(start time.Time) coodie.Readable[Reading] {
			q := readings.Find(sensor.Eq("s1"), day.Eq(coodie.DateOf(start)), at.Ge(r.From), at.Lt(r.To))
			if r.NewestFirst {
				return q
			}
			return q.OrderBy(coodie.Asc(at))
		}) {
			require.NoError(t, err)
			if values = append(values, row.Value); len(values) == stop {
				break
			}
		}
		return values, len(srv.Log().Matching(cqltest.On(cqltest.Select, "reading")))
	}
	part := bucket.Range{Size: bucket.Day, From: monday.Add(12 * time.Hour), To: monday.Add(52 * time.Hour)}
	values, buckets := read(part, 0, 0)
	require.Equal(t, []float64{1, 2, 3, 4, 5}, values, "Monday noon up to and without Wednesday 04:00")
	require.Equal(t, 3, buckets)
	part.NewestFirst = true
	values, _ = read(part, 0, 0)
	require.Equal(t, []float64{5, 4, 3, 2, 1}, values)

	year := bucket.Range{Size: bucket.Day, From: monday, To: monday.AddDate(1, 0, 0)}
	for _, c := range []struct{ limit, stop, rows, buckets int }{
		{1, 0, 1, 1}, {3, 0, 3, 1}, {4, 0, 4, 2}, {0, 1, 1, 1}, {0, 3, 3, 1}, {9, 4, 4, 2},
	} {
		values, buckets = read(year, c.limit, c.stop)
		require.Len(t, values, c.rows)
		require.Equal(t, c.buckets, buckets, "%v", c)
	}
	values, buckets = read(year, 1000, 0)
	require.Len(t, values, 21)
	require.Equal(t, 365, buckets)
}

// A bucket that cannot be read ends the loop with its error; the rows before have been given.
func TestRowsError(t *testing.T) {
	srv, readings, monday := start(t)
	srv.Fault(cqltest.On(cqltest.Select, "reading").After(1), cqltest.ReadFailure())
	rows, failed := 0, 0
	week := bucket.Range{Size: bucket.Day, From: monday, To: monday.AddDate(0, 0, 7)}
	for row, err := range bucket.Rows(t.Context(), week, 0, func(start time.Time) coodie.Readable[Reading] {
		return readings.Find(sensor.Eq("s1"), day.Eq(coodie.DateOf(start)))
	}) {
		if err != nil {
			var read *coodie.Error
			require.ErrorAs(t, err, &read)
			require.True(t, !read.Unknown && read.Kind < coodie.KindUsage, "%v", read)
			require.Zero(t, row)
			failed++
			continue
		}
		rows++
	}
	require.Equal(t, 3, rows)
	require.Equal(t, 1, failed)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range bucket.Rows(ctx, week, 0, func(start time.Time) coodie.Readable[Reading] {
		return readings.Find(sensor.Eq("s1"), day.Eq(coodie.DateOf(start)))
	}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestRowsWithoutAQuery(t *testing.T) {
	day := bucket.Range{Size: bucket.Day, From: time.Unix(0, 0), To: time.Unix(1, 0)}
	for says, query := range map[string]func(time.Time) coodie.Readable[Reading]{
		"there is no query":  nil,
		"query returned nil": func(time.Time) coodie.Readable[Reading] { return nil },
	} {
		for _, err := range bucket.Rows(t.Context(), day, 0, query) {
			require.ErrorContains(t, err, says)
			require.Equal(t, coodie.KindUsage, coodie.KindOf(err))
		}
	}
}

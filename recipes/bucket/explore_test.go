//go:build !race

package bucket_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/recipes/bucket"
)

// Whatever read fails, in whatever way: the rows are all there, in their order, or there is an error.
func TestExplore(t *testing.T) {
	explore.Run(t, func(x *explore.T) {
		ctx := x.Context()
		db := coodie.New(x.Session("ann"))
		readings, err := coodie.Open[Reading](db)
		require.NoError(x, err)
		require.NoError(x, coodie.Schema(db, readings).Create(ctx))
		monday := time.Date(2024, 6, 3, 0, 0, 0, 0, time.UTC)
		for i := range 9 {
			x.Server().MustExec("INSERT INTO reading (sensor, day, at, value) VALUES ('s1', ?, ?, ?)",
				monday.AddDate(0, 0, i/3), monday.Add(time.Duration(i)*8*time.Hour), float64(i))
		}
		days := bucket.Range{Size: bucket.Day, From: monday, To: monday.AddDate(0, 0, 3), NewestFirst: true}
		want := 8.0
		for r, err := range bucket.Rows(ctx, days, 0, func(start time.Time) coodie.Readable[Reading] {
			return readings.Find(sensor.Eq("s1"), day.Eq(coodie.DateOf(start))).With(coodie.WithPageSize(2))
		}) {
			if err != nil {
				return
			}
			require.Equal(x, want, r.Value)
			want--
		}
		require.Equal(x, -1.0, want, "rows are missing, without an error")
	})
}

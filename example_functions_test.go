package coodie_test

import (
	"context"
	"fmt"
	"time"

	"github.com/coodie-go/coodie"
)

// Functions that have no name of their own here are called by theirs.
func ExampleCall() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	sugar := tracks.Find(artist.Eq("nina"), year.Eq(1967), no.Eq(1))
	fmt.Println(coodie.Values(sugar, coodie.Call[[]string]("map_keys", plays)).First(ctx))
	fmt.Println(coodie.Values(tracks.Find(artist.Eq("nina")), coodie.Max(coodie.Call[int]("abs", seconds))).First(ctx))
	// Output:
	// [us] <nil>
	// 202 <nil>
}

// One value as the server's JSON; of whole rows see Query.JSON.
func ExampleToJSON() {
	tracks, stop := exampleTracks()
	defer stop()
	for text, err := range coodie.Values(tracks.Find(artist.Eq("nina")), coodie.ToJSON(tags)).Iter(context.Background()) {
		fmt.Println(string(text), err)
	}
	// Output:
	// ["blues", "live"] <nil>
	// ["live"] <nil>
	// null <nil>
}

// A result for each group: those rows that have the same artist and year.
func ExampleQuerySet_GroupBy() {
	type YearStats struct {
		Artist          string
		Year            int
		Tracks          int64
		Shortest, Total *int
	}
	tracks, stop := exampleTracks()
	defer stop()
	for s, err := range coodie.Project[YearStats](tracks.Find().GroupBy(artist, year), coodie.As(coodie.Count[Track](), "tracks"),
		coodie.As(coodie.Min(seconds), "shortest"), coodie.As(coodie.Sum(seconds), "total")).Iter(context.Background()) {
		shortest := "none"
		if s.Shortest != nil {
			shortest = fmt.Sprint(*s.Shortest)
		}
		fmt.Println(s.Artist, s.Year, s.Tracks, shortest, *s.Total, err)
	}
	// Output:
	// nina 1967 1 153 153 <nil>
	// nina 1965 2 202 202 <nil>
	// edith 1960 1 142 142 <nil>
}

// A collection has a time of writing for each of its elements: WriteTime is the latest.
func ExampleWriteTime_collection() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	row := tracks.Find(artist.Eq("nina"), year.Eq(1965), no.Eq(2))
	written := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	must(row.With(coodie.WithTimestamp(written)).Update(ctx, coodie.Entry(plays, "us").Set(1)))
	must(row.With(coodie.WithTimestamp(written.Add(time.Hour))).Update(ctx, coodie.Entry(plays, "fr").Set(2)))
	fmt.Println(coodie.Values(row, coodie.WriteTime(plays)).First(ctx))
	fmt.Println(coodie.Values(row, coodie.Call[[]int64]("writetime", plays)).First(ctx)) // microseconds, in the order of the keys
	// Output:
	// 2030-01-02 04:04:05 +0000 UTC <nil>
	// [1893557045000000 1893553445000000] <nil>
}

// Parts of columns can be selected like columns; Nullable tells null from zero.
func ExampleNullable() {
	tracks, stop := exampleTracks()
	defer stop()
	for n, err := range coodie.Values(tracks.Find(artist.Eq("nina")), coodie.Nullable(coodie.Entry(plays, "us"))).Iter(context.Background()) {
		fmt.Println(n != nil, err)
	}
	// Output:
	// true <nil>
	// false <nil>
	// false <nil>
}

// The only value of a selection; all of them; or one by one.
func ExampleSelection() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	titles := coodie.Values(tracks.Find(artist.Eq("nina"), year.Eq(1965)), title)
	fmt.Println(titles.First(ctx))
	fmt.Println(titles.All(ctx))
	_, err := titles.One(ctx)
	fmt.Println(err)
	// Output:
	// Be My Husband <nil>
	// [Be My Husband Nobody] <nil>
	// coodie: select track (artist, year): several rows where one was expected; First reads one of the rows, and All reads all of them
}

package coodie_test

import (
	"context"
	"fmt"
	"time"

	"github.com/coodie-go/coodie"
)

var seconds = coodie.NullCol(func(t *Track) **int { return &t.Seconds })

// The values of one column, or of one function.
func ExampleValues() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	nina := tracks.Find(artist.Eq("nina"))
	fmt.Println(coodie.Values(nina, title).All(ctx))
	fmt.Println(coodie.Values(nina, seconds).All(ctx)) // null is zero
	lengths, err := coodie.Values(nina, coodie.Nullable(seconds)).All(ctx)
	fmt.Println(*lengths[0], *lengths[1], lengths[2], err) // null is nil
	fmt.Println(coodie.Values(nina, coodie.AnyCol(tracks, "year")).First(ctx))
	fmt.Println(coodie.Values(tracks.Find().Distinct(), artist).All(ctx))
	// Output:
	// [I Want a Little Sugar Be My Husband Nobody] <nil>
	// [153 202 0] <nil>
	// 153 202 <nil> <nil>
	// 1967 <nil>
	// [nina edith] <nil>
}

// Aggregates, in the types of their columns: what may not fit, or has a fraction, is cast.
func ExampleCast() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	nina := tracks.Find(artist.Eq("nina"))
	fmt.Println(coodie.Values(nina, coodie.Sum(coodie.Cast[int64](seconds))).First(ctx))
	fmt.Println(coodie.Values(nina, coodie.Avg(seconds)).First(ctx))
	fmt.Println(coodie.Values(nina, coodie.Avg(coodie.Cast[float64](seconds))).First(ctx))
	longest, err := coodie.Values(tracks.Find(artist.Eq("nobody")), coodie.Nullable(coodie.Max(seconds))).First(ctx)
	fmt.Println(longest, err)
	// Output:
	// 355 <nil>
	// 177 <nil>
	// 177.5 <nil>
	// <nil> <nil>
}

// Several aggregates in one query, into a small struct.
func ExampleProject() {
	type ArtistStats struct {
		Artist  string
		Tracks  int64
		Timed   int64
		Longest *int // nil: no track has a length
	}
	tracks, stop := exampleTracks()
	defer stop()

	stats := coodie.Project[ArtistStats](tracks.Find().GroupBy(artist),
		coodie.As(coodie.Count[Track](), "tracks"), coodie.As(coodie.Count(seconds), "timed"), coodie.As(coodie.Max(seconds), "longest"))
	for s, err := range stats.Iter(context.Background()) {
		fmt.Println(s.Artist, s.Tracks, s.Timed, *s.Longest, err)
	}
	// Output:
	// nina 3 2 202 <nil>
	// edith 1 1 142 <nil>
}

// When a value was written, and how long it has left.
func ExampleWriteTime() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	nobody := tracks.Find(artist.Eq("nina"), year.Eq(1965), no.Eq(2))
	written := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	fmt.Println(nobody.With(coodie.WithTimestamp(written), coodie.WithTTL(time.Hour)).Update(ctx, title.Set("Nobody's Fault but Mine")))
	fmt.Println(coodie.Values(nobody, coodie.WriteTime(title)).First(ctx))
	left, err := coodie.Values(nobody, coodie.TTL(title)).First(ctx)
	fmt.Println(left > 50*time.Minute, err)
	// Output:
	// <nil>
	// 2030-01-02 03:04:05 +0000 UTC <nil>
	// true <nil>
}

// Rows as the server's JSON.
func ExampleQuerySet_JSON() {
	tracks, stop := exampleTracks()
	defer stop()
	for row, err := range tracks.Find(artist.Eq("nina")).Only(title, seconds, tags).JSON().Iter(context.Background()) {
		fmt.Println(string(row), err)
	}
	fmt.Println(coodie.Values(tracks.Find(artist.Eq("edith")), coodie.Cast[string](year)).First(context.Background()))
	// Output:
	// {"title": "I Want a Little Sugar", "seconds": 153, "tags": ["blues", "live"]} <nil>
	// {"title": "Be My Husband", "seconds": 202, "tags": ["live"]} <nil>
	// {"title": "Nobody", "seconds": null, "tags": null} <nil>
	// 1960 <nil>
}

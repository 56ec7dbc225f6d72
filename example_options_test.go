package coodie_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// What a single call can be told, and what ScyllaDB alone knows.
func ExampleWithConsistency() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	nina := tracks.Find(artist.Eq("nina"))
	n, err := nina.With(coodie.WithConsistency(coodie.One), coodie.WithTimeout(time.Second)).Count(ctx)
	fmt.Println(n, err)
	_, err = nina.With(coodie.WithBypassCache(), coodie.WithUsingTimeout(50*time.Millisecond)).All(ctx)
	fmt.Println(strings.Contains(err.Error(), "ScyllaDB's"))
	// Output:
	// 3 <nil>
	// true
}

// A page is read ahead of time once a quarter of the last is left; with Prefetch(0) never.
func ExampleWithPrefetch() {
	session, srv, stop := exampleSession()
	defer stop()
	ctx := context.Background()
	db := coodie.New(session)
	configs, err := coodie.Open[AppConfig](db, coodie.WithPageSize(2))
	must(err)
	must(coodie.Schema(db, configs).Create(ctx))
	for i := range 9 {
		must(configs.New(AppConfig{Key: fmt.Sprint(i)}).Save(ctx))
	}
	srv.ResetLog()
	for _, err := range configs.Find().With(coodie.WithPrefetch(0)).Iter(ctx) {
		must(err)
		break // the rest is never asked for
	}
	fmt.Println(len(srv.Log().Matching(cqltest.On(cqltest.Select, "app_config"))), "page")
	// Output: 1 page
}

// Keys can be changed while links are out: the first key signs, the others are still taken.
func ExampleWithPageTokenKeys() {
	session, _, stop := exampleSession()
	defer stop()
	ctx := context.Background()
	last, next := bytes.Repeat([]byte("last year's"), 3)[:32], bytes.Repeat([]byte("new"), 11)[:32]
	db := coodie.New(session)
	before, err := coodie.Open[AppConfig](db, coodie.WithPageTokenKeys(last))
	must(err)
	must(coodie.Schema(db, before).Create(ctx))
	for _, k := range []string{"a", "b", "c"} {
		must(before.New(AppConfig{Key: k}).Save(ctx))
	}
	link, err := before.Find().With(coodie.WithPageSize(2)).Page(ctx, "")
	must(err)

	after, err := coodie.Open[AppConfig](db, coodie.WithPageTokenKeys(next, last), coodie.WithPageTokenLifetime(time.Hour))
	must(err)
	page, err := after.Find().With(coodie.WithPageSize(2)).Page(ctx, link.Next)
	fmt.Println(len(page.Items), err)

	_, err = after.Find(key.Eq("a")).Page(ctx, link.Next) // not the query it was made for
	fmt.Println(coodie.KindOf(err) == coodie.KindPageToken)
	// Output:
	// 1 <nil>
	// true
}

// What is nil is left alone instead of being written as null.
func ExampleWithOmitNil() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	must(tracks.New(Track{Artist: "nina", Year: 1967, No: 1, Title: "Sugar", Country: "US"}).With(coodie.WithOmitNil()).Save(ctx))
	sugar, err := tracks.Find(artist.Eq("nina"), year.Eq(1967), no.Eq(1)).Get(ctx)
	fmt.Println(sugar.Title, sugar.Tags, err)
	// Output: Sugar [blues live] <nil>
}

// Increments in one round trip. A counter can be selected and summed up, but not set.
func ExampleDB_CounterBatch() {
	type PageViews struct {
		URL   string `cql:"url,partition"`
		Views int64  `cql:"views,type=counter"`
	}
	url := coodie.Col(func(p *PageViews) *string { return &p.URL })
	views := coodie.Col(func(p *PageViews) *int64 { return &p.Views })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	pages, err := coodie.Open[PageViews](db)
	must(err)
	must(coodie.Schema(db, pages).Create(ctx))

	batch := db.CounterBatch()
	pages.Find(url.Eq("/")).UpdateIn(batch, coodie.Increment(views, 3))
	pages.Find(url.Eq("/about")).UpdateIn(batch, coodie.Increment(views, 4))
	fmt.Println(batch.Exec(ctx))
	fmt.Println(coodie.Values(pages.Find(url.Eq("/about")), views).First(ctx))
	fmt.Println(coodie.Values(pages.Find(), coodie.Sum(views)).First(ctx))
	// Output:
	// <nil>
	// 4 <nil>
	// 7 <nil>
}

// The same table of another cluster, with that DB's defaults.
func ExampleTable_On() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	elsewhere, _, stop2 := exampleSession()
	defer stop2()
	db := coodie.New(session)
	live, err := coodie.Open[AppConfig](db)
	must(err)
	away := coodie.New(elsewhere)
	archive, err := live.On(away)
	must(err)
	must(coodie.Schema(db, live).Create(ctx))
	must(coodie.Schema(away, live).Create(ctx)) // the same table there

	must(live.New(AppConfig{Key: "flag", Value: "on"}).Save(ctx))
	for c, err := range live.Scan(ctx) {
		must(err)
		must(archive.New(c).Save(ctx))
	}
	must(live.Truncate(ctx))
	left, _ := live.Find().Count(ctx)
	kept, err := archive.Find(key.Eq("flag")).Get(ctx)
	fmt.Println(left, kept.Value, err)
	// Output: 0 on <nil>
}

// A day without a time and a zone. The zero Date is null.
func ExampleDate() {
	first, err := coodie.ParseDate("2026-02-28")
	fmt.Println(first.AddDays(1), err)
	fmt.Println(first.Compare(coodie.DateOf(time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC))) < 0, first.In(time.UTC))
	_, err = coodie.ParseDate("2026-02-30")
	fmt.Println(err != nil, coodie.Date{}.IsZero())
	// Output:
	// 2026-03-01 <nil>
	// true 2026-02-28 00:00:00 +0000 UTC
	// true true
}

// Conditions that a program puts together. An empty list is an error, never a plain write.
func ExampleQuerySet_IfAll() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()
	sugar := tracks.Find(artist.Eq("nina"), year.Eq(1967), no.Eq(1))

	var conditions []coodie.Cond[Track]
	for column, value := range map[string]any{"title": "I Want a Little Sugar"} {
		conditions = append(conditions, coodie.AnyCol(tracks, column).Eq(value))
	}
	res, err := sugar.IfAll(conditions).Update(ctx, title.Set("Sugar"))
	fmt.Println(res.Applied, err)
	_, err = sugar.IfAll(nil).Update(ctx, title.Set("Sugar"))
	fmt.Println(err)
	// Output:
	// true <nil>
	// coodie: update track (artist, year, no): IfAll got no condition; an unconditional write is Update or Delete without If
}

// A condition that could hold on a row that is not there would create it, which has to be
// said.
func ExampleConditionalWrite_AllowCreate() {
	tracks, stop := exampleTracks()
	defer stop()
	ctx := context.Background()

	unnamed := tracks.Find(artist.Eq("edith"), year.Eq(1961), no.Eq(1)).If(seconds.IsNull())
	_, err := unnamed.Update(ctx, title.Set("Milord"))
	fmt.Println(err != nil)
	res, err := unnamed.AllowCreate().Update(ctx, title.Set("Milord"))
	fmt.Println(res.Applied, err)
	titles(tracks.Find(artist.Eq("edith")))
	// Output:
	// true
	// true <nil>
	// Milord | Non, je ne regrette rien
}

// A text that the parser does not know, because the server is newer, goes through as it is.
func ExampleRaw_Unparsed() {
	session, _, stop := exampleSession()
	defer stop()
	ctx, db := context.Background(), coodie.New(session)

	novelty := db.Raw("DESCRIBE NOVELTY app")
	for _, err := range novelty.Rows(ctx) {
		fmt.Println(strings.Contains(err.Error(), "if it is right for your server, Unparsed sends it as it is"))
	}
	for _, err := range novelty.Unparsed().Rows(ctx) { // this server does not know it, either
		fmt.Println(coodie.KindOf(err))
	}
	// Output:
	// true
	// syntax
}

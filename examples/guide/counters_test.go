package guide_test

import (
	"fmt"

	"github.com/coodie-go/coodie"
)

type PageHits struct {
	URL            string `cql:"url,partition"`
	Views          int64  `cql:"views,type=counter"`
	UniqueVisitors int64  `cql:"unique_visitors,type=counter"`
}

var (
	pageURL  = coodie.Col(func(p *PageHits) *string { return &p.URL })
	views    = coodie.Col(func(p *PageHits) *int64 { return &p.Views })
	visitors = coodie.Col(func(p *PageHits) *int64 { return &p.UniqueVisitors })
)

// A counter can only be counted, and a counter table holds nothing else.
func Example_counters() {
	db, _, stop := connect()
	defer stop()
	pages := open[PageHits](db)
	home := pages.Find(pageURL.Eq("/home"))

	check(home.Update(ctx, coodie.Increment(views, 3), coodie.Increment(visitors, 1)))
	check(home.Update(ctx, coodie.Decrement(views, 1)))
	read, err := home.Get(ctx)
	fmt.Println(read.Views, read.UniqueVisitors, err)

	err = pages.New(PageHits{URL: "/home"}).Save(ctx)
	fmt.Println(err != nil)
	// Output:
	// 2 1 <nil>
	// true
}

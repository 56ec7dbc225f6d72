// Counter counts page views by a counter column, and tickets exactly, by Mutate.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Views struct {
	Page string `cql:"page,partition"`
	N    int64  `cql:"n,type=counter"`
}

type Tickets struct {
	Show    string      `cql:"show,partition"`
	Sold    int         `cql:"sold"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	page  = coodie.Col(func(v *Views) *string { return &v.Page })
	views = coodie.Col(func(v *Views) *int64 { return &v.N })
	show  = coodie.Col(func(t *Tickets) *string { return &t.Show })
)

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	pages, err := coodie.Open[Views](db)
	check(err)
	tickets, err := coodie.Open[Tickets](db, coodie.WithLWTOnly())
	check(err)
	check(coodie.Schema(db, pages, tickets).Create(ctx))

	for range 3 {
		check(pages.Find(page.Eq("/")).Update(ctx, coodie.Increment(views, 1)))
	}
	home, err := pages.Find(page.Eq("/")).Get(ctx)
	fmt.Println(home.N, "views", err)

	for range 3 {
		res, err := tickets.Find(show.Eq("opera")).Mutate(ctx, func(_ context.Context, t *Tickets) error {
			t.Sold++
			return nil
		}, coodie.OrCreate())
		check(err)
		fmt.Println(res.Value.Sold, "sold")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

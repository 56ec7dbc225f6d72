// Batch moves a reservation from one seat to another, if both are as expected.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Seat struct {
	Show   string `cql:"show,partition"`
	No     int    `cql:"no,clustering"`
	Holder string `cql:"holder"`
}

var (
	show   = coodie.Col(func(s *Seat) *string { return &s.Show })
	no     = coodie.Col(func(s *Seat) *int { return &s.No })
	holder = coodie.Col(func(s *Seat) *string { return &s.Holder })
)

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	seats, err := coodie.Open[Seat](db)
	check(err)
	check(coodie.Schema(db, seats).Create(ctx))
	for i, who := range []string{"", "ann", ""} {
		res, err := seats.New(Seat{Show: "opera", No: 6 + i, Holder: who}).Insert(ctx)
		check(cmp.Or(err, res.Err()))
	}

	move := func(from, to int) {
		batch := db.Batch()
		left := seats.Find(show.Eq("opera"), no.Eq(from)).If(holder.Eq("ann")).UpdateIn(batch, holder.Set(""))
		taken := seats.Find(show.Eq("opera"), no.Eq(to)).If(holder.Eq("")).UpdateIn(batch, holder.Set("ann"))
		check(batch.Exec(ctx))
		for _, seat := range []*coodie.Handle[Seat]{left, taken} {
			res, err := seat.Result()
			check(err)
			fmt.Println(res.Applied, res.Conditions())
		}
	}
	move(7, 8)
	move(7, 6)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

package coodie_test

import (
	"context"
	"fmt"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Stock has the writers' slots: its conditional updates are carried out exactly once.
type Stock struct {
	Item string   `cql:"item,partition"`
	Left int      `cql:"left"`
	_    struct{} `cql:"slots,slots"`
}

var (
	stockItem = coodie.Col(func(s *Stock) *string { return &s.Item })
	stockLeft = coodie.Col(func(s *Stock) *int { return &s.Left })
)

// A conditional update of a table with slots is sent again until it is answered, without being applied twice.
func Example_exactlyOnce() {
	session, srv, stop := exampleSession()
	defer stop()
	ctx := context.Background()
	db := coodie.New(session)
	stocks, err := coodie.Open[Stock](db, coodie.WithTable("stocks"))
	must(err)
	must(coodie.Schema(db, stocks).Create(ctx))
	_, err = stocks.New(Stock{Item: "lamp", Left: 7}).Insert(ctx)
	must(err)

	lost := srv.Fault(cqltest.On(cqltest.Update, "stocks").Nth(2), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res, err := stocks.Find(stockItem.Eq("lamp")).If(stockLeft.Eq(7)).Update(ctx, stockLeft.Set(6))
	fmt.Println("answers lost:", lost.Hits())
	fmt.Println("applied:", res.Applied, err)
	// Output:
	// answers lost: 1
	// applied: true <nil>
}

package guide_test

import (
	"fmt"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type StockItem struct {
	ID       gocql.UUID `cql:"id,partition,default=uuid()"`
	Name     string     `cql:"name"`
	Brand    string     `cql:"brand,index"`
	Category string     `cql:"category,index=name=idx_category"`
	Labels   []string   `cql:"labels,set,index=sai"`
}

// An index makes a column one that can be asked for without AllowFiltering. Few distinct
// values are what the plain kind is for; unique ones want a table of their own, as
// recipes/claim keeps.
func Example_keysAndIndexes() {
	db, _, stop := connect()
	defer stop()
	brand := coodie.Col(func(s *StockItem) *string { return &s.Brand })
	labels := coodie.Col(func(s *StockItem) *[]string { return &s.Labels })
	items := open[StockItem](db)
	for _, statement := range coodie.Schema(db, items).CQL()[1:] {
		fmt.Println(statement)
	}
	check(items.New(StockItem{Name: "anvil", Brand: "Acme", Category: "tools", Labels: []string{"heavy"}}).Save(ctx))
	byBrand, err := items.Find(brand.Eq("Acme")).One(ctx)
	fmt.Println(byBrand.Name, err)
	byLabel, err := items.Find(coodie.Contains(labels, "heavy")).One(ctx)
	fmt.Println(byLabel.Name, err)
	// Output:
	// CREATE INDEX IF NOT EXISTS stock_item_brand_idx ON stock_item (brand)
	// CREATE INDEX IF NOT EXISTS idx_category ON stock_item (category)
	// CREATE INDEX IF NOT EXISTS stock_item_labels_values_idx ON stock_item (values(labels)) USING 'sai'
	// anvil <nil>
	// anvil <nil>
}

// Several clustering columns make one order; a row is found by a part of it from its beginning.
func Example_keysClustering() {
	type Event struct {
		Tenant  string      `cql:"tenant_id,partition"`
		Date    coodie.Date `cql:"event_date,clustering,desc"`
		ID      int         `cql:"event_id,clustering"`
		Payload string      `cql:"payload"`
	}
	tenant := coodie.Col(func(e *Event) *string { return &e.Tenant })
	date := coodie.Col(func(e *Event) *coodie.Date { return &e.Date })
	id := coodie.Col(func(e *Event) *int { return &e.ID })
	db, _, stop := connect()
	defer stop()
	events := open[Event](db)
	first := coodie.DateOf(june(1))
	for i, day := range []coodie.Date{first, first, first.AddDays(1)} {
		check(events.New(Event{"t", day, i, fmt.Sprint("event ", i)}).Save(ctx))
	}
	all, err := coodie.Values(events.Find(tenant.Eq("t")), id).All(ctx)
	fmt.Println(all, err)
	after, err := coodie.Values(events.Find(tenant.Eq("t"), coodie.Cols(date, id).Gt(Event{Date: first, ID: 0})), id).All(ctx)
	fmt.Println(after, err)
	_, err = events.Find(tenant.Eq("t"), id.Eq(1)).All(ctx)
	fmt.Println("the date passed over:", err != nil)
	// Output:
	// [2 0 1] <nil>
	// [2 1] <nil>
	// the date passed over: true
}

package guide_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
)

// Go's types have CQL types by default; type= says another.
func Example_fieldTypes() {
	type Reading struct {
		ID      gocql.UUID    `cql:"id,partition,type=timeuuid,default=now()"`
		Big     int           `cql:"big,type=bigint"`
		Small   int16         `cql:"small"`
		Tiny    int8          `cql:"tiny"`
		Wide    int64         `cql:"wide,type=varint"`
		Precise float64       `cql:"precise"`
		Coarse  float32       `cql:"coarse"`
		Code    string        `cql:"code,type=ascii"`
		Price   *inf.Dec      `cql:"price"`
		At      time.Time     `cql:"at"`
		Clock   time.Duration `cql:"clock,type=time"`
		From    netip.Addr    `cql:"source"`
		Photo   []byte        `cql:"photo"`
		Point   *struct {
			X, Y float64
		} `cql:"point,tuple"`
		Tags    []string            `cql:"tags,set,frozen"`
		Seen    map[string]struct{} `cql:"seen"`
		Nested  map[string][]int    `cql:"nested"`
		Comment *string             `cql:"comment"` // nil is null
	}
	db, _, stop := connect()
	defer stop()
	readings := open[Reading](db)
	fmt.Println(coodie.Schema(db, readings).CQL()[0])
	fmt.Println(coodie.Schema(db, readings).Verify(ctx))

	comment := "ok"
	doc := readings.New(Reading{Tiny: -8, Price: inf.NewDec(995, 2), Clock: 7 * time.Hour, From: netip.MustParseAddr("::1"),
		Tags: []string{"b", "a"}, Nested: map[string][]int{"x": {1, 2}}, Comment: &comment})
	check(doc.Save(ctx))
	got, err := readings.Find(coodie.AnyCol(readings, "id").Eq(doc.Value.ID)).Get(ctx)
	fmt.Println(got.Tiny, got.Price, got.Clock, got.From, got.Tags, got.Nested, *got.Comment, got.Point == nil, err)
	// Output:
	// CREATE TABLE IF NOT EXISTS reading (id timeuuid, big bigint, small smallint, tiny tinyint, wide varint, precise double, coarse float, code ascii, price decimal, at timestamp, clock time, source inet, photo blob, point tuple<double, double>, tags frozen<set<text>>, seen set<text>, nested map<text, frozen<list<int>>>, comment text, PRIMARY KEY (id))
	// <nil>
	// -8 9.95 7h0m0s ::1 [a b] map[x:[1 2]] ok true <nil>
}

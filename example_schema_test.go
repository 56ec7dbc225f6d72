package coodie_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/coodie-go/coodie"
)

// Shipment, with its user-defined type and a view, as a program's second release has them.
type Shipment struct {
	Customer string  `cql:"customer,partition"`
	Number   int     `cql:"number,clustering,desc"`
	Ship     *ShipTo `cql:"ship"`
	State    string  `cql:"state,index"`
	Total    int64   `cql:"total"`
}

type ShipmentByState struct {
	State    string `cql:"state,partition"`
	Customer string `cql:"customer,clustering"`
	Number   int    `cql:"number,clustering,desc"`
}

type ShipTo struct {
	Street *string
	City   *string
}

// What the first release left is brought up to date: what adds something is done, the rest is told with its CQL and the
// reason why it was not done.
func ExampleTables_Sync() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	srv.MustExec("CREATE TYPE app.ship_to (street text)")
	srv.MustExec("CREATE TABLE app.shipment (customer text, number int, ship ship_to, total int, PRIMARY KEY (customer, number)) WITH CLUSTERING ORDER BY (number DESC)")

	db := coodie.New(session)
	shipments, err := coodie.Open[Shipment](db, coodie.WithProperty("comment", "what is on its way"))
	must(err)
	byState, err := coodie.OpenView[ShipmentByState](shipments)
	must(err)

	schema := coodie.Schema(db, shipments, byState)
	statements, err := schema.DryRun(ctx)
	must(err)
	for _, cql := range statements {
		fmt.Println(cql)
	}
	done, err := schema.Sync(ctx)
	fmt.Println(len(done), "done")
	var mismatch *coodie.MismatchError
	if errors.As(err, &mismatch) {
		for _, d := range mismatch.Differences {
			fmt.Println(d)
			fmt.Println(d.CQL)
			fmt.Println(d.Reason)
		}
	}
	// Output:
	// ALTER TYPE ship_to ADD city text
	// ALTER TABLE shipment ADD state text
	// ALTER TABLE shipment WITH comment = 'what is on its way'
	// CREATE INDEX IF NOT EXISTS shipment_state_idx ON shipment (state)
	// CREATE MATERIALIZED VIEW IF NOT EXISTS shipment_by_state AS SELECT state, customer, number FROM shipment WHERE state IS NOT NULL AND customer IS NOT NULL AND number IS NOT NULL PRIMARY KEY (state, customer, number) WITH CLUSTERING ORDER BY (customer ASC, number DESC)
	// 5 done
	// app.shipment: column total (field Total): type bigint in the struct, int on the server
	// DROP MATERIALIZED VIEW shipment_by_state; DROP TABLE shipment; CREATE TABLE IF NOT EXISTS shipment (customer text, number int, ship ship_to, state text, total bigint, PRIMARY KEY (customer, number)) WITH CLUSTERING ORDER BY (number DESC) AND comment = 'what is on its way'; CREATE INDEX IF NOT EXISTS shipment_state_idx ON shipment (state)
	// a column's type is fixed; add a column under another name and copy the values, because DROP TABLE loses the rows
}

// A strict comparison also tells what only the server has.
func ExampleTables_Strict() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	shipments, err := coodie.Open[Shipment](db)
	must(err)
	must(coodie.Schema(db, shipments).Create(ctx))
	srv.MustExec("ALTER TABLE app.shipment ADD draft boolean")
	differences, err := coodie.Schema(db, shipments).Strict().Diff(ctx)
	must(err)
	for _, d := range differences {
		fmt.Println(d)
		fmt.Println(d.CQL)
	}
	fmt.Println(coodie.Schema(db, shipments).Verify(ctx))
	// Output:
	// app.shipment: column draft is only on the server: boolean
	// ALTER TABLE shipment DROP draft
	// <nil>
}

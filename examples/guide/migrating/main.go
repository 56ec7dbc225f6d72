// Migrating runs one LWT by gocql and by coodie, on the same session and the same table.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Lock maps the table that is already there. Columns that it lacks stay untouched.
type Lock struct {
	Name  string `cql:"name,partition"`
	Owner string `cql:"owner"`
}

var (
	name  = coodie.Col(func(l *Lock) *string { return &l.Name })
	owner = coodie.Col(func(l *Lock) *string { return &l.Owner })
)

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app"), // a cluster in production
		cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, note text, owner text)"))
	check(err)
	defer server.Close()
	session, err := server.Cluster().CreateSession()
	check(err)
	defer session.Close()

	// gocql: the row that refused is a map of any, in which null is zero.
	row := map[string]any{}
	applied, err := session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'ann') IF NOT EXISTS").
		MapScanCAS(row)
	check(err)
	fmt.Println("gocql:", applied)

	// coodie: columns by name, on the session that the program already has.
	db := coodie.New(session)
	locks, err := coodie.Open[Lock](db, coodie.WithTable("locks"))
	check(err)
	check(coodie.Schema(db, locks).Verify(ctx))
	res, err := locks.New(Lock{Name: "deploy", Owner: "bob"}).Insert(ctx)
	check(err)
	fmt.Println("coodie:", res.Applied, "- held by", res.Existing.Value.Owner)
	res, err = locks.Find(name.Eq("deploy")).If(owner.Eq("ann")).Update(ctx, owner.Set("bob"))
	check(err)
	fmt.Println("handed over:", res.Applied)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

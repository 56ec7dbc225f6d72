// Production connects with a datacenter, a timeout and metrics, migrates the schema, and
// verifies it before the first request.
package main

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/migrate"
	"github.com/coodie-go/coodie/observe"
)

type Lock struct {
	Name    string      `cql:"name,partition"`
	Owner   string      `cql:"owner"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

// In a program of yours: //go:embed migrations/*.cql
var migrations = fstest.MapFS{
	"0001_lock.up.cql":    {Data: []byte("CREATE TABLE lock (name text PRIMARY KEY, owner text);")},
	"0002_attempt.up.cql": {Data: []byte("ALTER TABLE lock ADD attempt uuid;")},
}

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()

	var metrics observe.Metrics
	db, err := coodie.Connect(ctx, server.Cluster(),
		coodie.WithLocalDatacenter("datacenter1"),
		coodie.WithTimeout(5*time.Second), // of a call whose context has no deadline
		coodie.WithSettle(),               // settles unknown outcomes before a call returns
		coodie.WithObserver(&metrics))
	check(err)
	defer db.Close()

	// In a deploy step, before the new version starts.
	migrator, err := migrate.New(db, migrations)
	check(err)
	steps, err := migrator.Up(ctx)
	check(err)
	fmt.Println("migration steps:", len(steps))

	// At start: an error if a table does not have the columns of its struct.
	locks, err := coodie.Open[Lock](db, coodie.WithLWTOnly())
	check(err)
	check(coodie.Schema(db, locks).Verify(ctx))

	// The first response is lost; the call settles it.
	server.Fault(cqltest.On(cqltest.Conditional, "lock").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	for _, who := range []string{"ann", "bob"} {
		res, err := locks.New(Lock{Name: "deploy", Owner: who}).Insert(ctx)
		check(err)
		fmt.Println(who, "has the lock:", res.Applied)
	}
	for _, t := range metrics.Snapshot() {
		if t.Table == "lock" {
			fmt.Printf("%s: %d LWTs, %d refused, %d unknown, %d settled\n", t.Table, t.LWTs, t.Refused, t.Unknown, t.Settled)
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

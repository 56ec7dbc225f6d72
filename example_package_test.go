package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Two workers try to take one lock. The server runs inside the test; a program passes its own
// *gocql.ClusterConfig to Connect.
func Example() {
	type Lock struct {
		Name  string `cql:"name,partition"`
		Owner string `cql:"owner"`
	}
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	locks, err := coodie.Open[Lock](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, locks).Create(ctx); err != nil {
		log.Fatal(err)
	}

	for _, who := range []string{"alice", "bob"} {
		res, err := locks.New(Lock{Name: "deploy", Owner: who}).Insert(ctx) // INSERT … IF NOT EXISTS
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			fmt.Println(who, "may hold the lock: read the row to find out")
		case err != nil:
			fmt.Println(who, "does not hold the lock:", err)
		case res.Applied:
			fmt.Println(who, "holds the lock")
		default:
			fmt.Println(who, "waits for", res.Existing.Value.Owner)
		}
	}
	// Output:
	// alice holds the lock
	// bob waits for alice
}

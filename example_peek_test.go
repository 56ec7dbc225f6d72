package coodie_test

import (
	"context"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/observe"
)

// A claim that mostly finds the row taken: a plain read answers it, and only a row that looks
// free costs an LWT.
func ExampleWithPeekFirst() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	var metrics observe.Metrics
	db := coodie.New(session, coodie.WithObserver(&metrics))
	locks, err := coodie.Open[DeployLock](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, locks).Create(ctx); err != nil {
		log.Fatal(err)
	}

	for _, who := range []string{"alice", "bob", "carol"} {
		res, err := locks.New(DeployLock{Service: "api", LockedBy: who}).With(coodie.WithPeekFirst()).Insert(ctx)
		switch {
		case err != nil:
			log.Fatal(err)
		case res.Applied:
			fmt.Println(who, "holds the lock")
		default:
			fmt.Println(who, "waits for", res.Existing.Value.LockedBy, "- peeked:", res.Peeked)
		}
	}
	of := metrics.Snapshot()[0]
	fmt.Println(of.Reads, "reads,", of.LWTs, "LWT")
	// Output:
	// alice holds the lock
	// bob waits for alice - peeked: true
	// carol waits for alice - peeked: true
	// 3 reads, 1 LWT
}

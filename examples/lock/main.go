// Lock lets two owners race for a deploy lock: one gets it, the other is told who holds
// it, the holder releases it, the other takes over.
//
//	go run ./examples/lock
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/examples/internal/server"
)

type DeployLock struct {
	Service  string    `cql:"service,partition"`
	LockedBy string    `cql:"locked_by"`
	LockedAt time.Time `cql:"locked_at"`
}

func (DeployLock) TableName() string { return "deploy_locks" }

var lockedBy = coodie.Col(func(l *DeployLock) *string { return &l.LockedBy })

func main() {
	session, stop, err := server.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, coodie.New(session, coodie.WithObserver(coodie.ObserverFunc(show)))); err != nil {
		log.Fatal(err)
	}
}

func show(_ context.Context, e coodie.Event) {
	fmt.Printf("    %-8s %s\n", e.Outcome, e.Statement)
}

func run(ctx context.Context, db *coodie.DB) error {
	locks, err := coodie.Open[DeployLock](db)
	if err != nil {
		return err
	}
	if err := coodie.Schema(db, locks).Create(ctx); err != nil {
		return err
	}
	alice := locks.New(DeployLock{Service: "api", LockedBy: "alice", LockedAt: time.Now()})
	bob := locks.New(DeployLock{Service: "api", LockedBy: "bob", LockedAt: time.Now()})
	for _, step := range []struct {
		says string
		does func(context.Context) (coodie.LWTResult[DeployLock], error)
	}{
		{"alice takes the lock", alice.Insert},
		{"bob tries too", bob.Insert},
		{"bob cannot release what is not his", bob.If(lockedBy.Eq("bob")).Delete},
		{"alice releases it", alice.If(lockedBy.Eq("alice")).Delete},
		{"bob takes over", bob.Insert},
		{"bob releases it", bob.If(lockedBy.Eq("bob")).Delete},
	} {
		fmt.Println(step.says)
		res, err := step.does(ctx)
		if err != nil {
			return err // unknown or failed: in neither case does anybody know to hold the lock
		}
		if holder, p := lockedBy.From(res.Existing); p == coodie.StatePresent {
			fmt.Println("    the lock is held by", holder)
		}
	}
	return nil
}

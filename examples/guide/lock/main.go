// Lock runs a job under a lease. A second process is refused until the first has released it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/lease"
)

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	leases, err := lease.Open(db)
	check(err)
	check(leases.Create(ctx))

	ours, err := leases.Acquire(ctx, "reindex", "host-1", 30*time.Second)
	check(err)
	fmt.Println("host-1 works, with token", ours.Token())

	_, err = leases.Acquire(ctx, "reindex", "host-2", 30*time.Second)
	var held *lease.HeldError
	if errors.As(err, &held) {
		fmt.Println("host-2 waits for", held.Owner)
	}
	check(ours.Release(ctx))

	// Do acquires, renews while the function runs, and releases.
	check(leases.Do(ctx, "reindex", "host-2", 30*time.Second, func(ctx context.Context, l *lease.Lease) error {
		fmt.Println("host-2 works, with token", l.Token())
		return ctx.Err() // ctx ends when the lease is lost
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

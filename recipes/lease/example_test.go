package lease_test

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

// exampleDB is a DB on a server of its own, in memory.
func exampleDB() (db *coodie.DB, srv *cqltest.Server, stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	return coodie.New(session), srv, func() { session.Close(); srv.Close() }
}

// One of several processes runs the job, and another one takes over when it is gone.
func Example() {
	db, _, stop := exampleDB()
	defer stop()
	ctx := context.Background()
	leases, err := lease.Open(db)
	if err != nil {
		log.Fatal(err)
	}
	if err := leases.Create(ctx); err != nil {
		log.Fatal(err)
	}

	err = leases.Do(ctx, "reindex", "host-1", 30*time.Second, func(ctx context.Context, l *lease.Lease) error {
		fmt.Println("working under token", l.Token())
		return ctx.Err() // ends when the lease can no longer be vouched for
	})
	fmt.Println(err)

	owner, token, err := leases.Holder(ctx, "reindex")
	fmt.Printf("%q %d %v\n", owner, token, err)
	// Output:
	// working under token 1
	// <nil>
	// "" 1 <nil>
}

// The parts of Do.
func ExampleLeases_Acquire() {
	db, srv, stop := exampleDB()
	defer stop()
	ctx := context.Background()
	leases, err := lease.Open(db, coodie.WithTable("deploy_leases"))
	if err != nil {
		log.Fatal(err)
	}
	if err := leases.Create(ctx); err != nil {
		log.Fatal(err)
	}

	alice, err := leases.Acquire(ctx, "api", "alice", 10*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	_, err = leases.Acquire(ctx, "api", "bob", 10*time.Second)
	var held *lease.HeldError
	if errors.As(err, &held) {
		fmt.Println("held by", held.Owner)
	}

	srv.FastForward(time.Minute) // alice's process is gone
	bob, err := leases.Acquire(ctx, "api", "bob", 10*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("bob's token is greater:", bob.Token() > alice.Token())
	fmt.Println("alice renews:", alice.Renew(ctx))
	fmt.Println("bob releases:", bob.Release(ctx))
	// Output:
	// held by alice
	// bob's token is greater: true
	// alice renews: lease: lost: it has ended, or somebody else has it
	// bob releases: <nil>
}

// Report is what the lease protects. It keeps the greatest token that has written it.
type Report struct {
	Day   string `cql:"day,partition"`
	Text  string `cql:"text"`
	Fence int64  `cql:"fence"`
}

var (
	reportText = coodie.Col(func(r *Report) *string { return &r.Text })
	fence      = coodie.Col(func(r *Report) *int64 { return &r.Fence })
)

// A holder that was held up writes when its lease is somebody else's already: only the token can
// tell.
func ExampleLease_Token() {
	db, srv, stop := exampleDB()
	defer stop()
	ctx := context.Background()
	leases, err := lease.Open(db)
	if err != nil {
		log.Fatal(err)
	}
	reports, err := coodie.Open[Report](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(leases.Create(ctx), coodie.Schema(db, reports).Create(ctx)); err != nil {
		log.Fatal(err)
	}
	if _, err := reports.New(Report{Day: "monday"}).Insert(ctx); err != nil {
		log.Fatal(err)
	}
	write := func(l *lease.Lease) {
		report := reports.New(Report{Day: "monday"})
		res, err := report.If(fence.Le(l.Token())).Update(ctx, reportText.Set("by "+l.Owner()), fence.Set(l.Token()))
		fmt.Println(l.Owner(), res.Applied, err)
	}

	slow, err := leases.Acquire(ctx, "report", "slow", 10*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	srv.FastForward(time.Minute) // for which its process was stopped
	quick, err := leases.Acquire(ctx, "report", "quick", 10*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	write(quick)
	write(slow)
	// Output:
	// quick true <nil>
	// slow false <nil>
}

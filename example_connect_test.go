package coodie_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/observe"
)

// One DB serves a whole program. Its metrics show what its tables are used for.
func ExampleConnect() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	cluster := srv.Cluster() // gocql.NewCluster("10.0.0.1", "10.0.0.2")
	ctx := context.Background()

	var metrics observe.Metrics
	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(&metrics), coodie.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	locks, err := coodie.Open[DeployLock](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, locks).Create(ctx); err != nil {
		log.Fatal(err)
	}
	for _, who := range []string{"alice", "bob"} {
		if _, err := locks.New(DeployLock{Service: "api", LockedBy: who}).Insert(ctx); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := locks.Find(service.Eq("api")).Get(ctx); err != nil {
		log.Fatal(err)
	}
	for _, t := range metrics.Snapshot() {
		fmt.Printf("%s: %d reads, %d LWTs, %d refused, %.0f %% Paxos\n", t.Table, t.Reads, t.LWTs, t.Refused, 100*t.PaxosShare())
	}
	// Output: deploy_locks: 1 reads, 2 LWTs, 1 refused, 67 % Paxos
}

// An error's kind says what to do, whatever the driver calls it.
func ExampleKindOf() {
	srv, err := cqltest.Run(cqltest.WithAuth("ann", "secret"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	log.SetOutput(new(nowhere)) // gocql's
	defer log.SetOutput(os.Stderr)
	cluster := srv.Cluster()
	cluster.Authenticator = nil

	_, err = coodie.Connect(context.Background(), cluster)
	switch kind := coodie.KindOf(err); kind {
	case coodie.KindAuth:
		fmt.Println("auth:", kind.Advice())
	case coodie.KindNoHost, coodie.KindTimeout:
		fmt.Println("try again later")
	}
	// Output: auth: check the cluster config's Authenticator, and what the role has been granted
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

package coodie_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// One DB serves a whole program. The counters show what its tables are used for.
func ExampleConnect() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	cluster := srv.Cluster() // gocql.NewCluster("10.0.0.1", "10.0.0.2")
	ctx := context.Background()

	var counters coodie.Counters
	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(&counters), coodie.WithTimeout(10*time.Second))
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
	for _, t := range counters.Snapshot() {
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

// What wants attention is logged; bound values never are.
func ExampleSlogObserver() {
	session, srv, stop := exampleSession()
	defer stop()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "time" || a.Key == "duration" || a.Key == "error" {
			return slog.Attr{}
		}
		return a
	}}))
	ctx := context.Background()
	locks := openLocks(ctx, session)
	srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS"))

	watched, err := coodie.Open[DeployLock](coodie.New(session), coodie.WithObserver(coodie.SlogObserver(logger)))
	if err != nil {
		log.Fatal(err)
	}
	_, _ = watched.New(DeployLock{Service: "api", LockedBy: "alice"}).Insert(ctx)
	_, _ = locks.Find(service.Eq("api")).Get(ctx)
	// Output: level=WARN msg=coodie op=insert kind=lwt table=deploy_locks outcome=unknown statement="INSERT INTO deploy_locks (service,locked_by,locked_at) VALUES (?,?,?) IF NOT EXISTS"
}

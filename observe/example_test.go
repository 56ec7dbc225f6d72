package observe_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/observe"
)

// DeployLock is a lock that one deployment holds.
type DeployLock struct {
	Service  string `cql:"service,partition"`
	LockedBy string `cql:"locked_by"`
}

// What becomes of the statements on a table is counted.
func ExampleMetrics() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	ctx, cluster := context.Background(), srv.Cluster()
	var metrics observe.Metrics
	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(&metrics))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	locks, err := coodie.Open[DeployLock](db, coodie.WithTable("deploy_locks"))
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
	for _, t := range metrics.Snapshot() {
		fmt.Printf("%s: %d LWTs, %d refused, %d unknown, %d settled\n", t.Table, t.LWTs, t.Refused, t.Unknown, t.Settled)
	}
	// Output: deploy_locks: 2 LWTs, 1 refused, 0 unknown, 0 settled
}

// What wants attention is logged; bound values never are.
func ExampleLog() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "time" || a.Key == "duration" || a.Key == "error" {
			return slog.Attr{}
		}
		return a
	}}))
	ctx := context.Background()
	db, err := coodie.Connect(ctx, srv.Cluster(), coodie.WithObserver(observe.Log(logger)))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	locks, err := coodie.Open[DeployLock](db, coodie.WithTable("deploy_locks"))
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, locks).Create(ctx); err != nil {
		log.Fatal(err)
	}
	srv.Fault(cqltest.On(cqltest.Conditional), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	_, _ = locks.New(DeployLock{Service: "api", LockedBy: "alice"}).Insert(ctx)
	// Output: level=WARN msg=coodie op=insert kind=lwt table=deploy_locks outcome=unknown statement="INSERT INTO deploy_locks (service,locked_by) VALUES (?,?) IF NOT EXISTS"
}

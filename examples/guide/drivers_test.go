package guide_test

import (
	"fmt"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Connect takes gocql's own configuration, checks it, and owns the session.
func Example_drivers() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("my_ks")) // stands for your cluster
	check(err)
	defer srv.Close()

	cluster := srv.Cluster() // gocql.NewCluster("node1", "node2")
	cluster.Keyspace = "my_ks"
	cluster.ConnectTimeout = 30 * time.Second
	db, err := coodie.Connect(ctx, cluster, coodie.WithConsistency(coodie.LocalQuorum))
	check(err)
	defer db.Close()

	commits := open[GitCommit](db)
	fmt.Println(coodie.Schema(db, commits).Verify(ctx))
	// Output: <nil>
}

// A session that you have already is wrapped, and stays yours to close.
func Example_driversOwnSession() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("my_ks"))
	check(err)
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	check(err)
	defer session.Close()

	n, err := open[GitCommit](coodie.New(session)).Find().Count(ctx)
	fmt.Println(n, err)
	// Output: 0 <nil>
}

// There are no names to register: each DB is a value, and each table knows its own.
func Example_driversSeveral() {
	analytics, _, stop := connect()
	defer stop()
	prod, _, stop2 := connect()
	defer stop2()

	live := open[Metric](prod)
	copies, err := live.On(analytics) // the same table on the other cluster
	check(err)
	check(coodie.Schema(analytics, copies).Create(ctx))
	check(live.New(Metric{SensorID: "s1", RecordedAt: june(1), Temperature: 20}).Save(ctx))
	for m, err := range live.Scan(ctx) {
		check(err)
		check(copies.New(m).Save(ctx))
	}
	printMetrics(copies.Find())
	// Output: s1/1
}

// What the mapper has no words for goes through raw.
func Example_driversRaw() {
	db, _, stop := connect()
	defer stop()
	for row, err := range db.Raw("SELECT key, bootstrapped FROM system.local WHERE key = ?", "local").Rows(ctx) {
		var local struct{ Key, Bootstrapped string }
		check(err)
		fmt.Println(row.Scan(&local), local.Key, local.Bootstrapped)
	}
	// Output: <nil> local COMPLETED
}

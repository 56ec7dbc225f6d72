package pages

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type User struct {
	ID   int    `cql:"id,partition"`
	Name string `cql:"name"`
}

var (
	ctx = context.Background()
	id  = coodie.Col(func(u *User) *int { return &u.ID })
)

// start runs a server of its own, with a table of users.
func start() (srv *cqltest.Server, users *coodie.Table[User], stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	must(err)
	db, err := coodie.Connect(ctx, srv.Cluster())
	must(err)
	users, err = coodie.Open[User](db)
	must(err)
	must(coodie.Schema(db, users).Create(ctx))
	return srv, users, func() { db.Close(); srv.Close() }
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example_bulk() {
	srv, sessions, stop := start()
	defer stop()
	batch := []User{{1, "ann"}, {2, "bob"}, {3, "carol"}}
	srv.Fault(cqltest.On(cqltest.Insert).Nth(1), cqltest.Apply, cqltest.WriteTimeout("SIMPLE"))
	err := sessions.SaveAll(ctx, batch, coodie.WithTTL(time.Hour), coodie.WithOmitNil(), coodie.WithConcurrency(64))
	var bulk *coodie.BulkError
	if errors.As(err, &bulk) {
		fmt.Println(len(bulk.Errs))      // what became of each item: nil if it succeeded
		fmt.Println(len(bulk.Failed()))  // the indexes of all that failed,
		fmt.Println(len(bulk.Unknown())) // of those that may have been carried out all the same (ErrOutcomeUnknown),
		fmt.Println(len(bulk.NotSent())) // and of those that were never sent (ErrNotSent)
	}
	// Output:
	// 3
	// 1
	// 1
	// 0
}

func Example_in() {
	_, users, stop := start()
	defer stop()
	must(users.SaveAll(ctx, []User{{1, "ann"}, {2, "bob"}, {3, "carol"}}))
	ids := []int{3, 1}
	for u, err := range users.Find(id.In(ids...)).Iter(ctx) {
		fmt.Println(u.Name, err)
	}
	err := users.Find(id.In(ids...)).Delete(ctx)
	fmt.Println(err)
	// Output:
	// carol <nil>
	// ann <nil>
	// <nil>
}

func Example_scan() {
	_, users, stop := start()
	defer stop()
	must(users.SaveAll(ctx, []User{{1, "ann"}}))
	handle := func(_ context.Context, u User) error {
		fmt.Println(u.Name)
		return nil
	}
	for u, err := range users.Scan(ctx) { // one row after the other
		fmt.Println(u.Name, err)
	}
	err := users.ScanParallel(ctx, handle, coodie.RateLimit(5000)) // a function, called from several goroutines
	fmt.Println(err)
	// Output:
	// ann <nil>
	// ann
	// <nil>
}

func Example_driverError() {
	srv, users, stop := start()
	defer stop()
	inspect := func(message string) { fmt.Println(message) }
	srv.Fault(cqltest.On(cqltest.Select, "user"), cqltest.Invalid("no"))
	_, err := users.Find(id.Eq(1)).Get(ctx)
	var answer gocql.RequestError
	if errors.As(err, &answer) {
		inspect(answer.Message()) // may hold bound values
	}
	// Output: no
}

func Example_session() {
	hosts := []string{"127.0.0.1"}
	cluster := gocql.NewCluster(hosts...)
	cluster.WriteCoalesceWaitTime = 0
	fmt.Println(cluster.WriteCoalesceWaitTime)
	// Output: 0s
}

// The first three conditional writes on locks are answered with a timeout, and not executed.
func TestFirstThree(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TABLE app.locks (name text PRIMARY KEY)"))
	srv.Fault(cqltest.On(cqltest.Conditional, "locks").First(3), cqltest.WriteTimeout("CAS"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()
	for range 3 {
		_, err = session.Query("INSERT INTO locks (name) VALUES ('a') IF NOT EXISTS").MapScanCAS(map[string]any{})
		require.Error(t, err)
	}
	applied, err := session.Query("INSERT INTO locks (name) VALUES ('a') IF NOT EXISTS").MapScanCAS(map[string]any{})
	require.NoError(t, err)
	require.True(t, applied)
}

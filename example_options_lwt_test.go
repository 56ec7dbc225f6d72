package coodie_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// exampleOrders is the table of orders, with one that is new.
func exampleOrders() (orders *coodie.Table[Order], stop func()) {
	session, _, stop := exampleSession()
	ctx := context.Background()
	db := coodie.New(session)
	orders, err := coodie.Open[Order](db)
	must(err)
	must(coodie.Schema(db, orders).Create(ctx))
	_, err = orders.New(Order{ID: 7, State: "new"}).Insert(ctx)
	must(err)
	return orders, stop
}

// A row that is shown to somebody, edited, and written back as a whole, unless it has been written
// by somebody else meanwhile. The version column does that.
func ExampleDocument_IfUnchanged() {
	orders, stop := exampleOrders()
	defer stop()
	ctx := context.Background()

	row, err := orders.Find(orderID.Eq(7), orderLine.Eq(0)).Get(ctx)
	must(err)
	ann, bob := orders.New(row), orders.New(row) // two windows

	ann.Value.State = "paid"
	res, err := ann.IfUnchanged().Replace(ctx)
	fmt.Println(res.Applied, ann.Value.Version == row.Version+1, err)

	bob.Value.State = "cancelled"
	res, err = bob.IfUnchanged().Replace(ctx)
	fmt.Println(res.Applied, res.Conditions()[0].Text, "did hold:", res.Conditions()[0].Held, err)
	// Output:
	// true true <nil>
	// false version = ? did hold: false <nil>
}

// Mutate gives up when somebody else has been quicker so many times. Unqueued lets callers in
// this process fight over the row too.
func ExampleMaxAttempts() {
	orders, stop := exampleOrders()
	defer stop()
	ctx := context.Background()
	order := orders.Find(orderID.Eq(7), orderLine.Eq(0))

	res, err := order.Mutate(ctx, func(_ context.Context, o *Order) error {
		// Somebody else, each time between the read and the write.
		_, err := order.Mutate(ctx, func(_ context.Context, o *Order) error { o.State += "."; return nil }, coodie.Unqueued())
		o.State = "paid"
		return err
	}, coodie.MaxAttempts(3), coodie.Unqueued())
	fmt.Println(errors.Is(err, coodie.ErrContended), res.Attempts, res.Refused)
	// Output: true 3 3
}

// LWTs of one datacenter alone. All programs that touch the table must agree on it.
func ExampleWithSerialConsistency() {
	session, _, stop := exampleSession()
	defer stop()
	for _, option := range [][]coodie.TableOption{
		nil,
		{coodie.WithSerialConsistency(coodie.LocalSerial)},
		{coodie.WithSerialConsistency(coodie.LocalSerial), coodie.WithCommitConsistency(coodie.All)},
	} {
		locks, err := coodie.Open[DeployLock](coodie.New(session), option...)
		must(err)
		plan, err := coodie.Plan(context.Background(), func(ctx context.Context) error {
			_, err := locks.Find(service.Eq("api")).IfExists().Delete(ctx)
			return err
		})
		must(err)
		fmt.Println(plan[0].SerialConsistency, plan[0].Consistency)
	}
	// Output:
	// SERIAL QUORUM
	// LOCAL_SERIAL LOCAL_QUORUM
	// LOCAL_SERIAL ALL
}

// With a timestamp of the client's a plain write is the same when it is sent twice, so that the
// session's retry policy may. It is not for tables of LWTs.
func ExampleWithClientTimestamps() {
	session, _, stop := exampleSession()
	defer stop()
	for _, option := range [][]coodie.TableOption{nil, {coodie.WithClientTimestamps()}} {
		configs, err := coodie.Open[AppConfig](coodie.New(session), option...)
		must(err)
		plan, err := coodie.Plan(context.Background(), func(ctx context.Context) error {
			return configs.New(AppConfig{Key: "flag", Value: "on"}).Save(ctx)
		})
		must(err)
		fmt.Println(plan[0].Idempotent)
	}
	// Output:
	// false
	// true
}

// A statement that certainly was not executed is sent again, an LWT too.
func ExampleWithRetries() {
	session, srv, stop := exampleSession()
	defer stop()
	ctx := context.Background()
	for _, retries := range []int{0, 2} {
		db := coodie.New(session)
		configs, err := coodie.Open[AppConfig](db, coodie.WithRetries(retries))
		must(err)
		must(coodie.Schema(db, configs).Create(ctx))
		fault := srv.Fault(cqltest.On(cqltest.Conditional).First(2), cqltest.Unavailable())
		res, err := configs.New(AppConfig{Key: "flag"}).Insert(ctx)
		fmt.Println(retries, res.Applied, coodie.KindOf(err) == coodie.KindUnavailable)
		fault.Remove()
	}
	// Output:
	// 0 false true
	// 2 true false
}

// A batch that is too large is refused before it is sent; the limits can be set.
func ExampleMaxStatements() {
	session, _, stop := exampleSession()
	defer stop()
	ctx := context.Background()
	db := coodie.New(session)
	configs, err := coodie.Open[AppConfig](db)
	must(err)
	must(coodie.Schema(db, configs).Create(ctx))
	for _, limits := range [][]coodie.BatchOption{nil, {coodie.MaxStatements(200), coodie.MaxBytes(1 << 20)}} {
		batch := db.UnloggedBatch(limits...)
		for i := range 150 {
			configs.New(AppConfig{Key: fmt.Sprint(i)}).SaveIn(batch)
		}
		err := batch.Exec(ctx)
		fmt.Println(coodie.KindOf(err) == coodie.KindUsage, err == nil)
	}
	// Output:
	// true false
	// false true
}

// In over partitions is sent as statements of 20 partitions each, or of as many as this says.
func ExampleWithInChunk() {
	session, srv, stop := exampleSession()
	defer stop()
	ctx := context.Background()
	keys := make([]string, 50)
	for i := range keys {
		keys[i] = fmt.Sprint("flag", i)
	}
	for _, option := range [][]coodie.TableOption{nil, {coodie.WithInChunk(1)}} {
		db := coodie.New(session)
		configs, err := coodie.Open[AppConfig](db, option...)
		must(err)
		must(coodie.Schema(db, configs).Create(ctx))
		srv.ResetLog()
		_, err = configs.Find(key.In(keys...)).All(ctx)
		must(err)
		fmt.Println(len(srv.Log().Matching(cqltest.On(cqltest.Select, "app_config"))), "statements")
	}
	// Output:
	// 3 statements
	// 50 statements
}

// Where a cluster has several datacenters Connect wants to know the one to talk to.
func ExampleWithLocalDatacenter() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"), cqltest.WithDatacenter("eu-west"))
	must(err)
	defer srv.Close()
	for _, name := range []string{"eu-west", "us-east"} {
		db, err := coodie.Connect(context.Background(), srv.Cluster(), coodie.WithLocalDatacenter(name))
		fmt.Println(name, err == nil)
		db.Close()
	}
	// Output:
	// eu-west true
	// us-east false
}

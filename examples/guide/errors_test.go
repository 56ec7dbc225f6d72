package guide_test

import (
	"errors"
	"fmt"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Sentinels tell what happened; error structs tell where.
func Example_errors() {
	db, srv, stop := connect()
	defer stop()
	configs := open[AppConfig](db)

	_, err := configs.Find(key.Eq("nobody")).Get(ctx)
	fmt.Println("missing:", errors.Is(err, coodie.ErrNotFound))

	// A mistake is found before anything is sent.
	_, err = configs.Find(version.Eq(1)).Get(ctx)
	var usage *coodie.Error
	fmt.Println("mistake:", errors.As(err, &usage) && usage.Kind == coodie.KindUsage, usage.Column)

	_, err = configs.Find(coodie.AnyCol(configs, "nonexistent").Eq(1)).All(ctx)
	fmt.Println("no such column:", errors.As(err, &usage) && usage.Kind == coodie.KindUsage, usage.Column)

	// What the server says keeps gocql's error inside.
	srv.MustExec("DROP TABLE my_ks.app_config")
	err = configs.New(AppConfig{Key: "a"}).Save(ctx)
	var query *coodie.Error
	fmt.Println("server:", errors.As(err, &query), query.Table)
	// Output:
	// missing: true
	// mistake: true key
	// no such column: true nonexistent
	// server: true app_config
}

// A refused conditional write is a result; Err makes an error of it. An outcome that
// nobody knows is always an error.
func Example_errorsConditional() {
	db, srv, stop := connect()
	defer stop()
	configs := open[AppConfig](db)

	_, err := configs.New(AppConfig{Key: "a", Version: 1}).Insert(ctx)
	check(err)
	res, err := configs.New(AppConfig{Key: "a", Version: 2}).Insert(ctx)
	fmt.Println(err, errors.Is(res.Err(), coodie.ErrNotApplied))

	srv.Fault(cqltest.On(cqltest.Conditional).First(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	_, err = configs.New(AppConfig{Key: "b"}).Insert(ctx)
	var unknown *coodie.Error
	fmt.Println(errors.As(err, &unknown) && unknown.Unknown, unknown.WriteType)
	// Output:
	// <nil> true
	// true CAS
}

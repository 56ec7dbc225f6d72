package coodie_test

import (
	"context"
	"fmt"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

func ExampleDB_Raw() {
	srv, _ := cqltest.Run(cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TABLE t (k text PRIMARY KEY, v int)"))
	defer srv.Close()
	session, _ := srv.Cluster().CreateSession()
	defer session.Close()
	ctx, db := context.Background(), coodie.New(session)

	fmt.Println(db.Raw("INSERT INTO t (k, v) VALUES (?, ?)", "a", 1).Exec(ctx))
	res, err := db.Raw("UPDATE t SET v = ? WHERE k = ? IF v = ?", 3, "a", 2).CAS(ctx)
	now, _ := res.Existing[0].Map()
	fmt.Println(res.Applied, now, err)
	for row, err := range db.Raw("SELECT k, v FROM t").Rows(ctx) {
		fmt.Println(row.Columns(), row.State("v"), row.State("w"))
		var t struct {
			K string
			V int
		}
		fmt.Println(row.Scan(&t), t, err)
	}
	fmt.Println(db.Raw("DELETE FROM t WHERE k = ? IF EXISTS", "a").Exec(ctx))
	// Output:
	// <nil>
	// false map[v:1] <nil>
	// [k v] present unknown
	// <nil> {a 1} <nil>
	// coodie: raw t: the statement has a condition, and its answer says whether it was applied: use CAS
}

func ExampleWithIdempotent() {
	srv, _ := cqltest.Run(cqltest.WithKeyspace("app"))
	defer srv.Close()
	session, _ := srv.Cluster().CreateSession()
	defer session.Close()
	ctx := context.Background()

	db := coodie.New(session)
	claims, _ := coodie.Open[Claim](db, coodie.WithIdempotent(false))
	fmt.Println(coodie.Schema(db, claims).Create(ctx))
	err := claims.New(Claim{Name: "a"}).With(coodie.WithIdempotent(true)).Save(ctx) // this one may be repeated
	fmt.Println(err)
	_, err = claims.New(Claim{Name: "b"}).With(coodie.WithIdempotent(true)).Insert(ctx)
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
	// coodie: insert claim (name): a conditional write is never idempotent: sent again, it would meet its own row and be told "refused", and another write may have come between; this holds for IF NOT EXISTS too
}

package guide_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

var ctx = context.Background()

// connect gives each example a database of its own.
func connect() (db *coodie.DB, srv *cqltest.Server, stop func()) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("my_ks"))
	check(err)
	session, err := srv.Cluster().CreateSession()
	check(err)
	return coodie.New(session), srv, func() { session.Close(); srv.Close() }
}

// open opens T's table and creates it.
func open[T any](db *coodie.DB, opts ...coodie.TableOption) *coodie.Table[T] {
	table, err := coodie.Open[T](db, opts...)
	check(err)
	check(coodie.Schema(db, table).Create(ctx))
	return table
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// answer prints the answer to a conditional write.
func answer[T any](what string, res coodie.LWTResult[T], err error) {
	switch {
	case errors.Is(err, coodie.ErrOutcomeUnknown):
		fmt.Println(what, "nobody knows")
	case err != nil:
		fmt.Println(what, "failed:", err)
	case res.Applied:
		fmt.Println(what, "applied")
	default:
		fmt.Println(what, "refused")
	}
}

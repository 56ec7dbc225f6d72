package lostcontext

import (
	"context"
	"net/http"

	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type Lock struct{ Name string }

func lost(ctx context.Context, t *coodie.Table[Lock], q *gocql.Query) {
	t.New(Lock{}).Save(context.Background()) // want `the call does not end with ctx`
	q.WithContext(context.TODO())            // want `the call does not end with ctx`
	t.New(Lock{}).Save(ctx)
	func() {
		ctx := 1
		_ = ctx
		t.New(Lock{}).Save(context.Background())
	}()
}

func handler(t *coodie.Table[Lock]) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		t.New(Lock{}).Save(context.Background()) // want `the call does not end with r.Context\(\)`
	}
}

func fine(t *coodie.Table[Lock]) { t.New(Lock{}).Save(context.Background()) }

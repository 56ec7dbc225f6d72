// Package odd is code that does not compile, and code that nobody writes.
package odd

import (
	"context"
	"fmt"
	"missing"

	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2/qb"
)

type Lock struct {
	Name string `cql:`
	Self *Lock  `cql:"self,type=frozen<"`
}

type a = coodie.Table[Lock]

type embedded struct {
	*a
	*gocql.Session
	missing.Type
}

var (
	x, y     = y, x
	one, two = 1
	query    = undefined("SELECT * FROM t")
	builder  = qb.Select(builder)
	_, _     = (*gocql.Session).Query(nil, "SELECT * FROM t"), gocql.NewBatch
)

func (e embedded) odd(ctx context.Context, unknown Unknown, t *coodie.Table[Lock]) (err error) {
	e.New(Lock{}).Insert(ctx)
	e.Query("SELECT * FROM t").Exec().Exec()
	e.Query()
	e.Query(1, 2, 3).ScanCAS(missing.X...)
	e.Query(fmt.Sprintf("%", 1)).MapScanCAS()
	e.Query(fmt.Sprintf("%s %d %*d %[3]v %s", 1, 2)).MapScanCAS(nil, nil)
	e.Query("'"+`"`+"/*").RetryPolicy().RetryPolicy(nil, nil).MapScanCAS(unknown)
	(*gocql.Session).Query(nil, "DELETE FROM t IF EXISTS").Exec()
	func(f func(*Lock) *string) { coodie.Col(f); coodie.Col(nil); coodie.Col() }(nil)
	coodie.Append(coodie.Col(func(l *Lock) *[]string { return &l.Missing }), 1)
	coodie.Add[Lock, []string, string](coodie.Col(func(*Lock) *[]string { return nil }))
	coodie.Increment(coodie.Col(func(_ *Lock) *int { return &l.Self.Self.Name }), 1)
	var b, c = gocql.NewBatch(), e.Session.NewBatch(1, 2)
	b, c = c, b
	b.Query()
	b.WithContext(ctx).WithContext(ctx).Query("IF")
	e.Session.ExecuteBatch()
	for m := map[string]interface{}(nil); ; {
		applied, err := e.Query("IF IF IF").MapScanCAS(m)
		if applied && err == nil || err != nil && undefined {
			goto nowhere
		}
	}
	res, err := t.New(Lock{}).Insert(ctx)
	if !(err != nil) {
	} else if err == nil {
	}
	res.Applied.Applied()
	t.New(Lock{}).In().Insert()
	t.New(Lock{}).InsertIn(nil)
	t.New(Lock{}).InsertIn(db.Batch())
	t.Find().Mutate(ctx)
	t.Find().Mutate()
	var f func() (coodie.LWTResult[Lock], error)
	defer f()
	for range t.Find().Iter() {
	}
	select {
	case <-ctx.Done():
		res, err = f()
	}
	return
	qb.Insert().Unique().ToCql()
	d := gocql.NewBatch(1)
	d.Missing()
	d.Cons()
	(func() *gocql.Batch { return d })().Query("IF")
	var fs []func() *coodie.Document[Lock]
	fs[0]().Insert(ctx)
	fs[0]()
	qb.Insert("t").Unique().Unique
}

func generic[T any, F func(*T) *string, Q interface {
	Exec() error
	MapScanCAS(map[string]interface{}) (bool, error)
}](f F, q Q) {
	coodie.Col[T, string](f)
	q.Exec()
	q.MapScanCAS(nil)
	generic[T, F, Q](f, q)
}

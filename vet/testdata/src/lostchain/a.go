package lostchain

import (
	"context"

	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
	"github.com/scylladb/gocqlx/v2/qb"
)

type Lock struct{ Name, Owner string }

func lost(ctx context.Context, db *coodie.DB, t *coodie.Table[Lock], is coodie.Cond[Lock]) {
	doc := t.New(Lock{})
	doc.If(is)                                                   // want `nothing is sent: the chain has no last call`
	t.Find().If(is).With(coodie.WithTTL(1))                      // want `the chain has no last call`
	t.New(Lock{})                                                // want `the chain has no last call`
	_ = t.Find().IfNotExists()                                   // want `the chain has no last call`
	defer doc.IfExists()                                         // want `the chain has no last call`
	t.Find().Iter(ctx)                                           // want `nothing is read: range over the sequence`
	t.Scan(ctx)                                                  // want `nothing is read`
	db.Raw("SELECT a FROM t")                                    // want `the chain has no last call`
	coodie.Col(func(l *Lock) *string { return &l.Name }).Eq("a") // want `the chain has no last call`
	q := t.Find()
	q.Filter(is) // want `QuerySet is not changed: a step returns a changed copy`
	q.Limit(3)   // want `QuerySet is not changed`
	q.All(ctx)
	q = q.Filter(is)
	for range q.Iter(ctx) {
	}
}

func generic[T any](t *coodie.Table[T]) {
	t.Find() // want `the chain has no last call`
}

func drivers(ctx context.Context, s *gocql.Session, x gocqlx.Session) error {
	s.Query("INSERT INTO t (k) VALUES (1)")                          // want `nothing is sent: the query is not executed`
	s.Query("INSERT INTO t (k) VALUES (?)").Bind(1).WithContext(ctx) // want `the query is not executed`
	x.Query(qb.Insert("t").Columns("k").ToCql()).BindStruct(1)       // want `the query is not executed`
	qb.Insert("t").Columns("k").Query(x).BindStruct(1)               // want `the query is not executed`
	q := s.Query("SELECT a FROM t")
	q.Consistency(gocql.Quorum) // changes q
	q.Bind("a")                 // likewise
	q.WithContext(ctx)          // want `WithContext has no effect: WithContext returns a copy`
	return q.Exec()
}

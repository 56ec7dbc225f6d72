package lostbatch

import (
	"context"

	apache "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type Lock struct{ Name, Owner string }

func lost(db *coodie.DB, t *coodie.Table[Lock], s *gocql.Session, a *apache.Session, ctx context.Context) {
	b := db.Batch() // want `the batch b is never executed`
	t.New(Lock{}).SaveIn(b)
	two := s.NewBatch(gocql.LoggedBatch).WithContext(ctx) // want `the batch two is never executed`
	two.Query("INSERT INTO t (k) VALUES (1)")
	two.Cons = gocql.Quorum
	var three = gocql.NewBatch(gocql.LoggedBatch) // want `the batch three is never executed`
	three = three.WithContext(ctx)
	three.Query("INSERT INTO t (k) VALUES (1)")
	four := a.Batch(apache.LoggedBatch) // want `the batch four is never executed`
	four.Query("INSERT INTO t (k) VALUES (1)").Query("INSERT INTO t (k) VALUES (1)")
}

var global *gocql.Batch

func fine(ctx context.Context, db *coodie.DB, t *coodie.Table[Lock], s *gocql.Session, a *apache.Session, given *gocql.Batch) (*coodie.Batch, error) {
	b := db.Batch()
	t.New(Lock{}).SaveIn(b)
	if err := b.Exec(ctx); err != nil {
		return nil, err
	}
	one := s.NewBatch(gocql.LoggedBatch)
	func() { one.Query("INSERT INTO t (k) VALUES (1)") }()
	if err := s.ExecuteBatch(one); err != nil {
		return nil, err
	}
	two := s.NewBatch(gocql.LoggedBatch)
	send := func() error { return s.ExecuteBatch(two) }
	three := a.Batch(apache.LoggedBatch)
	if err := three.Query("INSERT INTO t (k) VALUES (1)").Exec(); err != nil {
		return nil, err
	}
	four := s.NewBatch(gocql.LoggedBatch)
	global = four.WithContext(ctx)
	given.Query("INSERT INTO t (k) VALUES (1)")
	kept := newBatch(s) // somebody else has it
	kept.Query("INSERT INTO t (k) VALUES (1)")
	deferred := db.Batch()
	t.New(Lock{}).SaveIn(deferred)
	defer func() { _ = deferred.Exec(ctx) }()
	value := db.Batch()
	exec := value.Exec
	_ = exec(ctx)
	for n := range 3 {
		each := db.Batch()
		if t.New(Lock{}).SaveIn(each); n > 1 {
			_ = each.Exec(ctx)
		}
	}
	returned := db.Batch()
	return returned, send()
}

func newBatch(s *gocql.Session) *gocql.Batch {
	global = s.NewBatch(gocql.LoggedBatch)
	return global
}

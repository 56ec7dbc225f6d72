package lwtresult

import (
	"context"
	"fmt"

	apache "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type Lock struct{ Name, Owner string }

type locks struct{ *coodie.Table[Lock] }

func dropped(ctx context.Context, t *coodie.Table[Lock], is coodie.Cond[Lock]) error {
	doc := t.New(Lock{})
	doc.Insert(ctx)                            // want `the answer of a conditional write is dropped; a refused write is a result, no error`
	_, err := doc.If(is).Delete(ctx)           // want `the answer of a conditional write is dropped`
	_, _ = t.Find().If(is).Delete(ctx)         // want `the answer of a conditional write is dropped`
	defer doc.IfExists().Delete(ctx)           // want `the answer of a deferred conditional write is dropped`
	go doc.IfExists().Delete(ctx)              // want `the answer of a conditional write is dropped`
	var _, again = t.InsertAll(ctx, nil)       // want `the answer of a conditional write is dropped`
	locks{t}.New(Lock{}).Insert(ctx)           // want `dropped`
	insert := doc.Insert                       // a method value
	insert(ctx)                                // want `dropped`
	if _, err := doc.Insert(ctx); err != nil { // want `dropped`
		return err
	}
	_, _ = doc.Mutate(ctx, nil) // its error says all
	_, _ = coodie.Plan(ctx, func(ctx context.Context) error {
		_, err := doc.Insert(ctx) // it is not sent
		return err
	})
	return fmt.Errorf("%w %w", err, again)
}

func unread(ctx context.Context, db *coodie.DB, t *coodie.Table[Lock]) error {
	res, err := t.New(Lock{}).Insert(ctx) // want `kept in res, but nothing reads res.Applied`
	fmt.Println(res.Existing.Value.Owner)
	raw, err := db.Raw("DELETE FROM t WHERE k = 1 IF EXISTS").CAS(ctx) // want `kept in raw`
	fmt.Println(raw.Previous)
	return err
}

func read(ctx context.Context, db *coodie.DB, t *coodie.Table[Lock]) (out coodie.LWTResult[Lock], err error) {
	res, err := t.New(Lock{}).Insert(ctx)
	if err != nil || !res.Applied {
		return res, err
	}
	also, err := t.New(Lock{}).Insert(ctx)
	if err == nil {
		err = also.Err()
	}
	third, err := t.New(Lock{}).Insert(ctx)
	if third.Existing != nil {
		return third, nil
	}
	all, err := t.InsertAll(ctx, nil)
	for _, one := range all {
		fmt.Println(one.Applied)
	}
	passed, err := t.New(Lock{}).Insert(ctx)
	look(passed)
	var kept struct{ res coodie.LWTResult[Lock] }
	kept.res, err = t.New(Lock{}).Insert(ctx)
	results, into := make([]coodie.LWTResult[Lock], 1), &kept.res
	results[0], err = t.New(Lock{}).Insert(ctx)
	*into, err = t.New(Lock{}).Insert(ctx)
	sent := make(chan coodie.LWTResult[Lock], 1)
	fourth, err := t.New(Lock{}).Insert(ctx)
	sent <- fourth
	fifth, err := t.New(Lock{}).Insert(ctx)
	func() {
		switch {
		case fifth.Applied:
			fmt.Println("held")
		}
	}()
	var sixth coodie.LWTResult[Lock]
	for range 3 {
		if sixth, err = t.New(Lock{}).Insert(ctx); err == nil {
			break
		}
	}
	fmt.Println(sixth.Applied)
	out, err = t.New(Lock{}).Insert(ctx)
	return
}

func settled(ctx context.Context, t *coodie.Table[Lock]) (bool, error) {
	res, err := t.New(Lock{}).Insert(ctx)
	now, settling := res.Settle(ctx)
	if settling != nil {
		return false, fmt.Errorf("%w %w", err, settling)
	}
	again, err := t.New(Lock{}).Insert(ctx) // want `kept in again, but nothing reads again.Applied`
	if err != nil {
		again, err = again.Settle(ctx) // want `kept in again`
	}
	return now.Applied, err
}

func look(coodie.LWTResult[Lock]) {}

// wrapped is a conditional write of the program's own.
func wrapped(ctx context.Context, t *coodie.Table[Lock]) (coodie.LWTResult[Lock], error) {
	return t.New(Lock{}).Insert(ctx)
}

type locker interface {
	Lock(ctx context.Context) (coodie.LWTResult[Lock], error)
}

func generic[T any](ctx context.Context, t *coodie.Table[T], l locker) {
	var v T
	t.New(v).Insert(ctx)            // want `dropped`
	l.Lock(ctx)                     // want `dropped`
	wrapped(ctx, nil)               // want `dropped`
	func() { _, _ = l.Lock(ctx) }() // want `dropped`
	res, _ := t.New(v).Insert(ctx)
	fmt.Println((res).Applied)
}

func batches(ctx context.Context, db *coodie.DB, t *coodie.Table[Lock], is coodie.Cond[Lock], given *coodie.Batch) error {
	b := db.Batch()
	t.New(Lock{}).If(is).DeleteIn(b) // want `nothing asks a handle of the batch b for its Result`
	t.New(Lock{}).InsertIn(b)
	if err := b.Exec(ctx); err != nil {
		return err
	}
	asked := db.Batch()
	one := t.New(Lock{}).If(is).UpdateIn(asked)
	t.New(Lock{}).InsertIn(asked)
	t.New(Lock{}).InsertIn(given) // somebody else executes it
	if err := asked.Exec(ctx); err != nil {
		return err
	}
	one.Result() // want `dropped`
	return nil
}

func drivers(s *gocql.Session, q *apache.Query, m map[string]interface{}) error {
	_, err := s.Query("UPDATE t SET v = 1 WHERE k = 1 IF v = 0").MapScanCAS(m)   // want `a refused statement is no error`
	q.ScanCAS()                                                                  // want `a refused statement is no error`
	_, err = s.Query("INSERT INTO t (k) VALUES (1) IF NOT EXISTS").MapScanCAS(m) // makes sure that there is a row
	applied, err := q.MapScanCAS(m)
	if err == nil && !applied {
		return nil
	}
	return err
}

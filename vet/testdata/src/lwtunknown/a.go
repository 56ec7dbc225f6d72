package lwtunknown

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"testing"

	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type Lock struct{ Name, Owner string }

func goesOn(ctx context.Context, t *coodie.Table[Lock]) bool {
	res, err := t.New(Lock{}).Insert(ctx)
	if err != nil { // want `the program goes on after the error of a conditional write`
		log.Println(err)
	}
	for range 3 {
		res, err = t.New(Lock{}).Insert(ctx)
		if err != nil { // want `the program goes on`
			continue
		}
	}
	res, err = t.New(Lock{}).Insert(ctx)
	if err != nil { // want `the program goes on`
		return false
	}
	res, err = t.New(Lock{}).Insert(ctx) // want `the error of a conditional write is not handled`
	if err == nil && res.Applied {
		return true
	}
	return false
}

func elsewhere(ctx context.Context, t *coodie.Table[Lock], run func(func())) error {
	var res coodie.LWTResult[Lock]
	var err error
	run(func() { res, err = t.New(Lock{}).Insert(ctx) }) // what is behind it looks
	if err != nil {
		return err
	}
	var unread error
	run(func() { res, unread = t.New(Lock{}).Insert(ctx) }) // want `the error of a conditional write is not handled`
	return res.Err()
}

func dropped(ctx context.Context, t *coodie.Table[Lock]) bool {
	res, _ := t.New(Lock{}).Insert(ctx) // want `the error of a conditional write is dropped`
	t.Find().Mutate(ctx, nil)           // want `the error of a conditional write is dropped`
	return res.Applied
}

func swallowed(ctx context.Context, t *coodie.Table[Lock]) error {
	res, err := t.New(Lock{}).Insert(ctx)
	if err == nil && !res.Applied {
		log.Println("taken")
	} else if err != nil { // want `the program goes on`
		log.Println("failed", err)
		return nil
	}
	res, err = t.New(Lock{}).Insert(ctx)
	switch {
	case errors.Is(err, context.Canceled):
		return nil
	case err != nil: // want `the program goes on`
		fmt.Println(err)
	case res.Applied:
		return nil
	}
	_, err = t.Find().Mutate(ctx, nil)
	if err != nil { // want `the program goes on`
	}
	return nil
}

func handled(ctx context.Context, t *coodie.Table[Lock]) (coodie.LWTResult[Lock], error) {
	res, err := t.New(Lock{}).Insert(ctx)
	if err != nil {
		return res, err
	}
	res, err = t.New(Lock{}).Insert(ctx)
	if err != nil {
		return res, fmt.Errorf("insert: %w", err)
	}
	res, err = t.New(Lock{}).Insert(ctx)
	if err != nil {
		log.Fatal(err)
	}
	res, err = t.New(Lock{}).Insert(ctx)
	if err != nil {
		panic("no")
	}
	return t.New(Lock{}).Insert(ctx)
}

func asked(ctx context.Context, t *coodie.Table[Lock]) bool {
	res, err := t.New(Lock{}).Insert(ctx)
	switch {
	case errors.Is(err, coodie.ErrOutcomeUnknown):
		log.Println("look again")
	case err != nil:
		log.Println(err)
	}
	return res.Applied
}

func as(ctx context.Context, t *coodie.Table[Lock]) bool {
	res, err := t.New(Lock{}).Insert(ctx)
	var unknown *coodie.Error
	if errors.As(err, &unknown) && unknown.Unknown {
		return false
	}
	if err != nil {
		return false
	}
	return res.Applied
}

func handler(t *coodie.Table[Lock]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := t.New(Lock{}).Insert(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if _, err := t.New(res.Existing.Value).Insert(r.Context()); err != nil {
			log.Println(err)
			return
		}
	}
}

func replaced(ctx context.Context, t *coodie.Table[Lock], also bool) error {
	_, err := t.New(Lock{}).Insert(ctx)
	if also {
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		return err
	}
	_, err = t.New(Lock{}).Insert(ctx)
	if also {
		err = ctx.Err()
	}
	return err
}

func named(ctx context.Context, t *coodie.Table[Lock]) (res coodie.LWTResult[Lock], err error) {
	res, err = t.New(Lock{}).Insert(ctx)
	return
}

func test(t *testing.T, locks *coodie.Table[Lock]) {
	res, err := locks.New(Lock{}).Insert(context.Background())
	if err != nil {
		t.Error(err)
	}
	_ = res
}

func passed(ctx context.Context, t *coodie.Table[Lock], fail func(error)) {
	_, err := t.New(Lock{}).Insert(ctx)
	if err != nil {
		fail(err)
	}
}

func order(ctx context.Context, t *coodie.Table[Lock], q *gocql.Query, m map[string]interface{}) error {
	applied, err := q.MapScanCAS(m)
	if !applied { // want `this holds beside an error, too: look at err first`
		return errors.New("exists already")
	}
	if err != nil {
		return err
	}
	res, err := t.New(Lock{}).Insert(ctx)
	if !res.Applied { // want `this holds beside an error, too`
		return errors.New("exists already")
	}
	if err != nil {
		return err
	}
	if ok, err := q.MapScanCAS(m); !ok {
		if err != nil {
			return err
		}
		return errors.New("exists already")
	}
	ok, err := q.MapScanCAS(m)
	if err != nil || !ok {
		return err
	}
	return err
}

package lwtretry

import (
	"context"
	"errors"

	"github.com/cenkalti/backoff/v4"
	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

type Lock struct{ Name, Owner string }

func retried(ctx context.Context, t *coodie.Table[Lock], s *gocql.Session, m map[string]interface{}) error {
	err := backoff.Retry(func() error {
		res, err := t.New(Lock{}).Insert(ctx) // want `backoff.Retry runs this conditional write again after a lost answer`
		return errors.Join(err, res.Err())
	}, nil)
	pay := func() error {
		_, err := t.Find().Mutate(ctx, nil) // want `runs this conditional write again`
		return err
	}
	err = backoff.Retry(pay, nil)
	err = backoff.Retry(backoff.Operation(func() error {
		_, err := s.Query("UPDATE t SET v = 1 WHERE k = 1 IF v = 0").MapScanCAS(m) // want `runs this conditional write again`
		return err
	}), nil)
	err = backoff.Retry(claim, nil) // want `backoff.Retry runs claim, and so a conditional write`
	err = backoff.Retry(func() error {
		return claim() // want `runs this conditional write again`
	}, nil)
	err = backoff.Retry(store{t}.claim, nil) // want `runs claim`
	return err
}

var locks *coodie.Table[Lock]

func claim() error { return inner() }

func inner() error {
	res, err := locks.New(Lock{}).Insert(context.Background())
	return errors.Join(err, res.Err())
}

type store struct{ t *coodie.Table[Lock] }

func (s store) claim() error {
	_, err := s.t.New(Lock{}).Insert(context.Background())
	return err
}

func fine(ctx context.Context, t *coodie.Table[Lock]) error {
	err := backoff.Retry(func() error { return t.New(Lock{}).Save(ctx) }, nil)
	err = backoff.Retry(func() error {
		res, err := t.New(Lock{}).Insert(ctx)
		if errors.Is(err, coodie.ErrOutcomeUnknown) {
			res, err = res.Settle(ctx)
		}
		return errors.Join(err, res.Err())
	}, nil)
	return errors.Join(err, backoff.Retry(nil, nil))
}

package contract

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// causes: the cause of a context that ends says nothing of what became of a request, though it is the error of another
// one, as in an errgroup.
func causes(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db := d.Open(t, srv, "none", coodie.WithRetries(0))
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
	other := func(steps ...cqltest.Step) error {
		srv.Fault(cqltest.On(cqltest.Write), steps...)
		defer srv.ClearFaults()
		_, err := stocks.New(Stock{Name: "other"}).Insert(t.Context())
		require.Error(t, err)
		return err
	}
	ended, end := context.WithCancel(t.Context())
	end()
	_, notSent := stocks.New(Stock{Name: "other"}).Insert(ended)
	require.ErrorIs(t, notSent, coodie.ErrNotSent)
	for name, cause := range map[string]error{
		"invalid":     other(cqltest.Invalid("?")),
		"unavailable": other(cqltest.UnavailableAt(8, 2, 1)), // SERIAL
		"unknown":     other(cqltest.WriteTimeout("CAS")),
		"not sent":    notSent,
		"not found":   &coodie.Error{Kind: coodie.KindNotFound},
		"not applied": &coodie.Error{Kind: coodie.KindNotApplied},
		"a mark":      coodie.ErrNotFound,
		"an answer":   coodie.ErrNotApplied,
		"left open":   coodie.ErrOutcomeUnknown,
	} {
		marks := func(err error, unknown bool) {
			t.Helper()
			require.ErrorIs(t, err, context.Canceled, name)
			require.Equal(t, unknown, errors.Is(err, coodie.ErrOutcomeUnknown), "%s: %v", name, err)
			require.NotErrorIs(t, err, coodie.ErrNotFound, name)
			require.NotErrorIs(t, err, coodie.ErrNotApplied, name)
			require.Equal(t, coodie.KindCanceled, coodie.KindOf(err), name)
		}
		for form, write := range map[string]func(context.Context) error{
			"LWT":   func(ctx context.Context) error { _, err := stocks.New(Stock{Name: "a"}).Insert(ctx); return err },
			"plain": func(ctx context.Context) error { return stocks.New(Stock{Name: "a"}).Save(ctx) },
		} {
			srv.Truncate()
			ctx, cancel := context.WithCancelCause(t.Context())
			srv.Fault(cqltest.On(cqltest.Write), cqltest.Apply, cqltest.Do(func(cqltest.Statement) { cancel(cause) }), cqltest.LoseAnswer)
			err := write(ctx)
			srv.ClearFaults()
			marks(err, true)
			require.Len(t, srv.MustRows("SELECT name FROM app.stock"), 1, "%s, %s: it was executed", name, form)

			err = write(ctx)
			marks(err, false)
			require.ErrorIs(t, err, coodie.ErrNotSent, name)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		_, err := stocks.Find(stockName.Eq("a")).Get(ctx)
		marks(err, false)
	}
}

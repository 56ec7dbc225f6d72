package coodie_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// TestCallsEndWithTheirContext: whatever a call waits for, it ends when its context does,
// and leaves no goroutine behind. The driver's own timeout is an hour here.
func TestCallsEndWithTheirContext(t *testing.T) {
	gone := leak.Check(t)
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	require.NoError(t, err)
	cluster := srv.Cluster()
	cluster.Timeout = time.Hour
	db, err := coodie.Connect(t.Context(), cluster)
	require.NoError(t, err)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	claim := claims.New(Claim{Name: "a", Owner: "ann"})
	row := claims.Find(claimName.Eq("a"))
	srv.Fault(cqltest.On(cqltest.Conditional, "claim").Nth(1), cqltest.WriteTimeout("CAS"))
	unsettled, err := claim.Insert(t.Context())
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)

	arrived := make(chan bool, 1)
	for _, m := range []cqltest.Match{cqltest.On(cqltest.Any), cqltest.On(cqltest.Select, "system_schema.columns")} {
		srv.Fault(m, cqltest.Do(func(cqltest.Statement) { arrived <- true }), cqltest.LoseAnswer)
	}
	for name, call := range map[string]func(context.Context) error{
		"Insert": func(ctx context.Context) error { _, err := claim.Insert(ctx); return err },
		"Create": func(ctx context.Context) error {
			_, err := claims.Find().IfNotExists().Create(ctx, claim.Value)
			return err
		},
		"If.Update": func(ctx context.Context) error {
			_, err := claim.If(claimOwner.Eq("ann")).Update(ctx, claimOwner.Set("b"))
			return err
		},
		"IfExists":      func(ctx context.Context) error { _, err := row.IfExists().Delete(ctx); return err },
		"DeleteColumns": func(ctx context.Context) error { return row.DeleteColumns(ctx, claimOwner) },
		"Save":          claim.Save,
		"Update":        func(ctx context.Context) error { return row.Update(ctx, claimOwner.Set("b")) },
		"Delete":        row.Delete,
		"Get":           func(ctx context.Context) error { _, err := row.Get(ctx); return err },
		"Linearizable":  func(ctx context.Context) error { _, err := row.With(coodie.WithLinearizable()).Get(ctx); return err },
		"First":         func(ctx context.Context) error { _, err := claims.Find().First(ctx); return err },
		"All":           func(ctx context.Context) error { _, err := claims.Find().All(ctx); return err },
		"Count":         func(ctx context.Context) error { _, err := claims.Find().Count(ctx); return err },
		"Mutate": func(ctx context.Context) error {
			_, err := row.Mutate(ctx, func(_ context.Context, _ *Claim) error { return nil })
			return err
		},
		"Settle":         func(ctx context.Context) error { _, err := unsettled.Settle(ctx); return err },
		"SaveAll":        func(ctx context.Context) error { return claims.SaveAll(ctx, []Claim{{Name: "b"}}) },
		"Table.Create":   coodie.Schema(db, claims).Create,
		"Table.Verify":   coodie.Schema(db, claims).Verify,
		"Table.Truncate": claims.Truncate,
		"Iter": func(ctx context.Context) error {
			for _, err := range claims.Find().Iter(ctx) {
				return err
			}
			return nil
		},
		"Batch": func(ctx context.Context) error {
			batch := db.Batch()
			claim.DeleteIn(batch)
			return batch.Exec(ctx)
		},
		"Batch with a condition": func(ctx context.Context) error {
			batch := db.Batch()
			claim.InsertIn(batch)
			return batch.Exec(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error)
			go func() { ended <- call(ctx) }()
			<-arrived
			cancel()
			require.Error(t, <-ended)
			require.Error(t, call(ctx))
			require.Empty(t, arrived, "a context that has ended is not sent")
		})
	}
	db.Close()
	srv.Close()
	gone()
}

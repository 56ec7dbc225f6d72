package coodie_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type reused struct {
	Part  string `cql:"part,partition"`
	Seq   int    `cql:"seq,clustering"`
	Value string `cql:"value"`
}

// TestMemoryIsNotShared: statements use each other's memory again, also after a read that
// was left with pages to come, but never at the same time.
func TestMemoryIsNotShared(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()
	rows, err := coodie.Open[reused](coodie.New(session), coodie.WithPageSize(2))
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, coodie.Schema(nil, rows).Create(ctx))
	part := coodie.Col(func(r *reused) *string { return &r.Part })
	seq := coodie.Col(func(r *reused) *int { return &r.Seq })
	value := coodie.Col(func(r *reused) *string { return &r.Value })

	use := func(name string) error {
		for n := range 10 {
			want := fmt.Sprint(name, n)
			if res, err := rows.New(reused{name, n, "first"}).Insert(ctx); err != nil || !res.Applied {
				return fmt.Errorf("insert: %v, %w", res.Applied, err)
			}
			res, err := rows.Find(part.Eq(name), seq.Eq(n)).If(value.Eq("first")).Update(ctx, value.Set(want))
			if err != nil || !res.Applied {
				return fmt.Errorf("update: %v, %w", res.Applied, err)
			}
			if got, err := rows.Find(part.Eq(name), seq.Eq(n)).Get(ctx); err != nil || got.Value != want {
				return fmt.Errorf("get: %v, %w", got, err)
			}
			i := 0
			for got, err := range rows.Find(part.Eq(name)).Iter(ctx) {
				if err != nil || got.Part != name || got.Seq != i || got.Value != fmt.Sprint(name, i) {
					return fmt.Errorf("iter: %v, %w", got, err)
				}
				if i++; i > n/2 {
					break
				}
				if got, err := rows.Find(part.Eq(name)).First(ctx); err != nil || got.Seq != 0 {
					return fmt.Errorf("first: %v, %w", got, err)
				}
			}
		}
		return nil
	}
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			if err := use(fmt.Sprint("goroutine", g)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

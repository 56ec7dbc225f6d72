package coodie_test

import (
	"context"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// BenchmarkMutateShown is what it costs to be shown more than one needs: eight clients change a column
// of one row each, in one partition, while a ninth changes its static column and each of them
// another column of its neighbour's row now and then. Refusals beside the same with Only.
func BenchmarkMutateShown(b *testing.B) {
	benchmarkShown[plainShelf](b, "no version")
	benchmarkShown[guardedShelf](b, "version and attempt")
}

func benchmarkShown[T any](b *testing.B, name string) {
	ctx := context.Background()
	for _, only := range []bool{false, true} {
		shown := "all shown"
		if only {
			shown = "Only"
		}
		b.Run(name+"/"+shown, func(b *testing.B) {
			srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
			if err != nil {
				b.Fatal(err)
			}
			defer srv.Close()
			cluster := srv.Cluster()
			clients := make([]*coodie.Table[T], 9)
			for i := range clients {
				session, err := cluster.CreateSession()
				if err != nil {
					b.Fatal(err)
				}
				defer session.Close()
				if clients[i], err = coodie.Open[T](coodie.New(session)); err != nil {
					b.Fatal(err)
				}
			}
			if err := coodie.Schema(nil, clients[0]).Create(ctx); err != nil {
				b.Fatal(err)
			}
			row := func(t *coodie.Table[T], c int) *coodie.QuerySet[T] {
				return t.Find(coodie.AnyCol(t, "p").Eq("a"), coodie.AnyCol(t, "c").Eq(c))
			}
			for c := range clients {
				if _, err := row(clients[0], c).Mutate(ctx, func(_ context.Context, v *T) error { shelfOf(v).M = new(int); return nil }, coodie.OrCreate()); err != nil {
					b.Fatal(err)
				}
			}
			var refused, calls atomic.Int64
			many := coodie.MaxAttempts(10_000)
			b.ResetTimer()
			var g errgroup.Group
			for c, t := range clients {
				g.Go(func() error {
					for i := range b.N {
						q, change := row(t, c), func(_ context.Context, v *T) error { shelfOf(v).N++; return nil }
						switch {
						case c == 8 && i%4 == 0:
							_, err := q.Only(coodie.AnyCol(t, "total"), coodie.AnyCol(t, "n")).Mutate(ctx, func(_ context.Context, v *T) error { shelfOf(v).Total++; return nil }, many)
							if err != nil {
								return err
							}
							continue
						case i%4 == 0:
							_, err := row(t, (c+1)%8).Only(coodie.AnyCol(t, "m")).Mutate(ctx, func(_ context.Context, v *T) error { shelfOf(v).M = new(int); *shelfOf(v).M = i; return nil }, many)
							if err != nil {
								return err
							}
							continue
						case c == 8:
							continue
						}
						if only {
							q = q.Only(coodie.AnyCol(t, "n"))
						}
						res, err := q.Mutate(ctx, change, many)
						if err != nil {
							return err
						}
						refused.Add(int64(res.Refused))
						calls.Add(1)
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(refused.Load())/float64(max(calls.Load(), 1)), "refused/call")
		})
	}
}

func shelfOf(v any) *Shelf {
	switch v := v.(type) {
	case *plainShelf:
		return &v.Shelf
	case *guardedShelf:
		return &v.Shelf
	}
	panic("no shelf")
}

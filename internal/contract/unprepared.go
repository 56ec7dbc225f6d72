package contract

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// sentReads are reads, in each of the ways in which coodie sends one.
var sentReads = map[string]func(ctx context.Context, db *coodie.DB, s *coodie.Table[Stock]) error{
	"Get": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find(stockName.Eq("a")).Get(ctx)
		return err
	},
	"Linearizable": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find(stockName.Eq("a")).With(coodie.WithLinearizable()).Get(ctx)
		return err
	},
	"All": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find().All(ctx)
		return err
	},
	"In": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find(stockName.In("a", "b", "c")).All(ctx)
		return err
	},
	"Count": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find().Count(ctx)
		return err
	},
	"Exists": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find(stockName.Eq("a")).Exists(ctx)
		return err
	},
	"Page": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find().With(coodie.WithPageSize(1)).Page(ctx, "")
		return err
	},
	"Values": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := coodie.Values(s.Find(), stockN).All(ctx)
		return err
	},
	"Scan": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		for _, err := range s.Scan(ctx, coodie.MinRanges(1)) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"Mutate": func(ctx context.Context, _ *coodie.DB, s *coodie.Table[Stock]) error {
		_, err := s.Find(stockName.Eq("a")).Mutate(ctx, func(context.Context, *Stock) error { return nil })
		return err
	},
	"raw": func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock]) error {
		for _, err := range db.Raw("SELECT n FROM stock WHERE name = ?", "a").Rows(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"raw without values": func(ctx context.Context, db *coodie.DB, _ *coodie.Table[Stock]) error {
		for _, err := range db.Raw("SELECT n FROM stock").Rows(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	},
}

// unpreparedForever: a server that prepares every statement and then knows none (UNPREPARED)
// ends a call without a deadline, whatever is sent, and with a retry policy too. Nothing was executed.
func unpreparedForever(t *testing.T, d Driver) {
	const most = 101 // what a driver sends of a statement, and one for what it encodes for routing
	for _, policy := range []string{"none", "SimpleRetryPolicy"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
			db := d.Open(t, srv, policy, coodie.WithClientTimestamps())
			stocks, err := coodie.Open[Stock](db)
			require.NoError(t, err)
			calls, err := coodie.Open[Calls](db)
			require.NoError(t, err)
			require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
			require.NoError(t, coodie.Schema(db, calls).Create(t.Context()))
			// ScyllaDB's fork has a statement of its own, which it would send for ever.
			all := cqltest.On(cqltest.Any).Where(func(s cqltest.Statement) bool { return !strings.HasPrefix(s.CQL, "DESCRIBE") })
			srv.Fault(all, cqltest.Unprepared())
			for name, w := range sentWrites {
				if name == "truncate" {
					continue // the server has to prepare it first
				}
				srv.ResetLog()
				err := w.write(t.Context(), db, stocks, calls)
				require.ErrorContains(t, err, "UNPREPARED", name)
				if policy == "none" && !d.RetriesByItself {
					require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown, name)
					require.Equal(t, coodie.KindFailure, coodie.KindOf(err), name)
				}
				require.LessOrEqual(t, len(srv.Log().Matching(all)), most, name)
			}
			for name, read := range sentReads {
				srv.ResetLog()
				require.ErrorContains(t, read(t.Context(), db, stocks), "UNPREPARED", name)
				require.LessOrEqual(t, len(srv.Log().Matching(all)), 3*most, name)
			}
			srv.ResetLog()
			require.ErrorContains(t, stocks.Truncate(t.Context()), "UNPREPARED")
			require.LessOrEqual(t, len(srv.Log().Matching(all)), 10_001)
		})
	}
}

// unpreparedAtTimes: the bound is one for each page of a read, which may have any number.
func unpreparedAtTimes(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db := d.Open(t, srv, "none")
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
	const rows = 250
	for i := range rows {
		srv.Exec("INSERT INTO stock (name, n) VALUES (?, ?)", string(rune('a'+i)), i)
	}
	// Every other time.
	n := 0
	srv.Fault(cqltest.On(cqltest.Select).Where(func(cqltest.Statement) bool { n++; return n%2 == 1 }), cqltest.Unprepared())
	for name, read := range map[string]func() int{
		"Iter": func() (seen int) {
			for _, err := range stocks.Find().With(coodie.WithPageSize(1)).Iter(t.Context()) {
				require.NoError(t, err)
				seen++
			}
			return seen
		},
		"Iter with a value": func() (seen int) {
			for _, err := range stocks.Find(coodie.Token[Stock]().Gt(-1 << 63)).With(coodie.WithPageSize(1)).Iter(t.Context()) {
				require.NoError(t, err)
				seen++
			}
			return seen
		},
		"Raw": func() (seen int) {
			for _, err := range db.Raw("SELECT * FROM stock").With(coodie.WithPageSize(1)).Rows(t.Context()) {
				require.NoError(t, err)
				seen++
			}
			return seen
		},
	} {
		require.Equal(t, rows, read(), name)
	}

	// On the second page, for ever.
	srv.ClearFaults()
	srv.Fault(cqltest.On(cqltest.Select).Where(func(s cqltest.Statement) bool { return s.NextPage }), cqltest.Unprepared())
	srv.ResetLog()
	_, err = stocks.Find().With(coodie.WithPageSize(10)).All(t.Context())
	require.ErrorContains(t, err, "UNPREPARED")
	require.LessOrEqual(t, len(srv.Log()), 102)
}

// policyWithoutEnd: a retry policy that never gives up ends too.
func policyWithoutEnd(t *testing.T, d Driver) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	db := d.Open(t, srv, "endless", coodie.WithClientTimestamps())
	stocks, err := coodie.Open[Stock](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stocks).Create(t.Context()))
	srv.Fault(cqltest.On(cqltest.Write), cqltest.WriteTimeout("SIMPLE"))
	for _, name := range []string{"Save", "logged batch", "raw", "raw without values"} {
		srv.ResetLog()
		require.ErrorIs(t, sentWrites[name].write(t.Context(), db, stocks, nil), coodie.ErrOutcomeUnknown, name)
		require.LessOrEqual(t, len(srv.Log()), 101, name)
	}
}

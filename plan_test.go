package coodie_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// TestPlanIsWhatIsSent: a plan sends nothing, and has the statements, values and levels that
// the call sends afterwards.
func TestPlanIsWhatIsSent(t *testing.T) {
	srv, session := server(t)
	events := 0
	db := coodie.New(session, coodie.WithObserver(coodie.ObserverFunc(func(context.Context, coodie.Event) { events++ })))
	table, err := coodie.Open[Reading](db, coodie.WithPageSize(100))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
	value := coodie.Col(func(r *Reading) *string { return &r.Value })
	row := table.Find(sensor.Eq("a"), readingN.Eq(1))
	doc := func() *coodie.Document[Reading] { return table.New(Reading{Sensor: "a", N: 1, Value: "v"}) }
	only := func(_ any, err error) error { return err }

	for name, call := range map[string]func(context.Context) error{
		"insert": func(ctx context.Context) error { return only(doc().Insert(ctx)) },
		"create": func(ctx context.Context) error {
			return only(table.Find().IfNotExists().With(coodie.WithTTL(time.Minute)).Create(ctx, doc().Value))
		},
		"save":              func(ctx context.Context) error { return doc().Save(ctx) },
		"update":            func(ctx context.Context) error { return row.Update(ctx, value.Set("w")) },
		"update if":         func(ctx context.Context) error { return only(doc().If(value.Eq("v")).Update(ctx, value.Set("w"))) },
		"update if exists":  func(ctx context.Context) error { return only(row.IfExists().Update(ctx, value.SetNull())) },
		"replace":           func(ctx context.Context) error { return only(doc().IfExists().Replace(ctx)) },
		"delete":            func(ctx context.Context) error { return row.Delete(ctx) },
		"delete if":         func(ctx context.Context) error { return only(row.If(value.In("v", "w")).Delete(ctx)) },
		"delete columns":    func(ctx context.Context) error { return doc().DeleteColumns(ctx, value) },
		"delete columns if": func(ctx context.Context) error { return only(row.IfExists().DeleteColumns(ctx, value)) },
		"get":               func(ctx context.Context) error { return only(row.Get(ctx)) },
		"linearizable get":  func(ctx context.Context) error { return only(row.With(coodie.WithLinearizable()).Get(ctx)) },
		"one":               func(ctx context.Context) error { return only(row.One(ctx)) },
		"first":             func(ctx context.Context) error { return only(table.Find(sensor.Eq("a")).First(ctx)) },
		"exists":            func(ctx context.Context) error { return only(row.Exists(ctx)) },
		"all": func(ctx context.Context) error {
			return only(table.Find(sensor.Eq("a")).With(coodie.WithConsistency(coodie.One)).All(ctx))
		},
		"page":  func(ctx context.Context) error { return only(table.Find().With(coodie.WithPageSize(7)).Page(ctx, "")) },
		"count": func(ctx context.Context) error { return only(table.Find().Count(ctx)) },
		"values": func(ctx context.Context) error {
			return only(coodie.Values(table.Find(sensor.Eq("a")), value).All(ctx))
		},
		"json": func(ctx context.Context) error { return only(row.JSON().First(ctx)) },
		"several partitions": func(ctx context.Context) error {
			return only(table.Find(sensor.In("a", "b")).With(coodie.WithConcurrency(1)).All(ctx))
		},
		"save all": func(ctx context.Context) error {
			return table.SaveAll(ctx, []Reading{{Sensor: "a"}, {Sensor: "b"}}, coodie.WithConcurrency(1))
		},
		"insert all": func(ctx context.Context) error {
			return only(table.InsertAll(ctx, []Reading{{Sensor: "c"}, {Sensor: "d"}}, coodie.WithConcurrency(1)))
		},
		"delete all": func(ctx context.Context) error {
			return table.DeleteAll(ctx, []Reading{{Sensor: "c"}, {Sensor: "d"}}, coodie.WithConcurrency(1))
		},
		"get many": func(ctx context.Context) error {
			return only(table.GetMany(ctx, []Reading{{Sensor: "a"}, {Sensor: "b"}}, coodie.WithConcurrency(1)))
		},
		"mutate": func(ctx context.Context) error {
			return only(row.Mutate(ctx, func(_ context.Context, _ *Reading) error { return nil }))
		},
		"truncate": table.Truncate,
		"raw":      func(ctx context.Context) error { return db.Raw("DELETE FROM reading WHERE sensor = ?", "x").Exec(ctx) },
		"raw cas": func(ctx context.Context) error {
			return only(db.Raw("DELETE FROM reading WHERE sensor = ? AND n = ? IF EXISTS", "x", 1).CAS(ctx))
		},
		"conditional batch": func(ctx context.Context) error {
			b := db.Batch()
			row.IfExists().UpdateIn(b, value.Set("x"))
			return b.Exec(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv.ResetLog()
			before := events
			plan, err := coodie.Plan(t.Context(), call)
			require.NoError(t, err)
			require.Empty(t, srv.Log(), "nothing is sent")
			require.Equal(t, before, events, "no observer is told")
			require.NotEmpty(t, plan)

			if err := call(t.Context()); err != nil {
				require.ErrorIs(t, err, coodie.ErrNotFound)
			}
			sent := srv.Log()
			require.Len(t, plan, len(sent))
			for i, p := range plan {
				require.Equal(t, sent[i].CQL, p.CQL)
				require.Equal(t, coodie.Consistency(sent[i].Consistency), p.Consistency)
				if p.Consistency == coodie.Consistency(coodie.Serial) { // a linearizable read
					require.Equal(t, coodie.Serial, p.SerialConsistency)
				} else {
					require.Equal(t, coodie.SerialConsistency(sent[i].SerialConsistency), p.SerialConsistency)
					require.Equal(t, sent[i].Conditional(), p.Paxos)
				}
				require.ElementsMatch(t, plain(sent[i].Values()), plain(p.Values()))
				if p.PageSize > 0 {
					require.Equal(t, sent[i].PageSize, p.PageSize)
				}
			}
		})
	}
}

// plain makes integers of every size comparable.
func plain(values []any) (out []string) {
	for _, v := range values {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// TestPlanOfAPlainBatch: a plain batch is sent entry by entry.
func TestPlanOfAPlainBatch(t *testing.T) {
	srv, session := server(t)
	db := coodie.New(session)
	table := openReadings(t, session, 0)
	srv.ResetLog()
	plan, err := coodie.Plan(t.Context(), func(ctx context.Context) error {
		b := db.Batch()
		for i := range 11 {
			table.New(Reading{Sensor: "a", N: i}).SaveIn(b)
		}
		return b.Exec(ctx)
	})
	require.Error(t, err, "of another DB")
	require.Empty(t, plan)

	table, err = coodie.Open[Reading](db)
	require.NoError(t, err)
	plan, err = coodie.Plan(t.Context(), func(ctx context.Context) error {
		b := db.Batch()
		for i := range 11 {
			table.New(Reading{Sensor: "a", N: i}).SaveIn(b)
		}
		return b.Exec(ctx)
	})
	require.NoError(t, err)
	require.Empty(t, srv.Log())
	require.Len(t, plan, 1)
	require.Contains(t, plan[0].CQL, "BEGIN BATCH INSERT INTO reading")
	require.Len(t, plan[0].Types, 11*4)
	require.Contains(t, plan[0].Warnings[0], "a batch of 11 statements")
}

func TestPlanWarnings(t *testing.T) {
	_, session := server(t)
	table := openReadings(t, session, 0)
	value := coodie.Col(func(r *Reading) *string { return &r.Value })
	claims := open[Claim](t, session)
	parts := open[Part](t, session)
	for _, tt := range []struct {
		name, warning, reason string
		idempotent            bool
		call                  func(context.Context) error
	}{
		{"filtering", "ALLOW FILTERING", "a read changes nothing", true, func(ctx context.Context) error {
			_, err := table.Find(sensor.Eq("a"), value.Eq("x")).AllowFiltering().All(ctx)
			return err
		}},
		{"no filter", "all rows of the table", "a read changes nothing", true, func(ctx context.Context) error {
			_, err := table.Find().With(coodie.WithIdempotent(true)).All(ctx)
			return err
		}},
		{"no partition", "all nodes are asked", "declared not idempotent", false, func(ctx context.Context) error {
			_, err := table.Find(value.Eq("x")).With(coodie.WithIdempotent(false)).All(ctx)
			return err
		}},
		{"by token", "", "a read changes nothing", true, func(ctx context.Context) error {
			_, err := table.Find(coodie.Token[Reading]().Gt(1)).All(ctx)
			return err
		}},
		{"plain write beside LWTs", "can hide or undo", "without a client timestamp", false, func(ctx context.Context) error {
			return claims.New(Claim{Name: "a"}).Save(ctx)
		}},
		{"tombstones", "1 null columns are written as tombstones", "the same values", true, func(ctx context.Context) error {
			return parts.New(Part{ID: 1}).With(coodie.WithTimestamp(time.Unix(1, 0))).Save(ctx)
		}},
		{"without tombstones", "", "without a client timestamp", false, func(ctx context.Context) error {
			return parts.New(Part{ID: 1}).With(coodie.WithOmitNil()).Save(ctx)
		}},
		{"an LWT", "", "the condition of a second execution", false, func(ctx context.Context) error {
			_, err := parts.New(Part{ID: 1}).Insert(ctx)
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := coodie.Plan(t.Context(), tt.call)
			require.NoError(t, err)
			require.Len(t, plan, 1)
			require.Equal(t, tt.idempotent, plan[0].Idempotent)
			require.Contains(t, plan[0].Reason, tt.reason)
			if tt.warning == "" {
				require.Empty(t, plan[0].Warnings)
				return
			}
			require.Len(t, plan[0].Warnings, 1)
			require.Contains(t, plan[0].Warnings[0], tt.warning)
		})
	}
}

// TestPlanHidesValues: whatever prints a plan does not print what is bound.
func TestPlanHidesValues(t *testing.T) {
	_, session := server(t)
	table := openReadings(t, session, 0)
	doc := table.New(Reading{Sensor: "secret", Value: "secret"})
	plan, err := coodie.Plan(t.Context(), func(ctx context.Context) error { return doc.Save(ctx) })
	require.NoError(t, err)
	require.Equal(t, "secret", plan[0].Values()[0])
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		require.NotContains(t, fmt.Sprintf(format, plan), "secret", format)
	}
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
	require.False(t, doc.Stale(), "nothing was written")
}

// TestPlanErrors: what would not be sent is refused as ever, and a planned write says so.
func TestPlanErrors(t *testing.T) {
	srv, session := server(t)
	table := openReadings(t, session, 0)
	srv.ResetLog()
	var usage *coodie.Error
	plan, err := coodie.Plan(t.Context(), func(ctx context.Context) error { return table.Find().Delete(ctx) })
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Empty(t, plan)

	mine := errors.New("mine")
	var planned error
	plan, err = coodie.Plan(t.Context(), func(ctx context.Context) error {
		var res coodie.LWTResult[Reading]
		res, planned = table.New(Reading{Sensor: "a"}).Insert(ctx)
		require.False(t, res.Applied)
		return mine
	})
	require.ErrorIs(t, err, mine)
	require.ErrorIs(t, planned, coodie.ErrPlanned)
	require.NotErrorIs(t, planned, coodie.ErrOutcomeUnknown)
	require.Len(t, plan, 1)
	require.Empty(t, srv.Log())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = coodie.Plan(ctx, func(ctx context.Context) error { return table.Truncate(ctx) })
	require.ErrorIs(t, err, context.Canceled)
}

package coodie_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Register struct {
	ID      string   `cql:"id,partition"`
	N       int      `cql:"n"`
	Version int64    `cql:"version,version"`
	_       struct{} `cql:"slots,slots"`
}

var (
	registerID = coodie.Col(func(r *Register) *string { return &r.ID })
	registerN  = coodie.Col(func(r *Register) *int { return &r.N })
)

// The column of the slots belongs to the library: what the program reads, writes and is told leaves it out.
func TestSlotsBelongToTheLibrary(t *testing.T) {
	ctx := context.Background()
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		srv, session := server(t, cqltest.WithDialect(dialect))
		db := coodie.New(session)
		registers, err := coodie.Open[Register](db)
		require.NoError(t, err)
		plan, err := coodie.Schema(db, registers).Diff(ctx)
		require.NoError(t, err)
		require.Len(t, plan, 1)
		require.Contains(t, plan[0].CQL, "slots map<text, text>")
		require.NoError(t, coodie.Schema(db, registers).Create(ctx))
		require.NoError(t, coodie.Schema(db, registers).Verify(ctx))
		strict, err := coodie.Schema(db, registers).Diff(ctx)
		require.NoError(t, err)
		require.Empty(t, strict)

		doc := registers.New(Register{ID: "a", N: 1})
		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
		srv.ResetLog()

		t.Run("writes", func(t *testing.T) {
			doc.Value.N = 2
			res, err = doc.IfUnchanged().Replace(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			doc, err := registers.Find(registerID.Eq("a")).Load(ctx)
			require.NoError(t, err)
			doc.Value.N = 3
			res, err = doc.IfUnchanged().SaveChanges(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			for _, text := range srv.Log().Matching(cqltest.On(cqltest.Update)).CQL() {
				require.Contains(t, text, "slots[?]=?")
				require.NotContains(t, text, "slots=?")
			}
			res, err = registers.Find(registerID.Eq("a")).If(registerN.Eq(3)).DeleteColumns(ctx, registerN)
			require.NoError(t, err)
			require.True(t, res.Applied)
			res, err = registers.Find(registerID.Eq("a")).IfExists().Update(ctx, registerN.Set(3))
			require.NoError(t, err)
			require.True(t, res.Applied)
			res, err = registers.Find(registerID.Eq("b")).IfExists().Update(ctx, registerN.Set(3))
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, coodie.StateAbsent, res.Row())
		})

		t.Run("refusals", func(t *testing.T) {
			res, err := registers.Find(registerID.Eq("a")).If(registerN.Eq(1)).Update(ctx, registerN.Set(9))
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, "refused: n", res.String())
			require.Equal(t, []coodie.Pair{{Column: "n", Value: 3}}, res.Existing.Pairs())
			require.Equal(t, 3, res.Existing.Value.N)
			require.Len(t, res.Conditions(), 1)
			require.Equal(t, "n = ?: not held", res.Conditions()[0].String())

			batch := db.Batch()
			h := registers.Find(registerID.Eq("a")).If(registerN.Eq(1)).UpdateIn(batch, registerN.Set(9))
			require.NoError(t, batch.Exec(ctx))
			res, err = h.Result()
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, coodie.StateUnknown, res.Existing.State("slots"))
			require.Equal(t, "n = ?: not held", res.Conditions()[0].String())

			res, err = registers.New(Register{ID: "a"}).Insert(ctx)
			require.NoError(t, err)
			require.False(t, res.Applied)
			require.Equal(t, coodie.StateUnknown, res.Existing.State("slots"))
		})

		t.Run("reads", func(t *testing.T) {
			srv.ResetLog()
			_, err := registers.Find(registerID.Eq("a")).Get(ctx)
			require.NoError(t, err)
			for _, err := range registers.Find().Scan(ctx) {
				require.NoError(t, err)
			}
			for _, text := range srv.Log().CQL() {
				require.NotContains(t, text, "slots")
			}
		})

		t.Run("refused", func(t *testing.T) {
			row := registers.Find(registerID.Eq("a"))
			slots := coodie.AnyCol(registers, "slots")
			for name, call := range map[string]func() error{
				"a plain save":    func() error { return doc.Save(ctx) },
				"a plain update":  func() error { return row.Update(ctx, registerN.Set(1)) },
				"a plain delete":  func() error { return row.Delete(ctx) },
				"DeleteColumns":   func() error { _, err := row.IfExists().DeleteColumns(ctx, slots); return err },
				"an update of it": func() error { _, err := row.IfExists().Update(ctx, slots.SetNull()); return err },
				"a condition":     func() error { _, err := row.If(slots.IsNull()).Update(ctx, registerN.Set(1)); return err },
				"JSON": func() error {
					_, err := registers.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(`{"id": "c", "n": 1, "slots": {"a": "b"}}`))
					return err
				},
				"plain JSON": func() error { return registers.Find().SaveJSON(ctx, json.RawMessage(`{"id": "c"}`)) },
				"a TTL": func() error {
					_, err := row.With(coodie.WithTTL(time.Minute)).IfExists().Update(ctx, registerN.Set(1))
					return err
				},
				"a TTL of an insert": func() error {
					_, err := registers.New(Register{ID: "d"}).With(coodie.WithTTL(time.Minute)).Insert(ctx)
					return err
				},
			} {
				srv.ResetLog()
				require.Equal(t, coodie.KindUsage, coodie.KindOf(call()), name)
				require.Empty(t, srv.Log(), name)
			}
			_, err := coodie.Open[Register](db, coodie.WithDefaultTTL(time.Hour))
			require.ErrorContains(t, err, "WithDefaultTTL")
		})
	}
}

// A table that was there before gets the column by Sync, and its rows need nothing more.
func TestSlotsAddedLater(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	srv.MustExec("CREATE TABLE register (id text PRIMARY KEY, n int, version bigint)")
	srv.MustExec("INSERT INTO register (id, n, version) VALUES ('a', 1, 1)")
	registers, err := coodie.Open[Register](coodie.New(session))
	require.NoError(t, err)
	plan, err := coodie.Schema(nil, registers).Diff(ctx)
	require.NoError(t, err)
	require.Len(t, plan, 1)
	require.Equal(t, "ALTER TABLE register ADD slots map<text, text>", plan[0].CQL)
	_, err = coodie.Schema(nil, registers).Sync(ctx)
	require.NoError(t, err)
	res, err := registers.Find(registerID.Eq("a")).If(registerN.Eq(1)).Update(ctx, registerN.Set(2))
	require.NoError(t, err)
	require.True(t, res.Applied)
}

// Where the tags are wrong, Open says so.
func TestSlotsTags(t *testing.T) {
	_, session := server(t)
	db := coodie.New(session)
	open := map[string]func() error{
		"an exported field": func() error {
			_, err := coodie.Open[struct {
				ID    string            `cql:"id,partition"`
				Slots map[string]string `cql:"slots,slots"`
			}](db, coodie.WithTable("t"))
			return err
		},
		"twice": func() error {
			_, err := coodie.Open[struct {
				ID string   `cql:"id,partition"`
				_  struct{} `cql:"slots,slots"`
				_  struct{} `cql:"more,slots"`
			}](db, coodie.WithTable("t"))
			return err
		},
		"a name that is taken": func() error {
			_, err := coodie.Open[struct {
				ID string   `cql:"id,partition"`
				N  int      `cql:"slots"`
				_  struct{} `cql:"slots,slots"`
			}](db, coodie.WithTable("t"))
			return err
		},
		"another option": func() error {
			_, err := coodie.Open[struct {
				ID string   `cql:"id,partition"`
				_  struct{} `cql:"slots,slots,frozen"`
			}](db, coodie.WithTable("t"))
			return err
		},
		"a key": func() error {
			_, err := coodie.Open[struct {
				ID string   `cql:"id,partition"`
				_  struct{} `cql:"slots,clustering,slots"`
			}](db, coodie.WithTable("t"))
			return err
		},
		"static without a clustering column": func() error {
			_, err := coodie.Open[struct {
				ID string   `cql:"id,partition"`
				_  struct{} `cql:"slots,slots,static"`
			}](db, coodie.WithTable("t"))
			return err
		},
		"counters": func() error {
			_, err := coodie.Open[struct {
				ID string   `cql:"id,partition"`
				N  int64    `cql:"n,type=counter"`
				_  struct{} `cql:"slots,slots"`
			}](db, coodie.WithTable("t"))
			return err
		},
	}
	for name, open := range open {
		var wrong *coodie.SchemaError
		require.ErrorAs(t, open(), &wrong, name)
	}
}

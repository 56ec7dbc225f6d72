package coodie_test

import (
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Held is a row whose values share memory with the program.
type Held struct {
	K       []byte         `cql:"k,partition"`
	M       map[string]int `cql:"m"`
	B       []byte         `cql:"b"`
	N       *int           `cql:"n"`
	Version int64          `cql:"version,version"`
	Attempt gocql.UUID     `cql:"attempt,attempt"`
}

var (
	heldK = coodie.Col(func(h *Held) *[]byte { return &h.K })
	heldM = coodie.Col(func(h *Held) *map[string]int { return &h.M })
	heldB = coodie.Col(func(h *Held) *[]byte { return &h.B })
	heldN = coodie.Col(func(h *Held) **int { return &h.N })
)

// TestWhatWasSentIsKept: a document, a result and Settle go by what was sent, whatever the program
// does to the same map, slice or pointer afterwards.
func TestWhatWasSentIsKept(t *testing.T) {
	ctx := t.Context()
	eachDialect(t, func(t *testing.T, srv *cqltest.Server, session *gocql.Session) {
		db := coodie.New(session)
		table := opened[Held](t, db)
		row := func() (Held, *coodie.Document[Held]) {
			srv.MustExec("TRUNCATE app.held")
			v := Held{K: []byte("key"), M: map[string]int{"a": 1}, B: []byte("b"), N: ptr(1)}
			doc := table.New(v)
			res, err := doc.Insert(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			return v, doc
		}
		stored := func(t *testing.T) Held {
			v, err := table.Find(heldK.Eq([]byte("key"))).Get(ctx)
			require.NoError(t, err)
			return v
		}
		want := map[string]int{"a": 5}

		t.Run("update in a batch", func(t *testing.T) {
			_, doc := row()
			m, b, n, batch := map[string]int{"a": 5}, []byte("five"), ptr(5), db.Batch()
			h := doc.IfUnchanged().UpdateIn(batch, heldM.Set(m), heldB.Set(b), heldN.Set(n))
			m["a"], b[0], *n, doc.Value.K[0] = 6, 'l', 6, 'x'
			require.NoError(t, batch.Exec(ctx))
			res, err := h.Result()
			require.NoError(t, err)
			require.True(t, res.Applied)
			got := stored(t)
			require.Equal(t, []any{want, []byte("five"), ptr(5)}, []any{got.M, got.B, got.N})
			require.Equal(t, []any{want, []byte("five"), ptr(5)}, []any{doc.Value.M, doc.Value.B, doc.Value.N})
			require.False(t, doc.Stale())
		})
		t.Run("replace in a batch", func(t *testing.T) {
			_, doc := row()
			doc.Value.M["a"], doc.Value.B = 5, []byte("five")
			batch := db.Batch()
			doc.IfUnchanged().ReplaceIn(batch)
			doc.Value.M["a"], doc.Value.B[0], *doc.Value.N = 6, 'l', 6
			require.NoError(t, batch.Exec(ctx))
			require.Equal(t, stored(t), doc.Value)
			require.Equal(t, []any{want, []byte("five"), ptr(1)}, []any{doc.Value.M, doc.Value.B, doc.Value.N})
		})
		t.Run("conditions", func(t *testing.T) {
			row()
			m, b, k := map[string]int{"a": 1}, []byte("b"), []byte("key")
			find := table.Find(heldK.Eq(k)).If(heldM.Eq(m), heldB.In([]byte("x"), b), heldN.Eq(ptr(7)))
			batch := db.Batch()
			h := find.DeleteIn(batch)
			res, err := find.Delete(ctx)
			require.NoError(t, err)
			require.NoError(t, batch.Exec(ctx))
			batched, err := h.Result()
			require.NoError(t, err)
			m["a"], b[0], k[0] = 8, 'y', 'z'
			for _, res := range []coodie.LWTResult[Held]{res, batched} {
				require.False(t, res.Applied)
				var told []string
				for _, c := range res.Conditions() {
					told = append(told, c.String())
				}
				require.Equal(t, []string{"m = ?: held", "b IN ?: held", "n = ?: not held"}, told)
				require.ErrorContains(t, res.Err(), "not applied: ")
			}
		})
		t.Run("settle", func(t *testing.T) {
			for _, batched := range []bool{false, true} {
				v, doc := row()
				fault := srv.Fault(cqltest.On(cqltest.Conditional, "held").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
				k := []byte("key")
				var res coodie.LWTResult[Held]
				var err error
				if batch := db.Batch(); batched {
					h := doc.IfUnchanged().UpdateIn(batch, heldB.Set(nil))
					v.K[0] = 'x' // which doc.Value shares
					require.ErrorIs(t, batch.Exec(ctx), coodie.ErrOutcomeUnknown)
					res, err = h.Result()
				} else {
					res, err = table.Find(heldK.Eq(k)).IfExists().Update(ctx, heldB.Set(nil))
				}
				fault.Remove()
				require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
				k[0] = 'x'
				res, err = res.Settle(ctx)
				require.NoError(t, err)
				require.True(t, res.Applied)
			}
		})
	})
}

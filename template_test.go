package coodie

import (
	"context"
	"fmt"
	"github.com/coodie-go/coodie/internal/answer"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Formed has a column for each thing that can keep a statement from having a form.
type Formed struct {
	P      string   `cql:"p,partition"`
	C      *int     `cql:"c,clustering"`
	Shared *string  `cql:"shared,static"`
	Name   *string  `cql:"name"`
	Ratio  *float64 `cql:"ratio"`
	Data   []byte   `cql:"data"`
	Tags   []string `cql:"tags"`
}

// Paired is another statement for each kind of value: a tuple has a marker for each element.
type Paired struct {
	P    string `cql:"p,partition"`
	Pair *Pair2 `cql:"pair,tuple"`
}

// Attempted and Versioned store what the write itself decides.
type Attempted struct {
	P       string     `cql:"p,partition"`
	Name    *string    `cql:"name"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

type Versioned struct {
	P       string  `cql:"p,partition"`
	Name    *string `cql:"name"`
	Version int64   `cql:"version,version"`
}

// A read or write that was asked for before is the same as one that was not, whatever its values.
func TestFormsAreTheStatements(t *testing.T) {
	anyForm(t, func() func(*rand.Rand) (Formed, []Cond[Formed], []Cond[Formed], []Assign[Formed], []Target[Formed]) {
		p, c := Col(func(f *Formed) *string { return &f.P }), NullCol(func(f *Formed) **int { return &f.C })
		shared, name := NullCol(func(f *Formed) **string { return &f.Shared }), NullCol(func(f *Formed) **string { return &f.Name })
		ratio, data := NullCol(func(f *Formed) **float64 { return &f.Ratio }), Col(func(f *Formed) *[]byte { return &f.Data })
		tags := Col(func(f *Formed) *[]string { return &f.Tags })
		return func(r *rand.Rand) (row Formed, where, conds []Cond[Formed], assigns []Assign[Formed], targets []Target[Formed]) {
			text := func() string { return pick(r, "", "x", "longer") }
			row = Formed{P: text(), C: pick(r, nil, ptr(0), ptr(7)), Name: pick(r, nil, ptr("n"))}
			where = some(r, 3, p.Eq(text()), p.Eq(text()), p.Eq(text()), p.In("a", "b"), c.Eq(1), c.Eq(2), c.Gt(1), c.IsNull(), name.Eq("n"))
			conds = some(r, 2, name.Eq(text()), name.Eq(text()), name.Ne(text()), name.Ne(text()), name.Ne(text()), name.IsNull(), name.IsNotNull(), name.In("a"), shared.Eq(text()),
				ratio.Gt(pick(r, 1, math.NaN())), data.Eq(pick(r, nil, []byte{}, []byte{1})), tags.Eq(pick(r, nil, []string{"a"})), c.Eq(1))
			assigns = some(r, 2, name.Set(text()), name.Set(text()), name.SetNull(), shared.Set(text()), ratio.Set(pick(r, 0, 1, math.NaN())),
				data.Set(pick(r, nil, []byte{}, []byte{1})), Append(tags, "x"), tags.Set(nil), At(tags, 0).Set("x"), c.Set(3))
			targets = some[Target[Formed]](r, 2, name, shared, data, At(tags, 1), c)
			return row, where, conds, assigns, targets
		}
	})
	anyForm(t, func() func(*rand.Rand) (Paired, []Cond[Paired], []Cond[Paired], []Assign[Paired], []Target[Paired]) {
		p, pair := Col(func(f *Paired) *string { return &f.P }), NullCol(func(f *Paired) **Pair2 { return &f.Pair })
		return func(r *rand.Rand) (row Paired, where, conds []Cond[Paired], assigns []Assign[Paired], targets []Target[Paired]) {
			set := pick(r, nil, &Pair2{A: 1}, &Pair2{A: 1, B: ptr("b")})
			row = Paired{P: pick(r, "", "x"), Pair: set}
			return row, some(r, 1, p.Eq("x")), some(r, 1, pair.Eq(Pair2{A: 2})), some(r, 1, pair.Set(Pair2{A: 2}), pair.SetNull()), nil
		}
	})
	anyForm(t, func() func(*rand.Rand) (Attempted, []Cond[Attempted], []Cond[Attempted], []Assign[Attempted], []Target[Attempted]) {
		p, name := Col(func(f *Attempted) *string { return &f.P }), NullCol(func(f *Attempted) **string { return &f.Name })
		attempt := Col(func(f *Attempted) *gocql.UUID { return &f.Attempt })
		return func(r *rand.Rand) (row Attempted, where, conds []Cond[Attempted], assigns []Assign[Attempted], targets []Target[Attempted]) {
			row = Attempted{P: pick(r, "", "x"), Attempt: pick(r, gocql.UUID{}, gocql.UUID{1})}
			return row, some(r, 1, p.Eq(pick(r, "", "x"))), some(r, 2, name.Eq("a"), name.Ne("a"), attempt.Eq(gocql.UUID{2})),
				some(r, 2, name.Set("a"), name.SetNull(), attempt.Set(gocql.UUID{3})), some[Target[Attempted]](r, 2, name, attempt)
		}
	})
	anyForm(t, func() func(*rand.Rand) (Versioned, []Cond[Versioned], []Cond[Versioned], []Assign[Versioned], []Target[Versioned]) {
		p, name := Col(func(f *Versioned) *string { return &f.P }), NullCol(func(f *Versioned) **string { return &f.Name })
		version := Col(func(f *Versioned) *int64 { return &f.Version })
		return func(r *rand.Rand) (row Versioned, where, conds []Cond[Versioned], assigns []Assign[Versioned], targets []Target[Versioned]) {
			row = Versioned{P: pick(r, "", "x"), Version: r.Int64N(3)}
			return row, some(r, 1, p.Eq(pick(r, "", "x"))), some(r, 2, name.Eq("a"), version.Eq(r.Int64N(3))),
				some(r, 2, name.Set("a"), version.Set(r.Int64N(3))), some[Target[Versioned]](r, 2, name, version)
		}
	})
}

// formRead reads in any way.
func formRead[T any](ctx context.Context, r *rand.Rand, q Readable[T]) (string, error) {
	switch r.IntN(8) {
	case 0:
		q = q.Reads().With(WithLinearizable())
	case 1:
		q = q.Reads().AllowFiltering()
	case 2:
		q = q.Reads().Limit(5)
	case 3:
		q = q.Reads().With(WithPageSize(7))
	}
	q = q.Reads().With(WithConcurrency(1)) // In is several statements
	got, err := any(nil), error(nil)
	switch r.IntN(6) {
	case 0:
		got, err = q.Reads().Get(ctx)
	case 1:
		got, err = q.Reads().One(ctx)
	case 2:
		got, err = q.Reads().All(ctx)
	case 3:
		got, err = q.Reads().Count(ctx)
	case 4:
		got, err = q.Reads().Exists(ctx)
	case 5:
		got, err = q.Reads().Page(ctx, "")
	}
	return fmt.Sprint("read ", got), err
}

// anyForm compares reads and writes of all kinds on a table that has seen thousands, with those on one
// that has seen none.
func anyForm[T any](t *testing.T, columns func() func(*rand.Rand) (row T, where, conds []Cond[T], assigns []Assign[T], targets []Target[T])) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	stable := columns()
	var known *Table[T]
	var sent *[]string
	for i := range 10000 {
		if i%100 == 0 { // a table has room for some of the templates only
			known, sent = recorded[T](t)
		}
		seed := random.Uint64()
		draw := stable
		if random.IntN(4) == 0 {
			draw = columns() // other Columns of the same columns
		}
		write := func(table *Table[T]) (string, error) {
			r := rand.New(rand.NewPCG(seed, 0))
			row, where, conds, assigns, targets := draw(r)
			ctx := context.Background()
			if r.IntN(3) == 0 {
				return formRead(ctx, r, table.Find(where...))
			}
			var opts []CallOption
			doc, document := table.New(row), r.IntN(2) == 0
			switch r.IntN(12) {
			case 0:
				opts = []CallOption{WithTTL(time.Minute)}
			case 1:
				opts = []CallOption{WithTimestamp(time.UnixMicro(5))}
			}
			if opts != nil {
				doc = doc.With(opts...)
			}
			var plain interface {
				Update(context.Context, ...Assign[T]) error
				Delete(context.Context) error
				DeleteColumns(context.Context, ...Target[T]) error
				IfAll([]Cond[T]) ConditionalWrite[T]
				IfExists() ConditionalWrite[T]
			} = doc
			if !document {
				plain = table.Find(where...).With(opts...)
			}
			var cas ConditionalWrite[T]
			switch n := r.IntN(8); {
			case n == 6 && document:
				return "save", pick(r, doc, doc.With(WithOmitNil())).Save(ctx)
			case n == 7:
				res, err := table.New(row).Insert(ctx)
				return fmt.Sprintf("inserted %t, row %v", res.Applied, res.Row()), err
			case n == 0 && document:
				cas = doc.IfUnchanged()
			case n < 2:
				cas = plain.IfAll(conds)
			case n == 2:
				cas = plain.IfAll(conds).AllowCreate()
			case n == 3:
				cas = plain.IfExists()
			default:
				switch r.IntN(3) {
				case 0:
					return "update", plain.Update(ctx, assigns...)
				case 1:
					return "delete", plain.Delete(ctx)
				}
				return "delete columns", plain.DeleteColumns(ctx, targets...)
			}
			var res LWTResult[T]
			var err error
			switch r.IntN(4) {
			case 0:
				res, err = cas.Delete(ctx)
			case 1:
				res, err = cas.DeleteColumns(ctx, targets...)
			default:
				res, err = cas.Update(ctx, assigns...)
			}
			return fmt.Sprintf("applied %t, row %v, kind %v, conditions %v", res.Applied, res.Row(), res.rest.kind, res.Conditions()), err
		}
		fresh, wanted := recorded[T](t)
		want, wantErr := write(fresh)
		*sent = nil
		got, err := write(known)
		require.Equal(t, want, got)
		require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err))
		require.Equal(t, *wanted, *sent)
	}
}

// The second write of a form is built from it, one that has been told more is not, and a
// table keeps so many templates and no more.
func TestFormIsFollowed(t *testing.T) {
	table, _ := recorded[Formed](t)
	p, c := Col(func(f *Formed) *string { return &f.P }), NullCol(func(f *Formed) **int { return &f.C })
	name := NullCol(func(f *Formed) **string { return &f.Name })
	one := table.Find(p.Eq("p"), c.Eq(1))
	build := func(w ConditionalWrite[Formed]) *stmt.Bound {
		c := (*conditional)(&w).call()
		b := c.spec.Update(plainAssigns([]Assign[Formed]{name.Set("n")}), true)
		t.Cleanup(b.Release)
		return b
	}
	require.Nil(t, build(one.If(name.Eq("a"))).Template, "the first")
	require.NotNil(t, build(one.If(name.Eq("b"))).Template)
	require.NotNil(t, build(table.Find(p.Eq("q"), c.Eq(2)).If(name.Eq("a"))).Template)
	require.Nil(t, build(one.If(name.IsNull()).AllowCreate()).Template, "null")
	require.Nil(t, build(one.If(name.Eq("a")).With(WithTTL(time.Minute))).Template, "a TTL")
	require.Nil(t, build(table.Find(c.Eq(2), p.Eq("p")).If(name.Eq("a"))).Template, "another order of the markers")

	require.Nil(t, build(one.If(name.Ne("a")).AllowCreate()).Template)
	require.NotNil(t, build(one.If(name.Ne("a")).AllowCreate()).Template)
	require.NotNil(t, build(one.If(name.Ne("a"))).Err, "could create the row")

	read := func(q Readable[Formed], w stmt.ReadKind) *stmt.Bound {
		c := (*query)(q.Reads()).call()
		b := c.spec.Query(w)
		t.Cleanup(b.Release)
		require.Nil(t, b.Err)
		return b
	}
	for _, q := range []Readable[Formed]{one, one.With(WithLinearizable()), table.Find(p.Eq("p"))} {
		require.Nil(t, read(q, stmt.ReadAny).Template, "the first")
		known := read(q, stmt.ReadAny)
		require.NotNil(t, known.Template)
		require.Equal(t, read(q.Reads().AllowFiltering(), stmt.ReadAny).Stmt.Columns, known.Stmt.Columns)
	}
	require.Nil(t, read(one, stmt.ReadRow).Template, "of another kind")
	require.Equal(t, driver.Read, read(one, stmt.ReadRow).Request.Kind)
	require.Equal(t, driver.SerialRead, read(one.With(WithLinearizable()), stmt.ReadAny).Request.Kind)
	require.Nil(t, read(one.Limit(1), stmt.ReadAny).Template, "a limit")

	insert := func(f Formed) *stmt.Bound {
		c := plainDocument(table.New(f)).call()
		b := c.spec.Insert(codec.At(&f), true)
		t.Cleanup(b.Release)
		return b
	}
	require.Nil(t, insert(Formed{P: "p", C: ptr(1)}).Template)
	require.NotNil(t, insert(Formed{P: "q", C: ptr(2), Name: ptr("n"), Tags: []string{"t"}}).Template)

	for n := range stmt.MaxTemplates + 5 {
		conds := make([]Cond[Formed], n+2)
		for i := range conds {
			conds[i] = name.Eq("a")
		}
		build(one.IfAll(conds))
	}
	require.Len(t, *table.schema.Templates.Known.Load(), stmt.MaxTemplates)
}

// recorded opens T's table on a server that applies everything, and collects what it is sent:
// all of a request but the id that is another each time.
func recorded[T any](t *testing.T) (*Table[T], *[]string) {
	t.Helper()
	sent := new([]string)
	sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
		var out strings.Builder
		fmt.Fprint(&out, r.Statement, "; ", r.Kind, r.Consistency, r.Serial, r.Replayable, r.Reason, r.Once, r.Single, r.ClientTimestamp, r.PageSize, r.Unpaged, r.Page)
		for _, v := range r.Values {
			typ, value := driver.Shown(v)
			if at, ok := value.(int64); typ == "uuid" || ok && at > 1<<60 {
				value = nil // an attempt id, or a version
			}
			fmt.Fprintf(&out, " %s %#v", typ, value)
		}
		*sent = append(*sent, out.String())
		return fake.Answer{Columns: []driver.Column{fake.Column(answer.AppliedColumn, codec.Boolean)}, Rows: [][][]byte{{{1}}}}
	}}
	table, err := Open[T](newDB(sender, nil))
	require.NoError(t, err)
	return table, sent
}

func pick[V any](r *rand.Rand, of ...V) V { return of[r.IntN(len(of))] }

// some is up to n of them.
func some[V any](r *rand.Rand, n int, of ...V) (out []V) {
	for range r.IntN(n + 1) {
		out = append(out, pick(r, of...))
	}
	return out
}

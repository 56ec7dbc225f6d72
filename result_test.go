package coodie

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// T is the table of the guide's worked statements and of ScyllaDB's documentation.
type T struct {
	K int  `cql:"k,partition"`
	V *int `cql:"v"`
	X *int `cql:"x"`
}

var (
	tV = NullCol(func(t *T) **int { return &t.V })
	tX = NullCol(func(t *T) **int { return &t.X })
)

func num(n int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// lwt is an answer of one row: [applied], then int columns by name; nil is null.
func lwt(applied bool, columns ...any) fake.Answer {
	a := fake.Answer{Columns: []driver.Column{fake.Column("[applied]", codec.Boolean)}}
	row := [][]byte{{0}}
	if applied {
		row[0][0] = 1
	}
	for i := 0; i < len(columns); i += 2 {
		a.Columns = append(a.Columns, fake.Column(columns[i].(string), codec.Int))
		if n, ok := columns[i+1].(int); ok {
			row = append(row, num(int32(n)))
		} else {
			row = append(row, nil)
		}
	}
	a.Rows = [][][]byte{row}
	return a
}

func ptr[V any](v V) *V { return &v }

// The answers are those recorded of Cassandra 5.0.6 and of ScyllaDB, which puts the old
// row, or nulls, into every answer.
func TestAnswers(t *testing.T) {
	ctx := context.Background()
	insert := func(d *Document[T]) (LWTResult[T], error) { return d.Insert(ctx) }
	ifV := func(d *Document[T]) (LWTResult[T], error) { return d.If(tV.Eq(1)).Update(ctx, tX.Set(9)) }
	ifVX := func(d *Document[T]) (LWTResult[T], error) { return d.If(tV.Eq(0), tX.Eq(1)).Delete(ctx) }
	exists := func(d *Document[T]) (LWTResult[T], error) { return d.IfExists().Delete(ctx) }

	for _, tt := range []struct {
		name     string
		call     func(*Document[T]) (LWTResult[T], error)
		answer   fake.Answer
		applied  bool
		existing *T
		v, x     State
		row      State
		previous *T
		verdicts []string
	}{
		{name: "Cassandra: insert applied", call: insert, answer: lwt(true), applied: true, row: StateAbsent},
		{name: "Cassandra: insert refused", call: insert, answer: lwt(false, "k", 1, "v", 1, "x", nil),
			existing: &T{K: 1, V: ptr(1)}, v: StatePresent, x: StateAbsent, row: StatePresent},
		{name: "Cassandra: if refused", call: ifV, answer: lwt(false, "v", 2),
			existing: &T{V: ptr(2)}, v: StatePresent, row: StatePresent, verdicts: []string{"not held"}},
		{name: "Cassandra: if refused, null", call: ifV, answer: lwt(false, "v", nil),
			existing: &T{}, v: StateAbsent, row: StateUnknown, verdicts: []string{"not held"}},
		{name: "Cassandra: if refused, no row", call: ifV, answer: lwt(false), row: StateAbsent, verdicts: []string{"not held"}},
		{name: "Cassandra: two conditions", call: ifVX, answer: lwt(false, "v", 0, "x", 2),
			existing: &T{V: ptr(0), X: ptr(2)}, v: StatePresent, x: StatePresent, row: StatePresent, verdicts: []string{"held", "not held"}},
		{name: "Cassandra: if exists refused", call: exists, answer: lwt(false), row: StateAbsent},
		{name: "Cassandra: if exists applied", call: exists, answer: lwt(true), applied: true, row: StatePresent},
		{name: "Cassandra: if applied", call: ifV, answer: lwt(true), applied: true, row: StatePresent, verdicts: []string{"held"}},

		{name: "ScyllaDB: insert applied", call: insert, answer: lwt(true, "k", nil, "v", nil, "x", nil), applied: true, row: StateAbsent},
		{name: "ScyllaDB: insert refused", call: insert, answer: lwt(false, "k", 1, "v", 1, "x", nil),
			existing: &T{K: 1, V: ptr(1)}, v: StatePresent, x: StateAbsent, row: StatePresent},
		{name: "ScyllaDB: delete applied, old row", call: exists, answer: lwt(true, "k", 1, "v", 5, "x", nil),
			applied: true, row: StatePresent, previous: &T{K: 1, V: ptr(5)}},
		{name: "ScyllaDB: if refused, no row", call: ifV, answer: lwt(false, "v", nil),
			existing: &T{}, v: StateAbsent, row: StateUnknown, verdicts: []string{"not held"}},
		{name: "ScyllaDB: if exists refused", call: exists, answer: lwt(false, "k", nil, "v", nil, "x", nil),
			existing: &T{}, v: StateAbsent, x: StateAbsent, row: StateAbsent},
		{name: "ScyllaDB: table order", call: func(d *Document[T]) (LWTResult[T], error) {
			return d.If(tX.Eq(1), tV.Eq(0)).Delete(ctx)
		}, answer: lwt(false, "v", 0, "x", 2),
			existing: &T{V: ptr(0), X: ptr(2)}, v: StatePresent, x: StatePresent, row: StatePresent, verdicts: []string{"not held", "held"}},

		{name: "a column that the struct lacks", call: insert, answer: lwt(false, "k", 1, "added", 7, "v", 1),
			existing: &T{K: 1, V: ptr(1)}, v: StatePresent, row: StatePresent},
		{name: "a condition on a column not sent", call: ifVX, answer: lwt(false, "v", 0),
			existing: &T{V: ptr(0)}, v: StatePresent, row: StatePresent, verdicts: []string{"held", "not held"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table, _ := answering[T](t, tt.answer)
			doc := table.New(T{K: 1, V: ptr(3)})
			res, err := tt.call(doc)
			require.NoError(t, err)
			require.Equal(t, tt.applied, res.Applied)
			require.Equal(t, tt.row, res.Row())
			if tt.existing == nil {
				require.Nil(t, res.Existing)
			} else {
				require.Equal(t, *tt.existing, res.Existing.Value)
			}
			v, p := tV.From(res.Existing)
			require.Equal(t, tt.v, p)
			require.Equal(t, p == StatePresent, v == deref(tt.existing, func(t *T) *int { return t.V }) && p == StatePresent)
			_, p = tX.From(res.Existing)
			require.Equal(t, tt.x, p)
			previous, err := res.Previous()
			require.NoError(t, err)
			if tt.previous == nil {
				require.Nil(t, previous)
			} else {
				require.Equal(t, *tt.previous, previous.Value)
			}
			var verdicts []string
			for _, c := range res.Conditions() {
				verdicts = append(verdicts, verdictOf(c))
			}
			require.Equal(t, tt.verdicts, verdicts)
			if tt.applied {
				require.NoError(t, res.Err())
				return
			}
			require.Equal(t, ptr(3), doc.Value.V, "a refused write leaves the document alone")
			require.ErrorIs(t, res.Err(), ErrNotApplied)
			require.Equal(t, KindNotApplied, KindOf(res.Err()))
		})
	}
}

func deref(t *T, field func(*T) *int) int {
	if t == nil || field(t) == nil {
		return 0
	}
	return *field(t)
}

func TestPairsAndMap(t *testing.T) {
	table, _ := answering[T](t, lwt(false, "k", 0, "v", 0, "x", nil, "added", 7))
	res, err := table.New(T{}).Insert(context.Background())
	require.NoError(t, err)
	require.Equal(t, []Pair{{"k", 0}, {"v", 0}, {"x", nil}, {"added", 7}}, res.Existing.Pairs())
	require.Equal(t, map[string]any{"k": 0, "v": 0, "x": nil, "added": 7}, res.Existing.Map())
	require.Equal(t, StateAbsent, res.Existing.State("x"))
	require.Equal(t, StatePresent, res.Existing.State("added"))
	require.Equal(t, StateUnknown, res.Existing.State("nothing"))
}

// TestAnswersThatAreNone: without one boolean [applied] nobody knows what happened.
func TestAnswersThatAreNone(t *testing.T) {
	boolean := fake.Column("[applied]", codec.Boolean)
	for name, a := range map[string]fake.Answer{
		"void":              {},
		"no rows":           {Columns: []driver.Column{boolean}},
		"no columns":        {Rows: [][][]byte{{}}},
		"no [applied]":      {Columns: []driver.Column{fake.Column("v", codec.Int)}, Rows: [][][]byte{{num(1)}}},
		"[applied] an int":  {Columns: []driver.Column{fake.Column("[applied]", codec.Int)}, Rows: [][][]byte{{num(1)}}},
		"[applied] null":    {Columns: []driver.Column{boolean}, Rows: [][][]byte{{nil}}},
		"[applied] empty":   {Columns: []driver.Column{boolean}, Rows: [][][]byte{{{}}}},
		"[applied] twice":   {Columns: []driver.Column{boolean, boolean}, Rows: [][][]byte{{{1}, {0}}}},
		"true and false":    {Columns: []driver.Column{boolean}, Rows: [][][]byte{{{1}}, {{0}}}},
		"false and true":    {Columns: []driver.Column{boolean}, Rows: [][][]byte{{{0}}, {{1}}}},
		"true and nothing":  {Columns: []driver.Column{boolean}, Rows: [][][]byte{{{1}}, {nil}}},
		"a panic in gocql":  {Columns: []driver.Column{boolean}, Panic: "not enough bytes in buffer"},
		"a connection lost": {Err: errors.New("EOF")},
	} {
		t.Run(name, func(t *testing.T) {
			table, _ := answering[T](t, a)
			doc := table.New(T{})
			res, err := doc.Insert(context.Background())
			require.ErrorIs(t, err, ErrOutcomeUnknown)
			require.False(t, res.Applied)
			require.True(t, doc.Stale())
			require.Equal(t, StateUnknown, res.Row(), "an unknown outcome tells nothing")
			require.ErrorIs(t, res.Err(), ErrOutcomeUnknown)
			require.NotErrorIs(t, res.Err(), ErrNotApplied)
			var unknown *Error
			require.ErrorAs(t, err, &unknown)
			require.True(t, unknown.Unknown)
			require.Equal(t, "insert", unknown.Op)
			require.Equal(t, "t", unknown.Table)
		})
	}
}

// TestAppliedThoughUndecodable: ScyllaDB's old row, or a refused one, may not fit the
// struct; the answer stands all the same.
func TestAppliedThoughUndecodable(t *testing.T) {
	ctx := context.Background()
	bad := lwt(true, "v", 1)
	bad.Rows[0][1] = []byte{1, 2, 3}
	table, _ := answering[T](t, bad)
	res, err := table.New(T{}).Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	_, err = res.Previous()
	var decode *Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, KindDecode, decode.Kind)

	bad.Rows[0][0] = []byte{0}
	table, _ = answering[T](t, bad)
	res, err = table.New(T{}).Insert(ctx)
	require.ErrorAs(t, err, &decode)
	require.Equal(t, KindDecode, decode.Kind)
	require.Equal(t, "v", decode.Column)
	require.Equal(t, "V", decode.Field)
	require.False(t, res.Applied)
	require.NotErrorIs(t, err, ErrOutcomeUnknown, "the write was certainly refused")
}

// FuzzAnswer: whatever cells come back, the answer is decoded or reported, never a panic.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{1}, []byte{0, 0, 0, 1}, uint8(0), true)
	f.Add([]byte{0}, []byte(nil), uint8(3), false)
	f.Fuzz(func(t *testing.T, appliedCell, cell []byte, column uint8, twice bool) {
		columns := []driver.Column{
			fake.Column("tenant", codec.Text), fake.Column("id", codec.Int),
			fake.Column("at", codec.Timestamp), fake.Column("seq", codec.Int), fake.Column("name", codec.Text),
			{Name: "tags", Type: &codec.Type{Kind: codec.List, Elem: codec.Native(codec.Text)}},
			{Name: "attrs", Type: &codec.Type{Kind: codec.Map, Key: codec.Native(codec.Text), Elem: codec.Native(codec.Int)}},
			fake.Column("unknown", codec.Decimal), fake.Column("attrs", codec.Inet),
		}
		a := fake.Answer{Columns: []driver.Column{fake.Column("[applied]", codec.Boolean), columns[int(column)%len(columns)]},
			Rows: [][][]byte{{appliedCell, cell}}}
		if twice {
			a.Columns = append(a.Columns, a.Columns[1])
			a.Rows[0] = append(a.Rows[0], cell)
		}
		table, _ := answering[Everything](t, a)
		row := table.Find(tenant.Eq("t"), id.Eq(1), at.Eq(epoch), seq.Eq(2))
		res, err := row.If(Entry(attrs, "a").Eq(1), At(tags, 0).Ne("x"), Contains(tags, "y"), name.Gt("z")).Delete(context.Background())
		if err == nil {
			require.Equal(t, appliedCell[0] != 0, res.Applied)
		}
		res.Existing.Pairs()
		res.Conditions()
		res.Row()
		_, _ = res.Previous()
		_, _ = Entry(attrs, "a").From(res.Existing)
		_, _ = AnyCol(table, "tags").From(res.Existing)
	})
}

package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

type cond = coodie.Cond[Thing]

// sent is what a server sends, in its order: columns and values.
type sent []pairOf

type pairOf coodie.Pair

func sentBy(pairs []coodie.Pair) sent {
	var out sent
	for _, pair := range pairs {
		out = append(out, pairOf(pair))
	}
	return out
}

const (
	held    = "held"
	notHeld = "not held"
)

type verdicts []string

// condition is a case: what IF says, of which row, and what comes of it.
type condition struct {
	name     string
	row      *Thing // nil: no row
	conds    []cond
	applied  bool
	sent     sent // of a refused write, after [applied]
	verdicts verdicts
	state    coodie.State
	creates  bool // all conditions hold on a missing row: Update asks for AllowCreate
}

var (
	fullRow = full("")
	bareRow = bare("")
)

// comparisons are the cases of every operator on plain columns.
var comparisons = []condition{
	{name: "= holds", row: &fullRow, conds: []cond{n.Eq(5)}, applied: true},
	{name: "= does not", row: &fullRow, conds: []cond{n.Eq(4)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "= on null", row: &bareRow, conds: []cond{n.Eq(0)}, sent: sent{{"n", nil}}, verdicts: verdicts{notHeld}, state: coodie.StateUnknown},
	{name: "= on no row", conds: []cond{n.Eq(5)}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
	{name: "!= holds", row: &fullRow, conds: []cond{n.Ne(4)}, applied: true, creates: true},
	{name: "!= does not", row: &fullRow, conds: []cond{n.Ne(5)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}, creates: true},
	{name: "!= on null", row: &bareRow, conds: []cond{n.Ne(5)}, applied: true, creates: true},
	{name: "!= on no row", conds: []cond{n.Ne(5)}, applied: true, creates: true},
	{name: "< holds", row: &fullRow, conds: []cond{n.Lt(6)}, applied: true},
	{name: "< does not", row: &fullRow, conds: []cond{n.Lt(5)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "< negative", row: &fullRow, conds: []cond{n.Lt(-1)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "<= holds", row: &fullRow, conds: []cond{n.Le(5)}, applied: true},
	{name: "<= does not", row: &fullRow, conds: []cond{n.Le(4)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "> holds", row: &fullRow, conds: []cond{n.Gt(-6)}, applied: true},
	{name: "> does not", row: &fullRow, conds: []cond{n.Gt(5)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "> on null", row: &bareRow, conds: []cond{n.Gt(0)}, sent: sent{{"n", nil}}, verdicts: verdicts{notHeld}, state: coodie.StateUnknown},
	{name: "> on no row", conds: []cond{n.Gt(0)}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
	{name: ">= holds", row: &fullRow, conds: []cond{n.Ge(5)}, applied: true},
	{name: ">= does not", row: &fullRow, conds: []cond{n.Ge(6)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "text < holds", row: &fullRow, conds: []cond{name.Lt("bobby")}, applied: true},
	{name: "text > does not", row: &fullRow, conds: []cond{name.Gt("bobby")}, sent: sent{{"name", "bob"}}, verdicts: verdicts{notHeld}},
	{name: "IN holds", row: &fullRow, conds: []cond{n.In(4, 5)}, applied: true},
	{name: "IN does not", row: &fullRow, conds: []cond{n.In(4, 6, 7)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "IN of one", row: &fullRow, conds: []cond{n.In(6)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
	{name: "IN on null", row: &bareRow, conds: []cond{n.In(4)}, sent: sent{{"n", nil}}, verdicts: verdicts{notHeld}, state: coodie.StateUnknown},
	{name: "IN on no row", conds: []cond{n.In(4)}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
	{name: "IN with null does not", row: &fullRow, conds: []cond{byPointer.In(nil, ptr(4))}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}, creates: true},
	{name: "IN with null holds by value", row: &fullRow, conds: []cond{byPointer.In(nil, ptr(5))}, applied: true, creates: true},
	{name: "IN with null on null", row: &bareRow, conds: []cond{byPointer.In(ptr(4), nil)}, applied: true, creates: true},
	{name: "IN with null on no row", conds: []cond{byPointer.In(ptr(4), nil)}, applied: true, creates: true},
	{name: "null on null", row: &bareRow, conds: []cond{n.IsNull()}, applied: true, creates: true},
	{name: "null on a value", row: &fullRow, conds: []cond{n.IsNull()}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}, creates: true},
	{name: "null on no row", conds: []cond{n.IsNull()}, applied: true, creates: true},
	{name: "nil pointer on null", row: &bareRow, conds: []cond{byPointer.Eq(nil)}, applied: true, creates: true},
	{name: "not null on a value", row: &fullRow, conds: []cond{n.IsNotNull()}, applied: true},
	{name: "not null on null", row: &bareRow, conds: []cond{n.IsNotNull()}, sent: sent{{"n", nil}}, verdicts: verdicts{notHeld}, state: coodie.StateUnknown},
	{name: "not null on no row", conds: []cond{n.IsNotNull()}, verdicts: verdicts{notHeld}, state: coodie.StateAbsent},
	{name: "AND holds", row: &fullRow, conds: []cond{n.Gt(1), name.Eq("bob"), n.Lt(9)}, applied: true},
	{
		name: "AND, the last does not", row: &fullRow, conds: []cond{name.Eq("bob"), n.Eq(4)},
		sent: sent{{"name", "bob"}, {"n", 5}}, verdicts: verdicts{held, notHeld},
	},
	{
		name: "AND, the first does not", row: &fullRow, conds: []cond{n.Eq(4), name.Eq("bob")},
		sent: sent{{"n", 5}, {"name", "bob"}}, verdicts: verdicts{notHeld, held},
	},
	{
		name: "AND, one column twice", row: &fullRow, conds: []cond{n.Gt(1), n.Lt(3)},
		sent: sent{{"n", 5}}, verdicts: verdicts{held, notHeld},
	},
	{
		name: "AND with null", row: &bareRow, conds: []cond{n.IsNull(), mark.Eq(2)},
		sent: sent{{"n", nil}, {"mark", 1}}, verdicts: verdicts{held, notHeld}, state: coodie.StatePresent,
	},
	{
		name: "AND with null on no row", conds: []cond{n.IsNull(), mark.Eq(2)},
		verdicts: verdicts{held, notHeld}, state: coodie.StateAbsent,
	},
}

// byPointer is the column n with the pointer's values, so that IN can hold a null.
var byPointer = coodie.Col(func(t *Thing) **int { return &t.N })

func TestComparisons(t *testing.T) {
	t.Parallel()
	runConditions(t, comparisons, len(conditionalWrites))
}

// The same conditions by column name.
func TestConditionsByName(t *testing.T) {
	t.Parallel()
	table := open[Thing](t, connect(t))
	col := func(name string) *coodie.AnyColumn[Thing] { return coodie.AnyCol(table, name) }
	runConditions(t, []condition{
		{name: "=", row: &fullRow, conds: []cond{col("n").Eq(5)}, applied: true},
		{name: "!=", row: &fullRow, conds: []cond{col("n").Ne(5)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}, creates: true},
		{name: "<", row: &fullRow, conds: []cond{col("n").Lt(5)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}},
		{name: "<=", row: &fullRow, conds: []cond{col("n").Le(5)}, applied: true},
		{name: ">", row: &fullRow, conds: []cond{col("name").Gt("a")}, applied: true},
		{name: ">=", row: &fullRow, conds: []cond{col("name").Ge("c")}, sent: sent{{"name", "bob"}}, verdicts: verdicts{notHeld}},
		{name: "IN", row: &fullRow, conds: []cond{col("n").In(1, 5)}, applied: true},
		{name: "IN with null", row: &bareRow, conds: []cond{col("n").In(1, nil)}, applied: true, creates: true},
		{name: "IN with null does not", row: &fullRow, conds: []cond{col("n").In(1, nil)}, sent: sent{{"n", 5}}, verdicts: verdicts{notHeld}, creates: true},
		{name: "null", row: &bareRow, conds: []cond{col("n").IsNull()}, applied: true, creates: true},
		{name: "not null", row: &bareRow, conds: []cond{col("n").IsNotNull()}, sent: sent{{"n", nil}}, verdicts: verdicts{notHeld}, state: coodie.StateUnknown},
		{name: "CONTAINS", row: &fullRow, conds: []cond{col("tags").Contains("b"), col("labels").Contains("x"), col("attrs").Contains(2)}, applied: true},
		{name: "CONTAINS KEY", row: &fullRow, conds: []cond{col("attrs").ContainsKey("k")}, applied: true},
		{name: "elements", row: &fullRow, conds: []cond{col("attrs").At("k").Eq(1), col("tags").At(1).Eq("b")}, applied: true},
		{name: "fields", row: &fullRow, conds: []cond{col("addr").Field("city").Eq("Rome"), col("home").Field("city").Eq("Rome")}, applied: true},
		{name: "tuple", row: &fullRow, conds: []cond{col("pair").Eq(Pair{A: 1, B: ptr("x")})}, applied: true},
	}, 2)
}

// runConditions sends each condition with so many of the conditional writes, in turn, from
// Document and from QuerySet, and checks the answer and the row afterwards.
func runConditions(t *testing.T, cases []condition, writes int) {
	s := connect(t)
	table := create[Thing](t, s)
	for i, tt := range cases {
		if tt.state == coodie.StateUnknown && !tt.applied && tt.row == &fullRow {
			tt.state = coodie.StatePresent
		}
		for j := range writes {
			w := conditionalWrites[(i+j*len(conditionalWrites)/writes)%len(conditionalWrites)]
			t.Run(tt.name+"/"+w.name, func(t *testing.T) { runCondition(t, table, tt, w) })
		}
	}
}

func runCondition(t *testing.T, table *coodie.Table[Thing], tt condition, w conditionalWrite) {
	ctx := t.Context()
	before := Thing{P: t.Name(), C: 1}
	if tt.row != nil {
		before = *tt.row
		before.P = t.Name()
		res, err := table.New(before).Insert(ctx)
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
	doc := table.New(before)
	row := table.Find(p.Eq(before.P), c.Eq(before.C))
	write := row.IfAll(tt.conds)
	if w.document {
		write = doc.IfAll(tt.conds)
	}
	if tt.creates && w.update {
		_, err := w.send(ctx, write)
		requireUsage(t, err)
		write = write.AllowCreate()
	}
	res, err := w.send(ctx, write)
	require.NoError(t, err)
	require.Equal(t, tt.applied, res.Applied)
	checkAnswer(t, res, tt)

	after, err := row.With(coodie.WithLinearizable()).Get(ctx)
	switch {
	case !tt.applied && tt.row == nil:
		require.ErrorIs(t, err, coodie.ErrNotFound, "a refused write left a row")
	case !tt.applied:
		require.NoError(t, err)
		require.Equal(t, before, after, "a refused write changed the row")
	case w.update:
		require.NoError(t, err)
		before.Mark = 2
		require.Equal(t, before, after)
	case w.columns && tt.row != nil:
		require.NoError(t, err)
		before.Mark = 0
		require.Equal(t, before, after)
	default:
		require.ErrorIs(t, err, coodie.ErrNotFound)
	}
	if w.document {
		want := before.Mark // of the row, and of the document when applied
		require.Equal(t, want, doc.Value.Mark, "the document changes only when applied")
	}
}

// checkAnswer checks every view of an answer against the case.
func checkAnswer(t *testing.T, res coodie.LWTResult[Thing], tt condition) {
	t.Helper()
	require.Len(t, res.Conditions(), len(tt.conds))
	if tt.applied {
		require.Nil(t, res.Existing)
		require.NoError(t, res.Err())
		for _, got := range res.Conditions() {
			require.Equal(t, held, verdictOf(got))
		}
		if !tt.creates {
			require.Equal(t, coodie.StatePresent, res.Row())
		}
		return
	}
	require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)
	require.Equal(t, tt.state, res.Row())
	require.Equal(t, tt.sent, sentBy(res.Existing.Pairs()))
	columns := map[string]any{}
	for _, pair := range tt.sent {
		columns[pair.Column] = pair.Value
	}
	for _, column := range []string{"p", "c", "owner", "mark", "n", "name", "tags", "labels", "attrs", "addr", "home", "fixed", "pair", "data"} {
		want := coodie.StateUnknown
		if v, ok := columns[column]; ok && v == nil {
			want = coodie.StateAbsent
		} else if ok {
			want = coodie.StatePresent
		}
		require.Equal(t, want, res.Existing.State(column), column)
	}
	for i, got := range res.Conditions() {
		require.Equal(t, tt.verdicts[i], verdictOf(got), got.Text)
	}
}

// verdictOf is a condition's verdict as its String has it.
func verdictOf(c coodie.JudgedCondition) string {
	c.Text, c.Guard = "", false
	return c.String()[2:]
}

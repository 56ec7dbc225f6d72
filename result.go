package coodie

import (
	"errors"
	"reflect"
	"strings"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"
)

// LWTResult is the answer of a conditional write. A refused write is a result, not an
// error; an unknown outcome is always an error and never Applied: false.
//
// The test of a program that is given results can make them: LWTResult[T]{Applied: true} is an applied
// one, LWTResult[T]{Existing: &Existing[T]{Value: row}} one that the row has refused.
type LWTResult[T any] struct {
	// Applied says whether the condition held and the write was executed.
	Applied bool
	// Peeked says that a plain read has refused the write, and that no LWT was sent: see
	// WithPeekFirst. The row may have been deleted just before.
	Peeked bool
	// Existing is what the server sent of the row that refused the write. It is nil if the
	// write was applied, or if the server sent no column, as Cassandra does for a missing row.
	Existing *Existing[T]

	rest rest
}

// result is an LWTResult, whatever its T.
type result struct {
	applied  bool
	peeked   bool
	existing *answer.Row
	rest
}

// rest is what an LWTResult is asked for by its methods. It is small, for generic code copies it.
type rest struct {
	_        [0]func() // nobody compares results: spares a function for each table
	of       *table    // nil if there is none
	op       string
	list     *stmt.Cond  // the first of conds
	previous *answer.Row // what an applied write replaced
	pending  *pending    // of an unknown outcome
	n        int32       // how many conds there are
	given    int32       // how many of conds were given; the others are those of the guard
	excluded int32       // 1 + the condition that has refused the write because all others held; 0: none is known
	kind     stmt.If
	absent   answer.State // what it means in a batch that nothing was sent of the row
	answered bool         // false beside an error: neither applied nor refused
	proves   bool         // applied proves that the row existed
	static   bool         // the write is about the partition's static row
	batched  bool         // another statement's condition may have refused it
	beyond   bool         // the statement has conditions that conds lacks
}

// conds are the conditions that were given, and those of the guard.
func (r *rest) conds() []stmt.Cond { return codec.From(r.list, int(r.n)) }

func (r *rest) setConds(conds []stmt.Cond) { r.list, r.n = codec.First(conds), int32(len(conds)) }

// table is the table's name; "" if there is none.
func (r *rest) table() string {
	if r.of == nil {
		return ""
	}
	return r.of.schema.Name
}

// State says what an answer tells of a row before the write, or of one of its cells.
type State uint8

const (
	// StateUnknown: the answer does not tell. Of a cell: the server did not send the column, as a refused
	// IF sends only the columns that its conditions name. Of a row: ScyllaDB answers for a missing
	// row as for a row of nulls, and a static column can be present without the row.
	StateUnknown State = iota
	// StateAbsent: there was none. The row did not exist; the cell is null.
	StateAbsent
	// StatePresent: the row existed; the cell has a value, which may be empty.
	StatePresent
)

// String is a word for logs and metrics.
func (s State) String() string { return [...]string{"unknown", "absent", "present"}[s] }

// rowOf is e without the type parameter, and of one that a test has made the row that its Value is.
func rowOf[T any](e *Existing[T]) *answer.Row {
	if e == nil || e.row.Of != nil {
		return plainExisting(e)
	}
	return madeRow(reflect.TypeFor[T](), codec.At(&e.Value))
}

//go:noinline
func madeRow(typ reflect.Type, v codec.Addr) *answer.Row {
	of, err := described(typ)
	if err != nil {
		return new(answer.Row)
	}
	return answer.Made(of, v)
}

// made reports whether a test has made the result: no answer has an Existing of no table.
func (r *result) made() bool { return r.of == nil && r.existing != nil }

// Pair is a column and its value as the server sent it; a nil Value is null.
type Pair struct {
	Column string
	Value  any
}

// Err is nil if the write was applied, and otherwise an error that matches ErrNotApplied and names the conditions that did not hold.
//
// Of a result that came with an error it says so instead: it was not refused.
func (r LWTResult[T]) Err() error {
	switch {
	case r.Applied:
		return nil
	case r.rest.pending != nil:
		return r.rest.pending.cause
	case !r.rest.answered && !plainResult(&r).made():
		return errUnanswered
	}
	return plainResult(&r).refusal()
}

// errUnanswered is the Err of a result that is none.
var errUnanswered = errors.New("coodie: the write was not answered; the error that it returned says why")

// String says whether the write was applied, and which columns Existing has: names, never values.
func (r LWTResult[T]) String() string {
	if text := plainResult(&r).text(); text != "refused" || r.Existing == nil {
		return text
	}
	return "refused: " + r.Existing.String()
}

func (r *result) text() string {
	switch {
	case r.applied:
		return "applied"
	case !r.answered && !r.made():
		return "not answered"
	case r.existing == nil || r.existing.Columns.Len() == 0:
		return "refused"
	}
	return "refused: " + namesOf(r.existing)
}

// Row says whether the row existed before the write, as far as the answer proves it. For
// a statement that names only the partition key it is about the static row.
func (r LWTResult[T]) Row() State { return State(plainResult(&r).row()) }

func (r *result) row() answer.State {
	switch {
	case r.made():
		return answer.Present
	case !r.answered && r.existing == nil:
		return r.absent
	case !r.answered:
		return r.existing.State
	case r.batched && !r.applied && r.existing == nil:
		return r.absent
	case r.batched && !r.applied:
		return r.existing.State
	case r.kind == stmt.IfNotExists && r.applied, r.kind == stmt.IfExists && !r.applied:
		return answer.Absent
	case r.kind == stmt.IfNotExists, r.kind == stmt.IfExists, r.applied && r.proves:
		return answer.Present
	case r.applied:
		return answer.Untold
	case r.existing == nil:
		// Cassandra leaves all columns out for a missing row; ScyllaDB never leaves any out.
		return answer.Absent
	}
	return r.existing.State
}

// Previous is the row as it was before an applied write. Only ScyllaDB sends it; nil on
// Cassandra, and where no row was. The error is an error of KindDecode: the write was applied all
// the same.
func (r LWTResult[T]) Previous() (*Existing[T], error) {
	previous := r.rest.previous
	if previous == nil {
		return nil, nil
	}
	return existingOf[T](previous), previous.Broken
}

// Existing is what the server sent of a row: with IF NOT EXISTS all of it, with IF
// conditions only the columns that they name. A nil *Existing is empty. One that a test makes of a Value
// has all of its columns.
type Existing[T any] struct {
	row answer.Row

	// Value holds the columns that were sent; the other fields, and those that are null,
	// are zero. Column.From tells these apart. So unless all columns were sent, as with IF NOT EXISTS,
	// do not Save it: see QuerySet.Only.
	Value T
}

// String is the names of the columns that were sent, never their values.
func (e *Existing[T]) String() string {
	if e == nil {
		return "no row"
	}
	return namesOf(rowOf(e))
}

func namesOf(row *answer.Row) string {
	names := make([]string, row.Columns.Len())
	for i := range names {
		names[i] = row.Columns.Name(i)
	}
	return strings.Join(names, ", ")
}

// Row says whether the row exists, as far as the answer proves it.
func (e *Existing[T]) Row() State {
	if e == nil {
		return StateUnknown
	}
	return State(rowOf(e).State)
}

// State says what was sent of the column of that name.
func (e *Existing[T]) State(column string) State {
	if e == nil {
		return StateUnknown
	}
	return State(rowOf(e).CellState(column))
}

// Pairs is what was sent in the order of the server's columns: values of the fields' Go
// types, without the pointer of a nullable field, and nil for null. Columns that the struct lacks are there with the natural Go type
// of their CQL type.
func (e *Existing[T]) Pairs() []Pair {
	if e == nil {
		return nil
	}
	return pairsOf(rowOf(e))
}

func pairsOf(e *answer.Row) []Pair {
	pairs := make([]Pair, e.Columns.Len())
	for i := range pairs {
		// A cell that cannot be decoded was reported by the call that made e; it stays nil here.
		pairs[i].Column = e.Columns.Name(i)
		pairs[i].Value, _ = e.ValueOf(i)
	}
	return pairs
}

// Map is what was sent by column name; nil values are null.
func (e *Existing[T]) Map() map[string]any {
	pairs := e.Pairs()
	m := make(map[string]any, len(pairs))
	for _, p := range pairs {
		m[p.Column] = p.Value
	}
	return m
}

// JudgedCondition is one condition of a write and what the answer tells about it. If it is neither Held nor
// Refused, the answer does not tell.
type JudgedCondition struct {
	Text    string // "version = ?", without the value
	Held    bool   // it held
	Refused bool   // it did not hold, and so refused the write
	Guard   bool   // it was not given, but guards the row that the write is decided on: see Document.IfUnchanged
}

// String is the text and what the answer tells: "version = ?: not held (guard)".
func (c JudgedCondition) String() string {
	s := c.Text
	switch {
	case c.Held:
		s += ": held"
	case c.Refused:
		s += ": not held"
	default:
		s += ": unknown"
	}
	if c.Guard {
		s += " (guard)"
	}
	return s
}

// Conditions tells which conditions held, in the order they were given, and then those that
// guard the row. The server says only that one of them did not. The verdicts are worked out from the values that it sent, in
// the order of the server's types: NaN equals NaN, -0.0 is less than 0.0, and the decimals 1.0
// and 1.00 are equal. If all other conditions held, the one that the answer leaves open did not.
// What remains is neither Held nor Refused.
func (r LWTResult[T]) Conditions() []JudgedCondition { return plainResult(&r).conditions() }

func (r *result) conditions() []JudgedCondition {
	if !r.batched {
		exclude([]*result{r})
	}
	conds := r.conds()
	out := make([]JudgedCondition, len(conds))
	for i := range conds {
		is := r.verdict(i)
		out[i] = JudgedCondition{Text: conds[i].Relation("?").String(), Held: is == answer.Held, Refused: is == answer.NotHeld, Guard: i >= int(r.given)}
	}
	return out
}

// verdict is that of condition i, or behind the last one that of IF EXISTS or IF NOT EXISTS.
func (r *result) verdict(i int) answer.Verdict {
	switch {
	case r.applied:
		return answer.Held
	case !r.answered:
		return answer.Unknown
	case int(r.excluded) == i+1:
		return answer.NotHeld
	case i < int(r.n):
		return r.judge(&r.conds()[i])
	case r.kind == stmt.IfConditions && !r.beyond:
		return answer.Held // there is no such condition
	}
	switch row := r.row(); {
	case r.beyond || row == answer.Untold:
		return answer.Unknown
	default:
		return answer.VerdictOf((row == answer.Present) == (r.kind == stmt.IfExists))
	}
}

// exclude finds the condition that has refused a write, or a batch of these, where all others
// held and the answer leaves only this one open.
func exclude(writes []*result) {
	var open *result
	at := 0
	for _, r := range writes {
		for i := range int(r.n) + 1 {
			switch r.verdict(i) {
			case answer.NotHeld:
				return
			case answer.Unknown:
				if open != nil {
					return
				}
				open, at = r, i
			}
		}
	}
	if open != nil && open.answered {
		open.excluded = int32(at + 1)
	}
}

func (r *result) judge(c *stmt.Cond) answer.Verdict {
	switch {
	case r.existing != nil:
		return r.existing.Judge(c)
	case r.row() != answer.Absent:
		return answer.Unknown
	}
	// The columns of a missing row read as null. (Its static columns were sent if a
	// condition on them failed, so they would not be missing from the answer.)
	return answer.Evaluate(c, c.Ref().Type(), c.Ref().Type(), nil)
}

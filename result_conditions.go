package coodie

import (
	"bytes"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// Verdict is what a refused write's answer tells about one of its conditions.
type Verdict uint8

const (
	// VerdictUnknown: the answer does not tell.
	VerdictUnknown Verdict = iota
	// Held: the condition held.
	Held
	// NotHeld: the condition did not hold, and so refused the write.
	NotHeld
)

func (v Verdict) String() string { return [...]string{"unknown", "held", "not held"}[v] }

// Condition is one condition of a write and what the answer tells about it.
type Condition struct {
	Text    string // "version = ?", without the value
	Verdict Verdict
	Guard   bool // it was not given, but guards the row that the write is decided on: see Document.IfUnchanged
}

// String is the text and the verdict: "version = ?: not held (guard)".
func (c Condition) String() string {
	s := c.Text + ": " + c.Verdict.String()
	if c.Guard {
		s += " (guard)"
	}
	return s
}

// Conditions tells which conditions held, in the order they were given, and then those that
// guard the row. The server says only that one of them did not. The verdicts are worked out from the values that it sent, in
// the order of the server's types: NaN equals NaN, -0.0 is less than 0.0, and the decimals 1.0
// and 1.00 are equal. If all other conditions held, the one that the answer leaves open did not.
// What remains is VerdictUnknown.
func (r LWTResult[T]) Conditions() []Condition { return plainResult(&r).conditions() }

func (r *result) conditions() []Condition {
	if !r.batched {
		exclude([]*result{r})
	}
	conds := r.conds()
	out := make([]Condition, len(conds))
	for i := range conds {
		out[i] = Condition{Text: conds[i].Relation("?").String(), Verdict: Verdict(r.verdict(i)), Guard: i >= int(r.given)}
	}
	return out
}

// verdict is that of condition i, or behind the last one that of IF EXISTS or IF NOT EXISTS.
func (r *result) verdict(i int) verdictType {
	switch {
	case r.applied:
		return vHeld
	case !r.answered:
		return vUnknown
	case int(r.excluded) == i+1:
		return vNotHeld
	case i < int(r.n):
		return r.judge(&r.conds()[i])
	case r.kind == stmt.IfConditions && !r.beyond:
		return vHeld // there is no such condition
	}
	switch row := r.row(); {
	case r.beyond || row == rUnknown:
		return vUnknown
	default:
		return verdictOf((row == rPresent) == (r.kind == stmt.IfExists))
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
			case vNotHeld:
				return
			case vUnknown:
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

func (r *result) judge(c *stmt.Cond) verdictType {
	switch {
	case r.existing != nil:
		return r.existing.judge(c)
	case r.row() != rMissing:
		return vUnknown
	}
	// The columns of a missing row read as null. (Its static columns were sent if a
	// condition on them failed, so they would not be missing from the answer.)
	return judge(c, c.Ref().Type(), c.Ref().Type(), nil)
}

// judge is what the row tells about a condition on it.
func (e *existing) judge(c *stmt.Cond) verdictType {
	r := c.Ref()
	cell, t, p := e.compared(r)
	if p == aMissing {
		return vUnknown
	}
	verdict := judge(c, t, t, cell)
	if cell == nil && t.Kind == codec.Tuple && !r.IsPart() && judge(c, t, t, t.Nulls()) != verdict {
		return vUnknown // gocql reads both as null
	}
	if col := r.Column(); r.IsElement() && col.Type.Kind == codec.Map && judge(c, t, col.Type.Key, cell) != verdict {
		return vUnknown // Cassandra compares the value as if it were a key, ScyllaDB as what it is
	}
	return verdict
}

// readsAs reports whether a column reads as the condition asks, although its cell is another one.
func (e *existing) readsAs(c *stmt.Cond) bool {
	col := c.Ref().Column()
	if e == nil || col == nil || c.Ref().IsPart() {
		return false
	}
	at := e.columns.Index(col.Name)
	if at < 0 || e.cells.at(at) == nil {
		return false
	}
	cell, err := e.reread(at, col)
	return err == nil && judge(c, col.Type, col.Type, cell) == vHeld
}

// judge evaluates the condition on a cell of type t, which may know more fields than the
// struct, as a value of type as; nil is null.
func judge(c *stmt.Cond, t, as *codec.Type, cell []byte) verdictType {
	if c.Op() == cql.In {
		return in(c, t, as, cell)
	}
	of := t
	switch c.Op() {
	case cql.Contains:
		of = t.Elem
	case cql.ContainsKey:
		of = t.Key
	}
	value, err := c.Value().EncodeAs(of)
	if err != nil {
		return vUnknown
	}
	return compare(c.Op(), as, cell, value)
}

// in holds if one of the values equals the cell.
func in(c *stmt.Cond, t, as *codec.Type, cell []byte) verdictType {
	all := vNotHeld
	list := c.Value().List()
	for i := range list {
		value, err := list[i].EncodeAs(t)
		if err != nil {
			return vUnknown
		}
		switch compare(cql.Eq, as, cell, value) {
		case vHeld:
			return vHeld
		case vUnknown:
			all = vUnknown
		}
	}
	return all
}

// compare evaluates `cell op value` as Cassandra does; nil is null.
func compare(op cql.Op, t *codec.Type, cell, value []byte) verdictType {
	switch op {
	case cql.Eq:
		return equal(t, cell, value)
	case cql.Ne:
		return equal(t, cell, value).not()
	case cql.Contains, cql.ContainsKey:
		return contains(op, t, cell, value)
	}
	if cell == nil {
		return vNotHeld
	}
	if t.Has(codec.Custom) {
		return vUnknown
	}
	order := t.Compare(cell, value)
	return verdictOf(op == cql.Lt && order < 0 || op == cql.Le && order <= 0 ||
		op == cql.Gt && order > 0 || op == cql.Ge && order >= 0)
}

func verdictOf(held bool) verdictType {
	if held {
		return vHeld
	}
	return vNotHeld
}

func (v verdictType) not() verdictType {
	switch v {
	case vHeld:
		return vNotHeld
	case vNotHeld:
		return vHeld
	}
	return vUnknown
}

func equal(t *codec.Type, cell, value []byte) verdictType {
	if t.EmptyIsNull(value) {
		value = nil // an empty collection that is not frozen is null to the server
	}
	if cell == nil || value == nil {
		return verdictOf(cell == nil && value == nil)
	}
	if codec.EqualCells(t, cell, value) {
		return vHeld
	}
	if t.Has(codec.Custom) {
		return vUnknown
	}
	return verdictOf(t.Compare(cell, value) == 0)
}

// contains looks for value among the elements, values or keys of a collection's cell.
func contains(op cql.Op, t *codec.Type, cell, value []byte) verdictType {
	if cell == nil {
		return vNotHeld
	}
	want, step, first := t.Elem, 1, 0
	if t.Kind == codec.Map {
		step, first = 2, 1
		if op == cql.ContainsKey {
			want, first = t.Key, 0
		}
	}
	elems, ok := codec.Elements(cell, step)
	if !ok || want == nil {
		return vUnknown
	}
	want = want.Freeze()
	all := vNotHeld
	for i := first; i < len(elems); i += step {
		verdict := equal(want, elems[i], value)
		if t.Frozen && verdict == vHeld && !bytes.Equal(elems[i], value) {
			verdict = vUnknown // Cassandra looks for these very bytes, be the values equal or not
		}
		switch verdict {
		case vHeld:
			return vHeld
		case vUnknown:
			all = vUnknown
		}
	}
	return all
}

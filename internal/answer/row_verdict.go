package answer

import (
	"bytes"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Judge is what the row tells about a condition on it.
func (e *Row) Judge(c *stmt.Cond) Verdict {
	r := c.Ref()
	cell, t, p := e.compared(r)
	if p == Untold {
		return Unknown
	}
	verdict := Evaluate(c, t, t, cell)
	if cell == nil && t.Kind == codec.Tuple && !r.IsPart() && Evaluate(c, t, t, t.Nulls()) != verdict {
		return Unknown // gocql reads both as null
	}
	if col := r.Column(); r.IsElement() && col.Type.Kind == codec.Map && Evaluate(c, t, col.Type.Key, cell) != verdict {
		return Unknown // Cassandra compares the value as if it were a key, ScyllaDB as what it is
	}
	return verdict
}

// ReadsAs reports whether a column reads as the condition asks, although its cell is another one.
func (e *Row) ReadsAs(c *stmt.Cond) bool {
	col := c.Ref().Column()
	if e == nil || col == nil || c.Ref().IsPart() {
		return false
	}
	at := e.Columns.Index(col.Name)
	if at < 0 || e.cells.At(at) == nil {
		return false
	}
	cell, err := e.reread(at, col)
	return err == nil && Evaluate(c, col.Type, col.Type, cell) == Held
}

// Evaluate evaluates the condition on a cell of type t, which may know more fields than the
// struct, as a value of type as; nil is null.
func Evaluate(c *stmt.Cond, t, as *codec.Type, cell []byte) Verdict {
	if c.Op() == cql.In {
		return evaluateIn(c, t, as, cell)
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
		return Unknown
	}
	return compare(c.Op(), as, cell, value)
}

// evaluateIn holds if one of the values equals the cell.
func evaluateIn(c *stmt.Cond, t, as *codec.Type, cell []byte) Verdict {
	all := NotHeld
	list := c.Value().List()
	for i := range list {
		value, err := list[i].EncodeAs(t)
		if err != nil {
			return Unknown
		}
		switch compare(cql.Eq, as, cell, value) {
		case Held:
			return Held
		case Unknown:
			all = Unknown
		}
	}
	return all
}

// compare evaluates `cell op value` as Cassandra does; nil is null.
func compare(op cql.Op, t *codec.Type, cell, value []byte) Verdict {
	switch op {
	case cql.Eq:
		return equal(t, cell, value)
	case cql.Ne:
		return equal(t, cell, value).not()
	case cql.Contains, cql.ContainsKey:
		return contains(op, t, cell, value)
	}
	if cell == nil {
		return NotHeld
	}
	if t.Has(codec.Custom) {
		return Unknown
	}
	order := t.Compare(cell, value)
	return VerdictOf(op == cql.Lt && order < 0 || op == cql.Le && order <= 0 ||
		op == cql.Gt && order > 0 || op == cql.Ge && order >= 0)
}

// VerdictOf is the verdict of a condition that is known to hold or not.
func VerdictOf(held bool) Verdict {
	if held {
		return Held
	}
	return NotHeld
}

func equal(t *codec.Type, cell, value []byte) Verdict {
	if t.EmptyIsNull(value) {
		value = nil // an empty collection that is not frozen is null to the server
	}
	if cell == nil || value == nil {
		return VerdictOf(cell == nil && value == nil)
	}
	if codec.EqualCells(t, cell, value) {
		return Held
	}
	if t.Has(codec.Custom) {
		return Unknown
	}
	return VerdictOf(t.Compare(cell, value) == 0)
}

// contains looks for value among the elements, values or keys of a collection's cell.
func contains(op cql.Op, t *codec.Type, cell, value []byte) Verdict {
	if cell == nil {
		return NotHeld
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
		return Unknown
	}
	want = want.Freeze()
	all := NotHeld
	for i := first; i < len(elems); i += step {
		verdict := equal(want, elems[i], value)
		if t.Frozen && verdict == Held && !bytes.Equal(elems[i], value) {
			verdict = Unknown // Cassandra looks for these very bytes, be the values equal or not
		}
		switch verdict {
		case Held:
			return Held
		case Unknown:
			all = Unknown
		}
	}
	return all
}

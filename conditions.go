package coodie

import (
	"bytes"
	"encoding/binary"
	"math/big"

	"gopkg.in/inf.v0"

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
// guard the row. The server says
// only that one of them did not; the rest is worked out from the values it sent, and is
// VerdictUnknown where they do not suffice.
func (r LWTResult[T]) Conditions() []Condition {
	return r.plain().conditions()
}

func (r *result) conditions() []Condition {
	out := make([]Condition, len(r.conds))
	for i := range r.conds {
		c := &r.conds[i]
		out[i].Text, out[i].Guard = c.relation("?").String(), i >= r.given
		if r.applied {
			out[i].Verdict = Held
		} else if r.answered {
			out[i].Verdict = r.verdict(c)
		}
	}
	if r.applied || !r.answered || r.batched || r.peeked {
		return out
	}
	open := -1
	for i := range out {
		switch {
		case out[i].Verdict == NotHeld, out[i].Verdict == VerdictUnknown && open >= 0:
			return out
		case out[i].Verdict == VerdictUnknown:
			open = i
		}
	}
	if open >= 0 {
		out[open].Verdict = NotHeld // some condition did not hold, and all others did
	}
	return out
}

func (r *result) verdict(c *cond) Verdict {
	if r.existing == nil {
		if r.row() != RowMissing {
			return VerdictUnknown
		}
		// The columns of a missing row read as null. (Its static columns were sent if a
		// condition on them failed, so they would not be missing from the answer.)
		return judge(c, c.ref().typ, nil)
	}
	cell, t, p := r.existing.compared(c.ref())
	if p == Missing {
		return VerdictUnknown
	}
	verdict := judge(c, t, cell)
	if cell == nil && t.Kind == codec.Tuple && c.ref().elem == nil && c.ref().field == "" && judge(c, t, nullTuple(t)) != verdict {
		return VerdictUnknown // gocql reads both as null
	}
	return verdict
}

// judge evaluates the condition on a cell of type t, which may know more fields than the
// struct; nil is null.
func judge(c *cond, t *codec.Type, cell []byte) Verdict {
	if c.op == cql.In {
		return in(c, t, cell)
	}
	of := t
	switch c.op {
	case cql.Contains:
		of = t.Elem
	case cql.ContainsKey:
		of = t.Key
	}
	value, err := c.value.encodeAs(of)
	if err != nil {
		return VerdictUnknown
	}
	return compare(c.op, t, cell, value)
}

// in holds if one of the values equals the cell.
func in(c *cond, t *codec.Type, cell []byte) Verdict {
	all := NotHeld
	list := c.value.list()
	for i := range list {
		value, err := list[i].encodeAs(t)
		if err != nil {
			return VerdictUnknown
		}
		switch compare(cql.Eq, t, cell, value) {
		case Held:
			return Held
		case VerdictUnknown:
			all = VerdictUnknown
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
	order, ok := order(t, cell, value)
	if !ok {
		return VerdictUnknown
	}
	return verdictOf(op == cql.Lt && order < 0 || op == cql.Le && order <= 0 ||
		op == cql.Gt && order > 0 || op == cql.Ge && order >= 0)
}

func verdictOf(held bool) Verdict {
	if held {
		return Held
	}
	return NotHeld
}

func (v Verdict) not() Verdict {
	switch v {
	case Held:
		return NotHeld
	case NotHeld:
		return Held
	}
	return VerdictUnknown
}

func equal(t *codec.Type, cell, value []byte) Verdict {
	if emptied(t, value) {
		value = nil // an empty collection that is not frozen is null to the server
	}
	if cell == nil || value == nil {
		return verdictOf(cell == nil && value == nil)
	}
	if codec.EqualCells(t, cell, value) {
		return Held
	}
	if order, ok := order(t, cell, value); ok {
		return verdictOf(order == 0)
	}
	if canonical(t) {
		return NotHeld
	}
	return VerdictUnknown
}

// emptied reports whether the cell is an empty collection that the server stores as null.
func emptied(t *codec.Type, cell []byte) bool {
	switch t.Kind {
	case codec.List, codec.Set, codec.Map:
		return !t.Frozen && len(cell) >= 4 && binary.BigEndian.Uint32(cell) == 0
	}
	return false
}

// canonical reports whether values of t that differ in their bytes are different values.
// Sets and maps are sorted on both sides as the server sorts them.
func canonical(t *codec.Type) bool {
	switch t.Kind {
	case codec.ASCII, codec.Text, codec.Blob, codec.Boolean, codec.UUID, codec.TimeUUID,
		codec.Inet, codec.Date, codec.Time, codec.Timestamp,
		codec.TinyInt, codec.SmallInt, codec.Int, codec.BigInt:
		return true
	case codec.List, codec.Set:
		return canonical(t.Elem)
	case codec.Map:
		return canonical(t.Key) && canonical(t.Elem)
	case codec.UDT, codec.Tuple:
		for _, e := range t.Elems {
			if !canonical(e) {
				return false
			}
		}
		for i := range t.Fields {
			if !canonical(t.Fields[i].Type) {
				return false
			}
		}
		return true
	}
	return false
}

// order compares two cells of an ordered type; ok is false where it cannot tell.
func order(t *codec.Type, a, b []byte) (order int, ok bool) {
	switch t.Kind {
	case codec.ASCII, codec.Text, codec.Blob, codec.Boolean, codec.Date:
		return bytes.Compare(a, b), true
	case codec.TinyInt, codec.SmallInt, codec.Int, codec.BigInt, codec.Time, codec.Timestamp, codec.Varint:
		if len(a) == 0 || len(b) == 0 {
			return 0, false
		}
		return signed(a).Cmp(signed(b)), true
	case codec.Decimal:
		x, okx := decimal(t, a)
		y, oky := decimal(t, b)
		if !okx || !oky {
			return 0, false
		}
		return x.Cmp(y), true
	}
	return 0, false
}

// signed is a two's complement big-endian number.
func signed(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	return n
}

func decimal(t *codec.Type, cell []byte) (*inf.Dec, bool) {
	v, err := codec.DecodeAny(t, cell)
	d, ok := v.(*inf.Dec)
	return d, ok && err == nil
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
	elems, ok := elements(cell, step)
	if !ok || want == nil {
		return VerdictUnknown
	}
	all := NotHeld
	for i := first; i < len(elems); i += step {
		switch equal(want, elems[i], value) {
		case Held:
			return Held
		case VerdictUnknown:
			all = VerdictUnknown
		}
	}
	return all
}

// elements cuts a collection's cell into its values, of which an entry has step.
func elements(cell []byte, step int) (elems [][]byte, ok bool) {
	if len(cell) < 4 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint32(cell)) * step
	cell = cell[4:]
	if n < 0 || n > len(cell)/4 {
		return nil, false
	}
	for range n {
		if len(cell) < 4 {
			return nil, false
		}
		length := int(int32(binary.BigEndian.Uint32(cell)))
		cell = cell[4:]
		if length > len(cell) {
			return nil, false
		}
		if length < 0 {
			elems = append(elems, nil)
			continue
		}
		elems = append(elems, cell[:length])
		cell = cell[length:]
	}
	return elems, true
}

package write

import (
	"bytes"
	"math"
	"math/big"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

type operationKind uint8

const (
	opSet           operationKind = iota
	opSetElement                  // l[i] = v, m[k] = v
	opSetField                    // u.f = v
	opAppend                      // list, set, map + v
	opPrepend                     // v + list
	opSubtract                    // list, set, map - v
	opCounter                     // counter + v
	opCounterMinus                // counter - v
	opAddValue                    // number or text + v, conditional updates only
	opDelete                      // whole column
	opDeleteElement               // l[i], s[e], m[k]
	opDeleteField                 // u.f
)

// operation is one thing that a statement does to a column.
type operation struct {
	kind  operationKind
	col   *schema.Column
	value terms.Term
	key   terms.Term
	field int
}

// reads says whether the operation has to look at the row first.
func (o *operation) reads() bool {
	if o.kind == opAddValue {
		return true
	}
	return o.col.Type.Kind == types.KindList && (o.kind == opSetElement || o.kind == opSubtract || o.kind == opDeleteElement)
}

func (o *operation) apply(u *updater) error {
	if o.col.Type.IsMultiCell() {
		return o.applyComplex(u)
	}
	if o.kind == opDelete {
		u.remove(o.col)
		return nil
	}
	v, err := u.x.Eval(o.value)
	if err != nil {
		return err
	}
	switch o.kind {
	case opCounter, opCounterMinus:
		return o.count(u, v)
	case opAddValue:
		return o.addValue(u, v)
	}
	switch {
	case v == nil:
		u.remove(o.col)
	case !types.IsUnset(v):
		u.put(o.col, v)
	}
	return nil
}

func (o *operation) applyComplex(u *updater) error {
	c := o.col
	switch o.kind {
	case opDelete:
		u.row.DeleteComplex(c.ID, c.Path(), u.timestamp)
		return nil
	case opDeleteField:
		u.removeAt(c, where.FieldPath(o.field))
		return nil
	case opSetElement, opDeleteElement:
		return o.element(u)
	}
	v, err := u.x.Eval(o.value)
	if err != nil {
		return err
	}
	if types.IsUnset(v) {
		if o.kind == opAppend && c.Type.Kind == types.KindList {
			return errUnsetAppend
		}
		return nil
	}
	if o.kind != opSubtract && c.Type.Kind == types.KindList && v != nil {
		if err := where.NoNulls(v); err != nil {
			return err
		}
	}
	switch o.kind {
	case opSet:
		u.row.DeleteComplex(c.ID, c.Path(), u.timestamp-1)
		return o.addAll(u, v, false)
	case opSetField:
		if v == nil {
			u.removeAt(c, where.FieldPath(o.field))
		} else {
			u.putAt(c, where.FieldPath(o.field), v)
		}
		return nil
	case opAppend:
		return o.addAll(u, v, false)
	case opPrepend:
		return o.addAll(u, v, true)
	}
	return o.subtract(u, v)
}

// errUnsetAppend is what the server says when it trips over list + unset.
var errUnsetAppend = protocol.CastError("Constants$Value", "Lists$Value")

// addAll adds the elements of an encoded collection, or the fields of a UDT.
func (o *operation) addAll(u *updater, v []byte, prepend bool) error {
	if v == nil {
		return nil
	}
	c := o.col
	switch c.Type.Kind {
	case types.KindUDT:
		fields, err := types.UnpackTuple(v, len(c.Type.Elems))
		if err != nil {
			return err
		}
		for i, f := range fields {
			if f != nil {
				u.putAt(c, where.FieldPath(i), f)
			}
		}
		return nil
	case types.KindMap:
		pairs, err := types.UnpackMap(v)
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			u.putAt(c, pairs[i], pairs[i+1])
		}
		return nil
	}
	elems, err := types.UnpackList(v)
	if err != nil {
		return err
	}
	if prepend && u.x.Server.Opts.Dialect == protocol.Scylla && u.timestamp <= firstPrepend {
		return protocol.Invalid("List prepend custom timestamp must be greater than Jan 1 2010 00:00:00")
	}
	if prepend {
		slices.Reverse(elems)
	}
	for _, e := range elems {
		switch {
		case c.Type.Kind == types.KindSet:
			u.putAt(c, e, []byte{})
		case prepend:
			u.putAt(c, u.prevPath(), e)
		default:
			u.putAt(c, u.nextPath(), e)
		}
	}
	return nil
}

func (o *operation) subtract(u *updater, v []byte) error {
	if v == nil {
		return nil
	}
	elems, err := types.UnpackList(v)
	if err != nil {
		return err
	}
	c := o.col
	if c.Type.Kind != types.KindList {
		for _, e := range elems {
			u.removeAt(c, e)
		}
		return nil
	}
	existing := u.pending().Complex(c.ID)
	if existing == nil {
		return nil
	}
	for i := range existing.Cells {
		pc := &existing.Cells[i]
		if slices.ContainsFunc(elems, func(e []byte) bool { return bytes.Equal(e, pc.Cell.Value) }) {
			u.removeAt(c, pc.Path)
		}
	}
	return nil
}

// element sets or deletes one element.
func (o *operation) element(u *updater) error {
	c := o.col
	key, err := u.x.Eval(o.key)
	if err != nil {
		return err
	}
	var value []byte
	if o.kind == opSetElement {
		if value, err = u.x.Eval(o.value); err != nil {
			return err
		}
	}
	path := key
	switch c.Type.Kind {
	case types.KindList:
		path, err = o.listPath(u, key)
		if err != nil || path == nil {
			return err
		}
	case types.KindSet:
		if key == nil {
			return protocol.Invalid("Invalid null set element")
		}
	default:
		if key == nil {
			return protocol.Invalid("Invalid null map key")
		}
		if types.IsUnset(key) {
			return protocol.Invalid("Invalid unset map key")
		}
	}
	switch {
	case value == nil:
		u.removeAt(c, path)
	case !types.IsUnset(value):
		u.putAt(c, path, value)
	}
	return nil
}

// listPath finds the cell at a list index.
func (o *operation) listPath(u *updater, index []byte) ([]byte, error) {
	verb := "set an element on"
	if o.kind == opDeleteElement {
		verb = "delete an element from"
	}
	if index == nil {
		return nil, protocol.Invalid("Invalid null value for list index")
	}
	if types.IsUnset(index) {
		if o.kind == opDeleteElement {
			return nil, nil
		}
		return nil, protocol.Invalid("Invalid unset value for list index")
	}
	if len(index) == 0 {
		return nil, protocol.OutOfBounds()
	}
	existing := u.pending().Complex(o.col.ID)
	if existing == nil {
		return nil, protocol.Invalid("Attempted to %s a list which is null", verb)
	}
	i := int(int32(types.DecodeInteger(index)))
	if i < 0 || i >= len(existing.Cells) {
		return nil, protocol.Invalid("List index %d out of bound, list has size %d", i, len(existing.Cells))
	}
	return existing.Cells[i].Path, nil
}

// count adds to a counter. The cell built holds the increment; the sum is made
// when it is applied.
func (o *operation) count(u *updater, v []byte) error {
	if v == nil {
		return protocol.Invalid("Invalid null value for counter increment")
	}
	if types.IsUnset(v) {
		return nil
	}
	n := types.DecodeInteger(v)
	if o.kind == opCounterMinus {
		if n == math.MinInt64 {
			return protocol.Invalid("The negation of %d overflows supported counter precision (signed 8 bytes integer)", n)
		}
		n = -n
	}
	if old := u.row.Cell(o.col.ID); old != nil {
		n += types.DecodeInteger(old.Value)
		old.Value = types.EncodeBigint(n)
		return nil
	}
	u.put(o.col, types.EncodeBigint(n))
	return nil
}

// addValue is c = c + v on a number or text under a condition; null stays null.
func (o *operation) addValue(u *updater, v []byte) error {
	cell := u.pending().Cell(o.col.ID)
	if cell == nil || types.IsUnset(v) && o.col.Type.IsText() {
		return nil
	}
	empty := func(b []byte) bool { return b == nil || len(b) == 0 && o.col.Type.EmptyIsNull() }
	switch {
	case v == nil && o.col.Type.IsText():
		return protocol.NullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "append" is null`)
	case empty(cell.Value):
		return protocol.NullPointer(`Cannot invoke "java.lang.Number.intValue()" because "left" is null`)
	case empty(v):
		return protocol.NullPointer(`Cannot invoke "java.lang.Number.intValue()" because "right" is null`)
	}
	sum, err := addValues(o.col.Type, cell.Value, v)
	if err != nil {
		return err
	}
	u.put(o.col, sum)
	return nil
}

func addValues(t *types.Type, a, b []byte) ([]byte, error) {
	signed := func(b []byte) int64 {
		n := new(big.Int).SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		return n.Int64()
	}
	switch t.Kind {
	case types.KindText, types.KindASCII:
		return slices.Concat(a, b), nil
	case types.KindTinyint, types.KindSmallint, types.KindInt, types.KindBigint:
		full := types.EncodeBigint(signed(a) + signed(b))
		return full[8-len(a):], nil
	case types.KindFloat:
		f := math.Float32frombits(uint32(types.DecodeInteger(a))) + math.Float32frombits(uint32(types.DecodeInteger(b)))
		return types.EncodeFloat(f), nil
	case types.KindDouble:
		f := math.Float64frombits(uint64(types.DecodeInteger(a))) + math.Float64frombits(uint64(types.DecodeInteger(b)))
		return types.EncodeDouble(f), nil
	}
	return nil, protocol.Invalid("Adding to a column of type %s is not supported by cqltest", t)
}

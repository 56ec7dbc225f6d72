package exec

import (
	"bytes"
	"math"
	"math/big"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
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
	col   *column
	value terms.Term
	key   terms.Term
	field int
}

// reads says whether the operation has to look at the row first.
func (o *operation) reads() bool {
	if o.kind == opAddValue {
		return true
	}
	return o.col.typ.Kind == types.KindList && (o.kind == opSetElement || o.kind == opSubtract || o.kind == opDeleteElement)
}

// updater builds the rows that one statement writes.
type updater struct {
	x         *execution
	timestamp int64
	ttl       int32
	row       *store.Row // being built
	current   *store.Row // live, as read before; only if an operation reads
}

func (u *updater) put(c *column, value []byte) {
	cell := store.NewCell(value, u.timestamp, u.ttl, u.x.nowSec)
	cell.Counter = c.typ.IsCounter()
	u.row.Put(c.id, cell)
}

func (u *updater) putAt(c *column, path, value []byte) {
	u.row.PutElement(c.id, c.path(), path, store.NewCell(value, u.timestamp, u.ttl, u.x.nowSec))
}

func (u *updater) remove(c *column) {
	cell := store.NewTombstone(u.timestamp, u.x.nowSec)
	cell.Counter = c.typ.IsCounter()
	u.row.Put(c.id, cell)
}

func (u *updater) removeAt(c *column, path []byte) {
	u.row.PutElement(c.id, c.path(), path, store.NewTombstone(u.timestamp, u.x.nowSec))
}

// pending returns the row as read before with what the statement has done since.
func (u *updater) pending() *store.Row {
	merged := store.Merge(u.current, u.row)
	return merged.Live(store.Deletion{}, u.x.nowSec)
}

// nextPath returns a list path behind all others, prevPath one before them.
func (u *updater) nextPath() []byte {
	if u.x.server.opts.Dialect == Scylla {
		u.x.lists.appended++
		return stampedPath(u.timestamp, u.x.lists.appended)
	}
	return types.EncodeBigint(math.MinInt64 + u.x.server.clock.elements.Add(1))
}

func (u *updater) prevPath() []byte {
	if u.x.server.opts.Dialect == Scylla {
		u.x.lists.prepended++
		return stampedPath(2*firstPrepend-u.timestamp, -u.x.lists.prepended)
	}
	return types.EncodeBigint(math.MinInt64 - u.x.server.clock.elements.Add(1))
}

// stampedPath is a list path of ScyllaDB, where elements are ordered by the timestamp of
// what wrote them, and by n if one statement or batch did.
func stampedPath(timestamp int64, n int) []byte {
	seq := uint16(1<<15 + n)
	return append(types.EncodeBigint(math.MinInt64^timestamp), byte(seq>>8), byte(seq))
}

// firstPrepend is the timestamp of the start of 2010. ScyllaDB mirrors the timestamps of
// prepended elements at it, so that what is prepended later comes first, and has no way to
// prepend before it.
const firstPrepend = 1262304000000000

func (o *operation) apply(u *updater) error {
	if o.col.typ.IsMultiCell() {
		return o.applyComplex(u)
	}
	if o.kind == opDelete {
		u.remove(o.col)
		return nil
	}
	v, err := u.x.eval(o.value)
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
		u.row.DeleteComplex(c.id, c.path(), u.timestamp)
		return nil
	case opDeleteField:
		u.removeAt(c, fieldPath(o.field))
		return nil
	case opSetElement, opDeleteElement:
		return o.element(u)
	}
	v, err := u.x.eval(o.value)
	if err != nil {
		return err
	}
	if types.IsUnset(v) {
		if o.kind == opAppend && c.typ.Kind == types.KindList {
			return errUnsetAppend
		}
		return nil
	}
	if o.kind != opSubtract && c.typ.Kind == types.KindList && v != nil {
		if err := noNulls(v); err != nil {
			return err
		}
	}
	switch o.kind {
	case opSet:
		u.row.DeleteComplex(c.id, c.path(), u.timestamp-1)
		return o.addAll(u, v, false)
	case opSetField:
		if v == nil {
			u.removeAt(c, fieldPath(o.field))
		} else {
			u.putAt(c, fieldPath(o.field), v)
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
var errUnsetAppend = castError("Constants$Value", "Lists$Value")

// noNulls refuses a null in a list that is stored element by element, over
// which the server stumbles. A frozen list may hold one.
func noNulls(list []byte) error {
	elems, err := types.UnpackList(list)
	if err == nil && slices.ContainsFunc(elems, func(e []byte) bool { return e == nil }) {
		return nullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "value" is null`)
	}
	return err
}

// addAll adds the elements of an encoded collection, or the fields of a UDT.
func (o *operation) addAll(u *updater, v []byte, prepend bool) error {
	if v == nil {
		return nil
	}
	c := o.col
	switch c.typ.Kind {
	case types.KindUDT:
		fields, err := types.UnpackTuple(v, len(c.typ.Elems))
		if err != nil {
			return err
		}
		for i, f := range fields {
			if f != nil {
				u.putAt(c, fieldPath(i), f)
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
	if prepend && u.x.server.opts.Dialect == Scylla && u.timestamp <= firstPrepend {
		return invalid("List prepend custom timestamp must be greater than Jan 1 2010 00:00:00")
	}
	if prepend {
		slices.Reverse(elems)
	}
	for _, e := range elems {
		switch {
		case c.typ.Kind == types.KindSet:
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
	if c.typ.Kind != types.KindList {
		for _, e := range elems {
			u.removeAt(c, e)
		}
		return nil
	}
	existing := u.pending().Complex(c.id)
	if existing == nil {
		return nil
	}
	for i := range existing.Cells {
		pc := &existing.Cells[i]
		if slices.ContainsFunc(elems, func(e []byte) bool { return bytes.Compare(e, pc.Cell.Value) == 0 }) {
			u.removeAt(c, pc.Path)
		}
	}
	return nil
}

// element sets or deletes one element.
func (o *operation) element(u *updater) error {
	c := o.col
	key, err := u.x.eval(o.key)
	if err != nil {
		return err
	}
	var value []byte
	if o.kind == opSetElement {
		if value, err = u.x.eval(o.value); err != nil {
			return err
		}
	}
	path := key
	switch c.typ.Kind {
	case types.KindList:
		path, err = o.listPath(u, key)
		if err != nil || path == nil {
			return err
		}
	case types.KindSet:
		if key == nil {
			return invalid("Invalid null set element")
		}
	default:
		if key == nil {
			return invalid("Invalid null map key")
		}
		if types.IsUnset(key) {
			return invalid("Invalid unset map key")
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
		return nil, invalid("Invalid null value for list index")
	}
	if types.IsUnset(index) {
		if o.kind == opDeleteElement {
			return nil, nil
		}
		return nil, invalid("Invalid unset value for list index")
	}
	if len(index) == 0 {
		return nil, outOfBounds()
	}
	existing := u.pending().Complex(o.col.id)
	if existing == nil {
		return nil, invalid("Attempted to %s a list which is null", verb)
	}
	i := int(int32(types.DecodeInteger(index)))
	if i < 0 || i >= len(existing.Cells) {
		return nil, invalid("List index %d out of bound, list has size %d", i, len(existing.Cells))
	}
	return existing.Cells[i].Path, nil
}

// count adds to a counter. The cell built holds the increment; the sum is made
// when it is applied.
func (o *operation) count(u *updater, v []byte) error {
	if v == nil {
		return invalid("Invalid null value for counter increment")
	}
	if types.IsUnset(v) {
		return nil
	}
	n := types.DecodeInteger(v)
	if o.kind == opCounterMinus {
		if n == math.MinInt64 {
			return invalid("The negation of %d overflows supported counter precision (signed 8 bytes integer)", n)
		}
		n = -n
	}
	if old := u.row.Cell(o.col.id); old != nil {
		n += types.DecodeInteger(old.Value)
		old.Value = types.EncodeBigint(n)
		return nil
	}
	u.put(o.col, types.EncodeBigint(n))
	return nil
}

// addValue is c = c + v on a number or text under a condition; null stays null.
func (o *operation) addValue(u *updater, v []byte) error {
	cell := u.pending().Cell(o.col.id)
	if cell == nil || types.IsUnset(v) && o.col.typ.IsText() {
		return nil
	}
	empty := func(b []byte) bool { return b == nil || len(b) == 0 && o.col.typ.EmptyIsNull() }
	switch {
	case v == nil && o.col.typ.IsText():
		return nullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "append" is null`)
	case empty(cell.Value):
		return nullPointer(`Cannot invoke "java.lang.Number.intValue()" because "left" is null`)
	case empty(v):
		return nullPointer(`Cannot invoke "java.lang.Number.intValue()" because "right" is null`)
	}
	sum, err := addValues(o.col.typ, cell.Value, v)
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
	return nil, invalid("Adding to a column of type %s is not supported by cqltest", t)
}

// assignment prepares one item of SET.
func (p *preparer) assignment(sc *terms.Scope, t *table, a *cqlparse.Assignment, col *column, conditional bool) (*operation, error) {
	recv := t.spec(col)
	o := &operation{col: col}
	var err error
	prepare := func(kind operationKind, recv types.Column) (*operation, error) {
		o.kind = kind
		o.value, err = terms.Prepare(sc, a.Value, recv)
		return o, err
	}
	typ := col.typ
	collection, multi := typ.IsCollection(), typ.IsMultiCell()
	value := func() string { return cqlparse.Print(a.Value) }
	switch {
	case a.Key != nil:
		text := col.name + "[" + cqlparse.Print(a.Key) + "] = " + value()
		switch {
		case !collection:
			return nil, invalid("Invalid operation (%s) for non collection column %s", text, col.name)
		case !multi:
			return nil, invalid("Invalid operation (%s) for frozen collection column %s", text, col.name)
		case typ.Kind == types.KindSet:
			return nil, invalid("Invalid operation (%s) for set column %s", text, col.name)
		}
		if o.key, err = terms.Prepare(sc, a.Key, keySpec(recv)); err != nil {
			return nil, err
		}
		return prepare(opSetElement, elementSpec(recv, false))
	case !a.Field.IsZero():
		text := col.name + "." + a.Field.Name + " = " + value()
		if typ.Kind != types.KindUDT {
			return nil, invalid("Invalid operation (%s) for non-UDT column %s", text, col.name)
		}
		if !multi {
			return nil, invalid("Invalid operation (%s) for frozen UDT column %s", text, col.name)
		}
		if o.field = typ.FieldIndex(a.Field.Name); o.field < 0 {
			return nil, invalid("UDT column %s does not have a field named %s", col.name, a.Field.Name)
		}
		return prepare(opSetField, fieldSpec(recv, o.field))
	}
	switch a.Op {
	case cqlparse.AssignAdd:
		text := col.name + " = " + col.name + " + " + value()
		if collection && !multi {
			return nil, invalid("Invalid operation (%s) for frozen collection column %s", text, col.name)
		}
		if collection {
			if _, err := prepare(opAppend, recv); err != nil && typ.Kind == types.KindMap {
				return nil, invalid("Value for a map addition has to be a map, but was: '%s'", value())
			}
			return o, err
		}
		if typ.Kind == types.KindTuple || typ.Kind == types.KindUDT {
			return nil, invalid("Invalid operation (%s) for tuple column %s", text, col.name)
		}
		if conditional {
			if !typ.IsNumeric() && !typ.IsText() {
				return nil, invalid("Invalid operation (%s) for non-numeric and non-text type %s", text, col.name)
			}
			if !typ.IsCounter() {
				return prepare(opAddValue, recv)
			}
		} else if !typ.IsCounter() {
			return nil, invalid("Invalid operation (%s) for non counter column %s", text, col.name)
		}
		return prepare(opCounter, recv)
	case cqlparse.AssignSubtract:
		text := col.name + " = " + col.name + " - " + value()
		switch {
		case !collection && !typ.IsCounter():
			return nil, invalid("Invalid operation (%s) for non counter column %s", text, col.name)
		case !collection:
			return prepare(opCounterMinus, recv)
		case !multi:
			return nil, invalid("Invalid operation (%s) for frozen collection column %s", text, col.name)
		case typ.Kind == types.KindMap:
			recv.Type = types.Set(typ.Key(), false)
			if _, err := prepare(opSubtract, recv); err != nil {
				return nil, invalid("Value for a map substraction has to be a set, but was: '%s'", value())
			}
			return o, nil
		}
		return prepare(opSubtract, recv)
	case cqlparse.AssignPrepend:
		if _, err := prepare(opPrepend, recv); err != nil {
			return nil, err
		}
		text := col.name + " = " + value() + " - " + col.name
		if typ.Kind != types.KindList {
			return nil, invalid("Invalid operation (%s) for non list column %s", text, col.name)
		}
		if !multi {
			return nil, invalid("Invalid operation (%s) for frozen list column %s", text, col.name)
		}
		return o, nil
	}
	if typ.IsCounter() {
		return nil, invalid("Cannot set the value of counter column %s (counters can only be incremented/decremented, not set)", col.name)
	}
	return prepare(opSet, recv)
}

// keySpec is the receiver of what stands in the brackets of c[…].
func keySpec(c types.Column) types.Column {
	if c.Type.Kind == types.KindList {
		c.Name, c.Type = "idx("+c.Name+")", types.Int
		return c
	}
	return elementSpec(c, true)
}

func fieldSpec(c types.Column, i int) types.Column {
	c.Name, c.Type = c.Name+"."+c.Type.Fields[i], c.Type.Elems[i]
	return c
}

// deletion prepares one of the things DELETE names.
func (p *preparer) deletion(sc *terms.Scope, t *table, d *cqlparse.Deletion, col *column) (*operation, error) {
	recv, typ := t.spec(col), col.typ
	o := &operation{kind: opDelete, col: col}
	var err error
	switch {
	case d.Key != nil:
		if !typ.IsCollection() {
			return nil, invalid("Invalid deletion operation for non collection column %s", col.name)
		}
		if !typ.IsMultiCell() {
			return nil, invalid("Invalid deletion operation for frozen collection column %s", col.name)
		}
		o.kind = opDeleteElement
		o.key, err = terms.Prepare(sc, d.Key, keySpec(recv))
	case !d.Field.IsZero():
		if typ.Kind != types.KindUDT {
			return nil, invalid("Invalid field deletion operation for non-UDT column %s", col.name)
		}
		if !typ.IsMultiCell() {
			return nil, invalid("Frozen UDT column %s does not support field deletions", col.name)
		}
		if o.field = typ.FieldIndex(d.Field.Name); o.field < 0 {
			return nil, invalid("UDT column %s does not have a field named %s", col.name, d.Field.Name)
		}
		o.kind = opDeleteField
	}
	return o, err
}

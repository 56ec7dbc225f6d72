package exec

import (
	"cmp"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// condition is one term of IF.
type condition struct {
	col      *column
	op       cqlparse.Operator
	key      terms.Term // of c[k]
	field    int        // of c.f, else -1
	values   []terms.Term
	inMarker terms.Term
	asKeys   bool // m[k] op v compares values by the order of the keys
	lenient  bool // an element at null, or before the first, is null
}

func (p *preparer) condition(sc *terms.Scope, t *table, c *cqlparse.Condition) (*condition, error) {
	col, err := t.column(c.Column.Name)
	if err != nil {
		return nil, err
	}
	if col.typ.IsCounter() {
		return nil, invalid("Conditions on counters are not supported")
	}
	if p.dialect == Cassandra && (c.Op == cqlparse.OpLike || c.Op == cqlparse.OpNotIn) {
		return nil, invalid("%s conditions are not supported", c.Op)
	}
	cond := &condition{col: col, op: c.Op, field: -1, lenient: p.dialect == Scylla}
	recv := t.spec(col)
	switch {
	case c.Key != nil:
		if !col.typ.IsCollection() {
			return nil, invalid("Invalid element access syntax for non-collection column %s", col.name)
		}
		if col.typ.Kind == types.KindSet {
			return nil, invalid("Invalid element access syntax for set column %s", col.name)
		}
		value := elementSpec(recv, false)
		if err := refuseConditionSlice(value.Type, c.Op); err != nil {
			return nil, err
		}
		cond.asKeys = p.dialect == Cassandra && col.typ.Kind == types.KindMap
		if cond.key, err = terms.Prepare(sc, c.Key, keySpec(recv)); err != nil {
			return nil, err
		}
		recv = value
	case !c.Field.IsZero():
		if col.typ.Kind != types.KindUDT {
			return nil, serverError("java.lang.ClassCastException: class %[1]s cannot be cast to class org.apache.cassandra.db.marshal.UserType (%[1]s and org.apache.cassandra.db.marshal.UserType are in unnamed module of loader 'app')", col.typ.ClassName())
		}
		if cond.field = col.typ.FieldIndex(c.Field.Name); cond.field < 0 {
			return nil, invalid("Unknown field %s for column %s", c.Field.Name, col.name)
		}
		recv = fieldSpec(recv, cond.field)
		if err := refuseConditionSlice(recv.Type, c.Op); err != nil {
			return nil, err
		}
	default:
		if err := refuseConditionSlice(col.typ, c.Op); err != nil {
			return nil, err
		}
	}
	switch {
	case c.Op == cqlparse.OpContainsKey && recv.Type.Kind != types.KindMap:
		return nil, invalid("Cannot use CONTAINS KEY on non-map column %s", recv.Name)
	case c.Op == cqlparse.OpContains && !recv.Type.IsCollection():
		return nil, invalid("Cannot use CONTAINS on non-collection column %s", recv.Name)
	case c.Op == cqlparse.OpContains || c.Op == cqlparse.OpContainsKey:
		recv = elementSpec(recv, c.Op == cqlparse.OpContainsKey)
	}
	list := c.Values
	if c.Op == cqlparse.OpIn || c.Op == cqlparse.OpNotIn {
		if c.Value != nil {
			cond.inMarker, err = terms.Prepare(sc, c.Value, terms.InColumn(recv))
			return cond, err
		}
	} else {
		list = []cqlparse.Term{c.Value}
	}
	for _, v := range list {
		term, err := terms.Prepare(sc, v, recv)
		if err != nil {
			return nil, err
		}
		cond.values = append(cond.values, term)
	}
	return cond, nil
}

func refuseConditionSlice(t *types.Type, op cqlparse.Operator) error {
	switch op {
	case cqlparse.OpLT, cqlparse.OpLTE, cqlparse.OpGT, cqlparse.OpGTE:
		return refuseDurationSlice(t, "Slice conditions ( "+string(op)+" ) are not supported on durations", "conditions")
	}
	return nil
}

// boundCondition is a condition with its values.
type boundCondition struct {
	*condition
	key    []byte
	values [][]byte
}

func (x *execution) bindCondition(c *condition) (*boundCondition, error) {
	b := &boundCondition{condition: c}
	in := c.op == cqlparse.OpIn || c.op == cqlparse.OpNotIn
	if c.key != nil {
		k, err := x.eval(c.key)
		if err != nil {
			return nil, err
		}
		b.key = k
		if noIndex(k) && c.col.typ.Kind == types.KindList && c.col.typ.IsMultiCell() {
			return nil, outOfBounds()
		}
	}
	whole := c.key == nil && c.field < 0
	cells := whole && c.col.typ.IsCollection() && c.col.typ.IsMultiCell()
	contains := c.op == cqlparse.OpContains || c.op == cqlparse.OpContainsKey
	if c.inMarker != nil {
		v, err := x.eval(c.inMarker)
		switch {
		case err != nil:
			return nil, err
		case v == nil:
			return nil, invalid("Invalid null list in IN condition")
		case types.IsUnset(v):
			return nil, invalid("Invalid 'unset' value in condition")
		}
		if b.values, err = types.UnpackList(v); err != nil {
			return nil, err
		}
		return b, b.noNulls(whole && !contains, cells)
	}
	for _, t := range c.values {
		v, err := x.eval(t)
		if err != nil {
			return nil, err
		}
		if types.IsUnset(v) {
			switch {
			case in || contains && cells:
				continue
			case cells:
				kind := map[types.Kind]string{types.KindList: "Lists", types.KindSet: "Sets", types.KindMap: "Maps"}[c.col.typ.Kind]
				return nil, castError("Constants$Value", kind+"$Value")
			}
			return nil, invalid("Invalid 'unset' value in condition")
		}
		b.values = append(b.values, v)
	}
	return b, b.noNulls(whole && !contains, cells)
}

// noNulls refuses lists that hold a null, over which the server stumbles when it
// compares them.
func (b *boundCondition) noNulls(whole, cells bool) error {
	t := b.col.typ
	if !whole || t.Kind != types.KindList {
		return nil
	}
	for _, v := range b.values {
		if v == nil || types.IsUnset(v) {
			continue
		}
		elems, err := types.UnpackList(v)
		if err != nil {
			return err
		}
		for _, e := range elems {
			if e == nil || cells && len(e) == 0 && t.Elem().EmptyIsNull() {
				return nullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "value" is null`)
			}
		}
	}
	return nil
}

// hashOrder is where the condition stands among those on its row: the server
// keeps them in a hash table and stops at the first that fails, or errs.
func (b *boundCondition) hashOrder() uint32 {
	h := 31 * (31 + javaHash([]byte(b.col.name)))
	if b.condition.key != nil && b.key != nil {
		h += javaHash(b.key)
	}
	return javaBucket(h)
}

// javaHash is ByteBuffer.hashCode, javaBucket the place in a small HashMap.
func javaHash(b []byte) int32 {
	h := int32(1)
	for i := len(b) - 1; i >= 0; i-- {
		h = 31*h + int32(int8(b[i]))
	}
	return h
}

func javaBucket(h int32) uint32 {
	u := uint32(h)
	return (u ^ u>>16) & 15
}

// hashedOrder compares names by where a small hash set of the server has them.
func hashedOrder(a, b string) int {
	return cmp.Compare(javaBucket(javaHash([]byte(a))), javaBucket(javaHash([]byte(b))))
}

// holds says whether the condition holds on a row, which may be nil.
func (b *boundCondition) holds(row *store.Row) (bool, error) {
	if b.op == cqlparse.OpNotIn {
		in := *b
		c := *b.condition
		c.op = cqlparse.OpIn
		in.condition = &c
		ok, err := in.holds(row)
		return !ok, err
	}
	op := b.op
	if op == cqlparse.OpIn {
		op = cqlparse.OpEQ
	}
	whole := b.col.typ
	if b.condition.key == nil && b.field < 0 && whole.IsCollection() && whole.IsMultiCell() {
		return b.collectionHolds(row, op)
	}
	typ, current, err := b.current(row)
	if err != nil {
		return false, err
	}
	for _, v := range b.values {
		ok, err := false, error(nil)
		if b.asKeys && v != nil && current != nil && !types.IsUnset(v) {
			ok, err = compareAsKeys(op, b.col.typ, v, current)
		} else {
			ok, err = compareCondition(op, typ, v, current)
		}
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// compareAsKeys compares values of a map the way Cassandra does: as if they were
// keys of it. Where the types are too different for that the server fails.
func compareAsKeys(op cqlparse.Operator, m *types.Type, value, current []byte) (bool, error) {
	kt, vt := m.Key(), m.Value()
	if kt.Equal(vt) {
		return compareCondition(op, vt, value, current)
	}
	short := min(len(value), len(current))
	switch {
	case kt.Kind == types.KindUUID || kt.Kind == types.KindTimeUUID:
		if len(value) != 16 && len(current) != 16 {
			return ordered(op, 0), nil
		}
	case kt.Kind == types.KindDecimal && short == 4: // a scale without digits
		return false, serverError("java.lang.NumberFormatException: Zero length BigInteger")
	case short > 0 && short < map[types.Kind]int{types.KindDouble: 8, types.KindFloat: 4, types.KindDecimal: 4}[kt.Kind],
		kt.IsCollection(), kt.Kind == types.KindTuple, kt.Kind == types.KindUDT:
		return false, serverError("java.lang.IndexOutOfBoundsException")
	}
	return compareCondition(op, kt, value, current)
}

// current returns the value that the condition is about.
func (b *boundCondition) current(row *store.Row) (*types.Type, []byte, error) {
	typ := b.col.typ
	cell := row.Cell(b.col.id)
	cx := row.Complex(b.col.id)
	switch {
	case b.condition.key != nil && b.lenient && typ.Kind == types.KindMap && b.key == nil:
		return typ.Value(), nil, nil
	case b.condition.key != nil && b.lenient && typ.Kind == types.KindList && (len(b.key) != 4 || int32(types.DecodeInteger(b.key)) < 0):
		return typ.Elem(), nil, nil
	case b.condition.key != nil && typ.Kind == types.KindMap:
		if b.key == nil {
			return nil, nil, invalid("Invalid null value for map element access")
		}
		if typ.IsMultiCell() {
			if c := cx.Find(b.key); c != nil {
				return typ.Value(), c.Value, nil
			}
			return typ.Value(), nil, nil
		}
		return typ.Value(), frozenMapValue(typ, cell, b.key), nil
	case b.condition.key != nil:
		if b.key == nil {
			return nil, nil, invalid("Invalid null value for list element access")
		}
		v, err := listElement(typ, cx, cell, b.key)
		return typ.Elem(), v, err
	case b.field >= 0:
		ft := typ.Elems[b.field]
		if typ.IsMultiCell() {
			if c := cx.Find(fieldPath(b.field)); c != nil {
				return ft, c.Value, nil
			}
			return ft, nil, nil
		}
		if cell == nil {
			return ft, nil, nil
		}
		fields, err := types.UnpackTuple(cell.Value, len(typ.Elems))
		if err != nil {
			return nil, nil, err
		}
		return ft, fields[b.field], nil
	case typ.IsMultiCell():
		return typ, packComplex(typ, cx), nil
	case cell != nil:
		return typ, cell.Value, nil
	}
	return typ, nil, nil
}

func frozenMapValue(t *types.Type, cell *store.Cell, key []byte) []byte {
	if cell == nil {
		return nil
	}
	pairs, err := types.UnpackMap(cell.Value)
	if err != nil {
		return nil
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if t.Key().Compare(pairs[i], key) == 0 {
			return pairs[i+1]
		}
	}
	return nil
}

// noIndex says whether a bound list index is unset or empty.
func noIndex(key []byte) bool { return key != nil && len(key) == 0 }

func listElement(t *types.Type, cx *store.Complex, cell *store.Cell, key []byte) ([]byte, error) {
	i := int(int32(types.DecodeInteger(key)))
	if t.IsMultiCell() && cx == nil || !t.IsMultiCell() && cell == nil {
		if i < 0 && t.IsMultiCell() {
			return nil, invalid("Invalid negative list index %d", i)
		}
		return nil, nil
	}
	switch {
	case noIndex(key):
		return nil, outOfBounds()
	case i < 0:
		return nil, invalid("Invalid negative list index %d", i)
	}
	if t.IsMultiCell() {
		if i < len(cx.Cells) {
			return cx.Cells[i].Cell.Value, nil
		}
		return nil, nil
	}
	elems, err := types.UnpackList(cell.Value)
	if err != nil || i >= len(elems) {
		return nil, err
	}
	return elems[i], nil
}

// compareCondition says whether "current op value" holds.
func compareCondition(op cqlparse.Operator, t *types.Type, value, current []byte) (bool, error) {
	if types.IsUnset(value) {
		return false, invalid("Invalid 'unset' value in condition")
	}
	if value == nil {
		switch op {
		case cqlparse.OpEQ:
			return current == nil, nil
		case cqlparse.OpNEQ:
			return current != nil, nil
		}
		return false, invalid("Invalid comparison with null for operator \"%s\"", op)
	}
	if current == nil {
		return op == cqlparse.OpNEQ, nil
	}
	switch op {
	case cqlparse.OpContains:
		e := &expression{col: &column{typ: t}, op: opContains, value: value, condition: true}
		return e.contains(current), nil
	case cqlparse.OpContainsKey:
		e := &expression{col: &column{typ: t}, op: opContainsKey, value: value, condition: true}
		return e.contains(current), nil
	case cqlparse.OpLike:
		return like(string(current), string(value)), nil
	}
	return ordered(op, t.Compare(current, value)), nil
}

// ordered says whether a comparison's outcome satisfies op.
func ordered(op cqlparse.Operator, c int) bool {
	switch op {
	case cqlparse.OpEQ:
		return c == 0
	case cqlparse.OpNEQ:
		return c != 0
	case cqlparse.OpLT:
		return c < 0
	case cqlparse.OpLTE:
		return c <= 0
	case cqlparse.OpGT:
		return c > 0
	}
	return c >= 0
}

// collectionHolds compares a whole non-frozen collection. Here the empty
// collection and null are one.
func (b *boundCondition) collectionHolds(row *store.Row, op cqlparse.Operator) (bool, error) {
	t := b.col.typ
	cx := row.Complex(b.col.id)
	contains := op == cqlparse.OpContains || op == cqlparse.OpContainsKey
	for _, v := range b.values {
		elems, err := collectionElements(t, v, contains)
		if err != nil {
			return false, err
		}
		if v == nil || !contains && len(elems) == 0 {
			switch {
			case op == cqlparse.OpEQ:
				if cx == nil {
					return true, nil
				}
				continue
			case op == cqlparse.OpNEQ:
				return cx != nil, nil
			case v == nil:
				return false, invalid("Invalid comparison with null for operator \"%s\"", op)
			}
			return false, invalid("Invalid comparison with an empty %s for operator \"%s\"", kindName(t), op)
		}
		if cx == nil {
			if op == cqlparse.OpNEQ {
				return true, nil
			}
			continue
		}
		ok := false
		if contains {
			ok, err = compareCondition(op, t, v, packComplex(t, cx))
		} else {
			ok = ordered(op, compareElements(t, cx, elems))
		}
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func kindName(t *types.Type) string {
	switch t.Kind {
	case types.KindList:
		return "list"
	case types.KindSet:
		return "set"
	}
	return "map"
}

func collectionElements(t *types.Type, v []byte, contains bool) ([][]byte, error) {
	if v == nil || contains {
		return nil, nil
	}
	if t.Kind == types.KindMap {
		return types.UnpackMap(v)
	}
	elems, err := types.UnpackList(v)
	if t.Kind == types.KindSet {
		slices.SortStableFunc(elems, t.Elem().Compare)
		elems = slices.CompactFunc(elems, func(a, b []byte) bool { return t.Elem().Compare(a, b) == 0 })
	}
	return elems, err
}

// compareElements compares stored elements with the given ones, one by one.
func compareElements(t *types.Type, cx *store.Complex, elems [][]byte) int {
	step := 1
	if t.Kind == types.KindMap {
		step = 2
	}
	for i := range cx.Cells {
		if i*step >= len(elems) {
			return 1
		}
		pc := &cx.Cells[i]
		c := 0
		switch t.Kind {
		case types.KindList:
			c = t.Elem().Compare(pc.Cell.Value, elems[i])
		case types.KindSet:
			c = t.Elem().Compare(pc.Path, elems[i])
		default:
			if c = t.Key().Compare(pc.Path, elems[2*i]); c == 0 {
				c = t.Value().Compare(pc.Cell.Value, elems[2*i+1])
			}
		}
		if c != 0 {
			return c
		}
	}
	if len(cx.Cells)*step < len(elems) {
		return -1
	}
	return 0
}

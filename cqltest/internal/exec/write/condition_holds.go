package write

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// hashOrder is where the condition stands among those on its row: the server
// keeps them in a hash table and stops at the first that fails, or errs.
func (b *boundCondition) hashOrder() uint32 {
	h := 31 * (31 + java.Hash([]byte(b.col.Name)))
	if b.condition.key != nil && b.key != nil {
		h += java.Hash(b.key)
	}
	return java.Bucket(h)
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
	whole := b.col.Type
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
			ok, err = compareAsKeys(op, b.col.Type, v, current)
		} else {
			ok, err = compareCondition(op, typ, v, current)
		}
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// current returns the value that the condition is about.
func (b *boundCondition) current(row *store.Row) (*types.Type, []byte, error) {
	typ := b.col.Type
	cell := row.Cell(b.col.ID)
	cx := row.Complex(b.col.ID)
	switch {
	case b.condition.key != nil && b.lenient && typ.Kind == types.KindMap && b.key == nil:
		return typ.Value(), nil, nil
	case b.condition.key != nil && b.lenient && typ.Kind == types.KindList && (len(b.key) != 4 || int32(types.DecodeInteger(b.key)) < 0):
		return typ.Elem(), nil, nil
	case b.condition.key != nil && typ.Kind == types.KindMap:
		if b.key == nil {
			return nil, nil, protocol.Invalid("Invalid null value for map element access")
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
			return nil, nil, protocol.Invalid("Invalid null value for list element access")
		}
		v, err := listElement(typ, cx, cell, b.key)
		return typ.Elem(), v, err
	case b.field >= 0:
		ft := typ.Elems[b.field]
		if typ.IsMultiCell() {
			if c := cx.Find(where.FieldPath(b.field)); c != nil {
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
		return typ, where.PackComplex(typ, cx), nil
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
			return nil, protocol.Invalid("Invalid negative list index %d", i)
		}
		return nil, nil
	}
	switch {
	case noIndex(key):
		return nil, protocol.OutOfBounds()
	case i < 0:
		return nil, protocol.Invalid("Invalid negative list index %d", i)
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

// collectionHolds compares a whole non-frozen collection. Here the empty
// collection and null are one.
func (b *boundCondition) collectionHolds(row *store.Row, op cqlparse.Operator) (bool, error) {
	t := b.col.Type
	cx := row.Complex(b.col.ID)
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
				return false, protocol.Invalid("Invalid comparison with null for operator \"%s\"", op)
			}
			return false, protocol.Invalid("Invalid comparison with an empty %s for operator \"%s\"", kindName(t), op)
		}
		if cx == nil {
			if op == cqlparse.OpNEQ {
				return true, nil
			}
			continue
		}
		ok := false
		if contains {
			ok, err = compareCondition(op, t, v, where.PackComplex(t, cx))
		} else {
			ok = ordered(op, compareElements(t, cx, elems))
		}
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

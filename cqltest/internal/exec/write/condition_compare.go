package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

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
		return false, protocol.ServerError("java.lang.NumberFormatException: Zero length BigInteger")
	case short > 0 && short < map[types.Kind]int{types.KindDouble: 8, types.KindFloat: 4, types.KindDecimal: 4}[kt.Kind],
		kt.IsCollection(), kt.Kind == types.KindTuple, kt.Kind == types.KindUDT:
		return false, protocol.ServerError("java.lang.IndexOutOfBoundsException")
	}
	return compareCondition(op, kt, value, current)
}

// compareCondition says whether "current op value" holds.
func compareCondition(op cqlparse.Operator, t *types.Type, value, current []byte) (bool, error) {
	if types.IsUnset(value) {
		return false, protocol.Invalid("Invalid 'unset' value in condition")
	}
	if value == nil {
		switch op {
		case cqlparse.OpEQ:
			return current == nil, nil
		case cqlparse.OpNEQ:
			return current != nil, nil
		}
		return false, protocol.Invalid("Invalid comparison with null for operator \"%s\"", op)
	}
	if current == nil {
		return op == cqlparse.OpNEQ, nil
	}
	switch op {
	case cqlparse.OpContains:
		e := &where.Expression{Col: &schema.Column{Type: t}, Op: where.OpContains, Value: value, Condition: true}
		return e.Contains(current), nil
	case cqlparse.OpContainsKey:
		e := &where.Expression{Col: &schema.Column{Type: t}, Op: where.OpContainsKey, Value: value, Condition: true}
		return e.Contains(current), nil
	case cqlparse.OpLike:
		return where.Like(string(current), string(value)), nil
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

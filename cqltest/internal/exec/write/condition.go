package write

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// condition is one term of IF.
type condition struct {
	col      *schema.Column
	op       cqlparse.Operator
	key      terms.Term // of c[k]
	field    int        // of c.f, else -1
	values   []terms.Term
	inMarker terms.Term
	asKeys   bool // m[k] op v compares values by the order of the keys
	lenient  bool // an element at null, or before the first, is null
}

func prepareCondition(p *server.Preparer, sc *terms.Scope, t *schema.Table, c *cqlparse.Condition) (*condition, error) {
	col, err := t.Column(c.Column.Name)
	if err != nil {
		return nil, err
	}
	if col.Type.IsCounter() {
		return nil, protocol.Invalid("Conditions on counters are not supported")
	}
	if p.Dialect == protocol.Cassandra && (c.Op == cqlparse.OpLike || c.Op == cqlparse.OpNotIn) {
		return nil, protocol.Invalid("%s conditions are not supported", c.Op)
	}
	cond := &condition{col: col, op: c.Op, field: -1, lenient: p.Dialect == protocol.Scylla}
	recv := t.Spec(col)
	switch {
	case c.Key != nil:
		if !col.Type.IsCollection() {
			return nil, protocol.Invalid("Invalid element access syntax for non-collection column %s", col.Name)
		}
		if col.Type.Kind == types.KindSet {
			return nil, protocol.Invalid("Invalid element access syntax for set column %s", col.Name)
		}
		value := where.ElementSpec(recv, false)
		if err := refuseConditionSlice(value.Type, c.Op); err != nil {
			return nil, err
		}
		cond.asKeys = p.Dialect == protocol.Cassandra && col.Type.Kind == types.KindMap
		if cond.key, err = terms.Prepare(sc, c.Key, keySpec(recv)); err != nil {
			return nil, err
		}
		recv = value
	case !c.Field.IsZero():
		if col.Type.Kind != types.KindUDT {
			return nil, protocol.ServerError("java.lang.ClassCastException: class %[1]s cannot be cast to class org.apache.cassandra.db.marshal.UserType (%[1]s and org.apache.cassandra.db.marshal.UserType are in unnamed module of loader 'app')", col.Type.ClassName())
		}
		if cond.field = col.Type.FieldIndex(c.Field.Name); cond.field < 0 {
			return nil, protocol.Invalid("Unknown field %s for column %s", c.Field.Name, col.Name)
		}
		recv = fieldSpec(recv, cond.field)
		if err := refuseConditionSlice(recv.Type, c.Op); err != nil {
			return nil, err
		}
	default:
		if err := refuseConditionSlice(col.Type, c.Op); err != nil {
			return nil, err
		}
	}
	switch {
	case c.Op == cqlparse.OpContainsKey && recv.Type.Kind != types.KindMap:
		return nil, protocol.Invalid("Cannot use CONTAINS KEY on non-map column %s", recv.Name)
	case c.Op == cqlparse.OpContains && !recv.Type.IsCollection():
		return nil, protocol.Invalid("Cannot use CONTAINS on non-collection column %s", recv.Name)
	case c.Op == cqlparse.OpContains || c.Op == cqlparse.OpContainsKey:
		recv = where.ElementSpec(recv, c.Op == cqlparse.OpContainsKey)
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
		return where.RefuseDurationSlice(t, "Slice conditions ( "+string(op)+" ) are not supported on durations", "conditions")
	}
	return nil
}

// boundCondition is a condition with its values.
type boundCondition struct {
	*condition
	key    []byte
	values [][]byte
}

func bindCondition(x *server.Execution, c *condition) (*boundCondition, error) {
	b := &boundCondition{condition: c}
	in := c.op == cqlparse.OpIn || c.op == cqlparse.OpNotIn
	if c.key != nil {
		k, err := x.Eval(c.key)
		if err != nil {
			return nil, err
		}
		b.key = k
		if noIndex(k) && c.col.Type.Kind == types.KindList && c.col.Type.IsMultiCell() {
			return nil, protocol.OutOfBounds()
		}
	}
	whole := c.key == nil && c.field < 0
	cells := whole && c.col.Type.IsCollection() && c.col.Type.IsMultiCell()
	contains := c.op == cqlparse.OpContains || c.op == cqlparse.OpContainsKey
	if c.inMarker != nil {
		v, err := x.Eval(c.inMarker)
		switch {
		case err != nil:
			return nil, err
		case v == nil:
			return nil, protocol.Invalid("Invalid null list in IN condition")
		case types.IsUnset(v):
			return nil, protocol.Invalid("Invalid 'unset' value in condition")
		}
		if b.values, err = types.UnpackList(v); err != nil {
			return nil, err
		}
		return b, b.noNulls(whole && !contains, cells)
	}
	for _, t := range c.values {
		v, err := x.Eval(t)
		if err != nil {
			return nil, err
		}
		if types.IsUnset(v) {
			switch {
			case in || contains && cells:
				continue
			case cells:
				kind := map[types.Kind]string{types.KindList: "Lists", types.KindSet: "Sets", types.KindMap: "Maps"}[c.col.Type.Kind]
				return nil, protocol.CastError("Constants$Value", kind+"$Value")
			}
			return nil, protocol.Invalid("Invalid 'unset' value in condition")
		}
		b.values = append(b.values, v)
	}
	return b, b.noNulls(whole && !contains, cells)
}

// noNulls refuses lists that hold a null, over which the server stumbles when it
// compares them.
func (b *boundCondition) noNulls(whole, cells bool) error {
	t := b.col.Type
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
				return protocol.NullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "value" is null`)
			}
		}
	}
	return nil
}

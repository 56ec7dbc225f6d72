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

// prepareAssignment prepares one item of SET.
func prepareAssignment(p *server.Preparer, sc *terms.Scope, t *schema.Table, a *cqlparse.Assignment, col *schema.Column, conditional bool) (*operation, error) {
	recv := t.Spec(col)
	o := &operation{col: col}
	var err error
	prepare := func(kind operationKind, recv types.Column) (*operation, error) {
		o.kind = kind
		o.value, err = terms.Prepare(sc, a.Value, recv)
		return o, err
	}
	typ := col.Type
	collection, multi := typ.IsCollection(), typ.IsMultiCell()
	value := func() string { return cqlparse.Print(a.Value) }
	switch {
	case a.Key != nil:
		text := col.Name + "[" + cqlparse.Print(a.Key) + "] = " + value()
		switch {
		case !collection:
			return nil, protocol.Invalid("Invalid operation (%s) for non collection column %s", text, col.Name)
		case !multi:
			return nil, protocol.Invalid("Invalid operation (%s) for frozen collection column %s", text, col.Name)
		case typ.Kind == types.KindSet:
			return nil, protocol.Invalid("Invalid operation (%s) for set column %s", text, col.Name)
		}
		if o.key, err = terms.Prepare(sc, a.Key, keySpec(recv)); err != nil {
			return nil, err
		}
		return prepare(opSetElement, where.ElementSpec(recv, false))
	case !a.Field.IsZero():
		text := col.Name + "." + a.Field.Name + " = " + value()
		if typ.Kind != types.KindUDT {
			return nil, protocol.Invalid("Invalid operation (%s) for non-UDT column %s", text, col.Name)
		}
		if !multi {
			return nil, protocol.Invalid("Invalid operation (%s) for frozen UDT column %s", text, col.Name)
		}
		if o.field = typ.FieldIndex(a.Field.Name); o.field < 0 {
			return nil, protocol.Invalid("UDT column %s does not have a field named %s", col.Name, a.Field.Name)
		}
		return prepare(opSetField, fieldSpec(recv, o.field))
	}
	switch a.Op {
	case cqlparse.AssignAdd:
		text := col.Name + " = " + col.Name + " + " + value()
		if collection && !multi {
			return nil, protocol.Invalid("Invalid operation (%s) for frozen collection column %s", text, col.Name)
		}
		if collection {
			if _, err := prepare(opAppend, recv); err != nil && typ.Kind == types.KindMap {
				return nil, protocol.Invalid("Value for a map addition has to be a map, but was: '%s'", value())
			}
			return o, err
		}
		if typ.Kind == types.KindTuple || typ.Kind == types.KindUDT {
			return nil, protocol.Invalid("Invalid operation (%s) for tuple column %s", text, col.Name)
		}
		if conditional {
			if !typ.IsNumeric() && !typ.IsText() {
				return nil, protocol.Invalid("Invalid operation (%s) for non-numeric and non-text type %s", text, col.Name)
			}
			if !typ.IsCounter() {
				return prepare(opAddValue, recv)
			}
		} else if !typ.IsCounter() {
			return nil, protocol.Invalid("Invalid operation (%s) for non counter column %s", text, col.Name)
		}
		return prepare(opCounter, recv)
	case cqlparse.AssignSubtract:
		text := col.Name + " = " + col.Name + " - " + value()
		switch {
		case !collection && !typ.IsCounter():
			return nil, protocol.Invalid("Invalid operation (%s) for non counter column %s", text, col.Name)
		case !collection:
			return prepare(opCounterMinus, recv)
		case !multi:
			return nil, protocol.Invalid("Invalid operation (%s) for frozen collection column %s", text, col.Name)
		case typ.Kind == types.KindMap:
			recv.Type = types.Set(typ.Key(), false)
			if _, err := prepare(opSubtract, recv); err != nil {
				return nil, protocol.Invalid("Value for a map substraction has to be a set, but was: '%s'", value())
			}
			return o, nil
		}
		return prepare(opSubtract, recv)
	case cqlparse.AssignPrepend:
		if _, err := prepare(opPrepend, recv); err != nil {
			return nil, err
		}
		text := col.Name + " = " + value() + " - " + col.Name
		if typ.Kind != types.KindList {
			return nil, protocol.Invalid("Invalid operation (%s) for non list column %s", text, col.Name)
		}
		if !multi {
			return nil, protocol.Invalid("Invalid operation (%s) for frozen list column %s", text, col.Name)
		}
		return o, nil
	}
	if typ.IsCounter() {
		return nil, protocol.Invalid("Cannot set the value of counter column %s (counters can only be incremented/decremented, not set)", col.Name)
	}
	return prepare(opSet, recv)
}

// keySpec is the receiver of what stands in the brackets of c[…].
func keySpec(c types.Column) types.Column {
	if c.Type.Kind == types.KindList {
		c.Name, c.Type = "idx("+c.Name+")", types.Int
		return c
	}
	return where.ElementSpec(c, true)
}

func fieldSpec(c types.Column, i int) types.Column {
	c.Name, c.Type = c.Name+"."+c.Type.Fields[i], c.Type.Elems[i]
	return c
}

// prepareDeletion prepares one of the things DELETE names.
func prepareDeletion(p *server.Preparer, sc *terms.Scope, t *schema.Table, d *cqlparse.Deletion, col *schema.Column) (*operation, error) {
	recv, typ := t.Spec(col), col.Type
	o := &operation{kind: opDelete, col: col}
	var err error
	switch {
	case d.Key != nil:
		if !typ.IsCollection() {
			return nil, protocol.Invalid("Invalid deletion operation for non collection column %s", col.Name)
		}
		if !typ.IsMultiCell() {
			return nil, protocol.Invalid("Invalid deletion operation for frozen collection column %s", col.Name)
		}
		o.kind = opDeleteElement
		o.key, err = terms.Prepare(sc, d.Key, keySpec(recv))
	case !d.Field.IsZero():
		if typ.Kind != types.KindUDT {
			return nil, protocol.Invalid("Invalid field deletion operation for non-UDT column %s", col.Name)
		}
		if !typ.IsMultiCell() {
			return nil, protocol.Invalid("Frozen UDT column %s does not support field deletions", col.Name)
		}
		if o.field = typ.FieldIndex(d.Field.Name); o.field < 0 {
			return nil, protocol.Invalid("UDT column %s does not have a field named %s", col.Name, d.Field.Name)
		}
		o.kind = opDeleteField
	}
	return o, err
}

package coodie

import (
	"bytes"
	"github.com/coodie-go/coodie/internal/codec"
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/meta"
)

// What is kept of a write until its answer is there, or for longer, is what was bound: the program may
// change a map, a slice or what a pointer leads to once its call has returned. So values that share
// such memory are kept as their cells. Others are left as they are, which costs nothing.

// plain reports whether values of the type share no memory with their copies that could change.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true
		}
		for i := range t.NumField() {
			if !plain(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String
}

// shares reports whether the operand is a value that may change.
func (o *operand) shares() bool {
	for i := range o.list() {
		if o.list()[i].shares() {
			return true
		}
	}
	return o.codec != nil && o.other() == nil && !plain(o.codec.GoType())
}

// kept is the operand as it is bound now.
func (o *operand) kept() operand {
	if !o.shares() {
		return *o
	}
	if list := o.list(); list != nil {
		other := *o.other()
		other.list = make([]operand, len(list))
		for i := range list {
			other.list[i] = list[i].kept()
		}
		return other.operand()
	}
	cell, null, err := o.encode()
	switch {
	case err != nil:
		return *o
	case null:
		return operand{}
	}
	return cellOf(o.codec.Type(), cell)
}

// kept is r with the key of its element as it is bound now.
func (r *ref) kept() *ref {
	if r == nil || r.elem == nil || !r.elem.shares() {
		return r
	}
	own, elem := *r, r.elem.kept()
	own.elem = &elem
	return &own
}

// keptConds are the conditions as they are bound now.
func keptConds(conds []cond) []cond {
	for i := range conds {
		c := &conds[i]
		if on := c.on.kept(); on != c.on || c.value.shares() {
			own := append([]cond(nil), conds...)
			for j := i; j < len(own); j++ {
				own[j] = cond{on: own[j].on.kept(), op: own[j].op, value: own[j].value.kept()}
			}
			return own
		}
	}
	return conds
}

// keptAssigns are the assignments as they are bound now.
func keptAssigns(assigns []assign) []assign {
	var own []assign
	for i := range assigns {
		a := &assigns[i]
		if !a.value.shares() {
			continue
		}
		if own == nil {
			own = append(own, assigns...)
		}
		if own[i].value = a.value.kept(); own[i].value.other() != nil {
			own[i].value.other().typ = a.ref().typ
		}
	}
	if own != nil {
		return own
	}
	return assigns
}

// keptRow is the row at p with columns that share no memory with it: p itself if they do not.
func (t *shape) keptRow(p codec.Addr, columns []*meta.Column) codec.Addr {
	row := p
	for _, col := range columns {
		if plain(col.GoType) {
			continue
		}
		o := operandAt(col, p)
		cell, null, err := o.encode()
		if err != nil || null {
			continue
		}
		own := reflect.New(col.GoType)
		if col.Codec.Decode(codec.AddrOf(own), cell) != nil {
			continue
		}
		// A value that does not come back as it was, such as JSON's numbers in an any, stays shared.
		if again, null, err := col.Codec.Append([]byte{}, codec.AddrOf(own)); err != nil || null || !bytes.Equal(again, cell) {
			continue
		}
		if row == p {
			row = t.copyRow(p)
		}
		row.Field(col.Offset).Value(col.GoType).Set(own.Elem())
	}
	return row
}

// keepKey makes the chain name its row by what is bound now.
func (c *spec) keepKey() {
	c.where = keptConds(c.where)
	if c.table != nil && !c.value.None() {
		c.value = c.table.keptRow(c.value, c.table.meta.Primary())
	}
}

package stmt

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

func assigned(b *Bound, col *meta.Column) bool {
	for i := range b.Stmt.Assignments {
		if b.Stmt.Assignments[i].Column.ID == col.Index {
			return true
		}
	}
	return false
}

// twice refuses a second assignment of what an earlier one has assigned already. All parts of
// an UPDATE have one timestamp: of two values of one cell the server keeps the greater one, and
// of a value and a deletion the deletion, whatever their order. Other parts of a collection may
// be changed side by side, which CQL does in no order.
func twice(b *Bound, assigns []Assign, i int) {
	for j := range assigns[:i] {
		a, other := &assigns[i], &assigns[j]
		if b.Err == nil && a.Ref().col == other.Ref().col {
			if reason := a.clash(other); reason != "" {
				b.Fail(a.Ref().name, reason, nil)
			}
		}
	}
}

// clash says why two assignments of one column do not go together; "" if they do.
func (a *Assign) clash(o *Assign) string {
	t, removes := a.Ref().col.Type, a.change == cql.Remove || o.change == cql.Remove
	const disorder = "an element is assigned twice, or assigned and removed, and CQL does these in no order"
	switch {
	case a.Replaces() || o.Replaces():
		return "the column is assigned twice"
	case a.Ref().field != "":
		if a.Ref().overlaps(o.Ref()) {
			return "field " + a.Ref().field + " is assigned twice"
		}
	case a.indexed() && o.indexed():
		if a.Ref().overlaps(o.Ref()) {
			return disorder
		}
	case t.Kind == codec.List && (a.indexed() || o.indexed()):
		if removes {
			return "an element is set and others are removed by value, which may be that one, and CQL does these in no order"
		}
	case t.Kind == codec.Counter, t.Kind == codec.List && !removes, a.change == o.change && (t.Kind == codec.Set || removes):
		// both change the same cells in the same way, or have cells of their own
	case common(a, o, t):
		return disorder
	}
	return ""
}

// Replaces reports whether the assignment replaces all of the column.
func (a *Assign) Replaces() bool {
	return a.change == cql.Set && !a.indexed() && a.Ref().field == ""
}

// indexed reports whether the assignment is of a list's element, or of the value of a map's key.
func (a *Assign) indexed() bool { return a.Ref().elem != nil }

// common reports whether two assignments of a collection name the same element, or key of a map.
func common(a, o *Assign, t *codec.Type) bool {
	of := t.Elem
	if t.Kind == codec.Map {
		of = t.Key
	}
	others := o.elements()
	for _, x := range a.elements() {
		for _, y := range others {
			if of.Compare(x, y) == 0 {
				return true
			}
		}
	}
	return false
}

// elements are the cells of the elements, or keys of a map, that an assignment names.
func (a *Assign) elements() (cells [][]byte) {
	if a.indexed() {
		cell, _, _ := a.Ref().elem.Encode() // which has been bound, so that it has no error
		return [][]byte{cell}
	}
	step := 1
	if a.Ref().col.Type.Kind == codec.Map && a.change != cql.Remove {
		step = 2
	}
	cell, _, _ := a.value.Encode()
	all, _ := codec.Elements(cell, step)
	for i := 0; i < len(all); i += step {
		cells = append(cells, all[i])
	}
	return cells
}

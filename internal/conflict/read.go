package conflict

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"sort"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// statement is a Write taken apart.
type statement struct {
	ttl, timestamp string // as bound; "" if none was given
	where          []relation
	effects        []effect
	tooMany        bool // its In filters name too many rows
}

// reader reads the values of a statement in the order of its markers.
type reader struct {
	*Write
	next int
	out  *statement
}

// read takes a statement apart, whose values are bound in the order that cql.Statement names.
func read(w *Write) *statement {
	r := &reader{Write: w, out: &statement{}}
	s := w.Stmt
	switch s.Verb {
	case cql.Insert:
		if s.JSON {
			r.object()
		}
		for i := range s.Values {
			r.value(w.Table.Stored()[s.Values[i].Column.ID], s.Values[i].Marker)
		}
		r.out.effects = append(r.out.effects, effect{cells: []cell{{}}, order: bytes.Compare})
		r.using()
		if w.Rest != nil {
			r.rest(w.Rest)
		}
	case cql.Update:
		r.using()
		for i := range s.Assignments {
			r.assignment(&s.Assignments[i])
		}
		r.relations()
	case cql.Delete:
		for i := range s.Deletions {
			r.deletion(&s.Deletions[i])
		}
		r.using()
		r.relations()
	}
	for i := range r.out.effects {
		if e := &r.out.effects[i]; w.Table.Attempt == nil || e.column != w.Table.Attempt.Name {
			e.ttl = r.out.ttl // which of two the batch's id gets does not matter: all its writes store it
		}
	}
	return r.out
}

// rest reads the UPDATE that goes along with an INSERT.
func (r *reader) rest(update *cql.Statement) {
	w := *r.Write
	w.Stmt = update
	r.Write = &w
	r.using()
	for i := range update.Assignments {
		r.assignment(&update.Assignments[i])
	}
}

// using reads USING TTL, TIMESTAMP and TIMEOUT.
func (r *reader) using() {
	if r.Stmt.TTL {
		r.out.ttl = string(r.cell(cql.Mark).value)
	}
	if r.Stmt.Timestamp {
		r.out.timestamp = string(r.cell(cql.Mark).value)
	}
	if r.Stmt.Timeout {
		r.cell(cql.Mark)
	}
}

// bound is a value: deleted if it is null, and unset if it stands for nothing.
type bound struct {
	cell
	unset bool
	parts [][]byte // of a tuple
}

// cell reads the value of a marker: "?", "null", or those of a tuple's elements, "(?, null)".
func (r *reader) cell(marker string) bound {
	rest := marker
	return r.term(&rest)
}

func (r *reader) term(marker *string) (out bound) {
	switch rest := *marker; {
	case strings.HasPrefix(rest, "?"):
		*marker = rest[1:]
		i := r.next
		r.next++
		out.value, out.deleted, out.unset = r.Values.Cell(i), r.Values.Null(i), r.Values.Unset(i)
	case strings.HasPrefix(rest, "("):
		for *marker = rest; len(*marker) > 0 && (*marker)[0] != ')'; {
			*marker = strings.TrimLeft((*marker)[1:], " ")
			elem := r.term(marker)
			if elem.deleted {
				out.parts = append(out.parts, nil)
			} else {
				out.parts = append(out.parts, append([]byte{}, elem.value...))
			}
		}
		*marker = strings.TrimPrefix(*marker, ")")
		out.value, _ = codec.Join([]byte{}, out.parts)
	default:
		*marker = strings.TrimPrefix(rest, cql.Null)
		out.deleted = true
	}
	return out
}

// value reads one column of an INSERT.
func (r *reader) value(col *meta.Column, marker string) {
	v := r.cell(marker)
	switch {
	case v.unset:
	case col.Key():
		r.out.where = append(r.out.where, relation{[]*meta.Column{col}, cql.Eq, [][][]byte{{v.value}}})
	default:
		r.set(col, v)
	}
}

// set sets a whole column.
func (r *reader) set(col *meta.Column, v bound) {
	e := r.effect(col, cells)
	switch {
	case !col.Type.MultiCell():
		e.cells = []cell{v.cell}
	case col.Type.Kind == codec.List:
		e.kind, e.cells = listReplace, entries(col.Type, v.value)
	default:
		e.kind = replace
		r.setCells(e, entries(col.Type, v.value))
	}
}

// effect adds an effect on the column, with the order of its paths.
func (r *reader) effect(col *meta.Column, k kind) *effect {
	e := effect{column: col.Name, static: col.Kind == meta.Static, kind: k, order: bytes.Compare}
	if col.Type.MultiCell() {
		switch col.Type.Kind {
		case codec.Set:
			e.order = orderOf(col.Type.Elem)
		case codec.Map:
			e.order = orderOf(col.Type.Key)
		}
	}
	r.out.effects = append(r.out.effects, e)
	return &r.out.effects[len(r.out.effects)-1]
}

func orderOf(t *codec.Type) func(a, b []byte) int {
	return func(a, b []byte) int { return t.Compare(a, b) }
}

// byPath sorts the cells of a collection. Package slices would make a sort of its own, 15 KB of each program.
type byPath struct {
	cells []cell
	order func(a, b []byte) int
}

func (b byPath) Len() int           { return len(b.cells) }
func (b byPath) Less(i, j int) bool { return b.order(b.cells[i].path, b.cells[j].path) < 0 }
func (b byPath) Swap(i, j int)      { b.cells[i], b.cells[j] = b.cells[j], b.cells[i] }

func (r *reader) setCells(e *effect, cells []cell) {
	sort.Sort(byPath{cells, e.order})
	e.cells = cells
}

// entries are the cells of a collection or user-defined type that is not frozen.
func entries(t *codec.Type, value []byte) (out []cell) {
	if t.Kind == codec.UDT {
		for i := 0; len(value) >= 4; i++ {
			name := []byte{0, byte(i)}
			if i < len(t.Fields) {
				name = []byte(t.Fields[i].Name)
			}
			var field []byte
			if field, value = first(value); field != nil {
				out = append(out, cell{path: name, value: field})
			}
		}
		return out
	}
	list := elements(value)
	if t.Kind == codec.Map {
		for i := 0; i+1 < len(list); i += 2 {
			out = append(out, cell{path: list[i], value: list[i+1]})
		}
		return out
	}
	for _, elem := range list {
		out = append(out, cell{path: elem})
	}
	return out
}

// first cuts the first element off; nil is null.
func first(cell []byte) (elem, rest []byte) {
	n := int(int32(binary.BigEndian.Uint32(cell)))
	if n < 0 {
		return nil, cell[4:]
	}
	n = min(n, len(cell)-4)
	return cell[4 : 4+n : 4+n], cell[4+n:]
}

// elements are those of a list or set, or the keys and values of a map.
func elements(cell []byte) (out [][]byte) {
	for rest := cell[min(4, len(cell)):]; len(rest) >= 4; {
		var elem []byte
		elem, rest = first(rest)
		out = append(out, elem)
	}
	return out
}

// assignment reads one term of SET.
func (r *reader) assignment(a *cql.Assignment) {
	col := r.Table.Stored()[a.Column.ID]
	var key bound
	if a.Elem != "" {
		key = r.cell(a.Elem)
	}
	v := r.cell(a.Marker)
	switch list := col.Type.Kind == codec.List; {
	case col.Type.Kind == codec.Counter:
		r.effect(col, count)
	case a.Elem != "" && list:
		if v.deleted {
			r.effect(col, listDelete)
			return
		}
		v.path = key.value
		r.effect(col, listSet).cells = []cell{v.cell}
	case a.Elem != "":
		v.path = key.value
		r.effect(col, cells).cells = []cell{v.cell}
	case a.Field != "":
		v.path = []byte(a.Field)
		r.effect(col, cells).cells = []cell{v.cell}
	case a.Change == cql.Set:
		r.set(col, v)
	case list && a.Change == cql.Remove:
		r.effect(col, listRemove)
	case list:
		if len(elements(v.value)) > 0 {
			r.effect(col, listAdd)
		}
	case a.Change == cql.Remove:
		gone := make([]cell, 0, 8)
		for _, elem := range elements(v.value) {
			gone = append(gone, cell{path: elem, deleted: true})
		}
		r.setCells(r.effect(col, cells), gone)
	default:
		r.setCells(r.effect(col, cells), entries(col.Type, v.value))
	}
}

// deletion reads one column, or part of one, of a DELETE list.
func (r *reader) deletion(t *cql.Target) {
	col := r.Table.Stored()[t.Column.ID]
	switch {
	case t.Elem != "" && col.Type.Kind == codec.List:
		r.cell(t.Elem)
		r.effect(col, listDelete)
	case t.Elem != "":
		r.effect(col, cells).cells = []cell{{path: r.cell(t.Elem).value, deleted: true}}
	case t.Field != "":
		r.effect(col, cells).cells = []cell{{path: []byte(t.Field), deleted: true}}
	default:
		r.effect(col, remove)
	}
}

// relations reads WHERE.
func (r *reader) relations() {
	for i := range r.Stmt.Where {
		rel := &r.Stmt.Where[i]
		out := relation{op: rel.Op}
		if rel.Tuple == nil {
			out.columns = []*meta.Column{r.Table.Stored()[rel.Column.ID]}
		} else {
			for _, c := range rel.Tuple.Columns {
				out.columns = append(out.columns, r.Table.Stored()[c.ID])
			}
		}
		v := r.cell(rel.Marker)
		switch {
		case rel.Op == cql.In:
			for _, with := range elements(v.value) {
				key := [][]byte{with}
				if rel.Tuple != nil {
					key, _ = codec.Split(nil, with, len(out.columns))
				}
				out.with = append(out.with, key)
			}
		case rel.Tuple != nil:
			out.with = [][][]byte{v.parts}
		default:
			out.with = [][][]byte{{v.value}}
		}
		r.out.where = append(r.out.where, out)
	}
}

// object reads the one value of an INSERT JSON, whose names are those of columns as CQL has them.
func (r *reader) object() {
	var object map[string]json.RawMessage
	if json.Unmarshal(r.cell(cql.Mark).value, &object) != nil {
		return // the server refuses it
	}
	for _, col := range r.Table.Columns {
		raw, ok := object[col.Name]
		if !ok {
			raw, ok = object[`"`+strings.ReplaceAll(col.Name, `"`, `""`)+`"`]
		}
		if !ok {
			continue
		}
		r.json(col, raw)
	}
}

// json reads one column of an INSERT JSON.
func (r *reader) json(col *meta.Column, raw json.RawMessage) {
	v := bound{cell: cell{deleted: string(raw) == "null"}}
	switch text := strings.Join(strings.Fields(string(raw)), ""); {
	case v.deleted:
	case col.Type.MultiCell() && (text == "[]" || text == "{}"):
	default:
		var err error
		if v.value, err = codec.FromJSON(col.Type, raw); err != nil {
			r.set(col, v)
			r.out.effects[len(r.out.effects)-1].raw = raw
			return
		}
	}
	if col.Key() {
		r.out.where = append(r.out.where, relation{[]*meta.Column{col}, cql.Eq, [][][]byte{{v.value}}})
		return
	}
	r.set(col, v)
}

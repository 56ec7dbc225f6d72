package model_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gocql/gocql"
)

// partition is what a partition should hold. Values are JSON without the nulls; a column that is
// null has no cell. A field of addr, which is not frozen, is a cell of its own: "addr.a".
type partition struct {
	statics map[string]cell
	rows    map[int]*row
	now     time.Duration // the server's clock: see world.pass
	writes  int
	seen    map[string]bool // versions and attempt ids that were ever there
}

type cell struct {
	value string
	dies  time.Duration // 0: never
}

type row struct {
	cells map[string]cell
	born  cell // by an INSERT: lets the row live without cells. Its value is "" if there was none
	// write is the write by coodie that has given the row its version and attempt id, which no other
	// write has; 0: the row has no version.
	write int
}

// own stands for a version or an attempt id that coodie has chosen, until it is read: see adopt.
const own = "?"

// nulls is a tuple of nulls, which is a value to the server and reads as null.
const nulls = "[null,null]"

// cellsOf are the cells of a column with a value of its field's type.
func cellsOf(col string, value any) map[string]string {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	cells := map[string]string{}
	switch x := v.Interface().(type) {
	case int, int64:
		cells[col] = fmt.Sprint(x)
	case string:
		cells[col] = compact(x)
	case []int:
		if len(x) > 0 {
			cells[col] = compact(x)
		}
	case Pair:
		cells[col] = compact([]*int{x.X, x.Y})
	case Addr:
		fields := map[string]int{}
		for name, p := range map[string]*int{"a": x.A, "b": x.B} {
			if p != nil {
				fields[name] = *p
				if col == "addr" {
					cells["addr."+name] = fmt.Sprint(*p)
				}
			}
		}
		if col == "fixed" {
			cells[col] = compact(fields)
		}
	}
	return cells
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// belongs reports whether a cell is one of the column.
func belongs(cell, col string) bool { return cell == col || strings.HasPrefix(cell, col+".") }

// known reports whether the struct knows the cell: not a field that addr has got later.
func known(cell string) bool {
	return !strings.HasPrefix(cell, "addr.") || cell == "addr.a" || cell == "addr.b"
}

// view is what a struct shows of the cells of these columns.
func view(cells map[string]string, columns []column) map[string]string {
	out := map[string]string{}
	for _, col := range columns {
		switch col.name {
		case "z", "total":
			out[col.name] = "0" // null in a field that cannot be nil
		}
		for name, value := range cells {
			switch {
			case !belongs(name, col.name) || !known(name) || value == nulls:
			case name == "fixed":
				a, _ := split(value)
				out[name] = compact(a)
			default:
				out[name] = value
			}
		}
	}
	return out
}

// shown is the view of a struct.
func shown(f full, columns []column) map[string]string {
	cells := map[string]string{}
	for _, col := range columns {
		maps.Copy(cells, cellsOf(col.name, col.of(&f).Interface()))
	}
	return view(cells, columns)
}

// split parts the fields that the struct knows of a fixed from those that it does not.
func split(fixed string) (ours, others map[string]int) {
	ours, others = map[string]int{}, map[string]int{}
	var fields map[string]int
	if err := json.Unmarshal([]byte(fixed), &fields); err != nil {
		panic(err)
	}
	for name, v := range fields {
		if name == "a" || name == "b" {
			ours[name] = v
		} else {
			others[name] = v
		}
	}
	return ours, others
}

// row is nil if there is none.
func (p *partition) row(c int) *row { return p.rows[c] }

// make is the row, which an UPDATE makes if it is missing.
func (p *partition) make(c int) *row {
	if p.rows[c] == nil {
		p.rows[c] = &row{cells: map[string]cell{}}
	}
	return p.rows[c]
}

// settle forgets what has expired, and rows of which nothing is left.
func (p *partition) settle() {
	dead := func(_ string, c cell) bool { return c.dies > 0 && c.dies <= p.now }
	maps.DeleteFunc(p.statics, dead)
	maps.DeleteFunc(p.rows, func(_ int, r *row) bool {
		maps.DeleteFunc(r.cells, dead)
		if dead("", r.born) {
			r.born = cell{}
		}
		if _, ok := r.cells["version"]; !ok {
			r.write = 0
		}
		return len(r.cells) == 0 && r.born.value == ""
	})
}

// values are the statics and the cells of row c.
func (p *partition) values(c int) map[string]string {
	out := map[string]string{}
	for name, cell := range p.statics {
		out[name] = cell.value
	}
	if r := p.row(c); r != nil {
		for name, cell := range r.cells {
			out[name] = cell.value
		}
	}
	return out
}

// of are the cells of one column of row c, those of its later fields too.
func (p *partition) of(col column, c int) map[string]string {
	out := p.values(c)
	maps.DeleteFunc(out, func(name, _ string) bool { return !belongs(name, col.name) })
	return out
}

// writing is how a write stores values.
type writing struct {
	c        int
	ttl      time.Duration
	versions bool   // it stores a version
	attempts bool   // it stores an attempt id
	keeps    string // the fixed whose fields that the struct does not know stay; "" if there is none
}

func (p *partition) dies(ttl time.Duration) time.Duration {
	if ttl == 0 {
		return 0
	}
	return p.now + ttl
}

// set stores values.
func (p *partition) set(w writing, sets []setting) {
	for _, s := range sets {
		cells := p.statics
		if !s.column.static {
			cells = p.make(w.c).cells
		}
		values := cellsOf(s.column.name, s.value)
		if x, ok := s.value.(*Addr); ok && s.column.name == "addr" && x != nil {
			delete(cells, "addr.a") // field by field
			delete(cells, "addr.b")
		} else {
			maps.DeleteFunc(cells, func(name string, _ cell) bool { return belongs(name, s.column.name) })
		}
		for name, value := range values {
			if name == "fixed" && w.keeps != "" {
				fields, _ := split(value)
				_, others := split(w.keeps)
				maps.Copy(fields, others)
				value = compact(fields)
			}
			cells[name] = cell{value, p.dies(w.ttl)}
		}
	}
	if w.versions || w.attempts {
		r := p.make(w.c)
		p.writes++
		if w.versions {
			r.cells["version"], r.write = cell{own, p.dies(w.ttl)}, p.writes
		}
		if w.attempts {
			r.cells["attempt"] = cell{own, p.dies(w.ttl)}
		}
	}
	p.settle()
}

// clear deletes columns.
func (p *partition) clear(c int, columns ...string) {
	for _, cells := range []map[string]cell{p.statics, p.make(c).cells} {
		maps.DeleteFunc(cells, func(name string, _ cell) bool {
			return slices.ContainsFunc(columns, func(col string) bool { return belongs(name, col) })
		})
	}
	p.settle()
}

// bear is what an INSERT does besides: the row is there, whatever its columns hold.
func (p *partition) bear(c int, ttl time.Duration) { p.make(c).born = cell{"row", p.dies(ttl)} }

// flat is all that the server should show of the partition.
func (p *partition) flat() map[string]string {
	out := map[string]string{}
	for name, cell := range p.statics {
		out[name] = cell.value
	}
	for c, r := range p.rows {
		out[fmt.Sprint(c)] = "row"
		for name, cell := range r.cells {
			out[fmt.Sprint(c, " ", name)] = cell.value
		}
	}
	return out
}

// stored is what the server shows of a partition, in the same form.
func stored(s *gocql.Session, table, p string) (map[string]string, error) {
	out := map[string]string{}
	iter := s.Query(`SELECT JSON * FROM `+table+` WHERE p = ?`, p).Consistency(gocql.Quorum).Iter()
	for text := ""; iter.Scan(&text); {
		var line map[string]any
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.UseNumber()
		if err := decoder.Decode(&line); err != nil {
			return nil, err
		}
		prefix := ""
		if c := line["c"]; c != nil {
			prefix = fmt.Sprint(c, " ")
			out[fmt.Sprint(c)] = "row"
		}
		for name, v := range line {
			place := prefix + name
			switch name {
			case "p", "c":
				continue
			case "total", "label":
				place = name
			}
			switch x := v.(type) {
			case nil:
			case map[string]any:
				maps.DeleteFunc(x, func(_ string, e any) bool { return e == nil })
				if name == "fixed" {
					out[place] = compact(x)
					continue
				}
				for field, e := range x {
					out[place+"."+field] = compact(e)
				}
			default:
				out[place] = compact(x)
			}
		}
	}
	return out, iter.Close()
}

// adopt takes over the versions and attempt ids that coodie has chosen. None may ever come again.
func (p *partition) adopt(found map[string]string) error {
	for c, r := range p.rows {
		for _, name := range []string{"version", "attempt"} {
			if r.cells[name].value != own {
				continue
			}
			value, ok := found[fmt.Sprint(c, " ", name)]
			if id := fmt.Sprint(c, " ", name, " ", value); !ok || p.seen[id] {
				return fmt.Errorf("row %d: %s %q after a write that stores a new one", c, name, value)
			} else {
				p.seen[id] = true
			}
			r.cells[name] = cell{value, r.cells[name].dies}
		}
	}
	return nil
}

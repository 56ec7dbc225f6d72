package ddl

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Difference is one between the structs and the server.
type Difference struct {
	Kind   string // what differs: see the constants
	Table  string // the table, view or type, as keyspace.name
	Name   string // the column, field, index or option; "" for the whole
	Field  string // the Go field, "" if there is none
	Struct string // what the struct says; "" if it does not have it
	Server string // what the server has; "" if it does not have it
	CQL    string // the statements that would change the server, with "; " between them; "" if none can
	Reason string // why they are not simply run; "" if they may be: they add something
}

// The kinds of a Difference.
const (
	kindType           = "type"
	kindField          = "field"
	kindFieldType      = "field type"
	kindTable          = "table"
	kindView           = "view"
	kindFilter         = "view filter"
	kindColumn         = "column"
	kindColumnType     = "column type"
	kindColumnKind     = "column kind"
	kindColumnPosition = "column position"
	kindColumnOrder    = "column order"
	kindOption         = "option"
	kindIndex          = "index"
	kindIndexOptions   = "index options"
)

// The reasons.
const (
	whyKey     = "a table's key is fixed; a new table and a copy of its rows are needed, because DROP TABLE loses them"
	whyType    = "a column's type is fixed; add a column under another name and copy the values, because DROP TABLE loses the rows"
	whyStatic  = "a column stays static or not; add a column under another name and copy the values, because DROP TABLE loses the rows"
	whyField   = "a field's type is fixed; the values would stay behind in the renamed field"
	whyView    = "a view's columns, key and filter are fixed; it would be dropped and built anew, and reads of it fail meanwhile"
	whyDropped = "the table once had another column of this name, and the server takes none back under another type; choose another name"
	whyIndex   = "an index is replaced by dropping it, and reads by it fail until the new one is built"
	whyTaken   = "another index of the keyspace has this name; name this one by index=name=…, or drop the other"
	whyOther   = "the name is taken by something else, which would have to be dropped"
	whyLoses   = "only the server has it, and dropping it loses what is in it"
	whyUDT     = "only the server has it, and a column of a user-defined type that is not frozen cannot be dropped"
	whyKeep    = "only the server has it, and a field cannot be dropped"
	whyUnused  = "only the server has it, and reads by it would fail"
	whyCounter = "counters and other values do not share a table"
)

// Compare lists the differences in the order in which their statements can be run: types, tables with their columns,
// options and indexes, views. What only the server has is a difference if strict is set, or if it belongs to a key.
func (s *Schema) Compare(live *Live, strict bool) []Difference {
	d := differences{schema: s, live: live, strict: strict}
	for _, t := range s.Types {
		d.userType(t)
	}
	for _, t := range slices.Concat(s.Tables, s.Views) {
		d.wholeTable(t)
	}
	if strict {
		d.others()
	}
	return d.list
}

type differences struct {
	list   []Difference
	schema *Schema
	live   *Live
	strict bool
}

func (d *differences) add(one Difference) { d.list = append(d.list, one) }

func (d *differences) userType(typ *codec.Type) {
	s := d.schema
	name, live := s.full(typ.Name), d.live.Types[typ.Name]
	if live == nil {
		d.add(Difference{Kind: kindType, Table: name, Struct: fieldNames(typ), CQL: s.createType(typ)})
		return
	}
	alter := "ALTER TYPE " + s.quoted(typ.Name)
	find := func(t *codec.Type, name string) *codec.Type {
		for _, f := range t.Fields {
			if f.Name == name {
				return f.Type.Freeze()
			}
		}
		return nil
	}
	for _, f := range typ.Fields {
		quoted, want := cql.Quote(f.Name), f.Type.Freeze()
		one := Difference{Kind: kindField, Table: name, Name: f.Name, Struct: want.String(), CQL: alter + " ADD " + quoted + " " + want.String()}
		switch has := find(live, f.Name); {
		case has == nil:
			d.add(one)
		case !want.Equal(has):
			one.Kind, one.Server, one.Reason = kindFieldType, has.String(), whyField
			one.CQL = alter + " RENAME " + quoted + " TO " + cql.Quote(f.Name+"_old") + "; " + one.CQL
			d.add(one)
		}
	}
	for _, f := range live.Fields {
		if d.strict && find(typ, f.Name) == nil {
			d.add(Difference{Kind: kindField, Table: name, Name: f.Name, Server: f.Type.String(), Reason: whyKeep})
		}
	}
}

func fieldNames(typ *codec.Type) string {
	names := make([]string, len(typ.Fields))
	for i, f := range typ.Fields {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// wholeTable compares a table or view.
func (d *differences) wholeTable(t *Table) {
	live := d.live.Tables[t.Name]
	one := Difference{Kind: kindTable, Table: d.schema.full(t.Name), Struct: t.Meta.Go.String(), CQL: t.create()}
	if t.ViewOf != "" {
		one.Kind, one.Struct = kindView, "view of "+t.ViewOf
	}
	switch {
	case live == nil:
		d.add(one)
		if t.ViewOf == "" {
			d.indexes(t)
		}
		return
	case live.ViewOf != t.ViewOf:
		if one.Server = "table"; live.ViewOf != "" {
			one.Server = "view of " + live.ViewOf
		}
		one.CQL, one.Reason = dropped(live.ViewOf, t.quoted())+"; "+one.CQL, whyOther
		d.add(one)
		return
	}
	if t.ViewOf != "" {
		d.filter(t, live)
	}
	for _, c := range t.Meta.Stored() {
		d.column(t, c, live)
	}
	for _, c := range live.Sorted() {
		d.otherColumn(t, c)
	}
	for _, p := range t.Properties {
		d.option(t, p, live.Options[p.Name])
	}
	if t.ViewOf == "" {
		d.indexes(t)
	}
}

// dropViews are the statements without which a table cannot be dropped.
func (d *differences) dropViews(table string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(d.live.Tables)) {
		if v := d.live.Tables[name]; v.ViewOf == table && !d.live.derived(name) {
			out = append(out, dropped(v.ViewOf, d.schema.quoted(name)))
		}
	}
	return out
}

// anew is the difference that only a new table can settle.
func (d *differences) anew(t *Table, one Difference, reason string) {
	if t.ViewOf != "" {
		reason = whyView
	}
	one.Table, one.Reason = d.schema.full(t.Name), reason
	one.CQL = strings.Join(slices.Concat(d.dropViews(t.Name), []string{dropped(t.ViewOf, t.quoted()), t.create()}, t.createIndexes()), "; ")
	d.add(one)
}

func (d *differences) filter(t *Table, live *LiveTable) {
	if want := t.where(); live.Where != "" && !slices.Equal(conjuncts(want), conjuncts(live.Where)) {
		d.anew(t, Difference{Kind: kindFilter, Struct: want, Server: live.Where}, whyView)
	}
}

func (d *differences) column(t *Table, c *meta.Column, live *LiveTable) {
	one := Difference{Kind: kindColumn, Table: d.schema.full(t.Name), Name: c.Name, Field: c.Field, Struct: columnText(c.Type.String(), c.Kind.String())}
	l, ok := live.Columns[c.Name]
	if !ok {
		d.missingColumn(t, c, live, one)
		return
	}
	if typ := ParseType(l.Type); !c.Type.Equal(typ) {
		one.Kind, one.Struct, one.Server = kindColumnType, c.Type.String(), l.Type
		d.anew(t, one, whyType)
	}
	if kind := liveKinds[l.Kind]; kind != c.Kind {
		why := whyKey
		if !c.Key() && !l.key() {
			why = whyStatic
		}
		one.Kind, one.Struct, one.Server = kindColumnKind, c.Kind.String(), kind.String()
		d.anew(t, one, why)
		return
	}
	if position := position(t.Meta, c); position != l.Position {
		one.Kind, one.Struct, one.Server = kindColumnPosition, strconv.Itoa(position+1), strconv.Itoa(l.Position+1)
		d.anew(t, one, whyKey)
	}
	if order := map[bool]string{true: "desc", false: "asc"}[c.Desc]; c.Kind == meta.Clustering && order != l.Order {
		one.Kind, one.Struct, one.Server = kindColumnOrder, order, l.Order
		d.anew(t, one, whyKey)
	}
}

var liveKinds = map[string]meta.Kind{"partition_key": meta.Partition, "clustering": meta.Clustering, "static": meta.Static, "regular": meta.Regular}

func (d *differences) missingColumn(t *Table, c *meta.Column, live *LiveTable, one Difference) {
	switch {
	case t.ViewOf != "":
		d.anew(t, one, whyView)
		return
	case c.Key():
		d.anew(t, one, whyKey)
		return
	case (c.Type.Kind == codec.Counter) != live.counter() && (c.Type.Kind == codec.Counter || live.has("regular") || live.has("static")):
		d.anew(t, one, whyCounter)
		return
	case c.Kind == meta.Static && !live.has("clustering"):
		d.anew(t, one, whyKey)
		return
	}
	one.CQL = "ALTER TABLE " + t.quoted() + " ADD " + cql.Quote(c.Name) + " " + c.Type.String()
	if c.Kind == meta.Static {
		one.CQL += " STATIC"
	}
	if before, ok := live.Dropped[c.Name]; ok && !returns(before, c) {
		one.Server, one.CQL, one.Reason = columnText(before.Type, before.Kind)+", dropped", "", whyDropped
	}
	d.add(one)
}

// returns reports whether the server takes a dropped column back as c.
func returns(before LiveColumn, c *meta.Column) bool {
	if liveKinds[before.Kind] != c.Kind || c.Type.Kind == codec.Counter {
		return false
	}
	t := ParseType(before.Type)
	return c.Type.Equal(t) || t.Kind == codec.ASCII && c.Type.Kind == codec.Text || c.Type.Has(codec.UDT) || t.Kind == codec.Tuple
}

// columnText is a column's type, and its kind if it is not a regular one.
func columnText(typ, kind string) string {
	if kind == meta.Regular.String() {
		return typ
	}
	return typ + " " + kind
}

// otherColumn is about a column that the struct may lack.
func (d *differences) otherColumn(t *Table, l LiveColumn) {
	if t.Meta.Column(l.Name) != nil || t.Meta.Slots != nil && t.Meta.Slots.Name == l.Name || !d.strict && !l.key() {
		return
	}
	one := Difference{Kind: kindColumn, Table: d.schema.full(t.Name), Name: l.Name, Server: columnText(l.Type, liveKinds[l.Kind].String())}
	switch {
	case l.key() || t.ViewOf != "":
		d.anew(t, one, whyKey)
	case ParseType(l.Type).MultiCell() && ParseType(l.Type).Kind == codec.UDT:
		one.Reason = whyUDT
		d.add(one)
	default:
		for _, name := range slices.Sorted(maps.Keys(d.live.Indexes)) { // the column cannot be dropped with them
			if ix := d.live.Indexes[name]; ix.Table == t.Name && ix.covers(l.Name) {
				one.CQL += "DROP INDEX " + d.schema.quoted(name) + "; "
			}
		}
		one.CQL, one.Reason = one.CQL+"ALTER TABLE "+t.quoted()+" DROP "+cql.Quote(l.Name), whyLoses
		d.add(one)
	}
}

// position is the column's place in its key, from 0; -1 for other columns.
func position(t *meta.Table, c *meta.Column) int {
	for _, key := range [...][]*meta.Column{t.Partition, t.Clustering} {
		if i := slices.IndexFunc(key, func(o *meta.Column) bool { return o.Name == c.Name }); i >= 0 {
			return i
		}
	}
	return -1
}

// option compares a property that was given. One that the server does not show, or shows in bytes, is taken to be there.
func (d *differences) option(t *Table, p Property, live any) {
	server, ok := sameOption(p, live)
	if ok {
		return
	}
	what := "TABLE "
	if t.ViewOf != "" {
		what = "MATERIALIZED VIEW "
	}
	d.add(Difference{
		Kind: kindOption, Table: d.schema.full(t.Name), Name: p.Name, Struct: p.Value, Server: server,
		CQL: "ALTER " + what + t.quoted() + " WITH " + p.Name + " = " + p.Value,
	})
}

// others are the types, tables and views that only the server has.
func (d *differences) others() {
	s := d.schema
	tables, types := s.Names()
	viewsFirst := func(a, b string) int {
		if x, y := d.live.Tables[a].ViewOf == "", d.live.Tables[b].ViewOf == ""; x != y {
			return map[bool]int{true: 1, false: -1}[x]
		}
		return strings.Compare(a, b)
	}
	for _, name := range slices.SortedFunc(maps.Keys(d.live.Tables), viewsFirst) {
		if t := d.live.Tables[name]; !slices.Contains(tables, name) && !d.live.Foreign(name) {
			one := Difference{Kind: kindTable, Table: s.full(name), Server: kindTable, CQL: dropped(t.ViewOf, s.quoted(name)), Reason: whyLoses}
			if t.ViewOf != "" {
				one.Kind, one.Server, one.Reason = kindView, "view of "+t.ViewOf, whyUnused
			}
			d.add(one)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.live.Types)) {
		if !slices.Contains(types, name) {
			d.add(Difference{Kind: kindType, Table: s.full(name), Server: fieldNames(d.live.Types[name]), CQL: "DROP TYPE " + s.quoted(name), Reason: whyLoses})
		}
	}
}

// dropped is the statement that removes a table, or a view of one.
func dropped(viewOf, name string) string {
	if viewOf != "" {
		return "DROP MATERIALIZED VIEW " + name
	}
	return "DROP TABLE " + name
}

// String says what differs, on one line.
func (d Difference) String() string {
	noun, rest, _ := strings.Cut(d.Kind, " ")
	s := d.Table + ": " + noun
	if d.Name != "" {
		s += " " + d.Name
	}
	if d.Field != "" {
		s += " (field " + d.Field + ")"
	}
	if rest != "" {
		rest += " "
	}
	switch {
	case d == (Difference{}):
		return "no difference"
	case d.Server == "":
		return s + " is missing on the server: " + d.Struct
	case d.Struct == "":
		return s + " is only on the server: " + d.Server
	case d.Kind == kindTable || d.Kind == kindView:
		return s + " of the struct is a " + d.Server + " on the server"
	}
	return s + ": " + rest + d.Struct + " in the struct, " + d.Server + " on the server"
}

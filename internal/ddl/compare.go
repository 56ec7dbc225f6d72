package ddl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/meta"
)

// Live is what the server says of a table, as far as the description asks for it.
type Live struct {
	Columns    map[string]LiveColumn        // by name
	Indexes    []LiveIndex                  // if the description has one
	DefaultTTL int                          // in seconds, if the description has one
	Types      map[string]map[string]string // the fields' CQL types, by type and field, of the description's types
}

// LiveColumn is a row of system_schema.columns.
type LiveColumn struct {
	Name, Order, Kind, Type string
	Position                int
}

// Static reports whether the live table has static columns.
func (l *Live) Static() bool {
	for _, c := range l.Columns {
		if c.Kind == "static" {
			return true
		}
	}
	return false
}

// Compare lists every difference that matters, each by column and Go field: a missing type or column,
// another type, key or order, a missing index, another default TTL. Columns and indexes that only the live
// table has are fine, unless they belong to its key.
func (t *Table) Compare(live *Live) []string {
	var d differences
	d.columns(t.Meta, live.Columns)
	d.indexes(t.Meta, live.Indexes)
	if want := t.Property(DefaultTTL); want != "" && strconv.Itoa(live.DefaultTTL) != want {
		d.add("default TTL: %s seconds by WithDefaultTTL, %d in the table", want, live.DefaultTTL)
	}
	for _, typ := range t.Meta.Types {
		d.userType(typ, live.Types[typ.Name])
	}
	return d
}

type differences []string

func (d *differences) add(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }

func (d *differences) columns(t *meta.Table, live map[string]LiveColumn) {
	for _, c := range t.Columns {
		l, ok := live[c.Name]
		if !ok {
			d.add("column %s (field %s): the table has no such column", c.Name, c.Field)
			continue
		}
		d.column(t, c, l)
	}
	for _, name := range slices.Sorted(maps.Keys(live)) {
		l := live[name]
		if (l.Kind == "partition_key" || l.Kind == "clustering") && t.Column(l.Name) == nil {
			d.add("column %s: part of the table's primary key, but the struct has no field for it", l.Name)
		}
	}
}

func (d *differences) column(t *meta.Table, c *meta.Column, l LiveColumn) {
	if typ, err := codec.ParseType(l.Type); err != nil || !c.Type.Equal(typ) {
		d.add("column %s (field %s): %s in the struct, %s in the table", c.Name, c.Field, c.Type, l.Type)
	}
	kinds := map[string]meta.Kind{"partition_key": meta.Partition, "clustering": meta.Clustering, "static": meta.Static, "regular": meta.Regular}
	if kinds[l.Kind] != c.Kind {
		d.add("column %s (field %s): %s in the struct, %s in the table", c.Name, c.Field, c.Kind, l.Kind)
		return
	}
	if position := position(t, c); position != l.Position {
		d.add("column %s (field %s): number %d of the %s columns in the struct, number %d in the table",
			c.Name, c.Field, position+1, c.Kind, l.Position+1)
	}
	if desc := l.Order == "desc"; c.Kind == meta.Clustering && desc != c.Desc {
		d.add("column %s (field %s): clustering order is %s in the table", c.Name, c.Field, l.Order)
	}
}

// position is the column's place in its key, from 0; -1 for other columns.
func position(t *meta.Table, c *meta.Column) int {
	for _, key := range [...][]*meta.Column{t.Partition, t.Clustering} {
		if i := slices.Index(key, c); i >= 0 {
			return i
		}
	}
	return -1
}

func (d *differences) userType(typ *codec.Type, live map[string]string) {
	if len(live) == 0 {
		d.add("type %s: the keyspace has no such user-defined type", typ.Name)
		return
	}
	for _, f := range typ.Fields {
		text, ok := live[f.Name]
		if !ok {
			d.add("type %s: the live type has no field %s", typ.Name, f.Name)
			continue
		}
		if t, err := codec.ParseType(text); err != nil || !f.Type.Freeze().Equal(t.Freeze()) {
			d.add("type %s: field %s is %s in the struct, %s in the live type", typ.Name, f.Name, f.Type, text)
		}
	}
}

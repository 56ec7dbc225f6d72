// Package meta turns a tagged Go struct into the description of a CQL table.
// It reflects once per type and never sends anything.
package meta

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
)

// Kind is a column's role in the primary key.
type Kind uint8

const (
	Regular Kind = iota
	Static
	Clustering
	Partition
)

func (k Kind) String() string {
	return [...]string{"regular", "static", "clustering", "partition key"}[k]
}

// Column describes one column and the struct field that holds it.
type Column struct {
	Name    string       // as in the database, unquoted
	Field   string       // Go field path, "Base.Key" for an embedded struct
	Index   int          // position in Table.Columns
	Kind    Kind         //
	Desc    bool         // clustering order is descending
	GoType  reflect.Type // type of the field
	Offset  uintptr      // of the field in the struct
	Type    *codec.Type
	Codec   *codec.Codec
	Default *Default // nil if it has none
	Indexes []Index
}

// Key reports whether the column belongs to the primary key.
func (c *Column) Key() bool { return c.Kind >= Clustering }

// Table describes the table of one struct type. It is immutable and shared.
type Table struct {
	Go         reflect.Type
	Name       string    // default table name
	Filter     string    // of a view: conditions as CQL, besides those on its key
	Columns    []*Column // in order of declaration
	Partition  []*Column // in key order
	Clustering []*Column // in key order
	Types      []*codec.Type
	Counter    bool      // every non-key column is a counter
	Attempt    *Column   // takes a fresh id with each write of the row; nil if there is none
	Version    *Column   // counts the row's conditional writes; nil if there is none
	Slots      *Column   // of the writers' slots, which is none of Columns: no field holds it; nil if there is none
	Defaults   []*Column // those that have one
	byName     map[string]*Column
	starred    []*Column // in the order in which SELECT * has them; nil of a struct that is no table
}

// Shares reports whether the rows of a partition have something in common: static columns, slots among them.
func (t *Table) Shares() bool {
	if t.Slots != nil {
		return true
	}
	for _, c := range t.Columns {
		if c.Kind == Static {
			return true
		}
	}
	return false
}

// Column returns the column of that name, or nil.
func (t *Table) Column(name string) *Column {
	if len(t.Columns) > 8 {
		return t.byName[name]
	}
	for _, c := range t.Columns { // sooner done than a look into a map
		if c.Name == name {
			return c
		}
	}
	return nil
}

// ColumnAt is Column for a name that a list has at position i, where the order of the
// columns may be that of the struct, or that of SELECT * and of a refused INSERT.
func (t *Table) ColumnAt(i int, name string) *Column {
	for _, order := range [2][]*Column{t.starred, t.Columns} {
		if i < len(order) && order[i].Name == name {
			return order[i]
		}
	}
	return t.Column(name)
}

// star puts the columns into the order of SELECT *: the key, the static columns by name, the
// others by name.
func (t *Table) star() {
	rest := slices.DeleteFunc(slices.Clone(t.Columns), (*Column).Key)
	slices.SortFunc(rest, func(a, b *Column) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), strings.Compare(a.Name, b.Name))
	})
	t.starred = append(t.Primary(), rest...)
}

// Stored returns the columns that the table has on the server.
func (t *Table) Stored() []*Column {
	if t.Slots == nil {
		return t.Columns
	}
	return append(t.Columns[:len(t.Columns):len(t.Columns)], t.Slots)
}

// Primary returns the partition key columns followed by the clustering columns.
func (t *Table) Primary() []*Column {
	return append(t.Partition[:len(t.Partition):len(t.Partition)], t.Clustering...)
}

// At returns the column whose field lies at that offset and has that type, or nil.
// The type matters: an embedded struct shares the address of its first field.
func (t *Table) At(offset uintptr, typ reflect.Type) *Column {
	for _, c := range t.Columns {
		if c.Offset == offset && c.GoType == typ {
			return c
		}
	}
	return nil
}

// Error says what is wrong with a struct's declaration as a table.
type Error struct {
	Type   reflect.Type // the Go struct type
	Field  string       // the Go field, "" when the whole type is meant
	Reason string       // what is wrong and what to do
}

func (e *Error) Error() string {
	if *e == (Error{}) {
		return "coodie: a struct cannot be a table"
	}
	name := "nil"
	if e.Type != nil {
		name = e.Type.String()
	}
	if e.Field != "" {
		name += "." + e.Field
	}
	return fmt.Sprintf("coodie: %s: %s", name, e.Reason)
}

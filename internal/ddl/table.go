// Package ddl writes the statements that make a table, its types, indexes and views, and says where a
// live table differs from its description.
package ddl

import (
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// Table is a table, or a materialized view, to be made.
type Table struct {
	Meta       *meta.Table
	Keyspace   string // "": the session's
	Name       string
	ViewOf     string // the table that it is a view of; "": it is no view
	Properties []Property
}

// Property is an option of CREATE TABLE; the value is CQL.
type Property struct{ Name, Value string }

// DefaultTTL is the name of the property.
const DefaultTTL = "default_time_to_live"

// Property is the value of the property, "" if it is not given.
func (t *Table) Property(name string) string {
	for _, p := range t.Properties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func (t *Table) quoted() string { return cql.TableName(t.Keyspace, t.Name) }

// Create makes the table where it does not exist: a CREATE TYPE for each user-defined type, a type after
// those that it uses, the CREATE TABLE, and a CREATE INDEX for each index. A view has the types of its table.
func (t *Table) Create() []string {
	if t.ViewOf != "" {
		return []string{t.createView()}
	}
	var out []string
	for _, typ := range t.Meta.Types {
		out = append(out, t.createType(typ))
	}
	return append(append(out, t.createTable()), t.createIndexes()...)
}

// Drop removes the table or view where it exists. Its types stay.
func (t *Table) Drop() string {
	what := "TABLE"
	if t.ViewOf != "" {
		what = "MATERIALIZED VIEW"
	}
	return "DROP " + what + " IF EXISTS " + t.quoted()
}

// Truncate removes all rows.
func (t *Table) Truncate() string { return "TRUNCATE " + t.quoted() }

func (t *Table) createType(typ *codec.Type) string {
	fields := make([]string, len(typ.Fields))
	for i, f := range typ.Fields {
		fields[i] = cql.Quote(f.Name) + " " + f.Type.Freeze().String() // as CQL wants it in a user-defined type
	}
	return "CREATE TYPE IF NOT EXISTS " + cql.TableName(t.Keyspace, typ.Name) + " (" + strings.Join(fields, ", ") + ")"
}

func (t *Table) createTable() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + t.quoted() + " (")
	for _, c := range t.Meta.Columns {
		b.WriteString(cql.Quote(c.Name) + " " + c.Type.String())
		if c.Kind == meta.Static {
			b.WriteString(" STATIC")
		}
		b.WriteString(", ")
	}
	b.WriteString(primaryKey(t.Meta) + ")" + t.with())
	return b.String()
}

func primaryKey(table *meta.Table) string {
	partition := Names(table.Partition)
	if len(table.Partition) > 1 {
		partition = "(" + partition + ")"
	}
	if len(table.Clustering) > 0 {
		partition += ", " + Names(table.Clustering)
	}
	return "PRIMARY KEY (" + partition + ")"
}

// with is the table's order and options, with a space before them.
func (t *Table) with() string {
	var with []string
	if order := clusteringOrder(t.Meta.Clustering); order != "" {
		with = append(with, "CLUSTERING ORDER BY ("+order+")")
	}
	for _, p := range t.Properties {
		with = append(with, p.Name+" = "+p.Value)
	}
	if len(with) == 0 {
		return ""
	}
	return " WITH " + strings.Join(with, " AND ")
}

// Names are the columns' names as CQL lists them.
func Names(columns []*meta.Column) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = cql.Quote(c.Name)
	}
	return strings.Join(out, ", ")
}

// clusteringOrder is empty where every column is ascending, which is the default.
func clusteringOrder(columns []*meta.Column) string {
	out, desc := make([]string, len(columns)), false
	for i, c := range columns {
		order := " ASC"
		if c.Desc {
			order, desc = " DESC", true
		}
		out[i] = cql.Quote(c.Name) + order
	}
	if !desc {
		return ""
	}
	return strings.Join(out, ", ")
}

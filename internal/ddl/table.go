// Package ddl writes the statements that make a table, its types, indexes and views, and says where a
// live table differs from its description.
package ddl

import (
	"strings"

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

// Property is an option of CREATE TABLE.
type Property struct {
	Name, Value string            // the value is CQL
	Map         map[string]string // the value, if it is a map
}

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

// create is its CREATE TABLE or CREATE MATERIALIZED VIEW.
func (t *Table) create() string {
	if t.ViewOf != "" {
		return t.createView()
	}
	return t.createTable()
}

// Drop removes the table or view where it exists.
func (t *Table) Drop() string {
	what := "TABLE"
	if t.ViewOf != "" {
		what = "MATERIALIZED VIEW"
	}
	return "DROP " + what + " IF EXISTS " + t.quoted()
}

// Truncate removes all rows.
func (t *Table) Truncate() string { return "TRUNCATE " + t.quoted() }

func (t *Table) createTable() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + t.quoted() + " (")
	for _, c := range t.Meta.Stored() {
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
	if order := clusteringOrder(t.Meta.Clustering, t.ViewOf != ""); order != "" {
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

// clusteringOrder is empty where every column is ascending, which is the default of a table. The default of a view is the
// order of its table.
func clusteringOrder(columns []*meta.Column, view bool) string {
	out, desc := make([]string, len(columns)), view
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

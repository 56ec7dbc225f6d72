// Package system knows the tables that every server has: their names, columns
// and keys. What they hold is for the engine to say.
package system

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed tables.txt
var tables string

// Kind is what a column is in its table.
type Kind int

// The kinds of column.
const (
	Partition Kind = iota
	Clustering
	Static
	Regular
)

// Column is one column of a system table.
type Column struct {
	Name, Type string
	Kind       Kind
	Desc       bool
}

// Table is one system table. Columns come in the order of SELECT *.
type Table struct {
	Keyspace, Name string
	Columns        []Column
}

// Virtual says whether the table belongs to a keyspace that is not stored.
func (t Table) Virtual() bool { return VirtualKeyspace(t.Keyspace) }

// VirtualKeyspace says whether a keyspace is not stored.
func VirtualKeyspace(name string) bool {
	return name == "system_views" || name == "system_virtual_schema"
}

// Tables returns the system tables of Cassandra 5.0.
var Tables = sync.OnceValue(func() []Table {
	var out []Table
	for _, line := range strings.Split(strings.TrimSpace(tables), "\n") {
		name, columns, _ := strings.Cut(line, ": ")
		t := Table{}
		t.Keyspace, t.Name, _ = strings.Cut(name, ".")
		for _, c := range strings.Split(columns, "; ") {
			t.Columns = append(t.Columns, parseColumn(c))
		}
		out = append(out, t)
	}
	return out
})

// parseColumn reads "name type" with a mark in front of key and static columns.
func parseColumn(s string) Column {
	c := Column{Kind: Regular}
	switch s[0] {
	case '*':
		c.Kind = Partition
	case '+':
		c.Kind = Clustering
	case '-':
		c.Kind, c.Desc = Clustering, true
	case '=':
		c.Kind = Static
	}
	c.Name, c.Type, _ = strings.Cut(strings.TrimLeft(s, "*+-="), " ")
	return c
}

// Scylla returns the system tables that a client of ScyllaDB looks for.
var Scylla = sync.OnceValue(func() []Table {
	var out []Table
	for _, t := range Tables() {
		if t.Virtual() || strings.HasSuffix(t.Name, "_v2") || t.Name == "column_masks" {
			continue
		}
		out = append(out, t)
	}
	return append(out,
		Table{"system", "scylla_local", []Column{{"key", "text", Partition, false}, {"value", "text", Regular, false}}},
		Table{"system", "versions", []Column{{"key", "text", Partition, false}, {"build_id", "text", Regular, false},
			{"build_mode", "text", Regular, false}, {"version", "text", Regular, false}}},
		Table{"system_schema", "scylla_tables", []Column{{"keyspace_name", "text", Partition, false}, {"table_name", "text", Clustering, false},
			{"cdc", "map<text, text>", Regular, false}, {"version", "uuid", Regular, false}}},
	)
})

// Replication is how the stored system keyspaces are replicated.
func Replication(keyspace string) map[string]string {
	const pkg = "org.apache.cassandra.locator."
	switch keyspace {
	case "system_auth":
		return map[string]string{"class": pkg + "SimpleStrategy", "replication_factor": "1"}
	case "system_distributed":
		return map[string]string{"class": pkg + "SimpleStrategy", "replication_factor": "3"}
	case "system_traces":
		return map[string]string{"class": pkg + "SimpleStrategy", "replication_factor": "2"}
	}
	return map[string]string{"class": pkg + "LocalStrategy"}
}

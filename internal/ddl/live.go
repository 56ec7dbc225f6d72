package ddl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
)

// Live is what the server has in a keyspace, or in a part of it. Names are unquoted.
type Live struct {
	Types   map[string]*codec.Type // user-defined types
	Tables  map[string]*LiveTable  // and views
	Indexes map[string]LiveIndex   // of all tables of the keyspace
}

// LiveTable is a table or a materialized view.
type LiveTable struct {
	Name    string
	ViewOf  string         // the table that it is a view of; "": it is no view
	Where   string         // of a view
	Options map[string]any // by name: string, int, float64, bool, map[string]string
	Columns map[string]LiveColumn
	Dropped map[string]LiveColumn // columns that it once had
}

// LiveColumn is a row of system_schema.columns or dropped_columns.
type LiveColumn struct {
	Name, Order, Kind, Type string
	Position                int // in its key, from 0; -1 of other columns
}

func (c LiveColumn) key() bool { return c.Kind == "partition_key" || c.Kind == "clustering" }

// LiveIndex is a row of system_schema.indexes.
type LiveIndex struct {
	Table, Name, Kind string
	Options           map[string]string
}

// Static reports whether the table has static columns.
func (t *LiveTable) Static() bool { return t.has("static") }

func (t *LiveTable) has(kind string) bool {
	for _, c := range t.Columns {
		if c.Kind == kind {
			return true
		}
	}
	return false
}

// counter reports whether it is a table of counters.
func (t *LiveTable) counter() bool {
	for _, c := range t.Columns {
		if c.Type == "counter" {
			return true
		}
	}
	return false
}

// Sorted are the table's columns: the key in its order, then the others by name.
func (t *LiveTable) Sorted() []LiveColumn {
	rank := func(c LiveColumn) int {
		switch c.Kind {
		case "partition_key":
			return c.Position
		case "clustering":
			return 1<<16 + c.Position
		}
		return 1 << 17
	}
	return slices.SortedFunc(maps.Values(t.Columns), func(a, b LiveColumn) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// Query runs a query of a system table. Rows have values of their natural Go types, and none of a null.
type Query func(query string, args []string, each func(row map[string]any) error) error

// Load reads what the server has in the keyspace: the tables, views and types of these names, or all if tables is nil.
func Load(run Query, keyspace string, tables, types []string) (*Live, error) {
	live := &Live{Types: map[string]*codec.Type{}, Tables: map[string]*LiveTable{}, Indexes: map[string]LiveIndex{}}
	load := func(from, column string, names []string, each func(row map[string]any) error) error {
		query, args := "SELECT * FROM system_schema."+from+" WHERE keyspace_name = ?", []string{keyspace}
		if column != "" && tables != nil {
			if len(names) == 0 {
				return nil
			}
			query += " AND " + column + " IN (?" + strings.Repeat(", ?", len(names)-1) + ")"
			args = append(args, names...)
		}
		return run(query, args, each)
	}
	for _, step := range []struct {
		from, column string
		names        []string
		each         func(row map[string]any) error
	}{
		{"types", "type_name", types, live.addType},
		{"tables", "table_name", tables, func(row map[string]any) error { return live.addTable(row, "table_name") }},
		{"views", "view_name", tables, func(row map[string]any) error { return live.addTable(row, "view_name") }},
		{"columns", "table_name", tables, live.addColumn},
		{"dropped_columns", "table_name", tables, live.addDropped},
		{"indexes", "", nil, live.addIndex},
	} {
		if err := load(step.from, step.column, step.names, step.each); err != nil {
			return nil, err
		}
	}
	return live, nil
}

func text(row map[string]any, column string) string {
	s, _ := row[column].(string)
	return s
}

func (l *Live) addType(row map[string]any) error {
	names, _ := row["field_names"].([]string)
	types, _ := row["field_types"].([]string)
	if len(names) != len(types) {
		return fmt.Errorf("system_schema.types has lists of different length")
	}
	t := &codec.Type{Kind: codec.UDT, Name: text(row, "type_name"), Fields: []codec.Field{}}
	for i := range names {
		t.Fields = append(t.Fields, codec.Field{Name: names[i], Type: ParseType(types[i])})
	}
	l.Types[t.Name] = t
	return nil
}

// ParseType reads a type of the server's; one that it does not know is the class of that name.
func ParseType(text string) *codec.Type {
	t, err := codec.ParseType(text)
	if err != nil {
		return &codec.Type{Kind: codec.Custom, Name: strings.Trim(text, "'")}
	}
	return t
}

func (l *Live) addTable(row map[string]any, name string) error {
	l.Tables[text(row, name)] = &LiveTable{
		Name: text(row, name), ViewOf: text(row, "base_table_name"), Where: text(row, "where_clause"),
		Options: row, Columns: map[string]LiveColumn{}, Dropped: map[string]LiveColumn{},
	}
	return nil
}

func (l *Live) addColumn(row map[string]any) error {
	c := LiveColumn{Name: text(row, "column_name"), Order: text(row, "clustering_order"), Kind: text(row, "kind"), Type: text(row, "type")}
	c.Position, _ = row["position"].(int)
	if t := l.Tables[text(row, "table_name")]; t != nil {
		t.Columns[c.Name] = c
	}
	return nil
}

func (l *Live) addDropped(row map[string]any) error {
	c := LiveColumn{Name: text(row, "column_name"), Kind: text(row, "kind"), Type: text(row, "type"), Position: -1}
	if t := l.Tables[text(row, "table_name")]; t != nil {
		t.Dropped[c.Name] = c
	}
	return nil
}

func (l *Live) addIndex(row map[string]any) error {
	ix := LiveIndex{Table: text(row, "table_name"), Name: text(row, "index_name"), Kind: text(row, "kind")}
	ix.Options, _ = row["options"].(map[string]string)
	l.Indexes[ix.Name] = ix
	return nil
}

// Foreign reports whether the table or view is none of the program's: ScyllaDB has made it itself, or it has the history of
// migrations.
func (l *Live) Foreign(table string) bool { return l.derived(table) || l.history(table) }

// derived reports whether ScyllaDB has made the table or view itself, for an index or for CDC.
func (l *Live) derived(table string) bool {
	t := l.Tables[table]
	if name, ok := strings.CutSuffix(table, "_index"); ok && t.ViewOf != "" {
		ix, ok := l.Indexes[name]
		_, _, global := ix.Target()
		_, token := t.Columns["idx_token"]
		return ok && ix.Table == t.ViewOf && (token || !global)
	}
	_, stream := t.Columns["cdc$stream_id"]
	return stream && strings.HasSuffix(table, "_scylla_cdc_log")
}

// history reports whether the table is one of package migrate, whatever its name: it or the one that it is the lease of has
// the columns.
func (l *Live) history(table string) bool {
	return slices.ContainsFunc([]string{table, strings.TrimSuffix(table, "_lease")}, func(name string) bool {
		of := l.Tables[name]
		return of != nil && !slices.ContainsFunc([]string{"name", "version", "fence", "revision", "checksum", "state", "pending", "sums"}, func(column string) bool {
			_, has := of.Columns[column]
			return !has
		})
	})
}

// Uses reports whether a column or another type of the keyspace has the type.
func (l *Live) Uses(typ string) bool {
	for _, t := range l.Tables {
		for _, c := range t.Columns {
			if names(ParseType(c.Type), typ) {
				return true
			}
		}
	}
	for _, t := range l.Types {
		for _, f := range t.Fields {
			if names(f.Type, typ) {
				return true
			}
		}
	}
	return false
}

// names reports whether t is the user-defined type of that name or has it in it.
func names(t *codec.Type, name string) bool {
	if t == nil {
		return false
	}
	if t.Kind == codec.UDT && t.Name == name || names(t.Key, name) || names(t.Elem, name) {
		return true
	}
	return slices.ContainsFunc(t.Elems, func(e *codec.Type) bool { return names(e, name) })
}

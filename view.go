package coodie

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// OpenView describes V's table as a materialized view of base, in its keyspace and on its
// DB. V has some of base's columns, of the same names and types; its key has all the key
// columns of base and at most one other column. Create makes the view, which shows the rows
// of base in which no column of its key is null.
//
// A view is read-only: it has all reads of a Table, and each write is a *UsageError. It
// follows base with some delay, so that no read of it is linearizable. Cassandra
// calls materialized views experimental, and makes them where materialized_views_enabled is set.
func OpenView[V, T any](base *Table[T], opts ...TableOption) (*Table[V], error) {
	typ := reflect.TypeFor[V]()
	if base == nil {
		return nil, &SchemaError{Type: typ, Reason: "OpenView needs the table that the view is of"}
	}
	of := (*table)(base)
	all := []TableOption{tableOption(func(s *settings) {
		s.keyspace, s.viewOf, s.lwtOnly = of.settings.keyspace, of.settings.table, false
	})}
	view, err := Open[V](of.db, append(all, opts...)...)
	if err != nil {
		return nil, err
	}
	if field, reason := (*table)(view).notViewOf(of); reason != "" {
		return nil, &SchemaError{Type: typ, Field: field, Reason: reason}
	}
	return view, nil
}

// notViewOf says what keeps the table from being a view of base.
func (t *table) notViewOf(base *table) (field, reason string) {
	switch {
	case base.settings.viewOf != "":
		return "", "there is no view of a view"
	case t.settings.keyspace != base.settings.keyspace:
		return "", "a view lives in its table's keyspace"
	case t.settings.property(defaultTTL) != "":
		return "", "a view has no default TTL: its values expire with those of its table"
	}
	return checkView(t.meta, base.meta)
}

// checkView says what keeps view from being one of base.
func checkView(view, base *meta.Table) (field, reason string) {
	if base.Counter {
		return "", "there is no view of a counter table"
	}
	more := 0
	for _, c := range view.Columns {
		of := base.Column(c.Name)
		switch {
		case of == nil:
			return c.Field, fmt.Sprintf("column %s is none of %s, of which this is a view", c.Name, base.Go)
		case !of.Type.Equal(c.Type):
			return c.Field, fmt.Sprintf("column %s is %s in %s, of which this is a view, and %s here", c.Name, of.Type, base.Go, c.Type)
		case of.Kind == meta.Static || c.Kind == meta.Static:
			return c.Field, "a view has no static columns"
		case len(c.Indexes) > 0:
			return c.Field, "a view takes no index"
		case c.Key() && !of.Key():
			more++
		}
		if more > 1 {
			return c.Field, "the key of a view has at most one column that is not in the key of its table"
		}
	}
	for _, of := range base.Primary() {
		if c := view.Column(of.Name); c == nil || !c.Key() {
			return "", fmt.Sprintf("the key of a view has every key column of its table; %s is missing", of.Name)
		}
	}
	return "", ""
}

// createView is the view's counterpart of CREATE TABLE.
func (t *table) createView() string {
	var set []string
	for _, c := range t.meta.Primary() {
		set = append(set, cql.Quote(c.Name)+" IS NOT NULL")
	}
	return "CREATE MATERIALIZED VIEW IF NOT EXISTS " + t.quoted + " AS SELECT " + names(t.meta.Columns) +
		" FROM " + cql.TableName(t.settings.keyspace, t.settings.viewOf) +
		" WHERE " + strings.Join(set, " AND ") + " " + primaryKey(t.meta) + t.with()
}

// refuseView refuses what a view cannot have: all but plain reads.
func (b *builder) refuseView(s *settings, read bool) {
	if s.viewOf != "" && !read {
		b.fail("", "a materialized view is read-only: write to "+s.viewOf+", of which it is one", nil)
	}
}

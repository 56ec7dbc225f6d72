package ddl

import (
	"fmt"
	"strings"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// CheckView says what keeps view from being one of base, and the field that it is about; "" if nothing does.
func CheckView(view, base *Table) (field, reason string) {
	switch {
	case base.ViewOf != "":
		return "", "there is no view of a view"
	case view.Keyspace != base.Keyspace:
		return "", "a view lives in its table's keyspace"
	case view.Property(DefaultTTL) != "":
		return "", "a view has no default TTL: its values expire with those of its table"
	case base.Meta.Counter:
		return "", "there is no view of a counter table"
	}
	return checkColumns(view.Meta, base.Meta)
}

func checkColumns(view, base *meta.Table) (field, reason string) {
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
func (t *Table) createView() string {
	return "CREATE MATERIALIZED VIEW IF NOT EXISTS " + t.quoted() + " AS SELECT " + Names(t.Meta.Columns) +
		" FROM " + cql.TableName(t.Keyspace, t.ViewOf) +
		" WHERE " + t.where() + " " + primaryKey(t.Meta) + t.with()
}

// where is a view's filter.
func (t *Table) where() string {
	var set []string
	for _, c := range t.Meta.Primary() {
		set = append(set, cql.Quote(c.Name)+" IS NOT NULL")
	}
	return strings.Join(set, " AND ")
}

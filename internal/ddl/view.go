package ddl

import (
	"fmt"
	"regexp"
	"slices"
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

// where is a view's filter. A column that the view's own filter restricts takes no second restriction.
func (t *Table) where() string {
	var set []string
	own := conjuncts(t.Meta.Filter)
	for _, c := range t.Meta.Primary() {
		name := plainSpelling(cql.Quote(c.Name))
		if !slices.ContainsFunc(own, func(condition string) bool {
			rest, ok := strings.CutPrefix(condition, name)
			return ok && strings.IndexAny(rest, " =<>!") == 0
		}) {
			set = append(set, notNull(c.Name))
		}
	}
	if t.Meta.Filter != "" {
		set = append(set, t.Meta.Filter)
	}
	return strings.Join(set, " AND ")
}

func notNull(column string) string { return cql.Quote(column) + " IS NOT NULL" }

// conjuncts are the conditions of a filter, sorted, in a spelling for comparing.
func conjuncts(where string) []string {
	list := conjunction.Split(where, -1)
	for i := range list {
		list[i] = plainSpelling(list[i])
	}
	slices.Sort(list)
	return list
}

// plainSpelling has no quotes that are not needed, because servers quote different words, and one kind of space.
func plainSpelling(condition string) string {
	condition = quotedPlain.ReplaceAllString(strings.Join(strings.Fields(condition), " "), "$1")
	return aroundSigns.ReplaceAllString(condition, "$1")
}

var (
	conjunction = regexp.MustCompile(`(?i)\s+AND\s+`)
	quotedPlain = regexp.MustCompile(`"([a-z][a-z0-9_]*)"`)
	aroundSigns = regexp.MustCompile(`\s*([=<>!(),]+)\s*`)
)

// Filter is a view's filter without the conditions that each view has: that no column of its key is null.
func (t *LiveTable) Filter() string {
	var key, own []string
	for _, c := range t.Columns {
		if c.key() {
			key = append(key, plainSpelling(notNull(c.Name)))
		}
	}
	for _, condition := range conjunction.Split(t.Where, -1) {
		if condition != "" && !slices.Contains(key, plainSpelling(condition)) {
			own = append(own, condition)
		}
	}
	return strings.Join(own, " AND ")
}

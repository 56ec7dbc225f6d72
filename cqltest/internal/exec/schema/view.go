package schema

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Materialized makes a table a materialized view: it says which rows of which
// base table it shows. The view's columns have the ids that they have there.
type Materialized struct {
	Base       string // in the same keyspace
	IncludeAll bool   // SELECT *
	Where      []*cqlparse.Relation
}

// Clause is WHERE as the server writes it.
func (m *Materialized) Clause() string {
	parts := make([]string, len(m.Where))
	for i, r := range m.Where {
		parts[i] = cqlparse.Print(r)
	}
	return strings.Join(parts, " AND ")
}

// Restricting returns the relations that say more than IS NOT NULL.
func (m *Materialized) Restricting() []*cqlparse.Relation {
	return slices.DeleteFunc(slices.Clone(m.Where), func(r *cqlparse.Relation) bool { return r.Op == cqlparse.OpIsNot })
}

// IsView says whether t is a materialized view.
func (t *Table) IsView() bool { return t.View != nil }

// ViewsOf returns the materialized views of a base table, in the order they were created.
func (k *Keyspace) ViewsOf(t *Table) []*Table {
	var views []*Table
	for _, name := range t.Views {
		views = append(views, k.Tables[name])
	}
	return views
}

// WithView returns the keyspace with a view added to its base.
func (k *Keyspace) WithView(v *Table) *Keyspace {
	base := k.Tables[v.View.Base].Clone()
	base.Views = append(slices.Clone(base.Views), v.Name)
	return k.WithTable(base.Finish()).WithTable(v)
}

// WithoutView returns the keyspace without a view.
func (k *Keyspace) WithoutView(v *Table) *Keyspace {
	base := k.Tables[v.View.Base].Clone()
	base.Views = slices.DeleteFunc(slices.Clone(base.Views), func(name string) bool { return name == v.Name })
	return k.WithTable(base.Finish()).WithoutTable(v.Name)
}

// Adopt adds a column of the base table to a view.
func (t *Table) Adopt(c *Column, kind ColumnKind, desc bool) {
	t.nextID = c.ID
	t.Add(c.Name, c.Type, kind, desc)
}

// WithAltered returns the keyspace with a changed base table, and its views
// changed as that demands: they follow renamed columns, and those that select
// all columns have the new ones.
func (k *Keyspace) WithAltered(old, next *Table) *Keyspace {
	out := k.WithTable(next)
	renamed := map[string]string{}
	for _, c := range slices.Concat(next.Partition, next.Clustering) {
		for _, was := range slices.Concat(old.Partition, old.Clustering) {
			if was.ID == c.ID && was.Name != c.Name {
				renamed[was.Name] = c.Name
			}
		}
	}
	for _, v := range k.ViewsOf(old) {
		v = v.renamed(renamed)
		if v.View.IncludeAll {
			for _, c := range next.Regulars {
				if old.ByName[c.Name] == nil {
					v.Adopt(c, RegularColumn, false)
				}
			}
		}
		out = out.WithTable(v.Finish())
	}
	return out
}

// renamed returns a copy of a view, to be finished, with columns renamed.
func (t *Table) renamed(names map[string]string) *Table {
	next := t.Clone()
	def := *t.View
	def.Where = nil
	for _, r := range t.View.Where {
		c := *r
		c.Columns = slices.Clone(r.Columns)
		for i, id := range c.Columns {
			if to, ok := names[id.Name]; ok {
				c.Columns[i] = cqlparse.Identifier{Name: to, Quoted: QuoteIdent(to) != to}
			}
		}
		def.Where = append(def.Where, &c)
	}
	next.View = &def
	for _, set := range [][]*Column{next.Partition, next.Clustering, next.Regulars} {
		for i, c := range set {
			if to, ok := names[c.Name]; ok {
				cc := *c
				cc.Name = to
				set[i] = &cc
			}
		}
	}
	return next
}

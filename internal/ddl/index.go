package ddl

import (
	"strings"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// createIndexes is a CREATE INDEX for each index that a tag declares. Each has a name, so
// that IF NOT EXISTS knows it again.
func (t *Table) createIndexes() (out []string) {
	for _, c := range t.Meta.Columns {
		for i := range c.Indexes {
			ix := &c.Indexes[i]
			name := ix.Name
			if name == "" {
				name = ix.DefaultName(t.Name, c.Name)
			}
			statement := "CREATE INDEX IF NOT EXISTS " + cql.Quote(name) + " ON " + t.quoted() + " (" + target(ix, cql.Quote(c.Name)) + ")"
			if ix.SAI {
				statement += " USING 'sai'"
			}
			if len(ix.Options) > 0 {
				options := map[string]string{}
				for _, o := range ix.Options {
					options[o[0]] = o[1]
				}
				statement += " WITH OPTIONS = " + MapText(options)
			}
			out = append(out, statement)
		}
	}
	return out
}

// target is the part of the column that is indexed.
func target(ix *meta.Index, column string) string {
	if ix.Target == "" {
		return column
	}
	return ix.Target + "(" + column + ")"
}

// LiveIndex is a row of system_schema.indexes.
type LiveIndex struct{ Kind, Class, Target string }

// is reports whether the live index is what the tag declares; its name does not matter.
func (l LiveIndex) is(c *meta.Column, ix *meta.Index) bool {
	class := strings.ToLower(l.Class)
	sai := class == "sai" || strings.HasSuffix(class, "storageattachedindex")
	return l.Target == target(ix, cql.Quote(c.Name)) && sai == ix.SAI && (ix.SAI || l.Kind != "CUSTOM")
}

func (d *differences) indexes(t *meta.Table, live []LiveIndex) {
	for _, c := range t.Columns {
		for i := range c.Indexes {
			ix, found := &c.Indexes[i], false
			for _, l := range live {
				found = found || l.is(c, ix)
			}
			kind := "index"
			if ix.SAI {
				kind = "storage-attached index"
			}
			if !found {
				d.add("column %s (field %s): the table has no %s on %s; CreateTable makes it", c.Name, c.Field, kind, target(ix, c.Name))
			}
		}
	}
}

package coodie

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// createIndexes is a CREATE INDEX for each index that a tag declares. Each has a name, so
// that IF NOT EXISTS knows it again.
func (t *table) createIndexes() (out []string) {
	for _, c := range t.meta.Columns {
		for i := range c.Indexes {
			ix := &c.Indexes[i]
			name := ix.Name
			if name == "" {
				name = ix.DefaultName(t.settings.table, c.Name)
			}
			target := cql.Quote(c.Name)
			if ix.Target != "" {
				target = ix.Target + "(" + target + ")"
			}
			statement := "CREATE INDEX IF NOT EXISTS " + cql.Quote(name) + " ON " + t.quoted + " (" + target + ")"
			if ix.SAI {
				statement += " USING 'sai'"
			}
			if len(ix.Options) > 0 {
				options := map[string]string{}
				for _, o := range ix.Options {
					options[o[0]] = o[1]
				}
				statement += " WITH OPTIONS = " + mapLiteral(options)
			}
			out = append(out, statement)
		}
	}
	return out
}

// verifyOptions compares what the table has beside its columns.
func (t *table) verifyOptions(ctx context.Context, keyspace string, v *verifier) error {
	if slices.ContainsFunc(t.meta.Columns, func(c *meta.Column) bool { return len(c.Indexes) > 0 }) {
		live, err := t.liveIndexes(ctx, keyspace)
		if err != nil {
			return err
		}
		v.indexes(live)
	}
	want := t.settings.property(defaultTTL)
	if want == "" {
		return nil
	}
	const query = "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?"
	return t.system(ctx, query, []string{keyspace, t.settings.table}, func(cells [][]byte) error {
		live := 0
		if len(cells[0]) == 4 {
			live = int(binary.BigEndian.Uint32(cells[0]))
		}
		if strconv.Itoa(live) != want {
			v.differ("default TTL: %s seconds by WithDefaultTTL, %d in the table", want, live)
		}
		return nil
	})
}

// liveIndex is a row of system_schema.indexes.
type liveIndex struct{ kind, class, target string }

// is reports whether the live index is what the tag declares; its name does not matter.
func (l liveIndex) is(c *meta.Column, ix *meta.Index) bool {
	target := cql.Quote(c.Name)
	if ix.Target != "" {
		target = ix.Target + "(" + target + ")"
	}
	class := strings.ToLower(l.class)
	sai := class == "sai" || strings.HasSuffix(class, "storageattachedindex")
	return l.target == target && sai == ix.SAI && (ix.SAI || l.kind != "CUSTOM")
}

func (v *verifier) indexes(live []liveIndex) {
	for _, c := range v.meta.Columns {
		for i := range c.Indexes {
			ix, found := &c.Indexes[i], false
			for _, l := range live {
				found = found || l.is(c, ix)
			}
			kind := "index"
			if ix.SAI {
				kind = "storage-attached index"
			}
			of := c.Name
			if ix.Target != "" {
				of = ix.Target + "(" + of + ")"
			}
			if !found {
				v.differ("column %s (field %s): the table has no %s on %s; Create makes it", c.Name, c.Field, kind, of)
			}
		}
	}
}

func (t *table) liveIndexes(ctx context.Context, keyspace string) (live []liveIndex, err error) {
	const query = "SELECT kind, options FROM system_schema.indexes WHERE keyspace_name = ? AND table_name = ?"
	err = t.system(ctx, query, []string{keyspace, t.settings.table}, func(cells [][]byte) error {
		l := liveIndex{kind: string(cells[0])}
		options, _ := elements(cells[1], 2)
		for i := 0; i+1 < len(options); i += 2 {
			switch string(options[i]) {
			case "target":
				l.target = string(options[i+1])
			case "class_name":
				l.class = string(options[i+1])
			}
		}
		live = append(live, l)
		return nil
	})
	return live, err
}

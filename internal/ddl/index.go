package ddl

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// createIndexes is a CREATE INDEX for each index that a tag declares.
func (t *Table) createIndexes() (out []string) {
	for _, c := range t.Meta.Columns {
		for i := range c.Indexes {
			out = append(out, t.createIndex(c, &c.Indexes[i]))
		}
	}
	return out
}

// indexName is the name of an index that a tag declares. Each has one, so that IF NOT EXISTS knows it again.
func (t *Table) indexName(c *meta.Column, ix *meta.Index) string {
	if ix.Name != "" {
		return ix.Name
	}
	return ix.DefaultName(t.Name, c.Name)
}

func (t *Table) createIndex(c *meta.Column, ix *meta.Index) string {
	statement := "CREATE INDEX IF NOT EXISTS " + cql.Quote(t.indexName(c, ix)) + " ON " + t.quoted() + " (" + target(ix, cql.Quote(c.Name)) + ")"
	if ix.SAI {
		statement += " USING 'sai'"
	}
	if len(ix.Options) > 0 {
		statement += " WITH OPTIONS = " + MapText(options(ix))
	}
	return statement
}

func options(ix *meta.Index) map[string]string {
	options := map[string]string{}
	for _, o := range ix.Options {
		options[o[0]] = o[1]
	}
	return options
}

// target is the part of the column that is indexed.
func target(ix *meta.Index, column string) string {
	if ix.Target == "" {
		return column
	}
	return ix.Target + "(" + column + ")"
}

// SAI reports whether the index is storage-attached.
func (l LiveIndex) SAI() bool {
	class := strings.ToLower(l.Options["class_name"])
	return class == "sai" || strings.HasSuffix(class, "storageattachedindex")
}

// Target is the indexed column, and which part of it: "", keys, values, entries or full. It is not ok of an index of several
// columns, which ScyllaDB has.
func (l LiveIndex) Target() (part, column string, ok bool) {
	column = l.Options["target"]
	for _, word := range []string{"keys", "values", "entries", "full"} {
		if of, found := strings.CutPrefix(column, word+"("); found && strings.HasSuffix(of, ")") {
			part, column = word, of[:len(of)-1]
			break
		}
	}
	if len(column) > 1 && column[0] == '"' && column[len(column)-1] == '"' {
		return part, strings.ReplaceAll(column[1:len(column)-1], `""`, `"`), true
	}
	return part, column, column != "" && column[0] != '{'
}

// covers reports whether the index is of the column.
func (l LiveIndex) covers(column string) bool {
	_, of, ok := l.Target()
	return ok && of == column
}

// is reports whether the live index is of the column and of the kind that the tag declares; its name does not matter.
func (l LiveIndex) is(table string, c *meta.Column, ix *meta.Index) bool {
	part, _, _ := l.Target() // not its text: servers quote different words
	return l.Table == table && l.covers(c.Name) && part == ix.Target && l.SAI() == ix.SAI && (ix.SAI || l.Kind != "CUSTOM")
}

func (l LiveIndex) String() string {
	s := "index on "
	if l.SAI() {
		s = "storage-attached " + s
	}
	return s + l.Table + "(" + l.Options["target"] + ")"
}

// indexes compares the indexes of a table.
func (d *differences) indexes(t *Table) {
	s := d.schema
	known := map[string]bool{}
	for _, c := range t.Meta.Columns {
		for i := range c.Indexes {
			ix := &c.Indexes[i]
			name := t.indexName(c, ix)
			one := Difference{Kind: kindIndex, Table: s.full(t.Name), Name: name, Field: c.Field, CQL: t.createIndex(c, ix)}
			one.Struct = LiveIndex{Table: t.Name, Options: map[string]string{"target": target(ix, c.Name), "class_name": map[bool]string{true: "sai"}[ix.SAI]}}.String()
			has, found := d.liveIndex(t, c, ix)
			taken, other := d.live.Indexes[name]
			switch {
			case found && sameMap(options(ix), has.Options):
				known[has.Name] = true
				continue
			case found:
				known[has.Name] = true
				one.Kind, one.Name, one.Struct, one.Reason = kindIndexOptions, has.Name, MapText(options(ix)), whyIndex
				own := maps.Clone(has.Options)
				maps.DeleteFunc(own, func(name, _ string) bool { return name == "target" || name == "class_name" })
				one.Server, one.CQL = MapText(own), "DROP INDEX "+s.quoted(has.Name)+"; "+one.CQL
			case other:
				one.Server, one.Reason, one.CQL = taken.String(), whyTaken, "DROP INDEX "+s.quoted(name)+"; "+one.CQL
			}
			d.add(one)
		}
	}
	if !d.strict {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(d.live.Indexes)) {
		if l := d.live.Indexes[name]; l.Table == t.Name && !known[name] {
			d.add(Difference{Kind: kindIndex, Table: s.full(t.Name), Name: name, Server: l.String(), CQL: "DROP INDEX " + s.quoted(name), Reason: whyUnused})
		}
	}
}

// liveIndex is the server's index of the column, by whichever name.
func (d *differences) liveIndex(t *Table, c *meta.Column, ix *meta.Index) (LiveIndex, bool) {
	for _, name := range slices.Sorted(maps.Keys(d.live.Indexes)) {
		if l := d.live.Indexes[name]; l.is(t.Name, c, ix) {
			return l, true
		}
	}
	return LiveIndex{}, false
}

// IndexNames are the indexes that the schema's tables declare, by the names that the server has for them.
func (s *Schema) IndexNames(live *Live) (names []string) {
	d := differences{schema: s, live: live}
	for _, t := range s.Tables {
		for _, c := range t.Meta.Columns {
			for i := range c.Indexes {
				if l, found := d.liveIndex(t, c, &c.Indexes[i]); found {
					names = append(names, l.Name)
				}
			}
		}
	}
	return names
}

// State is how far a server is with an index.
type State int

const (
	Built State = iota
	Building
	Failed
)

// IndexState reads what each node says of its indexes in the gossip. A node that says nothing of this one is still to
// begin with it, unless it is to be left out.
func IndexState(status []string, keyspace, index string, leaveOut bool) State {
	state := Built
	for _, text := range status {
		var all map[string]any
		if json.Unmarshal([]byte(text), &all) != nil {
			continue
		}
		of := all[keyspace+"."+index] // as Cassandra 4 has it
		if own, ok := all[keyspace].(map[string]any); ok {
			of = own[index]
		}
		switch of {
		case 3.0, "BUILD_SUCCEEDED":
		case 2.0, "BUILD_FAILED":
			return Failed
		case nil:
			if !leaveOut {
				state = Building
			}
		default:
			state = Building
		}
	}
	return state
}

// TargetText is what an index of a column covers, as system_schema.indexes shows it; part is "", keys, values, entries or full.
func TargetText(part, column string) string {
	return target(&meta.Index{Target: part}, cql.Quote(column))
}

package define

import (
	"maps"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// element is a line of an answer to DESCRIBE.
type element struct {
	keyspace, kind, name, cql string
	signed                    bool // the name is that of a function, with its arguments
}

// elementsOfKeyspace describes a keyspace and what is in it.
func elementsOfKeyspace(k *schema.Keyspace, a *cqlparse.Describe) []element {
	list := []element{{keyspace: k.Name, kind: "keyspace", name: k.Name, cql: k.CQL()}}
	if a.Only {
		return list
	}
	done := map[string]bool{}
	var add func(name string)
	add = func(name string) { // a type comes behind those it is made of
		if done[name] {
			return
		}
		done[name] = true
		for _, n := range slices.Sorted(maps.Keys(k.Types)) {
			if n != name && k.Types[name].References(k.Name, n) {
				add(n)
			}
		}
		list = append(list, element{keyspace: k.Name, kind: "type", name: name, cql: schema.TypeCQL(k.Types[name])})
	}
	for _, n := range slices.Sorted(maps.Keys(k.Types)) {
		add(n)
	}
	list = append(list, elementsOfFunctions(k, false, "")...)
	list = append(list, elementsOfFunctions(k, true, "")...)
	for _, t := range k.BaseTables() {
		list = append(list, elementsOfTableAndViews(k, t, a.Internals)...)
	}
	return list
}

// elementsOfTableAndViews describes a table and its materialized views.
func elementsOfTableAndViews(k *schema.Keyspace, t *schema.Table, internals bool) []element {
	list := elementsOfTable(t, internals)
	for _, v := range k.ViewsOf(t) {
		list = append(list, elementsOfTable(v, internals)...)
	}
	return list
}

func elementsOfTable(t *schema.Table, internals bool) []element {
	if t.IsView() {
		return []element{{keyspace: t.Keyspace, kind: "materialized_view", name: t.Name, cql: t.ViewCQL(internals)}}
	}
	list := []element{{keyspace: t.Keyspace, kind: "table", name: t.Name, cql: t.CQL(internals)}}
	for _, ix := range t.Indexes {
		list = append(list, elementOfIndex(t, ix.Name)...)
	}
	return list
}

func elementOfIndex(t *schema.Table, name string) []element {
	for _, ix := range t.Indexes {
		if ix.Name == name {
			return []element{{keyspace: t.Keyspace, kind: "index", name: name, cql: ix.CQL(t)}}
		}
	}
	return nil
}

// elementsOfFunctions describes the functions, or the aggregates, of a name; all of
// them if it is empty.
func elementsOfFunctions(k *schema.Keyspace, aggregates bool, name string) (list []element) {
	kind := "function"
	if aggregates {
		kind = "aggregate"
	}
	for _, f := range k.SortedFunctions(aggregates) {
		if name == "" || f.Name == name {
			list = append(list, element{keyspace: k.Name, kind: kind, name: f.Signature(), signed: true, cql: f.CQL(k)})
		}
	}
	return list
}

package diff_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// A column of a generated table.
type column struct {
	name, typ string
	role      role
	desc      bool
}

type role int

const (
	partition role = iota
	clustering
	static
	regular
)

// scalars are the types whose literals are drawn from a few values, so that
// statements meet each other's rows.
var scalars = map[string][]string{
	"int":       {"0", "1", "2", "-1", "7"},
	"text":      {"''", "'a'", "'b'", "'ab'", "'é'"},
	"bigint":    {"0", "1", "-5", "9223372036854775807"},
	"boolean":   {"true", "false"},
	"double":    {"0.0", "-0.0", "1.5", "-2", "NaN", "Infinity"},
	"decimal":   {"1", "1.0", "-2.50", "0"},
	"varint":    {"0", "128", "-129", "12345678901234567890"},
	"timestamp": {"0", "'2020-01-01'", "1600000000000"},
	"date":      {"'2020-01-01'", "'1969-12-31'"},
	"blob":      {"0x", "0x00", "0xff01"},
	"tinyint":   {"0", "1", "-128"},
	"uuid":      {"00000000-0000-0000-0000-000000000000", "123e4567-e89b-12d3-a456-426614174000"},
	"inet":      {"'127.0.0.1'", "'::1'"},
	"time":      {"'00:00:00'", "'23:59:59.999999999'"},
}

var (
	keyTypes   = strings.Fields("int text bigint boolean double decimal varint timestamp date blob tinyint uuid inet time")
	plainTypes = append([]string{"frozen<list<int>>", "frozen<set<text>>", "tuple<int, text>", "frozen<udt>"}, keyTypes...)
	multiTypes = []string{"list<int>", "set<int>", "map<text, int>", "udt", "list<text>", "set<text>", "map<int, int>", "map<uuid, bigint>", "list<decimal>", "set<timestamp>", "map<bigint, blob>"}
)

func literal(t *rapid.T, typ string) string {
	if values, ok := scalars[typ]; ok {
		return rapid.SampledFrom(values).Draw(t, typ)
	}
	typ = strings.TrimSuffix(strings.TrimPrefix(typ, "frozen<"), ">")
	elements := func(of string) []string {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return literal(t, of) }), 0, 3).Draw(t, "elements")
	}
	switch kind, args, _ := strings.Cut(strings.TrimSuffix(typ, ">"), "<"); kind {
	case "list":
		return "[" + strings.Join(elements(args), ", ") + "]"
	case "set":
		return "{" + strings.Join(elements(args), ", ") + "}"
	case "map":
		key, value, _ := strings.Cut(args, ", ")
		var entries []string
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(scalars[key]), 0, 3, rapid.ID[string]).Draw(t, "keys") {
			entries = append(entries, k+": "+literal(t, value))
		}
		return "{" + strings.Join(entries, ", ") + "}"
	case "tuple":
		return "(" + literal(t, "int") + ", " + literal(t, "text") + ")"
	case "udt":
		fields := rapid.SampledFrom([]string{"a", "b", "ab", ""}).Draw(t, "fields")
		var parts []string
		if strings.Contains(fields, "a") {
			parts = append(parts, "a: "+literal(t, "int"))
		}
		if strings.Contains(fields, "b") {
			parts = append(parts, "b: "+literal(t, "text"))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	panic("no literal of " + typ)
}

// A world is a generated table with what may be said about it.
type world struct {
	columns []column
	stamped bool // every write has USING TIMESTAMP, so that writetime is comparable
	counter bool
	views   int // materialized views v0, v1 …
	stamps  int // timestamps given out, if there are views
}

func drawWorld(t *rapid.T) *world {
	w := &world{stamped: rapid.Bool().Draw(t, "stamped"), counter: rapid.IntRange(0, 9).Draw(t, "counter") == 9}
	add := func(role role, prefix string, least, most int, types []string) {
		for i := range rapid.IntRange(least, most).Draw(t, prefix) {
			c := column{name: prefix + strconv.Itoa(i), role: role, typ: rapid.SampledFrom(types).Draw(t, "type")}
			c.desc = role == clustering && rapid.Bool().Draw(t, "desc")
			w.columns = append(w.columns, c)
		}
	}
	add(partition, "p", 1, 2, keyTypes)
	keys := keyTypes
	if w.counter { // whose cache takes the rows 1 and 1.0 for two
		keys = slices.DeleteFunc(slices.Clone(keyTypes), func(t string) bool { return t == "decimal" })
	}
	add(clustering, "c", 0, 3, keys)
	values := append(multiTypes, plainTypes...)
	if w.counter {
		w.stamped, values = false, []string{"counter"}
	}
	if len(w.of(clustering)) > 0 {
		add(static, "s", 0, 2, values)
	}
	add(regular, "v", 1, 4, values)
	return w
}

func (w *world) of(roles ...role) []column {
	var of []column
	for _, c := range w.columns {
		for _, r := range roles {
			if c.role == r {
				of = append(of, c)
			}
		}
	}
	return of
}

func names(columns []column) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.name
	}
	return strings.Join(list, ", ")
}

func (w *world) create() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE t (")
	for _, c := range w.columns {
		fmt.Fprintf(&b, "%s %s", c.name, c.typ)
		if c.role == static {
			b.WriteString(" static")
		}
		b.WriteString(", ")
	}
	fmt.Fprintf(&b, "PRIMARY KEY ((%s)", names(w.of(partition)))
	if cs := w.of(clustering); len(cs) > 0 {
		b.WriteString(", " + names(cs) + ")) WITH CLUSTERING ORDER BY (")
		for i, c := range cs {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c.name + map[bool]string{true: " DESC", false: " ASC"}[c.desc])
		}
		b.WriteString(")")
	} else {
		b.WriteString("))")
	}
	return b.String()
}

// keyable says whether a column may be in the key of a view. Decimals may not: with
// 1 and 1.0, which are equal but not the same partition, the real server merges rows
// of the view that differ and leaves half a row in a partition that it left.
func (c column) keyable() bool {
	return c.typ != "decimal" && (slices.Contains(keyTypes, c.typ) || strings.HasPrefix(c.typ, "frozen"))
}

// createView draws a materialized view: the base's key and perhaps a column more
// in another order, all columns or some, all rows or some.
func (w *world) createView(t *rapid.T, name string) string {
	keys := w.of(partition, clustering)
	var more []column
	for _, c := range w.of(regular) {
		if c.keyable() {
			more = append(more, c)
		}
	}
	if len(more) > 0 && !oneIn(t, 3) {
		keys = append(keys, pick(t, more))
	}
	keys = rapid.Permutation(keys).Draw(t, "keys")
	selected := "*"
	if len(w.of(static)) > 0 || oneIn(t, 2) {
		columns := keys
		for _, c := range some(t, w.of(regular), 0) {
			if !slices.ContainsFunc(keys, func(k column) bool { return k.name == c.name }) {
				columns = append(columns, c)
			}
		}
		selected = names(columns)
	}
	var restricted []string
	for _, c := range keys {
		r := c.name + " IS NOT NULL"
		// Of a view for a partition key of no bytes the real server then fails every write.
		if c.role == clustering && oneIn(t, 5) {
			r = c.name + pick(t, []string{" > ", " <= ", " = "}) + literal(t, c.typ)
		}
		restricted = append(restricted, r)
	}
	n := rapid.IntRange(1, len(keys)).Draw(t, "partition")
	key := "(" + names(keys[:n]) + ")"
	if n < len(keys) {
		key += ", " + names(keys[n:])
	}
	return "CREATE MATERIALIZED VIEW " + name + " AS SELECT " + selected + " FROM t" + where(restricted) + " PRIMARY KEY (" + key + ")"
}

// script draws the text of a whole script of so many statements besides those that
// make the tables and read them at the end.
func (w *world) script(t *rapid.T, least, most int) string {
	lines := []string{"CREATE TYPE udt (a int, b text)", w.create()}
	if !w.counter && !slices.ContainsFunc(w.of(partition, clustering), func(c column) bool { return !c.keyable() }) && oneIn(t, 3) {
		w.views = rapid.IntRange(1, 2).Draw(t, "views")
	}
	for i := range w.views {
		lines = append(lines, w.createView(t, "v"+strconv.Itoa(i)))
	}
	statement := rapid.Custom(func(t *rapid.T) string { return w.statement(t) })
	lines = append(lines, rapid.SliceOfN(statement, least, most).Draw(t, "statements")...)
	for i := range w.views {
		lines = append(lines, "SELECT * FROM v"+strconv.Itoa(i))
	}
	return strings.Join(append(lines, "SELECT * FROM t"), "\n") + "\n"
}

package diff_test

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// oneIn is true once in n draws; n > 1 shrinks to false.
func oneIn(t *rapid.T, n int) bool { return rapid.IntRange(0, n-1).Draw(t, "one in") == n-1 }

func pick[T any](t *rapid.T, from []T) T { return rapid.SampledFrom(from).Draw(t, "pick") }

func some(t *rapid.T, from []column, least int) []column {
	if len(from) == 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), min(least, len(from)), len(from), func(c column) string { return c.name }).Draw(t, "some")
}

func (w *world) statement(t *rapid.T) string {
	if w.counter { // what a deleted counter counts on from is not defined
		return pick(t, []func(*rapid.T) string{w.count, w.query})(t)
	}
	if w.views > 0 && oneIn(t, 3) {
		return "SELECT * FROM v" + strconv.Itoa(rapid.IntRange(0, w.views-1).Draw(t, "view"))
	}
	return pick(t, []func(*rapid.T) string{w.insert, w.insert, w.update, w.update, w.delete, w.query, w.query, w.batch})(t)
}

func (w *world) using(t *rapid.T, lwt bool) string {
	if !w.stamped || lwt {
		return ""
	}
	if w.views > 0 {
		// A view of the real server hides a row whose timestamp is not newer than those of all
		// cells that the row had when it was hidden. So each write is newer than the one before.
		w.stamps++
		return fmt.Sprintf(" USING TIMESTAMP %d", w.stamps)
	}
	return fmt.Sprintf(" USING TIMESTAMP %d", rapid.IntRange(1, 4).Draw(t, "timestamp"))
}

// value draws a literal, now and then null.
func value(t *rapid.T, typ string) string {
	if oneIn(t, 6) {
		return "null"
	}
	return literal(t, typ)
}

func (w *world) insert(t *rapid.T) string {
	columns := w.of(partition)
	staticOnly := len(w.of(static)) > 0 && oneIn(t, 8)
	if staticOnly {
		columns = append(columns, some(t, w.of(static), 1)...)
	} else {
		columns = append(append(columns, w.of(clustering)...), some(t, w.of(static, regular), 0)...)
	}
	if oneIn(t, 25) { // a key column short
		columns = columns[1:]
	}
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = literal(t, c.typ)
		if c.role >= static {
			values[i] = value(t, c.typ)
		}
	}
	lwt := !w.stamped && oneIn(t, 3)
	s := fmt.Sprintf("INSERT INTO t (%s) VALUES (%s)", names(columns), strings.Join(values, ", "))
	if lwt {
		s += " IF NOT EXISTS"
	}
	return s + w.using(t, lwt)
}

// row draws the WHERE of one row, or of a partition's static part.
func (w *world) row(t *rapid.T, staticOnly bool) string {
	columns := w.of(partition, clustering)
	if staticOnly {
		columns = w.of(partition)
	}
	if oneIn(t, 25) {
		columns = columns[:len(columns)-1]
	}
	var parts []string
	for _, c := range columns {
		if oneIn(t, 12) {
			parts = append(parts, fmt.Sprintf("%s IN (%s, %s)", c.name, literal(t, c.typ), literal(t, c.typ)))
			continue
		}
		parts = append(parts, c.name+" = "+literal(t, c.typ))
	}
	return where(parts)
}

func where(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(parts, " AND ")
}

func (w *world) update(t *rapid.T) string {
	staticOnly := len(w.of(static)) > 0 && oneIn(t, 5)
	from := w.of(regular, static)
	if staticOnly {
		from = w.of(static)
	}
	var sets []string
	for _, c := range some(t, from, 1) {
		sets = append(sets, assignment(t, c))
	}
	condition := w.condition(t)
	return "UPDATE t" + w.using(t, condition != "") + " SET " + strings.Join(sets, ", ") + w.row(t, staticOnly) + condition
}

func assignment(t *rapid.T, c column) string {
	plain := c.name + " = " + value(t, c.typ)
	kind, args, _ := strings.Cut(strings.TrimSuffix(c.typ, ">"), "<")
	switch kind {
	case "list":
		return pick(t, []string{plain, c.name + " = " + c.name + " + " + literal(t, c.typ), c.name + " = " + literal(t, c.typ) + " + " + c.name,
			c.name + " = " + c.name + " - " + literal(t, c.typ), c.name + "[" + pick(t, []string{"0", "1", "5"}) + "] = " + value(t, args)})
	case "set":
		return pick(t, []string{plain, c.name + " = " + c.name + " + " + literal(t, c.typ), c.name + " = " + c.name + " - " + literal(t, c.typ)})
	case "map":
		key, val, _ := strings.Cut(args, ", ")
		return pick(t, []string{plain, c.name + " = " + c.name + " + " + literal(t, c.typ), c.name + " = " + c.name + " - " + literal(t, "set<"+key+">"),
			c.name + "[" + literal(t, key) + "] = " + value(t, val)})
	case "udt":
		return pick(t, []string{plain, c.name + ".a = " + value(t, "int"), c.name + ".b = " + value(t, "text")})
	}
	return plain
}

// condition draws an IF clause, or none.
func (w *world) condition(t *rapid.T) string {
	if w.stamped || w.counter || oneIn(t, 2) {
		return ""
	}
	if oneIn(t, 4) {
		return " IF EXISTS"
	}
	var parts []string
	columns := some(t, w.of(regular, static), 1)
	for _, c := range columns {
		parts = append(parts, comparison(t, c, len(columns) == 1))
	}
	return " IF " + strings.Join(parts, " AND ")
}

// comparison draws one condition. A null that cannot be compared is refused
// only when the server gets that far, and it goes through several conditions in
// the order of a hash map: so there are none unless the condition is alone.
func comparison(t *rapid.T, c column, alone bool) string {
	op := pick(t, []string{"=", "=", "!=", "<", "<=", ">", ">=", "IN"})
	kind, args, _ := strings.Cut(strings.TrimSuffix(c.typ, ">"), "<")
	name, typ := c.name, c.typ
	switch {
	case kind == "list" && oneIn(t, 2):
		name, typ = name+"["+pick(t, []string{"0", "1", "9"})+"]", args
	case kind == "map" && oneIn(t, 2):
		key, val, _ := strings.Cut(args, ", ")
		name, typ = name+"["+literal(t, key)+"]", val
	case kind == "udt" && oneIn(t, 2):
		name, typ = name+".a", "int"
	case (kind == "set" || kind == "list") && oneIn(t, 3):
		return name + " CONTAINS " + literal(t, args)
	}
	if op == "IN" {
		return fmt.Sprintf("%s IN (%s, %s)", name, value(t, typ), value(t, typ))
	}
	if strings.ContainsAny(op, "<>") && !alone {
		return name + " " + op + " " + literal(t, typ)
	}
	return name + " " + op + " " + value(t, typ)
}

func (w *world) delete(t *rapid.T) string {
	condition := w.condition(t)
	using := w.using(t, condition != "")
	cs := w.of(clustering)
	switch rapid.IntRange(0, 3).Draw(t, "delete") {
	case 0: // columns
		var targets []string
		for _, c := range some(t, w.of(regular, static), 1) {
			target := c.name
			switch kind, args, _ := strings.Cut(strings.TrimSuffix(c.typ, ">"), "<"); {
			case kind == "map" && oneIn(t, 2):
				key, _, _ := strings.Cut(args, ", ")
				target += "[" + literal(t, key) + "]"
			case kind == "set" && oneIn(t, 2):
				target += "[" + literal(t, args) + "]"
			case kind == "list" && oneIn(t, 2):
				target += "[0]"
			case kind == "udt" && oneIn(t, 2):
				target += ".a"
			}
			targets = append(targets, target)
		}
		return "DELETE " + strings.Join(targets, ", ") + " FROM t" + using + w.row(t, false) + condition
	case 1: // a range
		if len(cs) > 0 {
			return "DELETE FROM t" + using + where(w.slice(t))
		}
	case 2:
		return "DELETE FROM t" + using + w.row(t, len(cs) > 0)
	}
	return "DELETE FROM t" + using + w.row(t, false) + condition
}

// slice draws restrictions on a partition and some clustering columns.
func (w *world) slice(t *rapid.T) []string {
	var parts []string
	for _, c := range w.of(partition) {
		parts = append(parts, c.name+" = "+literal(t, c.typ))
	}
	cs := w.of(clustering)
	if len(cs) == 0 {
		return parts
	}
	n := rapid.IntRange(0, len(cs)-1).Draw(t, "prefix")
	for _, c := range cs[:n] {
		parts = append(parts, c.name+" = "+literal(t, c.typ))
	}
	bounds := [][]string{{">"}, {">="}, {"<"}, {"<="}, {">", "<"}, {">=", "<="}, {"=", ""}, {"IN"}}
	multi := len(cs)-n > 1 && oneIn(t, 3)
	for _, op := range pick(t, bounds) {
		switch {
		case op == "":
		case multi && op == "IN":
			parts = append(parts, fmt.Sprintf("(%s) IN (%s, %s)", names(cs[n:]), tuple(t, cs[n:]), tuple(t, cs[n:])))
		case multi:
			parts = append(parts, fmt.Sprintf("(%s) %s %s", names(cs[n:]), op, tuple(t, cs[n:])))
		case op == "IN":
			parts = append(parts, fmt.Sprintf("%s IN (%s, %s)", cs[n].name, literal(t, cs[n].typ), literal(t, cs[n].typ)))
		default:
			parts = append(parts, cs[n].name+" "+op+" "+literal(t, cs[n].typ))
		}
	}
	return parts
}

func tuple(t *rapid.T, columns []column) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = literal(t, c.typ)
	}
	return "(" + strings.Join(values, ", ") + ")"
}

func orInt(typ string) string {
	if typ == "counter" {
		return "int"
	}
	return typ
}

func (w *world) count(t *rapid.T) string {
	staticOnly := len(w.of(static)) > 0 && oneIn(t, 4)
	from := w.of(regular)
	if staticOnly {
		from = w.of(static)
	}
	c := pick(t, from)
	return fmt.Sprintf("UPDATE t SET %s = %s %s %s", c.name, c.name, pick(t, []string{"+", "-"}), literal(t, "int")) + w.row(t, staticOnly)
}

func (w *world) batch(t *rapid.T) string {
	member := rapid.Custom(func(t *rapid.T) string {
		return pick(t, []func(*rapid.T) string{w.insert, w.update, w.delete})(t)
	})
	return "BEGIN BATCH " + strings.Join(rapid.SliceOfN(member, 1, 3).Draw(t, "batch"), "; ") + "; APPLY BATCH"
}

package diff_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

func (w *world) query(t *rapid.T) string {
	selection, group := w.selection(t)
	s := "SELECT " + selection + " FROM t" + where(w.restrictions(t)) + group
	if cs := w.of(clustering); len(cs) > 0 && oneIn(t, 4) {
		s += " ORDER BY " + cs[0].name + pick(t, []string{" ASC", " DESC"})
	}
	if oneIn(t, 6) {
		s += " PER PARTITION LIMIT 1"
	}
	if oneIn(t, 5) {
		s += " LIMIT 2"
	}
	if oneIn(t, 2) {
		s += " ALLOW FILTERING"
	}
	if oneIn(t, 4) {
		s = fmt.Sprintf("-- page %d\n%s", rapid.IntRange(1, 3).Draw(t, "page"), s)
	}
	return s
}

// selection draws what follows SELECT, and a GROUP BY that may go with it.
func (w *world) selection(t *rapid.T) (selection, group string) {
	switch rapid.IntRange(0, 7).Draw(t, "selection") {
	case 1:
		return names(some(t, w.columns, 1)), ""
	case 2:
		return "count(*), count(" + pick(t, w.columns).name + ")", ""
	case 3:
		return "JSON *", ""
	case 4:
		return "DISTINCT " + names(append(w.of(partition), w.of(static)...)), ""
	case 5:
		if w.stamped {
			for _, c := range w.of(regular) {
				selection += ", writetime(" + c.name + ")"
			}
			return selection[2:], ""
		}
	case 6:
		for _, c := range some(t, w.columns, 1) {
			selection += ", " + pick(t, []string{"min", "max", "sum", "count"}) + "(" + c.name + ")"
		}
		keys := w.of(partition, clustering)
		n := rapid.IntRange(0, len(keys)).Draw(t, "group by")
		if n > 0 {
			group = " GROUP BY " + names(keys[:n])
		}
		return selection[2:], group
	case 7:
		for _, c := range some(t, w.columns, 1) {
			selection += ", " + w.part(t, c)
		}
		return selection[2:], ""
	}
	return "*", ""
}

// part draws a part of a column's value, or something made from it.
func (w *world) part(t *rapid.T, c column) string {
	switch kind, args, _ := strings.Cut(strings.TrimSuffix(c.typ, ">"), "<"); kind {
	case "map":
		key, _, _ := strings.Cut(args, ", ")
		return pick(t, []string{c.name + "[" + literal(t, key) + "]", c.name + "[" + literal(t, key) + "..]", "map_keys(" + c.name + ")"})
	case "set":
		return pick(t, []string{c.name + "[" + literal(t, args) + "]", c.name + "[.." + literal(t, args) + "]", "collection_count(" + c.name + ")"})
	case "list":
		return "collection_max(" + c.name + ")"
	case "udt", "frozen":
		return c.name + ".a"
	case "int", "bigint", "double", "decimal", "varint", "tinyint":
		return pick(t, []string{c.name + " + 1", "-" + c.name, "CAST(" + c.name + " AS text)", "abs(" + c.name + ")"})
	case "text": // no CAST: the real server knows no cast of a descending text column to text
		return "textAsBlob(" + c.name + ")"
	}
	// No toJson: the real server names the column by whichever of toJson and
	// to_json it heard first for the type.
	return pick(t, []string{"CAST(" + c.name + " AS text)", "token(" + names(w.of(partition)) + ")"})
}

// restrictions draws a WHERE clause.
func (w *world) restrictions(t *rapid.T) []string {
	switch rapid.IntRange(0, 5).Draw(t, "where") {
	case 1:
		return w.slice(t)
	case 2:
		return strings.Split(strings.TrimPrefix(w.row(t, false), " WHERE "), " AND ")
	case 3:
		c := pick(t, w.columns)
		typ := orInt(c.typ)
		if op := pick(t, []string{"=", ">", "<=", "IN", "CONTAINS", "CONTAINS KEY"}); op == "IN" {
			return []string{c.name + " IN (" + literal(t, typ) + ")"}
		} else if kind, args, ok := strings.Cut(strings.TrimSuffix(typ, ">"), "<"); ok && kind != "frozen" && strings.HasPrefix(op, "C") {
			of, _, _ := strings.Cut(args, ", ")
			return []string{c.name + " " + op + " " + literal(t, of)}
		} else {
			return []string{c.name + " " + op + " " + literal(t, typ)}
		}
	case 4:
		var parts []string
		for _, c := range w.of(partition) {
			parts = append(parts, c.name+" = "+literal(t, c.typ))
		}
		return parts
	case 5:
		token := "token(" + names(w.of(partition)) + ")"
		return []string{token + " > " + pick(t, []string{"-3000000000000000000", "0", "token" + tuple(t, w.of(partition))})}
	}
	return nil
}

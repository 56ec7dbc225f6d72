package ddl

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sameOption compares a property with what the server shows of it, which it spells its own way: a number without its zeros,
// a class with its package, NEVER for NONE.
func sameOption(p Property, live any) (server string, same bool) {
	want := p.Value
	if text, ok := unquoted(want); ok { // a text is taken for a number or a bool too
		want = text
	}
	switch l := live.(type) {
	case string:
		return Text(l), l == want || sameWord(p.Name, l, want)
	case map[string]string:
		return MapText(l), sameMap(p.Map, l)
	case bool:
		server = strconv.FormatBool(l)
		return server, strings.EqualFold(server, want)
	case int:
		server = strconv.Itoa(l)
	case float64:
		server = strconv.FormatFloat(l, 'g', -1, 64)
	default:
		return "", true
	}
	return server, sameNumber(server, want)
}

// unquoted is the text of Text.
func unquoted(literal string) (string, bool) {
	if len(literal) < 2 || literal[0] != '\'' || literal[len(literal)-1] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(literal[1:len(literal)-1], "''", "'"), true
}

func sameNumber(a, b string) bool {
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}

// sameWord compares two values of an option that is a word, or a condition such as MIN(99p,50ms).
func sameWord(name, live, want string) bool {
	switch name {
	case "speculative_retry", "additional_write_policy":
		return policy(live) == policy(want)
	case "read_repair":
		return strings.EqualFold(live, want)
	case "memtable":
		return live == "" && want == "default"
	}
	return false
}

// policy is a value of speculative_retry in one spelling: 99PERCENTILE and 99.0p are p99, NONE is never.
func policy(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), ""))
	if s == "none" {
		return "never"
	}
	if of, ok := strings.CutSuffix(s, ")"); ok {
		if function, arguments, ok := strings.Cut(of, "("); ok {
			parts := strings.Split(arguments, ",")
			for i := range parts {
				parts[i] = policy(parts[i])
			}
			slices.Sort(parts)
			return function + "(" + strings.Join(parts, ",") + ")"
		}
	}
	for _, unit := range []string{"percentile", "p", "ms"} {
		number, ok := strings.CutSuffix(s, unit)
		if !ok {
			continue
		}
		if f, err := strconv.ParseFloat(number, 64); err == nil {
			if unit == "ms" {
				f = float64(int64(f)) // as the server keeps it
			}
			return unit[:1] + strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return s
}

// sameMap reports whether the server has every option that was given; it adds others.
func sameMap(want, live map[string]string) bool {
	want, live = plainMap(want), plainMap(live)
	for name, value := range want {
		has, ok := live[name]
		if !ok || has != value && !sameNumber(has, value) && !(name == "class" && simpleName(has) == simpleName(value)) && !strings.EqualFold(has, value) {
			return false
		}
	}
	return true
}

// simpleName is a class without its package.
func simpleName(class string) string { return class[strings.LastIndexByte(class, '.')+1:] }

// plainMap is a map of options in one spelling: ScyllaDB and Cassandra before 3.0 have other names for those of compression, and what is
// enabled need not be said so.
func plainMap(m map[string]string) map[string]string {
	out := maps.Clone(m)
	for old, name := range map[string]string{"sstable_compression": "class", "chunk_length_kb": "chunk_length_in_kb"} {
		if value, ok := out[old]; ok {
			delete(out, old)
			out[name] = value
		}
	}
	if class, ok := out["class"]; ok && class == "" {
		delete(out, "class")
		out["enabled"] = "false"
	}
	if strings.EqualFold(out["enabled"], "true") {
		delete(out, "enabled")
	}
	return out
}

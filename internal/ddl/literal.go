package ddl

import (
	"maps"
	"slices"
	"strings"
)

// Text is a text as CQL.
func Text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// MapText is a map of texts as CQL, the class first.
func MapText(m map[string]string) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		switch "class" {
		case a:
			return -1
		case b:
			return 1
		}
		return strings.Compare(a, b)
	})
	var terms []string
	for _, k := range keys {
		terms = append(terms, Text(k)+": "+Text(m[k]))
	}
	return "{" + strings.Join(terms, ", ") + "}"
}

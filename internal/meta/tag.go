package meta

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
)

// TagKey is the struct tag that declares a column.
const TagKey = "cql"

// tag is one parsed `cql:"…"` struct tag. The zero value is an absent tag.
type tag struct {
	name     string // "" leaves the default, snake_case of the field
	skip     bool
	kind     Kind
	position int // 1-based explicit key position; 0 is "in order of declaration"
	desc     bool
	ordered  bool // asc or desc was written
	set      bool
	tuple    bool
	frozen   bool
	attempt  bool
	version  bool
	slots    bool
	typ      string
	def      *string // default=
	indexes  []Index
	json     bool
	codec    string
}

// parseTag parses strictly: an unknown or contradictory option is an error,
// because a misspelt "partiton" would silently change the primary key.
func parseTag(s string) (tag, error) {
	t := tag{kind: Regular}
	if s == "-" {
		t.skip = true
		return t, nil
	}
	parts, err := splitTag(s)
	if err != nil {
		return t, err
	}
	name, _, quoted := codec.CutName(parts[0])
	t.name = name
	if !quoted {
		t.name = strings.TrimSpace(parts[0])
	}
	if t.name == "-" && !quoted {
		return t, fmt.Errorf(`"-" skips a field and takes no options`)
	}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		key, value, hasValue := strings.Cut(strings.TrimSpace(part), "=")
		if seen[key] && key != "index" {
			return t, fmt.Errorf("option %q is given twice", key)
		}
		seen[key] = true
		if err := t.option(key, value, hasValue); err != nil {
			return t, err
		}
	}
	return t, t.check()
}

func (t *tag) option(key, value string, hasValue bool) error {
	switch key {
	case "partition", "clustering":
		if hasValue {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return fmt.Errorf("position %q of %s is not a number from 1", value, key)
			}
			t.position = n
		}
		if key == "partition" {
			return t.setKind(Partition)
		}
		return t.setKind(Clustering)
	case "type":
		if t.typ = strings.TrimSpace(value); t.typ == "" {
			return fmt.Errorf("type= names no CQL type")
		}
		return nil
	case "codec":
		if t.codec = strings.TrimSpace(value); t.codec == "" {
			return fmt.Errorf("codec= names no codec")
		}
		return nil
	case "index":
		ix, err := parseIndex(value)
		t.indexes = append(t.indexes, ix)
		return err
	case "default":
		if !hasValue || strings.TrimSpace(value) == "" {
			return fmt.Errorf("default= has no value; an empty text is default=''")
		}
		t.def = &value
		return nil
	}
	if hasValue {
		return fmt.Errorf("option %q takes no value", key)
	}
	switch key {
	case "static":
		return t.setKind(Static)
	case "asc", "desc":
		if t.ordered {
			return fmt.Errorf("asc and desc contradict each other")
		}
		t.ordered, t.desc = true, key == "desc"
	case "set":
		t.set = true
	case "tuple":
		t.tuple = true
	case "frozen":
		t.frozen = true
	case "attempt":
		t.attempt = true
	case "version":
		t.version = true
	case "slots":
		t.slots = true
	case "json":
		t.json = true
	case "":
		return fmt.Errorf("an option is empty")
	default:
		return fmt.Errorf("option %q is unknown; known are partition, clustering, asc, desc, static, set, tuple, frozen, attempt, version, slots, index, json, codec=, default= and type=", key)
	}
	return nil
}

func (t *tag) setKind(k Kind) error {
	if t.kind != Regular {
		return fmt.Errorf("a column is one of partition, clustering or static, not several")
	}
	t.kind = k
	return nil
}

func (t *tag) check() error {
	switch {
	case t.ordered && t.kind != Clustering:
		return fmt.Errorf("asc and desc belong to a clustering column")
	case t.typ != "" && (t.set || t.tuple):
		return fmt.Errorf("type= already says the whole type; set and tuple are for inferred types")
	case (t.attempt || t.version) && t.kind != Regular:
		return fmt.Errorf("an attempt or version column is a regular one, neither key nor static")
	case t.slots && (t.kind >= Clustering || t.ordered || t.set || t.tuple || t.frozen || t.attempt || t.version || t.typ != "" || t.def != nil ||
		t.indexes != nil || t.json || t.codec != ""):
		return fmt.Errorf("the column of the writers' slots is a map<text, text> that only conditional updates write; it takes no other option but static")
	case t.def != nil && (t.attempt || t.version):
		return fmt.Errorf("an attempt or version column is set by the write itself, and takes no default")
	case t.json && t.codec != "":
		return fmt.Errorf("a column is JSON or has a codec, not both")
	case (t.json || t.codec != "") && (t.set || t.tuple || t.attempt || t.version):
		return fmt.Errorf("a column of JSON or with a codec is no set, tuple, attempt or version")
	case t.codec != "" && t.typ == "":
		return fmt.Errorf("codec=%s needs a type=, the CQL type of what it makes", t.codec)
	case t.codec != "" && t.def != nil:
		return fmt.Errorf("a column with a codec takes no default by tag; set it in BeforeSave")
	case t.set && t.tuple:
		return fmt.Errorf("a column is a set or a tuple, not both")
	}
	return nil
}

// splitTag cuts at commas outside of <…> and '…', so that type=map<text,int> is one option.
func splitTag(s string) ([]string, error) {
	var parts []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '<':
			depth++
		case c == '>':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
		if depth < 0 {
			return nil, fmt.Errorf("unbalanced < > in the tag")
		}
	}
	if depth != 0 || quoted {
		return nil, fmt.Errorf("unbalanced < > or ' in the tag")
	}
	return append(parts, s[start:]), nil
}

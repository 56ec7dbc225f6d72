package vet

import (
	"strings"
	"unicode"
)

// word is a token of CQL: a word or number, a sign, or a string.
type word struct {
	text  string // a word in capitals; a string by its quote alone; the hole of a text is "\x00"
	name  string // a word as it is written
	hole  int    // which hole, if it is one or a string holds one; -1
	inner bool   // the hole is in a string
}

const hole = "\x00"

// words cuts CQL into tokens. It never fails: what is no CQL makes odd tokens.
func words(cql string) (all []word) {
	holes := 0
	for i := 0; i < len(cql); {
		c := cql[i]
		switch {
		case c == hole[0]:
			all = append(all, word{text: hole, name: hole, hole: holes})
			holes++
			i++
		case strings.HasPrefix(cql[i:], "--"), strings.HasPrefix(cql[i:], "//"):
			i += upTo(cql[i:], "\n")
		case strings.HasPrefix(cql[i:], "/*"):
			i += upTo(cql[i:], "*/")
		case c == '\'' || c == '"':
			n := 1 + upTo(cql[i+1:], string(c))
			inside := -1
			if k := strings.Count(cql[i:i+n], hole); k > 0 {
				inside = holes
				holes += k
			}
			name := strings.Trim(cql[i:i+n], string(c))
			all = append(all, word{text: string(c), name: name, hole: inside, inner: inside >= 0})
			i += n
		case letter(rune(c)):
			n := strings.IndexFunc(cql[i:], func(r rune) bool { return !letter(r) })
			if n < 0 {
				n = len(cql) - i
			}
			all = append(all, word{text: strings.ToUpper(cql[i : i+n]), name: cql[i : i+n], hole: -1})
			i += n
		case unicode.IsSpace(rune(c)):
			i++
		default:
			all = append(all, word{text: string(c), name: string(c), hole: -1})
			i++
		}
	}
	return all
}

func letter(r rune) bool {
	return r == '_' || r >= 0x80 || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// upTo is how much of s there is up to the end of the mark, or in all.
func upTo(s, mark string) int {
	if i := strings.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

// clause are facts of a statement.
type clause struct {
	op          string // SELECT, INSERT, UPDATE, DELETE, or BEGIN of a batch; "" of another
	table       string // without the keyspace; "" if it is not known
	conditional bool
	notExists   bool // IF NOT EXISTS
	exists      bool // IF EXISTS
	star        bool // SELECT *
}

// parse looks for the facts of a statement. A hole is taken for a name or a value.
func parse(all []word) (s clause) {
	if len(all) == 0 {
		return s
	}
	switch all[0].text {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN":
		s.op = all[0].text
	default:
		return s
	}
	is := func(i int, text string) bool { return i >= 0 && i < len(all) && all[i].text == text }
	s.star = s.op == "SELECT" && (is(1, "*") || is(1, "DISTINCT") && is(2, "*"))
	for i, w := range all {
		switch {
		case s.table == "" && (i == 0 && w.text == "UPDATE" || i > 0 && w.text == "FROM" || i == 1 && w.text == "INTO"):
			s.table = tableName(all[i+1:])
		case w.text == "IF" && s.op != "SELECT":
			s.conditional = true
			s.exists = is(i+1, "EXISTS")
			s.notExists = is(i+1, "NOT") && is(i+2, "EXISTS")
		}
	}
	return s
}

func tableName(all []word) string {
	if len(all) > 2 && all[1].text == "." {
		all = all[2:]
	}
	if len(all) == 0 || all[0].hole >= 0 {
		return ""
	}
	// What follows a hole without space is the rest of a name.
	return strings.ToLower(all[0].name)
}

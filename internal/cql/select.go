package cql

import (
	"strings"

	"github.com/scylladb/gocqlx/v2/qb"
)

func (s *Statement) selectText() string {
	b := qb.Select(s.Table)
	if s.Count && len(s.Terms) == 0 {
		b.CountAll()
	}
	if s.JSON {
		b.Json()
	}
	list := s.Terms
	for _, c := range s.Columns {
		list = append(list, Quote(c.Name))
	}
	if s.Line != "" {
		list = append(list, s.Line)
	}
	if len(s.TokenOf) > 0 {
		list = append(list, "token("+names(s.TokenOf)+")")
	}
	if s.Distinct {
		b.Distinct(list...)
	} else {
		b.Columns(list...)
	}
	text, _ := b.Where(comparisons(s.Where)...).ToCql()
	return text + s.tail()
}

// tail is what follows WHERE. It is not left to qb, whose GroupBy selects its columns once
// more, and which has no ANN.
func (s *Statement) tail() string {
	var b strings.Builder
	if len(s.GroupBy) > 0 {
		b.WriteString("GROUP BY " + names(s.GroupBy) + " ")
	}
	for i, o := range s.OrderBy {
		b.WriteString([...]string{"ORDER BY ", ","}[min(i, 1)])
		b.WriteString(Quote(o.Column.Name) + [...]string{" ASC", " DESC", " ANN OF ?"}[o.Direction])
	}
	if len(s.OrderBy) > 0 {
		b.WriteByte(' ')
	}
	if s.PerPart {
		b.WriteString("PER PARTITION LIMIT ? ")
	}
	if s.Limit {
		b.WriteString("LIMIT ? ")
	}
	if s.Filtering {
		b.WriteString("ALLOW FILTERING ")
	}
	if s.BypassCache {
		b.WriteString("BYPASS CACHE ")
	}
	if s.Timeout {
		b.WriteString("USING TIMEOUT ? ")
	}
	return b.String()
}

func names(columns []Column) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = Quote(c.Name)
	}
	return strings.Join(list, ",")
}

// Call writes the call of a function, which may be qualified by its keyspace.
func Call(name string, args ...string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = Quote(parts[i])
		if parts[i] == `"token"` {
			parts[i] = "token" // reserved, and the name of a function all the same
		}
	}
	return strings.Join(parts, ".") + "(" + strings.Join(args, ",") + ")"
}

// Cast writes the cast of a term to a native type.
func Cast(term, typ string) string { return "CAST(" + term + " AS " + typ + ")" }

// As gives a term of the SELECT list a name.
func As(term, name string) string { return qb.As(term, Quote(name)) }

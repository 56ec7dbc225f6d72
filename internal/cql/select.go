package cql

import (
	"strings"

	"github.com/scylladb/gocqlx/v2/qb"
)

func (s *Statement) selectText() string {
	b := qb.Select(s.Table)
	if s.Count {
		b.CountAll()
	}
	list := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		list[i] = Quote(c.Name)
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

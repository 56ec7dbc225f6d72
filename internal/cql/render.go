package cql

import (
	"strings"

	"github.com/scylladb/gocqlx/v2/qb"
)

// Text renders the statement.
func (s *Statement) Text() string {
	var text string
	switch s.Verb {
	case Insert:
		text = s.insert()
	case Update:
		text = s.update()
	case Delete:
		text = s.delete()
	case Select:
		text = s.selectText()
	}
	return strings.TrimSpace(text)
}

// insertJSON writes what qb leaves out of an INSERT JSON. What the object does not name stays
// as it is: CQL's own default would delete it.
func (s *Statement) insertJSON() string {
	text, _ := qb.Insert(s.Table).Json().ToCql()
	text += " DEFAULT UNSET"
	if s.IfNotExists {
		text += " IF NOT EXISTS"
	}
	word := " USING "
	for _, clause := range [...]struct {
		on   bool
		text string
	}{{s.TTL, "TTL ?"}, {s.Timestamp, "TIMESTAMP ?"}, {s.Timeout, "TIMEOUT ?"}} {
		if clause.on {
			text, word = text+word+clause.text, " AND "
		}
	}
	return text
}

func (s *Statement) insert() string {
	if s.JSON {
		return s.insertJSON()
	}
	b := qb.Insert(s.Table)
	for _, v := range s.Values {
		b.LitColumn(Quote(v.Column.Name), v.Marker)
	}
	if s.IfNotExists {
		b.Unique()
	}
	if s.TTL {
		b.TTLNamed("ttl")
	}
	if s.Timestamp {
		b.TimestampNamed("timestamp")
	}
	if s.Timeout {
		b.TimeoutNamed("timeout")
	}
	text, _ := b.ToCql()
	return text
}

func (s *Statement) update() string {
	b := qb.Update(s.Table)
	if s.TTL {
		b.TTLNamed("ttl")
	}
	if s.Timestamp {
		b.TimestampNamed("timestamp")
	}
	if s.Timeout {
		b.TimeoutNamed("timeout")
	}
	for _, a := range s.Assignments {
		target := a.Target.Text()
		switch a.Change {
		case Set:
			b.SetLit(target, a.Marker)
		case Add:
			b.AddLit(target, a.Marker)
		case Remove:
			b.RemoveLit(target, a.Marker)
		case Prepend:
			b.SetLit(target, a.Marker+"+"+target)
		}
	}
	b.Where(comparisons(s.Where)...).If(comparisons(s.If)...)
	if s.IfExists {
		b.Existing()
	}
	text, _ := b.ToCql()
	return text
}

func (s *Statement) delete() string {
	b := qb.Delete(s.Table)
	for _, t := range s.Deletions {
		b.Columns(t.Text())
	}
	if s.Timestamp {
		b.TimestampNamed("timestamp")
	}
	if s.Timeout {
		b.TimeoutNamed("timeout")
	}
	b.Where(comparisons(s.Where)...).If(comparisons(s.If)...)
	if s.IfExists {
		b.Existing()
	}
	text, _ := b.ToCql()
	return text
}

func comparisons(relations []Relation) []qb.Cmp {
	out := make([]qb.Cmp, len(relations))
	for i, r := range relations {
		out[i] = r.comparison()
	}
	return out
}

func (r Relation) comparison() qb.Cmp {
	target := r.left()
	switch r.Op {
	case Ne:
		return qb.NeLit(target, r.Marker)
	case Lt:
		return qb.LtLit(target, r.Marker)
	case Le:
		return qb.LtOrEqLit(target, r.Marker)
	case Gt:
		return qb.GtLit(target, r.Marker)
	case Ge:
		return qb.GtOrEqLit(target, r.Marker)
	case In:
		return qb.InLit(target, r.Marker)
	case Contains:
		return qb.ContainsLit(target, r.Marker)
	case ContainsKey:
		// qb has no literal form of this one and of LIKE; the marker is always one "?".
		return qb.ContainsKey(target)
	case Like:
		return qb.Like(target)
	default:
		return qb.EqLit(target, r.Marker)
	}
}

// left is what is compared.
func (r Relation) left() string {
	if r.Tuple == nil {
		return r.Target.Text()
	}
	text := "(" + names(r.Tuple.Columns) + ")"
	if r.Tuple.Token {
		return "token" + text
	}
	return text
}

// Text writes the column or part of one.
func (t Target) Text() string {
	text := Quote(t.Column.Name)
	if t.Elem != "" {
		text += "[" + t.Elem + "]"
	}
	if t.Field != "" {
		text += "." + Quote(t.Field)
	}
	return text
}

// String renders the relation for messages: `version = ?`.
func (r Relation) String() string { return r.left() + " " + r.Op.String() + " " + r.Marker }

package cqlparse

import (
	"strings"
	"unicode/utf8"
)

// Error is a syntax error.
type Error struct {
	// Pos is where the error is; at the end of the text, where that ends.
	Pos Pos
	// Msg is the message as Cassandra words it, its own "line 1:7" included:
	// what a server answers with code 0x2000.
	Msg string
}

// Error returns the message.
func (e *Error) Error() string { return e.Msg }

// The snippet of a message reaches from snippetBefore tokens before the
// offending one to snippetAfter behind it, white space counted as tokens.
const (
	snippetBefore = 10
	snippetAfter  = 2
)

// snippet returns " (...some [bad] text...)" around the raw token index, or ""
// when the end of the text is part of it. fetched is the last raw token that
// was looked at; the snippet never goes beyond.
func snippet(src string, strict bool, index, fetched int) string {
	first, last := max(0, index-snippetBefore), min(fetched, index+snippetAfter)
	var from, bad, to token
	lx := lexer{src: src, line: 1, strict: strict}
	for i := 0; i <= last; i++ {
		t, err := lx.next()
		if err != nil {
			return ""
		}
		if i == first {
			from = t
		}
		if i == index {
			bad = t
		}
		to = t
	}
	if from.kind == tokEOF || bad.kind == tokEOF || to.kind == tokEOF {
		return ""
	}

	lines := strings.Split(src, "\n")
	for len(lines) > 1 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if to.pos.Line > len(lines) || bad.pos.Line > len(lines) {
		return ""
	}
	end := to.pos.Col + to.length()
	atStart := from.pos.Offset == 0
	atEnd := to.pos.Line == len(lines) && end == utf8.RuneCountInString(lines[len(lines)-1])

	edit := func(t token, f func(line []rune) []rune) {
		l := &lines[t.pos.Line-1]
		*l = string(f([]rune(*l)))
	}
	edit(to, func(l []rune) []rune { return l[:min(end, len(l))] })
	edit(bad, func(l []rune) []rune {
		i := min(bad.pos.Col, len(l))
		j := min(i+bad.length(), len(l))
		return []rune(string(l[:i]) + "[" + string(l[i:j]) + "]" + string(l[j:]))
	})
	edit(from, func(l []rune) []rune { return l[min(from.pos.Col, len(l)):] })

	var b strings.Builder
	b.WriteString(" (")
	if !atStart {
		b.WriteString("...")
	}
	for i := from.pos.Line - 1; i < to.pos.Line; i++ {
		b.WriteString(lines[i])
	}
	if !atEnd {
		b.WriteString("...")
	}
	b.WriteString(")")
	return b.String()
}

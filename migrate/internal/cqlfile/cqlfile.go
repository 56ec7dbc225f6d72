// Package cqlfile reads files of CQL: their statements, and the directives in the comments before
// them.
//
// A directive is a line comment on a line of its own, between the statement before and the one
// that it is about:
//
//	-- coodie:check SELECT …   a row of it shows that the statement was executed
//	-- coodie:repeatable       executing the statement twice does no harm
//	-- coodie:allow rule, …    silences rules of the linter for the statement
package cqlfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/replay"
)

// Statement is a statement of a file.
type Statement struct {
	cqlparse.Statement
	Text         string // as written, without the semicolon
	Sum          string // of Text
	Line, Column int    // from 1
	Check        string // the SELECT that shows whether the statement was executed; "" if none was given
	Repeatable   bool   // declared
	Allow        []string
}

// Replay says whether executing the statement twice does no harm, as far as the text tells, and
// why not.
func (s *Statement) Replay() (safe bool, reason string) {
	if s.Repeatable {
		return true, ""
	}
	if i, ok := s.Statement.(*cqlparse.Insert); ok && i.IfNotExists {
		return true, "" // the second meets the row of the first
	}
	r := replay.Of(s.Statement, replay.Facts{})
	return r.Safe(), r.String()
}

// Error is a mistake in a file.
type Error struct {
	Line, Column int // from 1
	Msg          string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg) }

// Sum is the checksum of a file or statement. Line ends count as one character each, so that
// a checkout on Windows has the same.
func Sum(text string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

// Parse reads a file. On an error, an *Error, it also returns the statements before it.
func Parse(text string) ([]Statement, error) {
	if bad := invalid(text); bad >= 0 {
		return nil, errorAt(text, bad, "the text is not UTF-8")
	}
	// Of the same length, so that places stay.
	if rest, marked := strings.CutPrefix(text, "\ufeff"); marked {
		text = "   " + rest
	}
	parsed, failed := cqlparse.ParseScript(text)
	var statements []Statement
	end := 0
	for _, p := range parsed {
		h := p.Header()
		s := Statement{Statement: p, Text: text[h.Offset:h.End.Offset], Line: h.Line, Column: h.Col + 1}
		s.Sum = Sum(s.Text)
		if err := s.directives(text, end, h.Offset); err != nil {
			return statements, err
		}
		statements = append(statements, s)
		end = h.End.Offset
	}
	if failed != nil {
		return statements, syntax(failed, 0, 0)
	}
	var none Statement
	if err := none.directives(text, end, len(text)); err != nil {
		return statements, err
	}
	for _, c := range comments(text, end, len(text)) {
		if d := directive.FindStringSubmatch(c.text); d != nil {
			return statements, errorAt(text, c.at, "the directive coodie:"+d[1]+" has no statement after it")
		}
	}
	return statements, nil
}

// syntax is an error of the parser, of a text that stands that far behind the beginning of the file.
func syntax(err error, line, column int) *Error {
	var e *cqlparse.Error
	if !errors.As(err, &e) {
		return &Error{Line: line + 1, Column: column + 1, Msg: err.Error()}
	}
	if e.Pos.Line > 1 {
		column = 0
	}
	return &Error{Line: line + max(e.Pos.Line, 1), Column: column + e.Pos.Col + 1, Msg: parserPlace.ReplaceAllString(e.Msg, "")}
}

// parserPlace begins a message of the parser.
var parserPlace = regexp.MustCompile(`^line \d+:-?\d+ `)

var directive = regexp.MustCompile(`^(?:--|//)\s*coodie:(\S*)\s*(.*?)\s*$`)

// directives reads those between two offsets.
func (s *Statement) directives(text string, from, to int) error {
	for _, c := range comments(text, from, to) {
		d := directive.FindStringSubmatchIndex(c.text)
		if d == nil {
			continue
		}
		name, rest := c.text[d[2]:d[3]], c.text[d[4]:d[5]]
		fail := func(msg string) error { return errorAt(text, c.at, msg) }
		switch {
		case name == "check" && s.Check != "":
			return fail("the statement has two checks; join them, or split the statement")
		case name == "check":
			line, column := place(text, c.at+d[4])
			parsed, err := cqlparse.Parse(rest)
			if err != nil {
				return syntax(err, line-1, column-1)
			}
			if _, ok := parsed.(*cqlparse.Select); !ok || len(parsed.Header().Markers) > 0 {
				return fail("coodie:check needs a SELECT without markers that returns a row once the statement is executed")
			}
			s.Check = strings.TrimRight(rest, "; \t")
		case name == "repeatable" && rest == "":
			s.Repeatable = true
		case name == "repeatable":
			return fail("coodie:repeatable takes no argument; give the reason in another comment")
		case name == "allow" && rest != "":
			s.Allow = append(s.Allow, strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })...)
		case name == "allow":
			return fail("coodie:allow needs the names of rules")
		default:
			return fail(fmt.Sprintf("unknown directive coodie:%s; there are check, repeatable and allow", name))
		}
	}
	return nil
}

type comment struct {
	text string
	at   int
}

// comments are the line comments between two statements that stand on lines of their own.
func comments(text string, from, to int) (found []comment) {
	for i := from; i < to; {
		switch rest := text[i:to]; {
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			if end < 0 {
				return found
			}
			i += end + 2
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "//"):
			line := rest
			if end := strings.IndexAny(rest, "\r\n"); end >= 0 {
				line = rest[:end]
			}
			before := text[strings.LastIndexByte(text[:i], '\n')+1 : i]
			if strings.TrimSpace(before) == "" {
				found = append(found, comment{line, i})
			}
			i += len(line)
		default:
			i++
		}
	}
	return found
}

func errorAt(text string, at int, msg string) *Error {
	line, column := place(text, at)
	return &Error{Line: line, Column: column, Msg: msg}
}

// place is the line and column of an offset, from 1.
func place(text string, at int) (line, column int) {
	before := text[:at]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

// invalid is where the text stops being UTF-8; -1: nowhere.
func invalid(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

// Destroys says what data a statement destroys, or takes away; "" if it destroys none.
func Destroys(s cqlparse.Statement) string {
	switch s := s.(type) {
	case *cqlparse.DropKeyspace:
		return "all tables of keyspace " + s.Keyspace.String()
	case *cqlparse.DropTable:
		return "the rows of table " + s.Table.String()
	case *cqlparse.Truncate:
		return "the rows of table " + s.Table.String()
	case *cqlparse.DropView:
		return "the view " + s.Name.String()
	case *cqlparse.DropType:
		return "the type " + s.Name.String()
	case *cqlparse.AlterTable:
		if s.Op == cqlparse.AlterDropColumns {
			var names []string
			for _, n := range s.Drops {
				names = append(names, n.String())
			}
			return "the values of " + strings.Join(names, ", ") + " in table " + s.Table.String()
		}
	}
	return ""
}

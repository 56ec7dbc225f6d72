// Package cqlfile reads files of CQL: their statements, and the directives in the comments before
// them.
//
// A directive is a line comment on a line of its own, between the statement before and the one
// that it is about:
//
//	-- coodie:check SELECT …   a row of it shows that the statement was executed
//	-- coodie:repeatable       executing the statement twice does no harm
//	-- coodie:allow rule, …    silences rules of the linter for the statement
//
// Two are about the file:
//
//	-- coodie:empty            the file has no statement, on purpose
//	-- coodie:no-way-back why  the file does not undo the migration
package cqlfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
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
	judged := s.Statement
	if i, ok := judged.(*cqlparse.Insert); ok && i.IfNotExists {
		// The second execution meets the row of the first one, if it is for the same key.
		plain := *i
		plain.IfNotExists = false
		judged = &plain
	}
	r := replay.Of(judged, replay.Facts{})
	if r.Safe() && expires(s.Statement) {
		return false, "a second execution would let the values live longer"
	}
	return r.Safe(), r.String()
}

// expires says whether a statement writes values with a TTL.
func expires(s cqlparse.Statement) bool {
	var using cqlparse.Using
	switch s := s.(type) {
	case *cqlparse.Insert:
		using = s.Using
	case *cqlparse.Update:
		using = s.Using
	case *cqlparse.Batch:
		return slices.ContainsFunc(s.Statements, expires)
	}
	ttl := using.TTL()
	zero, ok := ttl.(*cqlparse.Literal)
	return ttl != nil && (!ok || zero.Text != "0")
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

// File is a file of CQL.
type File struct {
	Statements []Statement
	Empty      bool   // declared: it has no statement on purpose
	NoWayBack  *Error // declared: where, and why; nil if it was not
}

// Parse reads a file. On an error, an *Error, it also returns the statements before it.
func Parse(text string) (f File, err error) {
	if bad := invalid(text); bad >= 0 {
		return f, errorAt(text, bad, "the text is not UTF-8")
	}
	// Of the same length, so that places stay.
	if rest, marked := strings.CutPrefix(text, "\ufeff"); marked {
		text = "   " + rest
	}
	parsed, failed := cqlparse.ParseScript(text)
	r := reader{text: text}
	r.scan()
	end := 0
	for _, p := range parsed {
		h := p.Header()
		s := Statement{Statement: p, Text: text[h.Offset:h.End.Offset], Line: h.Line, Column: h.Col + 1}
		s.Sum = Sum(s.Text)
		if err := r.directives(&f, &s, end, h.Offset, h.End.Offset); err != nil {
			return f, err
		}
		f.Statements = append(f.Statements, s)
		end = h.End.Offset
	}
	if failed != nil {
		return f, syntax(failed, 0, 0)
	}
	if err := r.directives(&f, nil, end, len(text), len(text)); err != nil {
		return f, err
	}
	if f.Empty && len(f.Statements) > 0 {
		return f, &Error{Line: f.Statements[0].Line, Column: f.Statements[0].Column, Msg: "the file has a statement, although it is declared coodie:empty"}
	}
	return f, nil
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
	return &Error{Line: line + max(e.Pos.Line, 1), Column: column + e.Pos.Col + 1, Msg: cqlparse.Redact(parserPlace.ReplaceAllString(e.Msg, ""))}
}

// parserPlace begins a message of the parser.
var parserPlace = regexp.MustCompile(`^line \d+:-?\d+ `)

var (
	directive = regexp.MustCompile(`^(?:--|//)\s*coodie:(\S*)\s*(.*?)\s*$`)
	inBlock   = regexp.MustCompile(`^/\*+\s*coodie:`)
)

// reader has the comments of a text, and the semicolons that are in none of them.
type reader struct {
	text       string
	comments   []comment
	semicolons []int
}

type comment struct {
	text string
	at   int
}

// scan finds the comments and semicolons. It passes over strings and quoted names.
func (r *reader) scan() {
	for i := 0; i < len(r.text); {
		rest := r.text[i:]
		n := 1
		switch {
		case strings.HasPrefix(rest, "/*"):
			n = through(rest, 2, "*/")
			r.comments = append(r.comments, comment{rest[:n], i})
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "//"):
			if n = strings.IndexAny(rest, "\r\n"); n < 0 {
				n = len(rest)
			}
			r.comments = append(r.comments, comment{rest[:n], i})
		case strings.HasPrefix(rest, "$$"):
			n = through(rest, 2, "$$")
		case rest[0] == '\'' || rest[0] == '"': // one that is doubled ends a string and begins another
			n = through(rest, 1, rest[:1])
		case rest[0] == ';':
			r.semicolons = append(r.semicolons, i)
		}
		i += n
	}
}

// through is the length of what ends with a mark, from there on, or else with the text.
func through(text string, from int, mark string) int {
	if n := strings.Index(text[from:], mark); n >= 0 {
		return from + n + len(mark)
	}
	return len(text)
}

// directives reads those from the end of one statement to the end of the next, which begins at start and is nil
// at the end of the file.
func (r *reader) directives(f *File, s *Statement, from, start, end int) error {
	for _, c := range r.comments {
		if c.at < from || c.at >= end {
			continue
		}
		fail := func(msg string) error { return errorAt(r.text, c.at, msg) }
		d := directive.FindStringSubmatchIndex(c.text)
		switch {
		case inBlock.MatchString(c.text):
			return fail("a directive is a comment of one line: -- coodie:…")
		case d == nil:
			continue
		case c.at >= start, from > 0 && !slices.ContainsFunc(r.semicolons, func(at int) bool { return from <= at && at < c.at }):
			return fail("a directive within a statement has no effect: put it on a line of its own before the statement; a batch is one")
		case strings.TrimSpace(r.text[strings.LastIndexByte(r.text[:c.at], '\n')+1:c.at]) != "":
			return fail("a directive at the end of a line has no effect: put it on a line of its own before the statement")
		}
		name, rest := c.text[d[2]:d[3]], c.text[d[4]:d[5]]
		switch {
		case name == "empty" && rest == "":
			f.Empty = true
		case name == "no-way-back":
			line, column := place(r.text, c.at)
			f.NoWayBack = &Error{Line: line, Column: column, Msg: rest}
		case name == "check", name == "repeatable", name == "allow":
			if s == nil {
				return fail("the directive coodie:" + name + " has no statement after it")
			}
			if err := r.about(s, name, rest, c.at, c.at+d[4]); err != nil {
				return err
			}
		case name == "empty":
			return fail("coodie:empty takes no argument; give the reason in another comment")
		default:
			return fail(fmt.Sprintf("unknown directive coodie:%s; there are check, repeatable, allow, empty and no-way-back", name))
		}
	}
	return nil
}

// about reads a directive of a statement. Its argument stands at the second place.
func (r *reader) about(s *Statement, name, rest string, at, argument int) error {
	fail := func(msg string) error { return errorAt(r.text, at, msg) }
	switch {
	case name == "check" && s.Check != "":
		return fail("the statement has two checks; join them, or split the statement")
	case name == "check":
		parsed, err := cqlparse.Parse(rest)
		if err != nil {
			line, column := place(r.text, argument)
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
	case rest != "":
		s.Allow = append(s.Allow, strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })...)
	default:
		return fail("coodie:allow needs the names of rules")
	}
	return nil
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

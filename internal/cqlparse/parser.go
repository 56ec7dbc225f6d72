package cqlparse

import (
	"fmt"
	"strings"
)

// Dialect is whose grammar to accept.
type Dialect int

// The dialects.
const (
	// Any accepts everything that some server accepts, and line comments that
	// end with the text.
	Any Dialect = iota
	// Cassandra accepts what Cassandra 5.0 does.
	Cassandra
	// Scylla accepts what Any does. It is a name of its own because the two
	// may part one day.
	Scylla
)

// Limits on what is parsed. Nothing real comes near them; they keep hostile
// text from exhausting the stack.
const (
	maxSize      = 64 << 20 // bytes of source
	maxDepth     = 400      // terms, selections and types within each other
	maxOperators = 10_000   // arithmetic operators in a statement
)

// Parse parses one statement, which may end with semicolons. The error is an
// *[Error].
func Parse(src string) (Statement, error) { return ParseAs(Any, src) }

// ParseAs parses one statement as a dialect has it.
func ParseAs(d Dialect, src string) (stmt Statement, err error) {
	err = run(d, src, func(p *parser) {
		stmt = p.statement()
		for p.at(tokSemicolon) {
			p.next()
		}
		p.expect(tokEOF)
	})
	if err != nil {
		return nil, err
	}
	return stmt, nil
}

// ParseType parses a type, such as map<text, frozen<address>>.
func ParseType(src string) (t *Type, err error) {
	err = run(Any, src, func(p *parser) {
		t = p.typ()
		p.expect(tokEOF)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// ParseTerm parses a value, such as {'a': 1} or now().
func ParseTerm(src string) (t Term, err error) {
	err = run(Any, src, func(p *parser) {
		t = p.term()
		p.expect(tokEOF)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// parser is a recursive-descent parser over the rules of Cassandra's grammar.
//
// So that errors read as Cassandra's, it tells apart two ways to fail: a token
// that had to come ([parser.expect]), and a choice of which no way fits
// ([parser.noViable]). A choice that needed k tokens fails at the k-th of them,
// but its message brackets the first. How far the message quotes the source
// depends on the tokens looked at so far, hence [parser.look].
//
// Errors travel as panics of *Error, which [run] turns into values.
type parser struct {
	lx      lexer
	lexErr  error // sticky
	dialect Dialect
	toks    []token // read so far, without hidden ones
	pos     int     // the current one among them
	fetched int     // the furthest one looked at
	markers []*Marker
	depth   int
	ops     int
}

// run parses src with f.
func run(d Dialect, src string, f func(p *parser)) (err error) {
	if len(src) > maxSize {
		return &Error{Msg: fmt.Sprintf("statement of %d bytes is longer than %d", len(src), maxSize)}
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			err = e
		default:
			panic(e)
		}
	}()
	p := &parser{lx: lexer{src: src, line: 1, strict: d == Cassandra}, dialect: d}
	p.toks = make([]token, 0, min(len(src)/4+4, 128))
	f(p)
	return nil
}

// look returns the k-th token from here, 1 being the current one.
func (p *parser) look(k int) token {
	i := p.pos + k - 1
	for len(p.toks) <= i {
		if p.lexErr != nil {
			panic(p.lexErr)
		}
		t, err := p.lx.next()
		if err != nil {
			p.lexErr = err
			panic(err)
		}
		if t.kind != tokHidden {
			p.toks = append(p.toks, t)
		}
	}
	p.fetched = max(p.fetched, i)
	return p.toks[i]
}

func (p *parser) kind() kind           { return p.look(1).kind }
func (p *parser) kindAt(k int) kind    { return p.look(k).kind }
func (p *parser) at(k kind) bool       { return p.kind() == k }
func (p *parser) here() Pos            { return p.look(1).pos }
func (p *parser) extended() bool       { return p.dialect != Cassandra }
func (p *parser) atWord(w string) bool { return p.wordAt(1, w) }

// wordAt reports whether the k-th token is w, a word that is no keyword.
func (p *parser) wordAt(k int, w string) bool {
	t := p.look(k)
	return t.kind == tokIdent && strings.EqualFold(t.text, w)
}

// next consumes the current token.
func (p *parser) next() token {
	t := p.look(1)
	p.pos++
	p.look(1)
	return t
}

// accept consumes the current token if it is a k.
func (p *parser) accept(k kind) bool {
	if !p.at(k) {
		return false
	}
	p.next()
	return true
}

// expect consumes the current token, which must be a k.
func (p *parser) expect(k kind) token {
	if !p.at(k) {
		p.mismatch(k.String())
	}
	return p.next()
}

// mismatch fails at the current token.
func (p *parser) mismatch(expecting string) {
	t := p.look(1)
	p.fail(t, fmt.Sprintf("mismatched input '%s' expecting %s", t.text, expecting))
}

// noViable fails at the k-th token.
func (p *parser) noViable(k int) {
	t := p.look(k)
	p.fail(t, fmt.Sprintf("no viable alternative at input '%s'", t.text))
}

func (p *parser) fail(t token, msg string) {
	at := fmt.Sprintf("line %d:%d ", t.pos.Line, t.pos.Col)
	if t.kind == tokEOF {
		at = "line 0:-1 "
	}
	snip := snippet(p.lx.src, p.lx.strict, p.toks[p.pos].raw, p.toks[p.fetched].raw)
	panic(&Error{Pos: t.pos, Msg: at + msg + snip})
}

// reject fails with a message that names no place, as Cassandra does where
// its parser, not its grammar, objects.
func (p *parser) reject(pos Pos, format string, args ...any) {
	panic(&Error{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// enter guards the depth of recursion; every enter needs a leave.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.reject(p.here(), "line %d:%d nested more than %d levels deep", p.here().Line, p.here().Col, maxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

// operator counts arithmetic, which nests to the left without recursion.
func (p *parser) operator() byte {
	if p.ops++; p.ops > maxOperators {
		p.reject(p.here(), "line %d:%d more than %d operators", p.here().Line, p.here().Col, maxOperators)
	}
	return p.next().text[0]
}

// try runs f. If that fails at the grammar, it goes back to where it was and
// returns false.
func (p *parser) try(f func()) (ok bool) {
	pos, depth, markers := p.pos, p.depth, p.markers
	defer func() {
		e := recover()
		if e == nil {
			return
		}
		if _, isError := e.(*Error); !isError || p.lexErr != nil {
			panic(e)
		}
		p.pos, p.depth, p.markers = pos, depth, markers
	}()
	f()
	return true
}

// list parses items separated by commas.
func (p *parser) list(item func()) {
	item()
	for p.accept(tokComma) {
		item()
	}
}

// parens parses a list in parentheses, which is not empty.
func (p *parser) parens(item func()) {
	p.expect(tokLParen)
	p.list(item)
	p.expect(tokRParen)
}

// head returns the head of the statement that starts here. Call finish at its
// end.
func (p *parser) head() Head { return Head{Pos: p.here()} }

func (p *parser) finish(s Statement, firstMarker int) {
	h := s.Header()
	h.End = p.toks[p.pos-1].end
	if n := len(p.markers); n > firstMarker {
		h.Markers = p.markers[firstMarker:n:n]
	}
}

func (p *parser) ifNotExists() bool {
	if !p.accept(kwIf) {
		return false
	}
	p.expect(kwNot)
	p.expect(kwExists)
	return true
}

func (p *parser) ifExists() bool {
	if !p.accept(kwIf) {
		return false
	}
	p.expect(kwExists)
	return true
}

package cqlparse

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// token is a lexical element.
type token struct {
	kind kind
	pos  Pos
	end  Pos    // just behind it
	raw  int    // its index, hidden tokens counted
	text string // the source, or the unescaped content of a string or quoted name
}

// length is the number of characters of the text, which for strings is less
// than what the source has. Cassandra's messages count so.
func (t token) length() int { return utf8.RuneCountInString(t.text) }

// lexer splits a source text into tokens. A zero line means 1.
type lexer struct {
	src  string
	off  int
	line int
	col  int
	raw  int
	// strict is Cassandra: a line comment ends with its line, not with the
	// text, and a beginning of some literal has to become one.
	strict bool
}

func (lx *lexer) pos() Pos { return Pos{Offset: lx.off, Line: lx.line, Col: lx.col} }

// advance moves behind the next n bytes.
func (lx *lexer) advance(n int) {
	for end := lx.off + n; lx.off < end; {
		c := lx.src[lx.off]
		if c == '\n' {
			lx.line++
			lx.col = 0
			lx.off++
		} else if c < utf8.RuneSelf {
			lx.col++
			lx.off++
		} else {
			_, size := utf8.DecodeRuneInString(lx.src[lx.off:])
			lx.col++
			lx.off += size
		}
	}
}

// fail returns an error n bytes further on.
func (lx *lexer) fail(n int, format string, args ...any) error {
	lx.advance(n)
	msg := fmt.Sprintf(format, args...)
	return &Error{Pos: lx.pos(), Msg: fmt.Sprintf("line %d:%d %s", lx.line, lx.col, msg)}
}

// charAt returns the character n bytes on, as messages show it.
func (lx *lexer) charAt(n int) string {
	rest := lx.src[lx.off+n:]
	if rest == "" {
		return "'<EOF>'"
	}
	r, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case '\n':
		return `'\n'`
	case '\t':
		return `'\t'`
	case '\r':
		return `'\r'`
	}
	return "'" + string(r) + "'"
}

// emit makes a token of the next n bytes.
func (lx *lexer) emit(k kind, n int, text string) token {
	t := token{kind: k, pos: lx.pos(), raw: lx.raw, text: text}
	lx.advance(n)
	t.end = lx.pos()
	lx.raw++
	return t
}

// next returns the next token, hidden ones included. At the end it returns
// tokEOF again and again.
func (lx *lexer) next() (token, error) {
	s := lx.src[lx.off:]
	if s == "" {
		return lx.emit(tokEOF, 0, "<EOF>"), nil
	}
	switch c := s[0]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		n := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
		return lx.emit(tokHidden, n, s[:n]), nil
	case strings.HasPrefix(s, "--") || strings.HasPrefix(s, "//"):
		n := strings.IndexAny(s, "\r\n")
		if n < 0 {
			if lx.strict {
				return token{}, lx.fail(len(s), "mismatched character '<EOF>' expecting set null")
			}
			n = len(s) - 1
		}
		return lx.emit(tokHidden, n+1, s[:n+1]), nil
	case strings.HasPrefix(s, "/*"):
		n := strings.Index(s[2:], "*/")
		if n < 0 {
			missing := "*"
			if len(s) > 2 && s[len(s)-1] == '*' {
				missing = "/"
			}
			return token{}, lx.fail(len(s), "mismatched character '<EOF>' expecting '%s'", missing)
		}
		return lx.emit(tokHidden, n+4, s[:n+4]), nil
	case c == '\'':
		return lx.quoted(s, '\'', tokString)
	case c == '"':
		if strings.HasPrefix(s, `""`) && !strings.HasPrefix(s, `"""`) {
			return lx.emit(tokEmptyQuotedName, 2, s[:2]), nil
		}
		return lx.quoted(s, '"', tokQuotedName)
	case c == '$':
		return lx.dollar(s)
	case isLetter(c) || isDigit(c) || c == '-':
		if lx.strict {
			if n, problem := scanBroken(s); n > 0 {
				return token{}, lx.fail(n, problem, lx.charAt(n))
			}
		}
		if k, n := scanNumber(s); n > 0 {
			return lx.emit(k, n, s[:n]), nil
		}
		if isLetter(c) {
			return lx.word(s), nil
		}
	}
	return lx.operator(s)
}

func (lx *lexer) word(s string) token {
	n := 1
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	if strings.HasPrefix(s[n:], "(") && s[:n] == "expr" {
		return lx.emit(tokExpr, n+1, s[:n+1])
	}
	return lx.emit(keyword(s[:n]), n, s[:n])
}

// quoted scans '…' or "…", in which the quote is doubled.
func (lx *lexer) quoted(s string, quote byte, k kind) (token, error) {
	escaped := false
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			escaped = true
			i++
			continue
		}
		text := s[1:i]
		if escaped {
			q := string(quote)
			text = strings.ReplaceAll(text, q+q, q)
		}
		return lx.emit(k, i+1, text), nil
	}
	return token{}, lx.fail(len(s), "mismatched character '<EOF>' expecting '%c'", quote)
}

// dollar scans $$…$$.
func (lx *lexer) dollar(s string) (token, error) {
	if !strings.HasPrefix(s, "$$") {
		return token{}, lx.fail(1, "mismatched character %s expecting '$'", lx.charAt(1))
	}
	n := strings.Index(s[2:], "$$")
	if n < 0 {
		// Cassandra's lexer stops where it could still read $$ at the end.
		_, last := utf8.DecodeLastRuneInString(s)
		if s[len(s)-1] == '$' {
			last = 0
		}
		at := len(s) - last
		return token{}, lx.fail(at, "mismatched character %s expecting '$'", lx.charAt(at))
	}
	return lx.emit(tokString, n+4, s[2:2+n]), nil
}

var operators = map[string]kind{
	"!=": tokNE, "%": tokPercent, "(": tokLParen, ")": tokRParen, "+": tokPlus, "+=": tokPlusEq,
	",": tokComma, "-": tokMinus, "-=": tokMinusEq, ".": tokDot, "..": tokRange, "/": tokSlash,
	":": tokColon, ";": tokSemicolon, "<": tokLT, "<=": tokLE, "=": tokEQ, ">": tokGT, ">=": tokGE,
	"[": tokLBracket, "*": tokStar, "]": tokRBracket, "{": tokLBrace, "}": tokRBrace, "?": tokMarker,
}

func (lx *lexer) operator(s string) (token, error) {
	for n := min(2, len(s)); n > 0; n-- {
		if k, ok := operators[s[:n]]; ok {
			return lx.emit(k, n, s[:n]), nil
		}
	}
	if s[0] == '!' {
		return token{}, lx.fail(1, "mismatched character %s expecting '='", lx.charAt(1))
	}
	return token{}, lx.fail(0, "no viable alternative at character %s", lx.charAt(0))
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

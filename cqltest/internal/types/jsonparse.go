package types

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonError is text that is no JSON. The server passes its parser's words on,
// exception class and all.
type jsonError struct{ class, msg string }

func (e *jsonError) Error() string { return "Error decoding JSON string: " + e.msg }

// String returns the error as the server shows an exception.
func (e *jsonError) String() string { return "com.fasterxml.jackson." + e.class + ": " + e.msg }

const (
	jsonParseException = "core.JsonParseException"
	jsonEOFException   = "core.io.JsonEOFException"
	jsonMismatched     = "databind.exc.MismatchedInputException"

	jsonSource = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
	jsonValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)

// maxJSONDepth is the nesting the server's parser accepts.
const maxJSONDepth = 1000

type jsonParser struct {
	s   string
	pos int
}

// parseJSON parses the first JSON value of s; what follows it is ignored, as
// the server does.
func parseJSON(s string) (any, error) {
	p := &jsonParser{s: s}
	if p.space(); p.pos == len(s) {
		return nil, p.noContent()
	}
	return p.value(0)
}

func (p *jsonParser) noContent() error {
	return &jsonError{jsonMismatched, fmt.Sprintf("No content to map due to end-of-input\n at %s%d]", jsonSource, 1+strings.Count(p.s, "\n"))}
}

// location describes a place in the text.
func (p *jsonParser) location(pos int) string {
	line := 1 + strings.Count(p.s[:pos], "\n")
	col := utf8.RuneCountInString(p.s[1+strings.LastIndexByte(p.s[:pos], '\n'):pos]) + 1
	return fmt.Sprintf("%s%d, column: %d]", jsonSource, line, col)
}

func (p *jsonParser) errorf(format string, args ...any) error {
	return &jsonError{jsonParseException, fmt.Sprintf(format, args...) + "\n at " + p.location(p.pos)}
}

// eof reports that the text ends too early.
func (p *jsonParser) eof(where string) error {
	p.pos = len(p.s)
	return &jsonError{jsonEOFException, "Unexpected end-of-input" + where + "\n at " + p.location(p.pos)}
}

// unclosed reports that the text ends within what starts at start.
func (p *jsonParser) unclosed(what string, start int) error {
	return p.eof(": expected close marker for " + what + " (start marker at " + p.location(start) + ")")
}

// unexpected reports the character at the current place.
func (p *jsonParser) unexpected(where string) error {
	r, _ := utf8.DecodeRuneInString(p.s[p.pos:])
	return p.errorf("Unexpected character ('%c' (code %d))%s", r, r, where)
}

func (p *jsonParser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// value parses a value that is known to start here.
func (p *jsonParser) value(depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, p.errorf("Document nesting depth (%d) exceeds the maximum allowed (%d)", depth, maxJSONDepth)
	}
	switch c := p.s[p.pos]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.string()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == '+' && len(p.s) > p.pos+1:
		err := p.unexpected(" in numeric value: JSON spec does not allow numbers to have plus signs: " +
			"enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow").(*jsonError)
		here, next := p.location(p.pos), p.location(p.pos+1)
		err.msg = strings.TrimSuffix(err.msg, here) + next
		return nil, err
	}
	start := p.pos
	for p.pos < len(p.s) && isWordByte(p.s[p.pos]) {
		p.pos++
	}
	switch word := p.s[start:p.pos]; word {
	case "true", "false":
		return word == "true", nil
	case "null":
		return nil, nil
	case "":
		return nil, p.unexpected(": expected a valid value " + jsonValues)
	case "NaN", "INF", "Infinity":
		return nil, p.errorf("Non-standard token '%s': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", word)
	default:
		return nil, p.errorf("Unrecognized token '%s': was expecting %s", word, jsonValues)
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

func (p *jsonParser) object(depth int) (any, error) {
	const between = " within/between Object entries"
	start := p.pos
	p.pos++
	o := &jsonObject{values: map[string]any{}}
	for first := true; ; first = false {
		p.space()
		switch {
		case p.pos == len(p.s):
			return nil, p.unclosed("Object", start)
		case first && p.next('}'):
			return o, nil
		case p.s[p.pos] != '"':
			return nil, p.unexpected(": was expecting double-quote to start field name")
		}
		k, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.space(); p.pos == len(p.s) {
			return nil, p.eof(between)
		}
		if !p.next(':') {
			return nil, p.unexpected(": was expecting a colon to separate field name and value")
		}
		if p.space(); p.pos == len(p.s) {
			return nil, p.eof(between)
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.put(k.(string), v)
		p.space()
		switch {
		case p.pos == len(p.s):
			return nil, p.unclosed("Object", start)
		case p.next('}'):
			return o, nil
		case !p.next(','):
			return nil, p.unexpected(": was expecting comma to separate Object entries")
		}
	}
}

func (p *jsonParser) array(depth int) (any, error) {
	start := p.pos
	p.pos++
	list := []any{}
	for first := true; ; first = false {
		p.space()
		switch {
		case p.pos == len(p.s):
			return nil, p.unclosed("Array", start)
		case first && p.next(']'):
			return list, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		p.space()
		switch {
		case p.pos == len(p.s):
			return nil, p.unclosed("Array", start)
		case p.next(']'):
			return list, nil
		case !p.next(','):
			return nil, p.unexpected(": was expecting comma to separate Array entries")
		}
	}
}

func (p *jsonParser) next(c byte) bool {
	if p.pos < len(p.s) && p.s[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

const unclosedString = ": was expecting closing quote for a string value"

func (p *jsonParser) controlCharacter(c byte) error {
	return p.errorf("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
}

func (p *jsonParser) string() (any, error) {
	p.pos++
	start := p.pos
	for i := p.pos; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.pos = i + 1
			return p.s[start:i], nil
		case c == '\\':
			return p.escapedString()
		case c < ' ':
			p.pos = i
			return nil, p.controlCharacter(c)
		}
	}
	return nil, p.eof(unclosedString)
}

func (p *jsonParser) escapedString() (any, error) {
	var b strings.Builder
	for ; p.pos < len(p.s); p.pos++ {
		c := p.s[p.pos]
		switch {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c < ' ':
			return nil, p.controlCharacter(c)
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if p.pos++; p.pos == len(p.s) {
			break
		}
		c = p.s[p.pos]
		if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
			b.WriteByte("\"\\/\b\f\n\r\t"[i])
			continue
		}
		if c != 'u' {
			return nil, p.errorf("Unrecognized character escape '%c' (code %d)", c, c)
		}
		r, err := p.hex4()
		if err != nil {
			return nil, err
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.pos+1:], `\u`) {
			p.pos += 2
			low, err := p.hex4()
			if err != nil {
				return nil, err
			}
			r = utf16.DecodeRune(r, low)
		}
		b.WriteRune(r)
	}
	return nil, p.eof(unclosedString)
}

// hex4 parses the four digits behind the u that is here, and stops at the last.
func (p *jsonParser) hex4() (rune, error) {
	var r rune
	for range 4 {
		if p.pos++; p.pos == len(p.s) {
			return 0, p.eof(" in character escape sequence")
		}
		digit, err := strconv.ParseUint(p.s[p.pos:p.pos+1], 16, 8)
		if err != nil {
			return 0, p.unexpected(": expected a hex-digit for character escape sequence")
		}
		r = r<<4 | rune(digit)
	}
	return r, nil
}

func (p *jsonParser) number() (any, error) {
	start := p.pos
	p.next('-')
	whole, _ := cutDigits(p.s[p.pos:])
	if len(whole) > 1 && whole[0] == '0' {
		p.pos++
		return nil, p.errorf("Invalid numeric value: Leading zeroes not allowed")
	}
	p.pos += len(whole)
	if whole == "" {
		return nil, p.badNumber(0, "expected digit (0-9) to follow minus sign, for valid numeric value")
	}
	isFloat := false
	if p.next('.') {
		isFloat = true
		frac, _ := cutDigits(p.s[p.pos:])
		p.pos += len(frac)
		if frac == "" {
			return nil, p.badNumber(1, "Decimal point not followed by a digit")
		}
	}
	if p.next('e') || p.next('E') {
		isFloat = true
		if !p.next('+') {
			p.next('-')
		}
		exp, _ := cutDigits(p.s[p.pos:])
		p.pos += len(exp)
		if exp == "" {
			return nil, p.badNumber(1, "Exponent indicator not followed by a digit")
		}
	}
	text := p.s[start:p.pos]
	if isFloat {
		f, _ := strconv.ParseFloat(text, 64)
		return jsonNumber{FormatDouble(f), "Double"}, nil
	}
	switch v, err := strconv.ParseInt(text, 10, 64); {
	case err != nil:
		return jsonNumber{text, "BigInteger"}, nil
	case v >= math.MinInt32 && v <= math.MaxInt32:
		return jsonNumber{strconv.FormatInt(v, 10), "Integer"}, nil
	default:
		return jsonNumber{text, "Long"}, nil
	}
}

// badNumber reports the character here; the server gives its place as back
// characters to the left of it.
func (p *jsonParser) badNumber(back int, why string) error {
	if p.pos == len(p.s) {
		return p.eof(" in numeric value: " + why)
	}
	err := p.unexpected(" in numeric value: " + why).(*jsonError)
	err.msg = strings.TrimSuffix(err.msg, p.location(p.pos)) + p.location(p.pos-back)
	return err
}

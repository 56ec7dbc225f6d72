package types

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A parsed JSON value is nil, a string, a bool, a jsonNumber, a []any or
// a *jsonObject. The standard library's decoder would lose the order of keys
// and the kinds of number, on which conversions and messages depend.

type jsonNumber struct {
	text  string
	class string // the Java class that the server's parser picks
}

type jsonObject struct {
	keys   []string
	values map[string]any
}

func (o *jsonObject) put(k string, v any) {
	if _, ok := o.values[k]; !ok {
		o.keys = append(o.keys, k)
	}
	o.values[k] = v
}

// foldKeys applies CQL's case rules to the keys: quoted ones lose their quotes,
// others become lower-case.
func (o *jsonObject) foldKeys() *jsonObject {
	out := &jsonObject{values: make(map[string]any, len(o.keys))}
	for _, k := range o.keys {
		folded := strings.ToLower(k)
		if len(k) >= 2 && k[0] == '"' && k[len(k)-1] == '"' {
			folded = k[1 : len(k)-1]
		}
		out.put(folded, o.values[k])
	}
	return out
}

// javaClass names the Java class of a parsed value, for messages.
func javaClass(v any) string {
	switch v := v.(type) {
	case string:
		return "String"
	case bool:
		return "Boolean"
	case jsonNumber:
		return v.class
	case []any:
		return "ArrayList"
	}
	return "LinkedHashMap"
}

// javaString writes a parsed value like Java's toString.
func javaString(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case jsonNumber:
		return v.text
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = javaString(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *jsonObject:
		parts := make([]string, len(v.keys))
		for i, k := range v.keys {
			parts[i] = k + "=" + javaString(v.values[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

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
	return p.value(0)
}

func (p *jsonParser) errorf(format string, args ...any) error {
	line := 1 + strings.Count(p.s[:p.pos], "\n")
	col := p.pos - strings.LastIndexByte(p.s[:p.pos], '\n')
	return fmt.Errorf("%s\n at [Source: (String)\"%s\"; line: %d, column: %d]", fmt.Sprintf(format, args...), p.s, line, col)
}

func (p *jsonParser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *jsonParser) value(depth int) (any, error) {
	p.space()
	if p.pos == len(p.s) {
		if depth == 0 {
			return nil, p.errorf("No content to map due to end-of-input")
		}
		return nil, p.errorf("Unexpected end-of-input")
	}
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
	}
	start := p.pos
	for p.pos < len(p.s) && (p.s[p.pos] == '_' || p.s[p.pos]|0x20 >= 'a' && p.s[p.pos]|0x20 <= 'z' || p.s[p.pos] >= '0' && p.s[p.pos] <= '9') {
		p.pos++
	}
	switch word := p.s[start:p.pos]; word {
	case "true", "false":
		return word == "true", nil
	case "null":
		return nil, nil
	case "":
		r, _ := utf8.DecodeRuneInString(p.s[p.pos:])
		return nil, p.errorf("Unexpected character ('%c' (code %d)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", r, r)
	default:
		return nil, p.errorf("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", word)
	}
}

func (p *jsonParser) object(depth int) (any, error) {
	p.pos++
	o := &jsonObject{values: map[string]any{}}
	for first := true; ; first = false {
		p.space()
		if first && p.next('}') {
			return o, nil
		}
		if p.pos == len(p.s) || p.s[p.pos] != '"' {
			return nil, p.unexpected("was expecting double-quote to start field name")
		}
		k, err := p.string()
		if err != nil {
			return nil, err
		}
		p.space()
		if !p.next(':') {
			return nil, p.unexpected("was expecting a colon to separate field name and value")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.put(k.(string), v)
		p.space()
		if p.next('}') {
			return o, nil
		}
		if !p.next(',') {
			return nil, p.unexpected("was expecting comma to separate Object entries")
		}
	}
}

func (p *jsonParser) array(depth int) (any, error) {
	p.pos++
	list := []any{}
	for first := true; ; first = false {
		p.space()
		if first && p.next(']') {
			return list, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		p.space()
		if p.next(']') {
			return list, nil
		}
		if !p.next(',') {
			return nil, p.unexpected("was expecting comma to separate Array entries")
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

func (p *jsonParser) unexpected(want string) error {
	if p.pos == len(p.s) {
		return p.errorf("Unexpected end-of-input")
	}
	r, size := utf8.DecodeRuneInString(p.s[p.pos:])
	p.pos += size
	return p.errorf("Unexpected character ('%c' (code %d)): %s", r, r, want)
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
			return p.escapedString(start)
		case c < ' ':
			p.pos = i
			return nil, p.errorf("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		}
	}
	p.pos = len(p.s)
	return nil, p.errorf("Unexpected end-of-input: was expecting closing quote for a string value")
}

func (p *jsonParser) escapedString(start int) (any, error) {
	var b strings.Builder
	p.pos = start
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		p.pos++
		switch {
		case c == '"':
			return b.String(), nil
		case c < ' ':
			return nil, p.errorf("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if p.pos == len(p.s) {
			break
		}
		c = p.s[p.pos]
		p.pos++
		if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
			b.WriteByte("\"\\/\b\f\n\r\t"[i])
			continue
		}
		if c != 'u' {
			return nil, p.errorf("Unrecognized character escape '%c' (code %d)", c, c)
		}
		r, ok := p.hex4()
		if !ok {
			return nil, p.errorf("Unexpected character: expected a hex-digit for character escape sequence")
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.pos:], `\u`) {
			p.pos += 2
			low, ok := p.hex4()
			if !ok {
				return nil, p.errorf("Unexpected character: expected a hex-digit for character escape sequence")
			}
			r = utf16.DecodeRune(r, low)
		}
		b.WriteRune(r)
	}
	return nil, p.errorf("Unexpected end-of-input: was expecting closing quote for a string value")
}

func (p *jsonParser) hex4() (rune, bool) {
	if len(p.s) < p.pos+4 {
		return 0, false
	}
	v, err := strconv.ParseUint(p.s[p.pos:p.pos+4], 16, 16)
	p.pos += 4
	return rune(v), err == nil
}

func (p *jsonParser) number() (any, error) {
	start := p.pos
	p.next('-')
	whole, _ := cutDigits(p.s[p.pos:])
	p.pos += len(whole)
	if whole == "" {
		return nil, p.unexpected("expected digit (0-9) to follow minus sign, for valid numeric value")
	}
	if len(whole) > 1 && whole[0] == '0' {
		return nil, p.errorf("Invalid numeric value: Leading zeroes not allowed")
	}
	isFloat := false
	if p.next('.') {
		isFloat = true
		frac, _ := cutDigits(p.s[p.pos:])
		p.pos += len(frac)
		if frac == "" {
			return nil, p.unexpected("Decimal point not followed by a digit")
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
			return nil, p.unexpected("Exponent indicator not followed by a digit")
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

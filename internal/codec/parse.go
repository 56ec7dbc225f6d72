package codec

import (
	"fmt"
	"strconv"
	"strings"
)

// maxDepth bounds the nesting of a type, against text that nests without end.
const maxDepth = 32

var nativeByName = func() map[string]Kind {
	m := make(map[string]Kind, List)
	for k := ASCII; k < List; k++ {
		m[k.String()] = k
	}
	m["varchar"] = Text
	return m
}()

// ParseType reads a CQL type as CREATE TABLE, a type= option or system_schema
// writes it. Any other name is a user-defined type whose fields are not known;
// a quoted string is a custom type's class.
func ParseType(s string) (*Type, error) {
	p := typeParser{s: s}
	t, err := p.parse(0)
	if err == nil {
		if p.space(); p.i < len(s) {
			err = fmt.Errorf("unexpected %q", s[p.i:])
		}
	}
	if err != nil {
		return nil, &Error{CQLType: s, Reason: "not a CQL type: " + err.Error()}
	}
	return t, nil
}

type typeParser struct {
	s string
	i int
}

func (p *typeParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// eat consumes c, and white space before it, if c is next.
func (p *typeParser) eat(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *typeParser) expect(c byte) error {
	if p.eat(c) {
		return nil
	}
	if p.i == len(p.s) {
		return fmt.Errorf("%q is missing at the end", c)
	}
	return fmt.Errorf("%q expected before %q", c, p.s[p.i:])
}

// quoted reads up to the closing quote; a doubled quote stands for itself.
func (p *typeParser) quoted(q byte) (string, error) {
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		if p.s[p.i] != q {
			b.WriteByte(p.s[p.i])
			continue
		}
		if p.i+1 < len(p.s) && p.s[p.i+1] == q {
			b.WriteByte(q)
			p.i++
			continue
		}
		p.i++
		if b.Len() == 0 {
			return "", fmt.Errorf("an empty name")
		}
		return b.String(), nil
	}
	return "", fmt.Errorf("the closing %q is missing", q)
}

func (p *typeParser) word() string {
	from := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		p.i++
	}
	return strings.ToLower(p.s[from:p.i])
}

func (p *typeParser) parse(depth int) (*Type, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	p.space()
	if p.i == len(p.s) {
		return nil, fmt.Errorf("a type is missing at the end")
	}
	switch p.s[p.i] {
	case '"':
		name, err := p.quoted('"')
		return &Type{Kind: UDT, Name: name}, err
	case '\'':
		class, err := p.quoted('\'')
		if err != nil {
			return nil, err
		}
		return parseClass(class), nil
	}
	name := p.word()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return nil, fmt.Errorf("a type expected before %q", p.s[p.i:])
	}
	if p.eat('<') {
		t, err := p.generic(name, depth+1)
		if err == nil {
			err = p.expect('>')
		}
		return t, err
	}
	if k, ok := nativeByName[name]; ok {
		return Native(k), nil
	}
	switch name {
	case "list", "set", "map", "tuple", "vector", "frozen":
		return nil, fmt.Errorf("%s needs type parameters; quote it if it is a user-defined type", name)
	}
	return &Type{Kind: UDT, Name: name}, nil
}

// generic reads what stands between the angle brackets of name<…>.
func (p *typeParser) generic(name string, depth int) (*Type, error) {
	first, err := p.parse(depth)
	if err != nil {
		return nil, err
	}
	switch name {
	case "frozen":
		if first.Kind.native() || first.Kind == Custom {
			return nil, fmt.Errorf("frozen does not apply to %s", first)
		}
		return first.Freeze(), nil
	case "list":
		return &Type{Kind: List, Elem: first}, nil
	case "set":
		return &Type{Kind: Set, Elem: first}, nil
	case "map":
		if err := p.expect(','); err != nil {
			return nil, err
		}
		elem, err := p.parse(depth)
		return &Type{Kind: Map, Key: first, Elem: elem}, err
	case "tuple":
		t := &Type{Kind: Tuple, Elems: []*Type{first}}
		for p.eat(',') {
			e, err := p.parse(depth)
			if err != nil {
				return nil, err
			}
			t.Elems = append(t.Elems, e)
		}
		return t, nil
	case "vector":
		if err := p.expect(','); err != nil {
			return nil, err
		}
		p.space()
		n, err := strconv.Atoi(p.word())
		if err != nil || n < 1 || n > 1<<20 {
			return nil, fmt.Errorf("the length of a vector must be a positive number")
		}
		return &Type{Kind: Vector, Elem: first, Len: n}, nil
	}
	return nil, fmt.Errorf("%s takes no type parameters", name)
}

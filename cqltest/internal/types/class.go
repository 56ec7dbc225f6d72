package types

import (
	"encoding/hex"
	"strconv"
	"strings"
)

var classKinds = func() map[string]Kind {
	m := make(map[string]Kind, len(classNames))
	for k, name := range classNames {
		m[name] = k
	}
	return m
}()

// ParseClass undoes [Type.ClassName]. The package of Cassandra's own types may
// be left out.
func ParseClass(class string) (*Type, error) {
	p := &classParser{s: class}
	t, err := p.parse(0)
	if err == nil && strings.TrimSpace(p.s[p.pos:]) != "" {
		err = p.syntax()
	}
	return t, err
}

// The classes without a CQL name that are supported.
const (
	lexicalUUID = "LexicalUUIDType"
	composite   = "CompositeType"
)

type classParser struct {
	s   string
	pos int
}

func (p *classParser) syntax() error {
	return Syntaxf("Syntax error parsing '%s' at char %d: unexpected character '%s'", p.s, p.pos, strings.TrimSpace(p.s[p.pos:]))
}

func (p *classParser) word() string {
	p.blanks()
	start := p.pos
	for p.pos < len(p.s) && strings.IndexByte("(), :\t\n", p.s[p.pos]) < 0 {
		p.pos++
	}
	return p.s[start:p.pos]
}

func (p *classParser) blanks() {
	for p.pos < len(p.s) && (p.s[p.pos] == ' ' || p.s[p.pos] == '\t' || p.s[p.pos] == '\n') {
		p.pos++
	}
}

func (p *classParser) next(c byte) bool {
	p.blanks()
	if p.pos < len(p.s) && p.s[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// maxClassDepth bounds the nesting of a class name from a client.
const maxClassDepth = 100

func (p *classParser) parse(depth int) (*Type, error) {
	if depth > maxClassDepth {
		return nil, p.syntax()
	}
	name := p.word()
	short := strings.TrimPrefix(name, marshalPackage)
	if short == "FrozenType" {
		args, err := p.args(depth)
		if err != nil || len(args) != 1 {
			return nil, orSyntax(err, p)
		}
		return args[0].Freeze(), nil
	}
	if short == lexicalUUID {
		return Custom(marshalPackage + short), nil
	}
	if short == composite {
		if p.pos == len(p.s) || strings.Count(p.s[p.pos:], "(") != strings.Count(p.s[p.pos:], ")") {
			return nil, Configf("Invalid definition for comparator %s.", marshalPackage+composite)
		}
		args, err := p.args(depth)
		if err != nil {
			return nil, err
		}
		return Composite(args...), nil
	}
	kind, ok := classKinds[short]
	if !ok {
		if !strings.Contains(name, ".") {
			name = marshalPackage + name
		}
		return nil, Configf("Unable to find abstract-type class '%s'", name)
	}
	switch kind {
	case KindUDT:
		return p.udt(depth)
	case KindVector:
		return p.vector(depth)
	case KindList, KindSet, KindMap, KindTuple:
		args, err := p.args(depth)
		if err != nil {
			return nil, err
		}
		if want := map[Kind]int{KindList: 1, KindSet: 1, KindMap: 2}[kind]; want > 0 && len(args) != want {
			return nil, Configf("%s takes exactly %d type parameter", short, want)
		}
		return &Type{Kind: kind, Elems: freezeAll(args), Frozen: kind == KindTuple}, nil
	}
	for _, t := range natives {
		if t.Kind == kind {
			return t, nil
		}
	}
	return nil, p.syntax()
}

func orSyntax(err error, p *classParser) error {
	if err != nil {
		return err
	}
	return p.syntax()
}

func (p *classParser) args(depth int) ([]*Type, error) {
	if !p.next('(') {
		return nil, p.syntax()
	}
	var out []*Type
	for !p.next(')') {
		if len(out) > 0 && !p.next(',') {
			return nil, p.syntax()
		}
		t, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (p *classParser) vector(depth int) (*Type, error) {
	if !p.next('(') {
		return nil, p.syntax()
	}
	elem, err := p.parse(depth + 1)
	if err != nil {
		return nil, err
	}
	if !p.next(',') {
		return nil, p.syntax()
	}
	dim, err := strconv.Atoi(p.word())
	if err != nil || !p.next(')') {
		return nil, p.syntax()
	}
	if dim <= 0 {
		return nil, Invalidf("vectors may only have positive dimensions; given %d", dim)
	}
	return Vector(elem.Freeze(), dim), nil
}

func (p *classParser) udt(depth int) (*Type, error) {
	if !p.next('(') {
		return nil, p.syntax()
	}
	u := &Type{Kind: KindUDT, Keyspace: p.word()}
	if !p.next(',') {
		return nil, p.syntax()
	}
	name, err := hex.DecodeString(p.word())
	if err != nil {
		return nil, p.syntax()
	}
	u.Name = string(name)
	for !p.next(')') {
		if !p.next(',') {
			return nil, p.syntax()
		}
		field, err := hex.DecodeString(p.word())
		if err != nil || !p.next(':') {
			return nil, p.syntax()
		}
		t, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		u.Fields, u.Elems = append(u.Fields, string(field)), append(u.Elems, t)
	}
	return u, nil
}

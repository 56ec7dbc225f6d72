package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Properties is a WITH clause: name to string or map[string]string.
type Properties map[string]any

// ReadProperties reads a WITH clause that may have the known properties.
func ReadProperties(list []*cqlparse.Property, known ...string) (Properties, error) {
	p := Properties{}
	for _, prop := range list {
		name := prop.Name.Name
		if _, twice := p[name]; twice {
			return nil, protocol.SyntaxError("Multiple definitions for property '%s'", name)
		}
		switch v := prop.Value.(type) {
		case *cqlparse.Literal:
			p[name] = v.Text
		case *cqlparse.MapLiteral:
			m := make(map[string]string, len(v.Entries))
			for _, e := range v.Entries {
				m[PropertyText(e.Key)] = PropertyText(e.Value)
			}
			p[name] = m
		case *cqlparse.SetLiteral:
			p[name] = map[string]string{}
		default:
			return nil, protocol.SyntaxError("Invalid value for property '%s'. It should be a string", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(known, name) {
			return nil, protocol.SyntaxError("Unknown property '%s'", name)
		}
	}
	return p, nil
}

// PropertyText is the text of a property's value.
func PropertyText(t cqlparse.Term) string {
	if l, ok := t.(*cqlparse.Literal); ok {
		return l.Text
	}
	return cqlparse.Print(t)
}

// PropertyReader reads properties and keeps the first error.
type PropertyReader struct {
	Properties
	Err error
}

// Reader reads the properties one by one.
func (p Properties) Reader() *PropertyReader { return &PropertyReader{Properties: p} }

func (r *PropertyReader) fail(err error) {
	if r.Err == nil && err != nil {
		r.Err = err
	}
}

func (r *PropertyReader) text(name string, set func(string)) {
	switch v := r.Properties[name].(type) {
	case nil:
	case string:
		set(v)
	default:
		r.fail(protocol.SyntaxError("Invalid value for property '%s'. It should be a string", name))
	}
}

// Mapping reads a property that is a map, if it is given.
func (r *PropertyReader) Mapping(name string, set func(map[string]string)) {
	switch v := r.Properties[name].(type) {
	case nil:
	case map[string]string:
		set(v)
	default:
		r.fail(protocol.SyntaxError("Invalid value for property '%s'. It should be a map.", name))
	}
}

// Boolean reads a property that is true or false, if it is given.
func (r *PropertyReader) Boolean(name string, set func(bool)) {
	r.text(name, func(s string) {
		switch strings.ToLower(s) {
		case "1", "true", "yes":
			set(true)
		case "0", "false", "no":
			set(false)
		default:
			r.fail(protocol.SyntaxError("Invalid boolean value %s for '%s'. Positive values can be '1', 'true' or 'yes'. Negative values can be '0', 'false' or 'no'.", s, name))
		}
	})
}

func (r *PropertyReader) integer(name string, set func(int32)) {
	r.text(name, func(s string) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			r.fail(protocol.SyntaxError("Invalid integer value %s for '%s'", s, name))
			return
		}
		set(int32(n))
	})
}

func (r *PropertyReader) double(name string, set func(float64)) {
	r.text(name, func(s string) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			r.fail(protocol.SyntaxError("Invalid double value %s for '%s'", s, name))
			return
		}
		set(f)
	})
}

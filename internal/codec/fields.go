package codec

import (
	"reflect"
	"strings"
)

// goField is a struct field that stands for a field of a user-defined type or an
// element of a tuple.
type goField struct {
	name    string // of the user-defined type's field
	goName  string
	typ     reflect.Type
	offset  uintptr
	cqlType string // of a type= option
	opts    Options
}

// structFields lists the exported fields of a struct in order; embedded structs
// are flattened. The tag is that of a column: `cql:"name,set,tuple,type=…"`,
// "-" to leave a field out.
func structFields(t reflect.Type) ([]goField, error) {
	fields, err := appendFields(nil, t, 0)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]string, len(fields))
	for _, f := range fields {
		if other, twice := seen[f.name]; twice {
			return nil, fail("the fields %s and %s have the same CQL name %s", other, f.goName, f.name)
		}
		seen[f.name] = f.goName
	}
	return fields, nil
}

// FieldAt returns the name of the field of the user-defined type that udt stands
// for which lies at offset and has the Go type typ. An embedded struct shares its
// address with its first field; the type tells them apart.
func FieldAt(udt reflect.Type, offset uintptr, typ reflect.Type) (name string, ok bool) {
	if udt == nil || udt.Kind() != reflect.Struct {
		return "", false
	}
	fields, err := structFields(udt)
	for _, f := range fields {
		if err == nil && f.offset == offset && f.typ == typ {
			return f.name, true
		}
	}
	return "", false
}

func appendFields(fields []goField, t reflect.Type, offset uintptr) ([]goField, error) {
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("cql")
		if tag == "-" {
			continue
		}
		if sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct && !isScalar(sf.Type) {
			var err error
			if fields, err = appendFields(fields, sf.Type, offset+sf.Offset); err != nil {
				return nil, err
			}
			continue
		}
		if !sf.IsExported() {
			if tagged {
				return nil, fail("the field %s has a cql tag but is not exported", sf.Name)
			}
			continue
		}
		f := goField{goName: sf.Name, typ: sf.Type, offset: offset + sf.Offset}
		if err := f.parseTag(tag); err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// CutName cuts a cql tag behind the name of the column or field. A name in '…' may hold anything; ' is doubled in it.
func CutName(tag string) (name, rest string, quoted bool) {
	if of, ok := strings.CutPrefix(tag, "'"); ok {
		for i := 0; i < len(of); i++ {
			switch {
			case of[i] != '\'':
				continue
			case strings.HasPrefix(of[i:], "''"):
				i++
				continue
			}
			if rest = of[i+1:]; i > 0 && (rest == "" || rest[0] == ',') {
				return strings.ReplaceAll(of[:i], "''", "'"), strings.TrimPrefix(rest, ","), true
			}
			break
		}
	}
	name, rest, _ = strings.Cut(tag, ",")
	return name, rest, false
}

// QuoteName is a name as a cql tag has it.
func QuoteName(name string) string {
	if name != "-" && name == strings.TrimSpace(name) && !strings.ContainsAny(name, ",'<>") {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", "''") + "'"
}

func (f *goField) parseTag(tag string) error {
	name, rest, _ := CutName(tag)
	f.name = name
	if name == "" {
		f.name = SnakeCase(f.goName)
	}
	for rest != "" {
		var opt string
		switch opt, rest = cutOption(rest); {
		case opt == "set":
			f.opts.Set = true
		case opt == "tuple":
			f.opts.Tuple = true
		case strings.HasPrefix(opt, "type="):
			f.cqlType = strings.TrimPrefix(opt, "type=")
		default:
			return fail("the field %s has the unknown option %q in its cql tag", f.goName, opt)
		}
	}
	return nil
}

// cutOption cuts at the first comma outside of angle brackets.
func cutOption(s string) (opt, rest string) {
	depth := 0
	for i, r := range s {
		switch {
		case r == '<':
			depth++
		case r == '>':
			depth--
		case r == ',' && depth == 0:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// inferField returns the CQL type of a struct field.
func (c compiler) inferField(f *goField) (*Type, error) {
	t, err := (*Type)(nil), error(nil)
	if f.cqlType == "" {
		t, err = c.infer(f.typ, f.opts)
	} else if t, err = ParseType(f.cqlType); err == nil {
		_, t, err = c.nested().compile(f.typ, t)
	}
	if err != nil {
		return nil, at(err, "."+f.goName)
	}
	return t.Freeze(), nil
}

// FieldNamed finds the exported field of a struct that stands for the CQL name: by the first
// part of its `cql` tag, or in snake_case. Embedded structs are flattened.
func FieldNamed(t reflect.Type, name string) (index []int, ok bool) {
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("cql")
		if tag == "-" {
			continue
		}
		if sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct && !isScalar(sf.Type) {
			if inner, ok := FieldNamed(sf.Type, name); ok {
				return append([]int{i}, inner...), true
			}
			continue
		}
		own, _, _ := CutName(tag)
		if own == "" {
			own = SnakeCase(sf.Name)
		}
		if sf.IsExported() && own == name {
			return []int{i}, true
		}
	}
	return nil, false
}

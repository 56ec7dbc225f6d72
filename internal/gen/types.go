package gen

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
)

// goTypes are the Go types of the native CQL types, and whether that is the CQL type which coodie takes for them.
var goTypes = map[codec.Kind]struct {
	text     string
	byItself bool
}{
	codec.ASCII: {"string", false}, codec.BigInt: {"int64", true}, codec.Blob: {"[]byte", true}, codec.Boolean: {"bool", true},
	codec.Counter: {"int64", false}, codec.Date: {"coodie.Date", true}, codec.Decimal: {"*gopkg.in/inf.v0.Dec", true},
	codec.Double: {"float64", true}, codec.Duration: {"coodie.Duration", true}, codec.Float: {"float32", true},
	codec.Inet: {"net/netip.Addr", true}, codec.Int: {"int", true}, codec.SmallInt: {"int16", true}, codec.Text: {"string", true},
	codec.Time: {"time.Duration", false}, codec.Timestamp: {"time.Time", true}, codec.TimeUUID: {"coodie.UUID", false},
	codec.TinyInt: {"int8", true}, codec.UUID: {"coodie.UUID", true}, codec.Varint: {"*math/big.Int", true},
}

// noType says that a CQL type has no Go type here.
type noType struct{ typ *codec.Type }

func (e noType) Error() string {
	return e.typ.String() + " has no Go type of its own; give one by GoTypes"
}

// goType is the Go type that holds a CQL type, and whether coodie takes that CQL type for it.
func (w *writer) goType(t *codec.Type, nested bool) (text string, byItself bool, err error) {
	switch t.Kind {
	case codec.List, codec.Vector:
		elem, plain, err := w.goType(t.Elem, true)
		if t.Kind == codec.Vector {
			return fmt.Sprintf("[%d]%s", t.Len, elem), plain, err
		}
		return "[]" + elem, plain, err
	case codec.Set:
		elem, plain, err := w.goType(t.Elem, true)
		if nested && w.comparable(t.Elem) {
			return "map[" + elem + "]struct{}", plain, err
		}
		return "[]" + elem, plain && !nested, err
	case codec.Map:
		key, plainKey, err := w.goType(t.Key, true)
		if err != nil {
			return "", false, err
		}
		if t.Key.Kind == codec.Varint {
			key, plainKey = "int64", false
		}
		if !w.comparable(t.Key) {
			return "", false, noType{t}
		}
		elem, plainElem, err := w.goType(t.Elem, true)
		return "map[" + key + "]" + elem, plainKey && plainElem, err
	case codec.Tuple:
		var fields []string
		for i, e := range t.Elems {
			elem, _, err := w.goType(e, true)
			if err != nil {
				return "", false, err
			}
			fields = append(fields, fmt.Sprintf("V%d %s", i+1, elem))
		}
		name := w.scope.take(w.owner.goName + w.at + "Value")
		w.owner.tuples = append(w.owner.tuples, tuple{name, fields})
		return name, false, nil
	case codec.UDT:
		u := w.types[t.Name]
		if u == nil {
			return "", false, fmt.Errorf("the user-defined type %s is not in the schema", t.Name)
		}
		return u.goName, true, nil
	}
	if of, ok := goTypes[t.Kind]; ok {
		return of.text, of.byItself, nil
	}
	return "", false, noType{t}
}

// comparable reports whether the Go type of a CQL type can be the key of a map, and equal keys are equal values.
func (w *writer) comparable(t *codec.Type) bool {
	switch t.Kind {
	case codec.Blob, codec.Decimal, codec.List, codec.Set, codec.Map, codec.Tuple, codec.Duration, codec.Custom:
		return false
	case codec.Vector:
		return w.comparable(t.Elem)
	case codec.UDT:
		u := w.types[t.Name]
		if u == nil {
			return false
		}
		for _, f := range u.fields {
			if f.typ.Kind == codec.UDT || f.typ.Kind == codec.Varint || f.typ.Kind == codec.Vector || !w.comparable(f.typ) {
				return false
			}
			path := u.name + "." + f.name
			if given := w.cfg.GoTypes[path]; given != "" {
				if strings.HasPrefix(given, "*") || strings.HasPrefix(given, "[]") || strings.HasPrefix(given, "map[") {
					return false
				}
			} else if w.asked(path) && !nilable(goTypes[f.typ.Kind].text) { // equal pointers are not equal values
				return false
			}
		}
	}
	return true
}

// asked reports whether the column or field is to be a pointer.
func (w *writer) asked(path string) bool {
	return slices.Contains(w.cfg.Pointers, "*") || slices.Contains(w.cfg.Pointers, path)
}

// nilable reports whether the Go type has a value of its own for null.
func nilable(text string) bool {
	return strings.HasPrefix(text, "*") || strings.HasPrefix(text, "[]") || strings.HasPrefix(text, "map[") ||
		text == "time.Time" || text == "coodie.Date"
}

// spelled is a Go type as the file has it: the path of a package becomes its name, and is imported.
func (w *writer) spelled(text string) string {
	var out, word strings.Builder
	flush := func() {
		s := word.String()
		word.Reset()
		dot := strings.LastIndexByte(s, '.')
		if dot < 0 {
			out.WriteString(s)
			return
		}
		path, name := s[:dot], s[dot+1:]
		if path == "coodie" {
			path = coodiePath
		}
		out.WriteString(w.imports.name(path) + "." + name)
	}
	for _, r := range text {
		if strings.ContainsRune("*[]{}(); ", r) {
			flush()
			out.WriteRune(r)
			continue
		}
		word.WriteRune(r)
	}
	flush()
	return out.String()
}

// imports are the packages that a file imports, and their names in it.
type imports map[string]string

// name imports the package, and returns a name that no other package has.
func (i imports) name(path string) string {
	if name, ok := i[path]; ok {
		return name
	}
	name := packageName(path)
	for n := 2; i.taken(name, path); n++ {
		name = packageName(path) + strconv.Itoa(n)
	}
	i[path] = name
	return name
}

// taken reports whether another package has the name, or will have it.
func (i imports) taken(name, path string) bool {
	for other, has := range i {
		if has == name && other != path {
			return true
		}
	}
	return name == "coodie" && path != coodiePath || name == "time" && path != "time"
}

const coodiePath = "github.com/coodie-go/coodie"

// importSpec is an import with the package's name, unless that is how its path ends.
func importSpec(of, name string) string {
	if path.Base(of) == name {
		return strconv.Quote(of)
	}
	return name + " " + strconv.Quote(of)
}

// packageName is the name that a package of this path has by custom: inf of gopkg.in/inf.v0.
func packageName(path string) string {
	parts := strings.Split(path, "/")
	name := parts[len(parts)-1]
	if len(parts) > 1 && len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = parts[len(parts)-2]
	}
	name, _, _ = strings.Cut(name, ".")
	return strings.TrimPrefix(strings.ReplaceAll(name, "-", "_"), "go_")
}

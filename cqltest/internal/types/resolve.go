package types

import (
	"strings"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Lookup finds a user-defined type, not frozen; nil when there is none.
type Lookup func(keyspace, name string) *Type

// Resolve turns a type as written into a [Type]. Keyspace is that of the
// statement: user-defined types can only be of the same one.
func Resolve(keyspace string, written *cqlparse.Type, udt Lookup) (*Type, error) {
	return (&resolver{keyspace, udt}).resolve(written, false)
}

type resolver struct {
	keyspace string
	udt      Lookup
}

// resolve converts t; frozen says that it stands inside frozen<…> or a tuple.
func (r *resolver) resolve(t *cqlparse.Type, frozen bool) (*Type, error) {
	switch t.Kind {
	case cqlparse.NativeType:
		if n := natives[t.Name.Name.Name]; n != nil {
			return n, nil
		}
		return nil, Invalidf("Unknown type %s", t.Name.Name.Name)
	case cqlparse.CustomType:
		typ, err := ParseClass(t.Class)
		if err != nil {
			return nil, Syntaxf("Error setting type %s: %s", t.Class, err)
		}
		return typ, nil
	case cqlparse.FrozenType:
		if !canFreeze(t.Params[0]) {
			return nil, Invalidf("frozen<> is only allowed on collections, tuples, and user-defined types (got %s)", displayType(t.Params[0], false))
		}
		return r.resolve(t.Params[0], true)
	case cqlparse.UserType:
		return r.user(t, frozen)
	case cqlparse.TupleType:
		elems := make([]*Type, len(t.Params))
		for i, p := range t.Params {
			if isNative(p, "counter") {
				return nil, Invalidf("Counters are not allowed inside tuples")
			}
			e, err := r.resolve(p, true)
			if err != nil {
				return nil, err
			}
			elems[i] = e
		}
		return Tuple(elems...), nil
	case cqlparse.VectorType:
		e, err := r.resolve(t.Params[0], false)
		if err != nil {
			return nil, err
		}
		if t.Dimension <= 0 {
			return nil, Invalidf("vectors may only have positive dimensions; given %d", t.Dimension)
		}
		return Vector(e, t.Dimension), nil
	}
	return r.collection(t, frozen)
}

func (r *resolver) user(t *cqlparse.Type, frozen bool) (*Type, error) {
	ks, name := t.Name.Keyspace.Name, t.Name.Name.Name
	switch {
	case ks == "":
		ks = r.keyspace
	case ks != r.keyspace:
		return nil, Invalidf("Statement on keyspace %s cannot refer to a user type in keyspace %s; "+
			"user types can only be used in the keyspace they are defined in", r.keyspace, ks)
	}
	var u *Type
	if r.udt != nil {
		u = r.udt(ks, name)
	}
	if u == nil {
		return nil, Invalidf("Unknown type %s.%s", ks, name)
	}
	if frozen {
		c := *u
		c.Frozen = true
		return &c, nil
	}
	return u, nil
}

func (r *resolver) collection(t *cqlparse.Type, frozen bool) (*Type, error) {
	value := t.Params[len(t.Params)-1]
	if err := nestedFrozen(t, value, frozen); err != nil {
		return nil, err
	}
	if isNative(value, "counter") {
		return nil, Invalidf("Counters are not allowed inside collections: %s", displayType(t, frozen))
	}
	if isNative(value, "duration") && t.Kind == cqlparse.SetType {
		return nil, Invalidf("Durations are not allowed inside sets: %s", displayType(t, frozen))
	}
	if t.Kind == cqlparse.MapType {
		if isNative(t.Params[0], "counter") {
			return nil, Invalidf("Counters are not allowed inside collections: %s", displayType(t, frozen))
		}
		if isNative(t.Params[0], "duration") {
			return nil, Invalidf("Durations are not allowed as map keys: %s", displayType(t, frozen))
		}
		if err := nestedFrozen(t, t.Params[0], frozen); err != nil {
			return nil, err
		}
	}
	elems := make([]*Type, len(t.Params))
	for i := len(t.Params) - 1; i >= 0; i-- { // the server looks at the value first
		e, err := r.resolve(t.Params[i], frozen && canFreeze(t.Params[i]))
		if err != nil {
			return nil, err
		}
		elems[i] = e
	}
	kind := map[cqlparse.TypeKind]Kind{cqlparse.ListType: KindList, cqlparse.SetType: KindSet, cqlparse.MapType: KindMap}[t.Kind]
	return &Type{Kind: kind, Elems: elems, Frozen: frozen}, nil
}

func nestedFrozen(t, inner *cqlparse.Type, frozen bool) error {
	if frozen {
		return nil
	}
	switch inner.Kind {
	case cqlparse.ListType, cqlparse.SetType, cqlparse.MapType:
		return Invalidf("Non-frozen collections are not allowed inside collections: %s", displayType(t, false))
	case cqlparse.UserType:
		return Invalidf("Non-frozen UDTs are not allowed inside collections: %s", displayType(t, false))
	}
	return nil
}

func canFreeze(t *cqlparse.Type) bool {
	return t.Kind != cqlparse.NativeType && t.Kind != cqlparse.CustomType
}

func isNative(t *cqlparse.Type, name string) bool {
	return t.Kind == cqlparse.NativeType && t.Name.Name.Name == name
}

// displayType is Display for a type that may stand inside frozen<…>.
func displayType(t *cqlparse.Type, frozen bool) string {
	if t.Kind == cqlparse.FrozenType {
		return displayType(t.Params[0], true)
	}
	if t.Kind == cqlparse.NativeType || t.Kind == cqlparse.CustomType || t.Kind == cqlparse.VectorType {
		return t.String()
	}
	inner := frozen || t.Kind == cqlparse.TupleType
	s := t.String()
	if t.Kind != cqlparse.UserType {
		parts := make([]string, len(t.Params))
		for i, p := range t.Params {
			parts[i] = displayType(p, inner)
		}
		s = s[:strings.IndexByte(s, '<')+1] + strings.Join(parts, ", ") + ">"
	}
	if frozen && t.Kind != cqlparse.TupleType {
		return "frozen<" + s + ">"
	}
	return s
}

// Display writes a type as messages show it: what stands inside something
// frozen is shown frozen too.
func Display(t *cqlparse.Type) string { return displayType(t, false) }

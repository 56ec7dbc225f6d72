package codec

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// short, mid and long are one user-defined type as it grows.
var (
	short = &Type{Kind: UDT, Name: "addr", Fields: []Field{{"city", Native(Text)}, {"floor", Native(Int)}}}
	long  = &Type{Kind: UDT, Name: "addr", Fields: append(short.Fields[:2:2], Field{"zip", Native(Int)})}
)

// typed makes the same type of each: of addr, and of what holds it.
func typed(make func(addr *Type) *Type) (declared, live *Type) { return make(short), make(long) }

// cellFrom encodes a value of JSON, in which a null field of a user-defined type can be left out.
func cellFrom(t *testing.T, typ *Type, text string) []byte {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return cellOf(t, typ, v)
}

func cellOf(t *testing.T, typ *Type, v any) []byte {
	t.Helper()
	if v == nil {
		return nil
	}
	if !typ.composite() {
		switch x := v.(type) {
		case float64:
			v = int(x)
		}
		cell, _, err := EncodeAny([]byte{}, typ, v)
		require.NoError(t, err)
		return cell
	}
	var parts [][]byte
	switch typ.Kind {
	case UDT:
		for _, f := range typ.Fields {
			parts = append(parts, cellOf(t, f.Type, v.(map[string]any)[f.Name]))
		}
	case Map:
		for k, e := range v.(map[string]any) {
			parts = append(parts, cellOf(t, typ.Key, k), cellOf(t, typ.Elem, e))
		}
	default:
		for i, e := range v.([]any) {
			parts = append(parts, cellOf(t, typ.part(i), e))
		}
	}
	return typ.join([]byte{}, parts)
}

func TestLiveTypes(t *testing.T) {
	of := map[string]func(addr *Type) *Type{
		"itself": func(a *Type) *Type { return a },
		"list":   func(a *Type) *Type { return &Type{Kind: List, Elem: a} },
		"map":    func(a *Type) *Type { return &Type{Kind: Map, Key: Native(Text), Elem: a} },
		"key":    func(a *Type) *Type { return &Type{Kind: Map, Key: a, Elem: Native(Text)} },
		"tuple":  func(a *Type) *Type { return &Type{Kind: Tuple, Elems: []*Type{Native(Int), a}} },
		"vector": func(a *Type) *Type { return &Type{Kind: Vector, Elem: a, Len: 2} },
		"field":  func(a *Type) *Type { return &Type{Kind: UDT, Name: "b", Fields: []Field{{"a", a}, {"n", Native(Int)}}} },
	}
	for name, make := range of {
		declared, live := typed(make)
		require.NotEmpty(t, declared.Lacks(live), name)
		require.Empty(t, live.Lacks(declared), name)
		require.Empty(t, live.Lacks(live), name)
		require.True(t, declared.Grew(live), name)
		require.True(t, live.Grew(live), name)
		require.False(t, live.Grew(declared), name)
	}
	declared, live := typed(of["field"])
	require.Equal(t, "a.zip", declared.Lacks(live))
	pair := &Type{Kind: Tuple, Elems: []*Type{Native(Int), Native(Int)}}
	wide := &Type{Kind: Tuple, Elems: []*Type{Native(Int), Native(Int), Native(Text)}}
	require.Equal(t, "[2]", pair.Lacks(wide))
	require.False(t, pair.Grew(wide), "a tuple does not grow")
	require.False(t, short.Grew(&Type{Kind: UDT, Name: "addr", Fields: []Field{{"floor", Native(Int)}, {"city", Native(Text)}, {"zip", Native(Int)}}}))
}

func TestConvert(t *testing.T) {
	swapped := &Type{Kind: UDT, Name: "addr", Fields: []Field{{"floor", Native(BigInt)}, {"city", Native(Text)}}}
	list := func(of *Type) *Type { return &Type{Kind: List, Elem: of} }
	for _, c := range []struct {
		from, to *Type
		cell     string
		want     string // "": an error
	}{
		{short, long, `{"city": "a", "floor": 1}`, `{"city": "a", "floor": 1}`},
		{long, short, `{"city": "a"}`, `{"city": "a"}`},
		{long, short, `{"city": "a", "zip": 1}`, ``},
		{short, swapped, `{"city": "a", "floor": -1}`, `{"city": "a", "floor": -1}`},
		{list(short), list(long), `[{"city": "a"}, {}]`, `[{"city": "a"}, {}]`},
		{list(long), list(short), `[{"city": "a"}, {"zip": 1}]`, ``},
		{Native(Int), Native(BigInt), `-7`, `-7`},
		{Native(Int), Native(Double), `7`, ``},
		{Native(Int), list(short), `7`, ``},
	} {
		got, err := Convert(cellFrom(t, c.from, c.cell), c.from, c.to)
		if c.want == "" {
			require.Error(t, err, "%v", c)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, cellFrom(t, c.to, c.want), got)
	}
	got, err := Convert(nil, short, long)
	require.NoError(t, err)
	require.Nil(t, got, "null")
	got, err = Convert([]byte{}, short, long)
	require.NoError(t, err)
	require.Equal(t, []byte{}, got, "empty is not null")
	_, err = Convert([]byte{}, Native(Int), Native(BigInt))
	require.Error(t, err, "an empty int is no number")
}

func TestEqualCells(t *testing.T) {
	full, cut := cellFrom(t, long, `{"city": "a"}`), cellFrom(t, short, `{"city": "a"}`)
	require.True(t, EqualCells(long, full, cut))
	require.False(t, EqualCells(long, cellFrom(t, long, `{"city": "a", "zip": 1}`), cut))
	require.False(t, EqualCells(long, nil, cellFrom(t, long, `{}`)))
	require.True(t, EqualCells(long, []byte{}, []byte{}))
	require.False(t, EqualCells(long, nil, []byte{}))
}

func TestMerge(t *testing.T) {
	list := func(of *Type) *Type { return &Type{Kind: List, Elem: of} }
	set := func(of *Type) *Type { return &Type{Kind: Set, Elem: of} }
	byName := func(of *Type) *Type { return &Type{Kind: Map, Key: Native(Text), Elem: of} }
	pair := func(of *Type) *Type { return &Type{Kind: Tuple, Elems: []*Type{of, Native(Int)}} }
	vector := func(of *Type) *Type { return &Type{Kind: Vector, Elem: of, Len: 2} }
	for name, c := range map[string]struct {
		make                      func(*Type) *Type
		cell, before, after, want string // want "": an error
	}{
		"a field":               {nil, `{"city": "a", "floor": 1, "zip": 2}`, `{"city": "a", "floor": 1}`, `{"city": "b", "floor": 1}`, `{"city": "b", "floor": 1, "zip": 2}`},
		"nothing":               {nil, `{"zip": 2}`, `{}`, `{}`, `{"zip": 2}`},
		"null":                  {nil, `{"zip": 2}`, `{}`, `null`, `null`},
		"in a tuple":            {pair, `[{"zip": 2}, 1]`, `[{}, 1]`, `[{"city": "b"}, null]`, `[{"city": "b", "zip": 2}, null]`},
		"in a vector":           {vector, `[{"zip": 2}, {"zip": 3}]`, `[{}, {}]`, `[{"city": "b"}, {}]`, `[{"city": "b", "zip": 2}, {"zip": 3}]`},
		"a map's value":         {byName, `{"x": {"zip": 2}, "y": {"zip": 3}}`, `{"x": {}, "y": {}}`, `{"x": {"city": "b"}, "z": {}}`, `{"x": {"city": "b", "zip": 2}, "z": {}}`},
		"appended":              {list, `[{"zip": 2}]`, `[{}]`, `[{}, {}]`, `[{"zip": 2}, {}]`},
		"prepended":             {list, `[{"city": "a", "zip": 2}]`, `[{"city": "a"}]`, `[{"city": "b"}, {"city": "a"}]`, `[{"city": "b"}, {"city": "a", "zip": 2}]`},
		"removed":               {list, `[{"city": "a", "zip": 2}, {"city": "b", "zip": 3}]`, `[{"city": "a"}, {"city": "b"}]`, `[{"city": "b"}]`, `[{"city": "b", "zip": 3}]`},
		"replaced":              {list, `[{"city": "a", "zip": 2}]`, `[{"city": "a"}]`, `[{"city": "b"}]`, ``},
		"one of twins removed":  {list, `[{"zip": 2}, {"zip": 3}]`, `[{}, {}]`, `[{}]`, ``},
		"equal twins removed":   {list, `[{"zip": 2}, {"zip": 2}]`, `[{}, {}]`, `[{}]`, `[{"zip": 2}]`},
		"replaced, not hidden":  {list, `[{"city": "a"}]`, `[{"city": "a"}]`, `[{"city": "b"}]`, `[{"city": "b"}]`},
		"a set's element":       {set, `[{"city": "a", "zip": 2}]`, `[{"city": "a"}]`, `[{"city": "b"}]`, ``},
		"a set's element added": {set, `[{"city": "b", "zip": 2}]`, `[{"city": "b"}]`, `[{"city": "a"}, {"city": "b"}]`, `[{"city": "a"}, {"city": "b", "zip": 2}]`},
	} {
		if c.make == nil {
			c.make = func(a *Type) *Type { return a }
		}
		declared, live := typed(c.make)
		got, err := Merge(live, declared, cellFrom(t, live, c.cell), cellFrom(t, live, c.before), cellFrom(t, live, c.after))
		if c.want == "" {
			require.Error(t, err, name)
			continue
		}
		require.NoError(t, err, name)
		require.True(t, EqualCells(live, cellFrom(t, live, c.want), got), "%s: %x", name, got)
	}

	// A part that is empty stays so.
	cell := append(cellFrom(t, Native(Text), `"\u0000\u0000\u0000\u0001c"`), 0, 0, 0, 0)
	got, err := Merge(short, short, cell, cellFrom(t, short, `{"city": "c"}`), cellFrom(t, short, `{"city": "d"}`))
	require.NoError(t, err)
	require.Equal(t, "\x00\x00\x00\x01d\x00\x00\x00\x00", string(got))
}

// TestForLive: a live tuple may have more elements than the struct, a declared one may not.
func TestForLive(t *testing.T) {
	type pair struct{ A, B *int }
	wide := &Type{Kind: Tuple, Elems: []*Type{Native(Int), Native(Int), Native(Text)}}
	_, err := For(reflect.TypeFor[pair](), wide)
	require.Error(t, err)
	cd, err := ForLive(reflect.TypeFor[pair](), wide)
	require.NoError(t, err)
	_, err = For(reflect.TypeFor[pair](), wide)
	require.Error(t, err, "one does not stand for the other")
	var v pair
	require.NoError(t, cd.Decode(AddrOf(reflect.ValueOf(&v)), cellFrom(t, wide, `[1, null, "x"]`)))
	require.Equal(t, 1, *v.A)
	require.Nil(t, v.B)
	_, err = ForLive(reflect.TypeFor[pair](), &Type{Kind: Tuple, Elems: []*Type{Native(Int)}})
	require.Error(t, err, "an element would be lost")
}

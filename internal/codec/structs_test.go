package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

type place struct {
	Street string
	Zip    *int `cql:"zip_code"`
	Tags   []string
	Skip   string `cql:"-"`
	hidden int
}

type audit struct {
	By owner
	At time.Time
}

type person struct {
	Name  string
	Homes []place
	Work  *place
	audit
	Span [2]time.Time     `cql:"span,tuple,type=list<timestamp>"`
	Near map[string]place `cql:"near"`
}

type namedPlace struct{ X int }

func (namedPlace) UDTName() string { return "Spot" }

type point struct{ X, Y int32 }

type node struct{ Kids []node }

func TestInferStructs(t *testing.T) {
	typ, err := Infer(reflect.TypeFor[person](), Options{})
	require.NoError(t, err)
	require.Equal(t, "person", typ.String())
	var got []string
	for _, f := range typ.Fields {
		got = append(got, f.Name+" "+f.Type.String())
	}
	require.Equal(t, []string{"name text", "homes frozen<list<frozen<place>>>", "work frozen<place>", "by text", "at timestamp",
		"span frozen<list<timestamp>>", "near frozen<map<text, frozen<place>>>"}, got)
	place := typ.Fields[2].Type
	require.Equal(t, []string{"street", "zip_code", "tags"}, []string{place.Fields[0].Name, place.Fields[1].Name, place.Fields[2].Name})

	typ, err = Infer(reflect.TypeFor[*namedPlace](), Options{})
	require.NoError(t, err)
	require.Equal(t, `"Spot"`, typ.String())
	typ, err = Infer(reflect.TypeFor[point](), Options{Tuple: true})
	require.NoError(t, err)
	require.Equal(t, "tuple<int, int>", typ.String())
	typ, err = Infer(reflect.TypeFor[[]point](), Options{Set: true})
	require.NoError(t, err)
	require.Equal(t, "set<frozen<point>>", typ.String())
}

func TestStructsRoundTrip(t *testing.T) {
	v := person{
		Name: "ann", Homes: []place{{Street: "a", Zip: ptr(7), Tags: []string{"x"}}, {}}, audit: audit{"bob", ms},
		Span: [2]time.Time{ms, ms}, Near: map[string]place{"b": {Street: "b"}},
	}
	typ, err := Infer(reflect.TypeFor[person](), Options{})
	require.NoError(t, err)
	back, err := decode(t, typ, person{Work: &place{}}, mustEncode(t, typ, v))
	require.NoError(t, err)
	require.Equal(t, v, back)

	// gocql reads the same cell.
	var theirs struct {
		Name string `cql:"name"`
		By   string `cql:"by"`
		Work *place `cql:"work"`
	}
	require.NoError(t, gocql.Unmarshal(info(t, typ), mustEncode(t, typ, v), &theirs))
	require.Equal(t, "ann", theirs.Name)
	require.Equal(t, "bob", theirs.By)

	tuple := mustParse(t, "tuple<int, int>")
	require.Equal(t, unhex(t, "0000000400000001"+"0000000400000002"), mustEncode(t, tuple, point{1, 2}))
	back, err = decode(t, tuple, point{9, 9}, unhex(t, "0000000400000001"))
	require.NoError(t, err)
	require.Equal(t, point{1, 0}, back, "a shorter tuple ends with nulls")
	_, err = decode(t, tuple, point{}, unhex(t, "ffffffffffffffffffffffff"))
	require.Error(t, err, "a longer one is another type")
}

// ALTER TYPE ADD while the program runs, and other orders of the same fields.
func TestUDTsMeetByName(t *testing.T) {
	type addr struct {
		Street string
		Zip    *int
	}
	grown := address("zip", "int", "added", "text", "street", "text", "later", "list<int>")
	cell := mustEncode(t, grown, addr{"x", ptr(1)})
	require.Equal(t, unhex(t, "0000000400000001"+"ffffffff"+"0000000178"), cell)

	full := unhex(t, "0000000400000001"+"0000000161"+"0000000178"+"00000004"+"00000000"+"0000000100")
	back, err := decode(t, grown, addr{}, full)
	require.NoError(t, err, "fields that only the server knows are skipped, also those added since")
	require.Equal(t, addr{"x", ptr(1)}, back)

	back, err = decode(t, grown, addr{"left over", ptr(9)}, unhex(t, "ffffffff"))
	require.NoError(t, err, "a cell from before the fields were added is shorter")
	require.Equal(t, addr{}, back)
	back, err = decode(t, grown, addr{"left over", ptr(9)}, []byte{})
	require.NoError(t, err)
	require.Equal(t, addr{}, back)
	back, err = decode(t, grown, &addr{}, []byte{})
	require.NoError(t, err)
	require.Equal(t, &addr{}, back, "an empty user-defined type is a value")

	_, err = For(reflect.TypeFor[addr](), address("street", "text"))
	require.ErrorContains(t, err, "the type has no field zip for the struct's Zip: add it with ALTER TYPE")
	_, err = For(reflect.TypeFor[addr](), address("street", "text", "zip", "text"))
	require.ErrorContains(t, err, "at .zip")

	c, err := For(reflect.TypeFor[[]addr](), mustParse(t, "list<frozen<addr2>>"))
	require.NoError(t, err, "a named type without known fields takes those of the struct")
	require.Equal(t, "list<frozen<addr2>>", c.Type().String())
	require.Len(t, c.Type().Elem.Fields, 2)
	c, err = For(reflect.TypeFor[addr](), mustParse(t, "frozen<addr2>"))
	require.NoError(t, err)
	require.True(t, c.Type().Frozen)
}

type cents int64

func (c cents) MarshalCQL(info gocql.TypeInfo) ([]byte, error) {
	if c < -1 {
		return nil, fmt.Errorf("%d is negative", c)
	}
	if c < 0 {
		return nil, errors.New("cents are not negative")
	}
	if c == 0 {
		return nil, nil
	}
	return gocql.Marshal(info, fmt.Sprintf("%d ct", int64(c)))
}

func (c *cents) UnmarshalCQL(info gocql.TypeInfo, data []byte) error {
	*c = 0
	if data == nil {
		return nil
	}
	_, err := fmt.Sscanf(string(data), "%d ct", (*int64)(c))
	return err
}

func (*cents) CQLType() string { return "text" }

type noType struct{ S string }

func (n *noType) MarshalCQL(gocql.TypeInfo) ([]byte, error)     { return []byte(n.S), nil }
func (n *noType) UnmarshalCQL(_ gocql.TypeInfo, d []byte) error { n.S = string(d); return nil }

type onlyMarshals string

func (s onlyMarshals) MarshalCQL(gocql.TypeInfo) ([]byte, error) {
	return []byte(strings.ToUpper(string(s))), nil
}

type onlyUnmarshals struct{}

func (*onlyUnmarshals) UnmarshalCQL(gocql.TypeInfo, []byte) error { return nil }

type oldUDT struct{ A int }

func (oldUDT) MarshalUDT(string, gocql.TypeInfo) ([]byte, error) { return nil, nil }

func TestCustomTypes(t *testing.T) {
	typ, err := Infer(reflect.TypeFor[map[string][]cents](), Options{})
	require.NoError(t, err)
	require.Equal(t, "map<text, frozen<list<text>>>", typ.String())
	v := map[string][]cents{"a": {5}}
	back, err := decode(t, typ, v, mustEncode(t, typ, v))
	require.NoError(t, err)
	require.Equal(t, v, back)

	require.Equal(t, "5 ct", string(mustEncode(t, Native(Text), cents(5))))
	require.Equal(t, "5 ct", string(mustEncode(t, Native(Text), ptr(cents(5)))))
	require.Nil(t, mustEncode(t, Native(Text), cents(0)), "nil bytes are null")
	back, err = decode(t, Native(Text), ptr(cents(5)), nil)
	require.NoError(t, err)
	require.Equal(t, (*cents)(nil), back)
	_, err = encode(t, typ, map[string][]cents{"a": {5, -1}})
	require.EqualError(t, err, "Go map[string][]codec.cents as CQL map<text, frozen<list<text>>>, at [value][1]: its own encoding failed; its error may quote the value and is not printed: errors.As finds it")
	require.EqualError(t, errors.Unwrap(err), "cents are not negative")
	_, err = encode(t, Native(Text), cents(-42))
	require.EqualError(t, err, "Go codec.cents as CQL text: its own encoding failed; its error may quote the value and is not printed: errors.As finds it")
	require.EqualError(t, errors.Unwrap(err), "-42 is negative")

	_, err = Infer(reflect.TypeFor[noType](), Options{})
	require.ErrorContains(t, err, "name its CQL type by a method CQLType() string or a type= option")
	require.Equal(t, "x", string(mustEncode(t, Native(Blob), noType{"x"})), "pointer receivers work on values")

	require.Equal(t, "AB", string(mustEncode(t, Native(Text), onlyMarshals("ab"))))
	back, err = decode(t, Native(Text), onlyMarshals(""), []byte("ab"))
	require.NoError(t, err)
	require.Equal(t, onlyMarshals("ab"), back)
	_, err = For(reflect.TypeFor[onlyUnmarshals](), Native(Int))
	require.ErrorContains(t, err, "implement both")
	_, err = For(reflect.TypeFor[oldUDT](), address("a", "int"))
	require.ErrorContains(t, err, "UDTMarshaler and UDTUnmarshaler are not supported")

	custom := mustParse(t, "'org.example.T'")
	require.Equal(t, "x", string(mustEncode(t, custom, noType{"x"})))
	_, err = For(reflect.TypeFor[string](), custom)
	require.Error(t, err)
}

func TestInferTable(t *testing.T) {
	for want, vs := range map[string][]any{
		"text": {"", owner("")}, "boolean": {true}, "tinyint": {int8(0)}, "smallint": {int16(0), uint8(0)},
		"int": {0, int32(0), uint16(0)}, "bigint": {int64(0), uint(0), uint32(0)}, "varint": {uint64(0)},
		"float": {float32(0)}, "double": {0.0}, "blob": {[]byte{}, [3]byte{}}, "uuid": {someUUID, rawID{}},
		"timestamp": {ms, &ms, stamp{}}, "duration": {gocql.Duration{}}, "list<text>": {[]string{}}, "vector<float, 3>": {[3]float32{}},
		"set<text>": {map[string]struct{}{}}, "map<text, int>": {map[string]*int{}}, "list<frozen<map<int, text>>>": {[]map[int]string{}},
		"vector<frozen<list<int>>, 2>": {[2][]int{}},
	} {
		for _, v := range vs {
			typ, err := Infer(reflect.TypeOf(v), Options{})
			require.NoError(t, err)
			require.Equal(t, want, typ.String(), "%T", v)
			_, err = For(reflect.TypeOf(v), typ)
			require.NoError(t, err, "%T must hold its own default", v)
		}
	}
	typ, err := Infer(reflect.TypeFor[[]byte](), Options{Set: true})
	require.NoError(t, err)
	require.Equal(t, "set<smallint>", typ.String())
}

func TestInferRefuses(t *testing.T) {
	type bad1 struct {
		X int `cql:"x"`
		Y int `cql:"x"`
	}
	type bad2 struct {
		x int `cql:"x"`
	}
	type bad3 struct {
		X int `cql:"x,lst"`
	}
	type bad4 struct {
		D time.Duration
	}
	type bad5 struct {
		X int `cql:"x,type=text"`
	}
	type generic struct{ V any }
	_ = bad2{}.x
	for _, tt := range []struct {
		v    any
		opts Options
		want string
	}{
		{time.Second, Options{}, "choose type=time (of day), type=duration or type=bigint"},
		{[]time.Duration{}, Options{}, "choose type=time"},
		{func() {}, Options{}, "has no CQL type"},
		{make(chan int), Options{}, "has no CQL type"},
		{complex(1, 1), Options{}, "has no CQL type"},
		{[]any{}, Options{}, "interface {} has no CQL type"},
		{uintptr(0), Options{}, "has no CQL type"},
		{[0]int{}, Options{}, "a vector has at least one"},
		{node{}, Options{}, "contains itself"},
		{struct{ X int }{}, Options{}, "needs a name as a user-defined type"},
		{struct{}{}, Options{Tuple: true}, "no exported fields"},
		{1, Options{Set: true}, "the set option needs a slice"},
		{1, Options{Tuple: true}, "the tuple option needs a struct"},
		{bad1{}, Options{}, "the same CQL name x"},
		{bad2{}, Options{}, "not exported"},
		{bad3{}, Options{}, `unknown option "lst"`},
		{bad4{}, Options{}, "at .D: time.Duration has several CQL types"},
		{bad5{}, Options{}, "does not fit"},
		{generic{}, Options{}, "has no CQL type"},
	} {
		_, err := Infer(reflect.TypeOf(tt.v), tt.opts)
		require.ErrorContains(t, err, tt.want, "%T", tt.v)
		var e *Error
		require.ErrorAs(t, err, &e)
	}
	_, err := Infer(nil, Options{})
	require.Error(t, err)
}

// Every pair that does not fit says what does.
func TestForRefuses(t *testing.T) {
	for cql, vs := range map[string][]any{
		"text": {0, []byte{}, true}, "int": {"", 1.0, time.Time{}}, "boolean": {1}, "float": {1}, "blob": {"", []int{}},
		"uuid": {[]byte{}, [15]byte{}}, "timestamp": {1, "", time.Second}, "date": {1}, "time": {ms}, "duration": {1}, "inet": {""},
		"decimal": {1.0}, "varint": {1.0}, "list<int>": {1, map[int]int{}, []string{}}, "set<int>": {map[int]bool{}}, "map<int, int>": {[]int{}},
		"vector<float, 3>": {[2]float32{}, 1}, "tuple<int, int>": {struct{ X int }{}, []int{}}, "address": {map[string]any{}, 1, ms},
	} {
		for _, v := range vs {
			_, err := For(reflect.TypeOf(v), mustParse(t, cql))
			var e *Error
			require.ErrorAs(t, err, &e, "%T as %s", v, cql)
		}
	}
	_, err := For(reflect.TypeFor[float64](), Native(Int))
	require.EqualError(t, err, "Go float64 as CQL int: the Go type does not fit: the CQL type takes a Go integer type, a pointer to it for null, or a coodie.Marshaler")
	_, err = For(reflect.TypeFor[any](), Native(Int))
	require.Error(t, err)
	_, err = For(nil, Native(Int))
	require.Error(t, err)
	_, err = For(reflect.TypeFor[int](), nil)
	require.Error(t, err)
	_, err = For(reflect.TypeFor[[]int](), &Type{Kind: List})
	require.Error(t, err)
	_, err = For(reflect.TypeFor[int](), &Type{Kind: 99})
	require.Error(t, err)
	c, err := For(reflect.TypeFor[int](), Native(Int))
	require.NoError(t, err)
	_, _, err = c.AppendValue(nil, reflect.ValueOf("x"))
	require.ErrorContains(t, err, "another Go type")
}

func TestErrorsHoldNoValue(t *testing.T) {
	_, err := encode(t, mustParse(t, "list<tinyint>"), []int{123456789})
	require.EqualError(t, err, "Go []int as CQL list<tinyint>, at [0]: the value overflows the type it goes to")
	_, err = encode(t, Native(UUID), "secret")
	require.NotContains(t, err.Error(), "secret")
}

func TestFieldAt(t *testing.T) {
	var p person
	name, ok := FieldAt(reflect.TypeFor[person](), unsafe.Offsetof(p.At), reflect.TypeFor[time.Time]())
	require.True(t, ok)
	require.Equal(t, "at", name)
	_, ok = FieldAt(reflect.TypeFor[person](), unsafe.Offsetof(p.audit), reflect.TypeFor[audit]())
	require.False(t, ok, "the embedded struct is no field")
	_, ok = FieldAt(reflect.TypeFor[place](), unsafe.Offsetof(place{}.Skip), reflect.TypeFor[string]())
	require.False(t, ok)
	_, ok = FieldAt(reflect.TypeFor[int](), 0, reflect.TypeFor[int]())
	require.False(t, ok)
	_ = place{}.hidden
}

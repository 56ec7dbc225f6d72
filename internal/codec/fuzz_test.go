package codec

import (
	"bytes"
	"reflect"
	"runtime"
	"testing"

	"github.com/gocql/gocql"
)

// fuzzTargets are Go types for CQL types that together reach every coder.
func fuzzTargets(t testing.TB) []*Codec {
	var cs []*Codec
	add := func(v any, typ *Type) {
		c, err := For(reflect.TypeOf(v), typ)
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, c)
	}
	seen := map[string]bool{}
	for _, tt := range nativeCells {
		add(tt.value, mustParse(t, tt.cql))
		if !seen[tt.cql] {
			seen[tt.cql] = true
			add([]any{}, &Type{Kind: List, Elem: mustParse(t, tt.cql)})
		}
	}
	for _, tt := range collections {
		add(tt.value, mustParse(t, tt.cql))
	}
	if typ, err := Infer(reflect.TypeFor[person](), Options{}); err == nil {
		add(person{}, typ)
		add(&person{}, typ)
		add(map[string]any{}, typ)
	}
	add(point{}, mustParse(t, "tuple<int, int>"))
	add([]Entry{}, mustParse(t, "map<frozen<list<int>>, frozen<map<blob, text>>>"))
	add(cents(0), Native(Text))
	return cs
}

// FuzzDecode: no cell makes a codec panic or allocate beyond a small factor of
// its length, and what decodes without an error encodes to a cell that decodes
// to the same bytes again.
func FuzzDecode(f *testing.F) {
	codecs := fuzzTargets(f)
	for i := range codecs {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte{0x7f, 0xff, 0xff, 0xff})
		f.Add(uint8(i), []byte{0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1})
	}
	for i, tt := range append(nativeCells[:len(nativeCells):len(nativeCells)], collections...) {
		f.Add(uint8(i), unhex(f, tt.cell))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		c := codecs[int(which)%len(codecs)]
		p := reflect.New(c.GoType())
		given := bytes.Clone(data)
		if err := c.Decode(AddrOf(p), given); err != nil {
			return
		}
		if !bytes.Equal(given, data) {
			t.Fatal("decoding wrote into the cell")
		}
		first, null, err := c.Append(nil, AddrOf(p))
		if err != nil || null {
			return // such as null inside a collection
		}
		again := reflect.New(c.GoType())
		if err := c.Decode(AddrOf(again), first); err != nil {
			t.Fatalf("%s as %s: own cell %x does not decode: %v", c.GoType(), c.Type(), first, err)
		}
		second, _, err := c.Append(nil, AddrOf(again))
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s as %s: %x became %x, %v", c.GoType(), c.Type(), first, second, err)
		}
	})
}

func FuzzParseType(f *testing.F) {
	for _, s := range []string{"map<text, frozen<list<int>>>", "vector<float, 3>", `tuple<"A", 'x(y)'>`,
		"'org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.UserType(ks,61,62:org.apache.cassandra.db.marshal.Int32Type),3)'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		FromClass(s)
		typ, err := ParseType(s)
		if err != nil {
			return
		}
		again, err := ParseType(typ.String())
		if err != nil || again.String() != typ.String() {
			t.Fatalf("%q was read as %q, and that as %v, %v", s, typ, again, err)
		}
	})
}

// Cells that claim to hold more than they do must not make a codec allocate it.
func TestLyingCellsCostNothing(t *testing.T) {
	lies := [][]byte{
		{0x7f, 0xff, 0xff, 0xff}, {0x00, 0xff, 0xff, 0xff, 1, 2, 3}, bytes.Repeat([]byte{0x7f}, 64), bytes.Repeat([]byte{0xff}, 64),
		append([]byte{0, 0, 0, 1, 0, 0, 0, 8}, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0),
	}
	for _, c := range fuzzTargets(t) {
		p := New(c.GoType())
		for _, lie := range lies {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_ = c.Decode(p, lie)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
				t.Fatalf("%s as %s allocates %d bytes for a cell of %d", c.GoType(), c.Type(), n, len(lie))
			}
		}
	}
}

// What gocql decodes of a fuzzed int, text, uuid, varint or list, so do we.
func FuzzAgainstGocql(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 1, 5})
	f.Add([]byte{0xff, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return // gocql reads an empty blob as nil
		}
		for _, v := range []any{"", int64(0), []byte{}, gocql.UUID{}} {
			typ, err := Infer(reflect.TypeOf(v), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if n := map[Kind]int{BigInt: 8, UUID: 16}[typ.Kind]; n != 0 && len(data) != n {
				continue // gocql does not check the length
			}
			theirs, ours := reflect.New(reflect.TypeOf(v)), reflect.New(reflect.TypeOf(v))
			if gocql.Unmarshal(info(t, typ), data, theirs.Interface()) != nil {
				continue
			}
			c, err := For(reflect.TypeOf(v), typ)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Decode(AddrOf(ours), data); err != nil || !reflect.DeepEqual(ours.Elem().Interface(), theirs.Elem().Interface()) {
				t.Fatalf("%T: %v, gocql %v, %v", v, ours.Elem(), theirs.Elem(), err)
			}
		}
	})
}

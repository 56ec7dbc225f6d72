package codec_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
)

func TestAlike(t *testing.T) {
	type values struct {
		A string
		B int
	}
	type pointers struct {
		A *string
		B *int
	}
	type outer struct {
		In values
		P  *pointers
	}
	at := func(s string) *string { return &s }
	for name, tt := range map[string]struct {
		v    any
		typ  string
		want int
		null bool // one of them is null
	}{
		"zero":                 {values{}, "tuple<text, int>", 5, true},
		"one zero":             {values{A: "x"}, "tuple<text, int>", 2, false},
		"nothing is zero":      {values{"x", 1}, "tuple<text, int>", 1, false},
		"pointers":             {pointers{A: at("")}, "tuple<text, int>", 1, false},
		"pointers to nothing":  {pointers{}, "tuple<text, int>", 2, true},
		"types in types":       {outer{In: values{A: "x"}, P: &pointers{A: at("")}}, "tuple<frozen<tuple<text, int>>, frozen<tuple<text, int>>>", 2, false},
		"nulls in types":       {outer{In: values{"x", 1}}, "tuple<frozen<tuple<text, int>>, frozen<tuple<text, int>>>", 1, false},
		"a list is as it is":   {[]values{{}}, "list<frozen<tuple<text, int>>>", 1, false},
		"no list reads as nil": {[]int(nil), "list<int>", 1, true},
		"zero of a native":     {0, "int", 2, true},
		"a native":             {7, "int", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			typ, err := codec.ParseType(tt.typ)
			require.NoError(t, err)
			goType := reflect.TypeOf(tt.v)
			cd, err := codec.For(goType, typ)
			require.NoError(t, err)
			p := reflect.New(goType)
			p.Elem().Set(reflect.ValueOf(tt.v))
			cell, null, err := cd.Append([]byte{}, codec.AddrOf(p))
			require.NoError(t, err)
			if null {
				cell = nil
			}
			cells, err := cd.Alike(cell)
			require.NoError(t, err)
			require.Len(t, cells, tt.want)
			require.Equal(t, cell, cells[0])
			nulls := 0
			for _, c := range cells {
				back := reflect.New(goType)
				require.NoError(t, cd.Decode(codec.AddrOf(back), c))
				again, isNull, err := cd.Append([]byte{}, codec.AddrOf(back))
				require.NoError(t, err)
				require.Equal(t, null, isNull)
				if !null {
					require.Equal(t, cell, again)
				}
				if c == nil {
					nulls++
				}
			}
			require.Equal(t, tt.null, nulls == 1)
		})
	}
}

func TestAlikeIsBounded(t *testing.T) {
	type wide struct{ A, B, C, D, E, F, G int }
	typ, err := codec.ParseType("tuple<int, int, int, int, int, int, int>")
	require.NoError(t, err)
	cd, err := codec.For(reflect.TypeFor[wide](), typ)
	require.NoError(t, err)
	cell, _, err := cd.Append([]byte{}, codec.At(&wide{}))
	require.NoError(t, err)
	_, err = cd.Alike(cell)
	require.ErrorContains(t, err, "use pointers")
}

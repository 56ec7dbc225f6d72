package meta

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
)

type base struct {
	Tenant string    `cql:"tenant,partition=2"`
	Region string    `cql:"region,partition=1"`
	Made   time.Time `cql:"made,clustering=2,desc"`
}

type named struct {
	base
	Seq        int    `cql:"seq,clustering=1"`
	Total      string `cql:"total,static"`
	HTTPServer *string
	Tags       []string       `cql:",set"`
	Attrs      map[string]int `cql:"attrs,frozen"`
	Any        map[string]int `cql:"any,type=map<text,bigint>"`
	Skipped    chan int       `cql:"-"`
	hidden     chan int
}

func (*named) TableName() string { return "MyTable" }

func TestDescribe(t *testing.T) {
	table, err := Of(reflect.TypeFor[named]())
	require.NoError(t, err)
	require.Equal(t, "MyTable", table.Name)
	type column struct {
		name, field, typ string
		kind             Kind
		desc             bool
	}
	var got []column
	for i, c := range table.Columns {
		require.Equal(t, i, c.Index)
		require.Same(t, c, table.Column(c.Name))
		require.Same(t, c, table.At(c.Offset, c.GoType))
		got = append(got, column{c.Name, c.Field, c.Type.String(), c.Kind, c.Desc})
	}
	require.Equal(t, []column{
		{"tenant", "base.Tenant", "text", Partition, false},
		{"region", "base.Region", "text", Partition, false},
		{"made", "base.Made", "timestamp", Clustering, true},
		{"seq", "Seq", "int", Clustering, false},
		{"total", "Total", "text", Static, false},
		{"http_server", "HTTPServer", "text", Regular, false},
		{"tags", "Tags", "set<text>", Regular, false},
		{"attrs", "Attrs", "frozen<map<text, int>>", Regular, false},
		{"any", "Any", "map<text, bigint>", Regular, false},
	}, got)
	var key []string
	for _, c := range table.Primary() {
		key = append(key, c.Name)
	}
	require.Equal(t, []string{"region", "tenant", "seq", "made"}, key)
	for i, name := range []string{"region", "tenant", "seq", "made", "total", "any", "attrs", "http_server", "tags"} { // SELECT *
		require.Equal(t, name, table.starred[i].Name)
		require.Same(t, table.Column(name), table.ColumnAt(i, name))
		require.Same(t, table.Columns[i], table.ColumnAt(i, table.Columns[i].Name))
		require.Same(t, table.Column(name), table.ColumnAt(20, name))
	}
	require.Nil(t, table.ColumnAt(0, "other"))
	again, _ := Of(reflect.TypeFor[named]())
	require.Same(t, table, again)
	_ = named{}.hidden
}

// TestAt: an embedded struct shares the address of its first field; the type tells them apart.
func TestAt(t *testing.T) {
	type first struct{ A, B int }
	type outer struct {
		F first `cql:"f"`
		K int   `cql:"k,partition"`
	}
	table, err := Of(reflect.TypeFor[outer]())
	require.NoError(t, err)
	require.Equal(t, "f", table.At(0, reflect.TypeFor[first]()).Name)
	require.Nil(t, table.At(0, reflect.TypeFor[int]()))
	require.Equal(t, codec.UDT, table.Column("f").Type.Kind)
	require.Len(t, table.Types, 1)
}

type otherFields struct{ B string }

func (otherFields) UDTName() string { return "udt" }

func TestMistakes(t *testing.T) {
	type udt struct{ A int }
	for _, tt := range []struct {
		name, field, says string
		typ               reflect.Type
	}{
		{"not a struct", "", "struct type", reflect.TypeFor[int]()},
		{"a pointer", "", "struct type", reflect.TypeFor[*named]()},
		{"no partition key", "", "partition key", reflect.TypeFor[struct {
			A int `cql:"a"`
		}]()},
		{"two columns of one name", "B", `"a" is already declared by field A`, reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"a"`
		}]()},
		{"same name by default", "UserID", "already declared", reflect.TypeFor[struct {
			User_id int `cql:",partition"`
			UserID  int
		}]()},
		{"unknown option", "A", `"partiton" is unknown`, reflect.TypeFor[struct {
			A int `cql:"a,partiton"`
		}]()},
		{"an option twice", "A", "twice", reflect.TypeFor[struct {
			A int `cql:"a,partition,partition"`
		}]()},
		{"tag on an unexported field", "a", "not exported", reflect.TypeFor[struct {
			a int `cql:"a,partition"`
		}]()},
		{"unsupported Go type", "C", "chan", reflect.TypeFor[struct {
			A int      `cql:"a,partition"`
			C chan int `cql:"c"`
		}]()},
		{"duplicate position", "B", "already taken by field A", reflect.TypeFor[struct {
			A int `cql:"a,partition=1"`
			B int `cql:"b,partition=1"`
		}]()},
		{"position for some", "B", "or none", reflect.TypeFor[struct {
			A int `cql:"a,partition=1"`
			B int `cql:"b,partition"`
		}]()},
		{"position with a gap", "A", "gap", reflect.TypeFor[struct {
			A int `cql:"a,partition=2"`
		}]()},
		{"position that is none", "A", "not a number", reflect.TypeFor[struct {
			A int `cql:"a,partition=x"`
		}]()},
		{"two roles", "A", "one of", reflect.TypeFor[struct {
			A int `cql:"a,partition,static"`
		}]()},
		{"order of a regular column", "B", "clustering column", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,desc"`
		}]()},
		{"static without clustering", "B", "clustering", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,static"`
		}]()},
		{"counter in the key", "A", "primary key", reflect.TypeFor[struct {
			A int64 `cql:"a,partition,type=counter"`
		}]()},
		{"counter beside another column", "B", "only counters", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b"`
			C int64  `cql:"c,type=counter"`
		}]()},
		{"type that is none", "A", "type", reflect.TypeFor[struct {
			A int `cql:"a,partition,type=map<int"`
		}]()},
		{"type that does not fit", "B", "B", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,type=int"`
		}]()},
		{"type and set", "B", "type=", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B []int `cql:"b,set,type=set<int>"`
		}]()},
		{"set of no slice", "B", "B", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,set"`
		}]()},
		{"value for an option that takes none", "A", "no value", reflect.TypeFor[struct {
			A int `cql:"a,partition,set=1"`
		}]()},
		{"options after -", "A", "no options", reflect.TypeFor[struct {
			A int `cql:"-,partition"`
		}]()},
		{"empty option", "A", "empty", reflect.TypeFor[struct {
			A int `cql:"a,,partition"`
		}]()},
		{"embedded pointer", "udt", "by value", reflect.TypeFor[struct {
			*udt
			A int `cql:"a,partition"`
		}]()},
		{"attempt of another type", "B", "uuid", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,attempt"`
		}]()},
		{"two attempt columns", "C", "field B is the attempt column", reflect.TypeFor[struct {
			A int      `cql:"a,partition"`
			B [16]byte `cql:"b,attempt"`
			C [16]byte `cql:"c,attempt"`
		}]()},
		{"version of another type", "B", "int64", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,version"`
		}]()},
		{"version that is small", "B", "int64", reflect.TypeFor[struct {
			A int  `cql:"a,partition"`
			B int8 `cql:"b,version"`
		}]()},
		{"version in a small column", "B", "bigint", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,version"`
		}]()},
		{"version in a small field", "B", "int64", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B int32 `cql:"b,version,type=bigint"`
		}]()},
		{"version of any size", "B", "bigint", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B uint64 `cql:"b,version"`
		}]()},
		{"two version columns", "C", "field B is the version column", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B int64 `cql:"b,version"`
			C int64 `cql:"c,version"`
		}]()},
		{"static version", "C", "regular", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,clustering"`
			C int `cql:"c,version,static"`
		}]()},
		{"one UDT name for two types", "C", "user-defined type udt has other fields", reflect.TypeFor[struct {
			A int           `cql:"a,partition"`
			B udt           `cql:"b"`
			C []otherFields `cql:"c"`
		}]()},
		{"attempt in the key", "A", "regular", reflect.TypeFor[struct {
			A [16]byte `cql:"a,partition,attempt"`
		}]()},
		{"ambiguous duration", "D", "type=", reflect.TypeFor[struct {
			A int           `cql:"a,partition"`
			D time.Duration `cql:"d"`
		}]()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Of(tt.typ)
			var schema *Error
			require.ErrorAs(t, err, &schema)
			require.Equal(t, tt.typ, schema.Type)
			require.Equal(t, tt.field, schema.Field)
			require.Contains(t, err.Error(), tt.says)
		})
	}
}

func FuzzTag(f *testing.F) {
	for _, s := range []string{"", "-", "a,partition", "a,clustering=2,desc", "a,type=map<text,frozen<list<int>>>,static", "a,type='x,y'", ",<,>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tag, err := parseTag(s)
		if err == nil && tag.position < 0 {
			t.Fatalf("%q: position %d", s, tag.position)
		}
	})
}

// turned encodes its bytes turned round.
type turned [16]byte

func (t turned) MarshalCell(string) ([]byte, error) {
	cell := make([]byte, 16)
	for i := range t {
		cell[15-i] = t[i]
	}
	return cell, nil
}

func (t *turned) UnmarshalCell(_ string, cell []byte) error {
	for i := range cell {
		t[15-i] = cell[i]
	}
	return nil
}

// TestAttemptIsItsBytes: Settle compares the id that was sent with the cell.
func TestAttemptIsItsBytes(t *testing.T) {
	type plain [16]byte
	for typ, says := range map[reflect.Type]string{
		reflect.TypeFor[struct {
			K       string `cql:"k,partition"`
			Attempt plain  `cql:"attempt,attempt"`
		}](): "",
		reflect.TypeFor[struct {
			K       string `cql:"k,partition"`
			Attempt turned `cql:"attempt,attempt,type=uuid"`
		}](): "encodes itself otherwise",
	} {
		_, err := Of(typ)
		if says == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, says)
		}
	}
}

package meta

import (
	"reflect"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

func TestIndexMistakes(t *testing.T) {
	type udt struct{ A int }
	for _, tt := range []struct {
		name, field, says string
		typ               reflect.Type
	}{
		{"unknown word", "B", `"btree" is unknown`, reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,index=btree"`
		}]()},
		{"bad name", "B", "index name", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,index=name=a-b"`
		}]()},
		{"option without value", "B", "name=value", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,index=sai x="`
		}]()},
		{"option of another kind", "B", "only an index=sai", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,index=case_sensitive=false"`
		}]()},
		{"two targets", "B", "twice for both", reflect.TypeFor[struct {
			A int            `cql:"a,partition"`
			B map[string]int `cql:"b,index=keys values"`
		}]()},
		{"the partition key", "A", "found by itself", reflect.TypeFor[struct {
			A int `cql:"a,partition,index"`
		}]()},
		{"a duration", "B", "duration", reflect.TypeFor[struct {
			A int            `cql:"a,partition"`
			B gocql.Duration `cql:"b,index"`
		}]()},
		{"a vector", "B", "index=sai", reflect.TypeFor[struct {
			A int        `cql:"a,partition"`
			B [2]float32 `cql:"b,index"`
		}]()},
		{"keys of no collection", "B", "for collections", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,index=keys"`
		}]()},
		{"keys of a list", "B", "for maps", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B []int `cql:"b,index=keys"`
		}]()},
		{"a frozen collection", "B", "index=full", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B []int `cql:"b,frozen,index"`
		}]()},
		{"full of what is not frozen", "B", "for frozen", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B []int `cql:"b,index=full"`
		}]()},
		{"a user-defined type that is not frozen", "B", "if it is frozen", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B udt `cql:"b,index"`
		}]()},
		{"twice", "B", "twice", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B []int `cql:"b,index,index=values"`
		}]()},
		{"a counter", "B", "counter", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B int64 `cql:"b,type=counter,index"`
		}]()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Of(tt.typ)
			var schema *Error
			require.ErrorAs(t, err, &schema)
			require.Equal(t, tt.field, schema.Field)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

// Values in quotes hold spaces and commas, and so do names.
func TestQuotedTags(t *testing.T) {
	table, err := Of(reflect.TypeFor[quotedTags]())
	require.NoError(t, err)
	require.Equal(t, []string{"a,static", "-", "'c'", " d<", "'e"}, columnNames(table.Columns))
	require.Equal(t, []Index{{Name: "b", SAI: true, Options: [][2]string{{"index_analyzer", `{"filters": ["a", "it's"]}`}, {"case_sensitive", "false"}}}}, table.Columns[1].Indexes)
}

type quotedTags struct {
	A int    `cql:"'a,static',partition"`
	B string `cql:"'-',index=sai index_analyzer='{\"filters\": [\"a\", \"it''s\"]}' case_sensitive=false name=b"`
	C string `cql:"'''c'''"`
	D string `cql:"' d<',type=ascii"`
	E string `cql:"'''e'"`
}

func columnNames(columns []*Column) (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

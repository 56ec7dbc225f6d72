package meta

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodecTagMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		typ        reflect.Type
	}{
		{"codec without a type", "needs a type=", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,codec=x"`
		}]()},
		{"codec without a name", "names no codec", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,type=text,codec="`
		}]()},
		{"JSON and a codec", "not both", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B string `cql:"b,type=text,json,codec=x"`
		}]()},
		{"JSON and a set", "no set", reflect.TypeFor[struct {
			A int      `cql:"a,partition"`
			B []string `cql:"b,set,json"`
		}]()},
		{"JSON in another type", "text column", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B []byte `cql:"b,type=blob,json"`
		}]()},
		{"what has no JSON", "has no JSON", reflect.TypeFor[struct {
			A int                  `cql:"a,partition"`
			B struct{ C chan int } `cql:"b,json"`
		}]()},
		{"codec with a default", "BeforeSave", reflect.TypeFor[struct {
			A int     `cql:"a,partition"`
			B *string `cql:"b,type=text,codec=x,default=y"`
		}]()},
		{"default that is no JSON", "default=", reflect.TypeFor[struct {
			A int            `cql:"a,partition"`
			B map[string]int `cql:"b,json,default=x"`
		}]()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Of(tt.typ)
			var schema *Error
			require.ErrorAs(t, err, &schema)
			require.Equal(t, "B", schema.Field)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

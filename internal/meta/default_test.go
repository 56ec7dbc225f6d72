package meta

import (
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"gopkg.in/inf.v0"
)

type defaults struct {
	K   gocql.UUID     `cql:"k,partition,default=uuid()"`
	T   gocql.UUID     `cql:"t,type=timeuuid,default=now()"`
	U   string         `cql:"u,type=uuid,default=00000000-0000-4000-8000-000000000001"`
	S   *string        `cql:"s,default=new one"`
	Q   *string        `cql:"q,default='it''s, well'"`
	E   *string        `cql:"e,default=''"`
	B   *bool          `cql:"b,default=true"`
	I   *int           `cql:"i,default=-7"`
	L   *int64         `cql:"l,default=0"`
	V   *big.Int       `cql:"v,default=123456789012345678901234567890"`
	D   *inf.Dec       `cql:"d,default=1.50"`
	F   *float32       `cql:"f,default=0.1"`
	G   *float64       `cql:"g,default=2.5"`
	At  time.Time      `cql:"at,default=2026-01-02T03:04:05Z"`
	Now time.Time      `cql:"now,default=now()"`
	Day time.Time      `cql:"day,type=date,default=2026-01-02"`
	Off *time.Duration `cql:"off,type=time,default=1h30m"`
	Dur *time.Duration `cql:"dur,type=duration,default=1h"`
}

func TestDefaults(t *testing.T) {
	table, err := Of(reflect.TypeFor[defaults]())
	require.NoError(t, err)
	require.Len(t, table.Defaults, 18)
	fill := func(v *defaults) {
		for _, c := range table.Defaults {
			require.NoError(t, c.Fill(codec.At(v)), c.Name)
		}
	}
	var v defaults
	fill(&v)
	require.Equal(t, byte(0x40), v.K[6]&0xf0)
	require.Equal(t, 1, v.T.Version())
	require.WithinDuration(t, time.Now(), v.Now, time.Minute)
	one, seven, zero := "new one", -7, int64(0)
	quoted, empty, yes := "it's, well", "", true
	tenth, half, off, hour := float32(0.1), 2.5, 90*time.Minute, time.Hour
	big30, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	require.Equal(t, defaults{
		K: v.K, T: v.T, U: "00000000-0000-4000-8000-000000000001", S: &one, Q: &quoted, E: &empty, B: &yes, I: &seven, L: &zero,
		V: big30, D: inf.NewDec(150, 2), F: &tenth, G: &half, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Now: v.Now,
		Day: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Off: &off, Dur: &hour,
	}, v)

	// What is there stays.
	again := v
	fill(&again)
	require.Equal(t, v, again)
	var other defaults
	fill(&other)
	require.NotEqual(t, v.K, other.K, "made anew each time")
	*other.S = "changed"
	require.Equal(t, "new one", *v.S, "no two rows share a default")
}

func TestDefaultMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, field, says string
		typ               reflect.Type
	}{
		{"a field that cannot be null", "B", "make it a pointer", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,default=1"`
		}]()},
		{"no value", "B", "default=''", reflect.TypeFor[struct {
			A int     `cql:"a,partition"`
			B *string `cql:"b,default="`
		}]()},
		{"no value at all", "B", "default=''", reflect.TypeFor[struct {
			A int     `cql:"a,partition"`
			B *string `cql:"b,default"`
		}]()},
		{"another type", "B", "is no int", reflect.TypeFor[struct {
			A int  `cql:"a,partition"`
			B *int `cql:"b,default=x"`
		}]()},
		{"too big", "B", "is no tinyint", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B *int8 `cql:"b,default=128"`
		}]()},
		{"another function", "B", "is no uuid", reflect.TypeFor[struct {
			A int        `cql:"a,partition"`
			B gocql.UUID `cql:"b,default=now()"`
		}]()},
		{"a collection", "B", "BeforeSave", reflect.TypeFor[struct {
			A int   `cql:"a,partition"`
			B []int `cql:"b,default=[1]"`
		}]()},
		{"a counter", "B", "counts from 0", reflect.TypeFor[struct {
			A int    `cql:"a,partition"`
			B *int64 `cql:"b,type=counter,default=1"`
		}]()},
		{"a version", "B", "set by the write itself", reflect.TypeFor[struct {
			A int `cql:"a,partition"`
			B int `cql:"b,version,default=1"`
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

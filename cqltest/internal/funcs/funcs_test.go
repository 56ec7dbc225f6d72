package funcs

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// typed is an argument of a known type.
type typed struct{ t *types.Type }

func (a typed) Assignable(recv types.Column) types.Assignability { return a.t.AssignableTo(recv.Type) }
func (a typed) Likely() *types.Type                              { return a.t }
func (a typed) IsMarker() bool                                   { return false }
func (a typed) ArrayLen() int                                    { return -1 }
func (a typed) String() string                                   { return a.t.String() }

func resolve(t *testing.T, name string, args ...*types.Type) *Function {
	t.Helper()
	c := &Call{Name: name}
	for _, a := range args {
		c.Args = append(c.Args, typed{a})
	}
	f, err := Resolve(c)
	require.NoError(t, err)
	return f
}

func TestResolve(t *testing.T) {
	require.Equal(t, "system.abs : (int) -> int", resolve(t, "abs", types.Int).String())
	require.Equal(t, `system."_add" : (int, double) -> double`, resolve(t, "_add", types.Int, types.Double).String())
	require.Equal(t, types.Decimal, resolve(t, "_add", types.Varint, types.Float).Result)
	require.Equal(t, types.Varint, resolve(t, "_add", types.Varint, types.Tinyint).Result)
	require.Equal(t, "count", resolve(t, CountRows).ColumnName(nil))
	require.Equal(t, "system.max(c)", resolve(t, "max", types.Text).ColumnName([]string{"c"}))
	require.Nil(t, resolve(t, "nosuch"))
	require.Nil(t, resolve(t, "token", types.Int), "there is no token() without a table")
	f, err := Resolve(&Call{Keyspace: "other", Name: "abs", Args: []Arg{typed{types.Int}}})
	require.NoError(t, err)
	require.Nil(t, f)
	for old, now := range map[string]string{"todate": "to_date", "currentdate": "current_date", "mintimeuuid": "min_timeuuid", "blobasint": "blob_as_int",
		"intasblob": "int_as_blob", "tojson": "to_json", "castAsText": "cast_as_text"} {
		r := natives()
		require.Equal(t, len(r.functions[now]), len(r.functions[old]), "%s and %s", old, now)
		require.Equal(t, r.factories[now] != nil, r.factories[old] != nil)
	}
	require.Empty(t, natives().functions["dateof"], "removed in 5.0")
}

func TestCurrentTime(t *testing.T) {
	env := &Env{Now: time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC), TimeUUIDs: new(TimeUUIDs)}
	call := func(name string) string {
		f := resolve(t, name)
		require.True(t, f.Impure)
		b, err := f.Call(env, nil)
		require.NoError(t, err)
		require.NoError(t, f.Result.Validate(b))
		return f.Result.Text(b)
	}
	require.Equal(t, "2024-02-29T12:34:56.789Z", call("current_timestamp"))
	require.Equal(t, "2024-02-29", call("currentdate"))
	require.Equal(t, "12:34:56.789000000", call("current_time"))
	require.NotEqual(t, call("now"), call("now"))
	require.NotEqual(t, call("uuid"), call("uuid"))
}

func TestTimeUUIDsNeverGoBack(t *testing.T) {
	var ids TimeUUIDs
	now := time.UnixMilli(1_700_000_000_000)
	last := ids.Next(now)
	require.Equal(t, now.UnixMilli(), TimeUUIDMillis(last))
	for _, at := range []time.Time{now, now, now.Add(-time.Hour), now.Add(time.Hour), now} {
		next := ids.Next(at)
		require.NoError(t, types.TimeUUID.Validate(next))
		require.Negative(t, types.TimeUUID.Compare(last, next))
		require.True(t, bytes.Equal(last[8:], next[8:]), "one node")
		last = next
	}
}

// TestHugeDecimals makes sure that a large scale costs an error, not memory.
func TestHugeDecimals(t *testing.T) {
	huge := func(text string) []byte {
		b, err := types.Decimal.FromString(text)
		require.NoError(t, err)
		return b
	}
	big, one := huge("1e2147483647"), huge("1")
	for _, op := range []byte("+-/%") {
		_, err := resolve(t, OperatorName(op), types.Decimal, types.Decimal).Call(nil, [][]byte{big, one})
		require.Error(t, err, "%c", op)
	}
	_, err := resolve(t, "_multiply", types.Decimal, types.Decimal).Call(nil, [][]byte{big, big})
	require.EqualError(t, err, "the operation 'decimal * decimal' failed: Overflow")
	for _, name := range []string{"exp", "log", "round"} {
		_, err := resolve(t, name, types.Decimal).Call(nil, [][]byte{big})
		require.Error(t, err, name)
	}
	small := huge("1e-2147483647")
	b, err := resolve(t, "round", types.Decimal).Call(nil, [][]byte{small})
	require.NoError(t, err)
	require.Equal(t, "0", types.Decimal.Text(b))
	for _, to := range []string{"cast_as_int", "cast_as_double", "cast_as_varint", "cast_as_text"} {
		_, err := resolve(t, to, types.Decimal).Call(nil, [][]byte{big})
		require.NoError(t, err, to)
	}
}

func TestNullArguments(t *testing.T) {
	for name, args := range map[string][]*types.Type{"abs": {types.Int}, "_add": {types.Int, types.Int}, "to_date": {types.Timestamp}, "map_keys": {types.Map(types.Int, types.Int, true)}} {
		b, err := resolve(t, name, args...).Call(nil, make([][]byte, len(args)))
		require.NoError(t, err)
		require.Nil(t, b, name)
	}
	b, err := resolve(t, "abs", types.Int).Call(nil, [][]byte{{}})
	require.NoError(t, err)
	require.Nil(t, b, "the empty int is null to a function")
	b, err = resolve(t, "to_json", types.Int).Call(nil, [][]byte{nil})
	require.NoError(t, err)
	require.Equal(t, "null", string(b))
}

func TestRealFunctionsRoundToNearest(t *testing.T) {
	for _, tt := range []struct {
		name string
		x    float64
		want string
	}{
		{"exp", 1.5, "4.4816890703380645"}, {"exp", -745, "4.9E-324"}, {"exp", 1000, "Infinity"}, {"exp", 0, "1.0"},
		{"log", 2, "0.6931471805599453"}, {"log", 0, "-Infinity"}, {"log", 1, "0.0"}, {"log", 1e308, "709.1962086421661"}, {"log10", 1000, "3.0"}, {"log10", 0.001, "-3.0"},
	} {
		b, err := resolve(t, tt.name, types.Double).Call(nil, [][]byte{types.EncodeDouble(tt.x)})
		require.NoError(t, err)
		require.Equal(t, tt.want, types.Double.Text(b), "%s(%v)", tt.name, tt.x)
	}
}

package codec

import (
	"encoding/hex"
	"reflect"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

func mustParse(t testing.TB, s string) *Type {
	t.Helper()
	typ, err := ParseType(s)
	require.NoError(t, err, s)
	return typ
}

// encode returns the cell of v; nil for null.
func encode(t testing.TB, typ *Type, v any) ([]byte, error) {
	t.Helper()
	c, err := For(reflect.TypeOf(v), typ)
	require.NoError(t, err)
	out, null, err := c.AppendValue([]byte("prefix"), reflect.ValueOf(v))
	require.Equal(t, "prefix", string(out[:6]), "what dst held must stay")
	if err != nil || null {
		require.Len(t, out, 6, "nothing may be appended")
		return nil, err
	}
	return out[6:], nil
}

func mustEncode(t testing.TB, typ *Type, v any) []byte {
	t.Helper()
	cell, err := encode(t, typ, v)
	require.NoError(t, err)
	return cell
}

// decode returns the cell as a value of the type of like, starting from like so
// that leftovers show.
func decode(t testing.TB, typ *Type, like any, cell []byte) (any, error) {
	t.Helper()
	c, err := For(reflect.TypeOf(like), typ)
	require.NoError(t, err)
	p := reflect.New(reflect.TypeOf(like))
	p.Elem().Set(reflect.ValueOf(like))
	data := append([]byte(nil), cell...)
	if cell != nil && data == nil {
		data = []byte{}
	}
	err = c.Decode(p.UnsafePointer(), data)
	for i := range data {
		data[i] = 0xa5 // nothing may alias the driver's buffer
	}
	return p.Elem().Interface(), err
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	if b == nil {
		b = []byte{}
	}
	return b
}

func ptr[T any](v T) *T { return &v }

// The tests' types encode themselves as gocql has it: see internal/driver, which adapts the rest of
// the house.
func init() {
	Adapt(&Foreign{
		Marshaler: reflect.TypeFor[gocql.Marshaler](), Unmarshaler: reflect.TypeFor[gocql.Unmarshaler](),
		NotSupported: []reflect.Type{reflect.TypeFor[gocql.UDTMarshaler](), reflect.TypeFor[gocql.UDTUnmarshaler]()},
		Of: func(t *Type) (func(any) ([]byte, error), func(any, []byte) error) {
			info := t.TypeInfo(4)
			return func(v any) ([]byte, error) { return v.(gocql.Marshaler).MarshalCQL(info) },
				func(v any, cell []byte) error { return v.(gocql.Unmarshaler).UnmarshalCQL(info, cell) }
		},
		UUID: reflect.TypeFor[gocql.UUID](), Duration: reflect.TypeFor[gocql.Duration](),
	})
}

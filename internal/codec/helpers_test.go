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
	err = c.Decode(AddrOf(p), data)
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

// info is the type as gocql describes it to Marshalers.
func info(t testing.TB, typ *Type) gocql.TypeInfo {
	t.Helper()
	var seen seesInfo
	c, err := For(reflect.TypeOf(seen), typ)
	require.NoError(t, err)
	_, _, err = c.Append(nil, At(&seen))
	require.NoError(t, err)
	return seen.info
}

type seesInfo struct{ info gocql.TypeInfo }

func (s *seesInfo) MarshalCQL(info gocql.TypeInfo) ([]byte, error) { s.info = info; return nil, nil }
func (*seesInfo) UnmarshalCQL(gocql.TypeInfo, []byte) error        { return nil }

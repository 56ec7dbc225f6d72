package gocqlv1

import (
	"reflect"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// TestEmptyIsNotNull: gocql sends nil as null, so an empty text is never nil, not even
// where it is all there is.
func TestEmptyIsNotNull(t *testing.T) {
	text, err := codec.For(reflect.TypeFor[string](), codec.Native(codec.Text))
	require.NoError(t, err)
	var call driver.Call
	empty := ""
	for range 2 {
		_, isNull, err := call.Bind(text, codec.At(&empty), false)
		require.NoError(t, err)
		require.False(t, isNull)
	}
	for _, v := range call.Values() {
		cell, err := argument(v).(gocql.Marshaler).MarshalCQL(nativeOf(gocql.TypeVarchar))
		require.NoError(t, err)
		require.NotNil(t, cell)
		require.Empty(t, cell)
	}
}

// TestOnce: gocql has no way left to send the statement again, neither by a retry nor
// for another page.
func TestOnce(t *testing.T) {
	q := new(gocql.Query)
	q.RetryPolicy(&gocql.SimpleRetryPolicy{NumRetries: 3}).Idempotent(true)
	once(q)
	require.False(t, q.IsIdempotent())
	fields := reflect.ValueOf(q).Elem()
	require.Equal(t, reflect.TypeFor[never](), fields.FieldByName("rt").Elem().Type(), "a retry policy that says no")
	require.True(t, fields.FieldByName("disableAutoPage").Bool(), "no further page")
}

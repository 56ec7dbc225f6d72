package types

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// value converts the text of a constant; it is what a test compares with.
func value(t *testing.T, typ *Type, text string) []byte {
	t.Helper()
	b, err := typ.FromString(text)
	require.NoError(t, err)
	require.NoError(t, typ.Validate(b))
	return b
}

var address = UDT("ks", "address", []string{"street", "No"}, []*Type{Text, Int}, false)

func resolve(t *testing.T, text string) *Type {
	t.Helper()
	written, err := cqlparse.ParseType(text)
	require.NoError(t, err)
	typ, err := Resolve("ks", written, lookup)
	require.NoError(t, err)
	return typ
}

func lookup(keyspace, name string) *Type {
	if keyspace == "ks" && name == "address" {
		return address
	}
	return nil
}

package codec

import (
	"bytes"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

// TestParseUUID: what gocql reads and how it writes it is what is read and written here.
func TestParseUUID(t *testing.T) {
	for _, text := range []string{
		"", "-", "c4ff3a60-1a72-4f5c-8f2e-0123456789ab", "C4FF3A60-1A72-4F5C-8F2E-0123456789AB", "c4ff3a601a724f5c8f2e0123456789ab",
		"c4-ff-3a-60-1a72-4f5c-8f2e-0123456789ab-", "--c4ff3a60-1a72-4f5c-8f2e-0123456789ab--", "c-4ff3a60-1a72-4f5c-8f2e-0123456789ab",
		"c4ff3a60-1a72-4f5c-8f2e-0123456789abc", "c4ff3a60-1a72-4f5c-8f2e-0123456789a", "c4ff3a60-1a72-4f5c-8f2e-0123456789ag",
		"c4ff3a60-1a72-4f5c-8f2e-0123456789a\x01", "c4ff3a60-1a72-4f5c-8f2e-0123456789a@", "{c4ff3a60-1a72-4f5c-8f2e-0123456789ab}", "ä",
	} {
		want, wrong := gocql.ParseUUID(text)
		id, err := ParseUUID(text)
		require.Equal(t, [16]byte(want), id, text)
		if wrong != nil {
			require.EqualError(t, err, wrong.Error())
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want.String(), UUIDText(id))
	}
}

func TestNewUUID(t *testing.T) {
	id := gocql.UUID(NewUUID())
	require.Equal(t, 4, id.Version())
	require.Equal(t, gocql.VariantIETF, id.Variant())
	require.NotEqual(t, id, gocql.UUID(NewUUID()))
}

func TestNewTimeUUID(t *testing.T) {
	before := time.Now().Truncate(100)
	id, next := gocql.UUID(NewTimeUUID()), gocql.UUID(NewTimeUUID())
	require.Equal(t, 1, id.Version())
	require.Equal(t, gocql.VariantIETF, id.Variant())
	require.WithinRange(t, id.Time(), before, time.Now())
	require.NotEqual(t, id, next)
	require.True(t, bytes.Equal(id.Node(), next.Node()))
	require.Equal(t, byte(1), id.Node()[0]&1, "no hardware's address")
}

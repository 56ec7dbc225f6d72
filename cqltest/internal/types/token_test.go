package types

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestToken has tokens that the real server gave.
func TestToken(t *testing.T) {
	for _, tt := range []struct {
		key  [][]byte
		want int64
	}{
		{[][]byte{EncodeInt(1)}, -4069959284402364209},
		{[][]byte{EncodeInt(-1)}, 7297452126230313552},
		{[][]byte{[]byte("a")}, -8839064797231613815},
		{[][]byte{[]byte("héllo wörld ü")}, -7069971257554590546},
		{[][]byte{[]byte("0123456789abcdef0123456789abcdefé")}, -5624751263922811577},
		{[][]byte{[]byte("0123456789abcdef")}, 5467490433528156583},
		{[][]byte{EncodeInt(1), []byte("x")}, 746584927563629270},
		{[][]byte{EncodeInt(7), []byte("é")}, 1787178245019224474},
	} {
		key := PartitionKey(tt.key)
		require.Equal(t, tt.want, Token(key), "%x", key)
		back, err := SplitPartitionKey(key, len(tt.key))
		require.NoError(t, err)
		require.Equal(t, tt.key, back)
	}
	require.EqualValues(t, int64(math.MinInt64), Token(nil))
	_, err := SplitPartitionKey([]byte{0, 5, 1}, 2)
	require.Error(t, err)
}

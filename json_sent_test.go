package coodie

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
)

// TestJSONIsSent: as a write of its kind. An LWT is sent once; a plain write may be sent again
// only under a client timestamp, and not if that would double a list.
func TestJSONIsSent(t *testing.T) {
	type Listed struct {
		K      int      `cql:"k,partition"`
		L      []string `cql:"l"`
		Frozen []string `cql:"f,frozen"`
	}
	for row, safe := range map[string]bool{
		`{"k": 1}`: true, `{"k": 1, "l": null}`: true, `{"k": 1, "f": ["a"]}`: true, `{"k": 1, "l": ["a"]}`: false,
	} {
		stamped, sent := answering[Listed](t, applied, WithClientTimestamps())
		require.NoError(t, stamped.Find().SaveJSON(t.Context(), json.RawMessage(row)))
		require.Equal(t, safe, sent.Sent()[0].Replayable, row)
		require.Equal(t, driver.Write, sent.Sent()[0].Kind)

		plain, sent := answering[Listed](t, applied)
		require.NoError(t, plain.Find().SaveJSON(t.Context(), json.RawMessage(row)))
		require.False(t, sent.Sent()[0].Replayable, row)
		require.NoError(t, plain.Find().With(WithIdempotent(true)).SaveJSON(t.Context(), json.RawMessage(row)))
		require.True(t, sent.Sent()[1].Replayable, row)

		res, err := stamped.Find().IfNotExists().CreateJSON(t.Context(), json.RawMessage(row))
		require.NoError(t, err)
		require.True(t, res.Applied)
	}
	table, sent := answering[Listed](t, applied, WithClientTimestamps())
	_, err := table.Find().IfNotExists().CreateJSON(t.Context(), json.RawMessage(`{"k": 1}`))
	require.NoError(t, err)
	require.Equal(t, driver.CAS, sent.Sent()[0].Kind)
	require.False(t, sent.Sent()[0].Replayable)
}

package diff_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/diff"
)

func authScript(t *testing.T) *diff.Script {
	s, err := diff.Load("testdata/auth.cql")
	require.NoError(t, err)
	return s
}

// TestAuth holds an embedded server that asks for a login against the recording.
func TestAuth(t *testing.T) {
	s := authScript(t)
	golden, err := diff.LoadGolden(goldenPath(s), s)
	require.NoError(t, err)
	server := cqltest.RunT(t, cqltest.WithAuth("cassandra", "cassandra"),
		cqltest.WithFunction("f", func(args []any) (any, error) { return args[0], nil }))
	answers, err := diff.Run(context.Background(), server.Addr(), s)
	require.NoError(t, err)
	for i := range s.Steps {
		if len(diff.Compare(golden[i], answers[i])) > 0 {
			t.Error(diff.FormatDiff(s, &s.Steps[i], golden[i], answers[i]))
		}
	}
}

// TestAuthRecording makes the recording anew, with -update, on a real server that checks
// permissions and keeps no answer in a cache; or holds it against one. It starts such a
// server.
func TestAuthRecording(t *testing.T) {
	if os.Getenv("COODIE_LONG") != "1" && !*update {
		t.Skip("takes half a minute; COODIE_LONG=1 runs it")
	}
	real := cassandra.Run(t, cassandra.Options{Password: true, Settings: map[string]string{
		"permissions_validity": "0ms", "roles_validity": "0ms", "credentials_validity": "0ms"}})
	recording(t, real.Hosts()[0]+":9042", authScript(t))
}

// Package command_test runs scripts of the command coodie on a real server; its own tests run them on the embedded one.
package command_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/integration/cassandra"
)

func TestMain(m *testing.M) { cassandra.Main(m) }

func TestScripts(t *testing.T) {
	cluster := cassandra.Shared(t)
	if cluster.Config().AddressTranslator != nil {
		t.Skip("the command has no address translator, which this server needs")
	}
	keyspace := cassandra.NewKeyspace(t, cluster.Session(t, ""))
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-count", "1", "-v", "-run", "^TestScriptsOnServer$", ".")
	cmd.Dir = "../../cmd/coodie"
	cmd.Env = append(os.Environ(), "COODIE_TEST_HOSTS="+strings.Join(cluster.Hosts(), ","), "COODIE_TEST_KEYSPACE="+keyspace)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, script := range []string{"gen", "structs"} {
		require.Contains(t, string(out), "--- PASS: TestScriptsOnServer/"+script)
	}
}

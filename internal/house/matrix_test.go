package house_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMatrix: README and docs/drivers.md name the versions that the modules and make build and test.
func TestMatrix(t *testing.T) {
	found := func(file, expr string) []string {
		m := regexp.MustCompile(expr).FindStringSubmatch(read(t, file))
		require.NotNil(t, m, "%s in %s", expr, file)
		return strings.Fields(m[1])
	}
	drivers := found("go.mod", `github\.com/gocql/gocql (\S+)`)
	drivers = append(drivers, found("integration/drivers/scylla/go.mod", `=> github\.com/scylladb/gocql (\S+)`)...)
	drivers = append(drivers, found("integration/drivers/scylla/v1.17.3.work", `=> github\.com/scylladb/gocql (\S+)`)...)
	drivers = append(drivers, found("apache/go.mod", `cassandra-gocql-driver/v2 (\S+)`)...)
	servers := found("Makefile", `(?m)^VERSIONS +\?= (.*)$`)
	require.Contains(t, servers, found("integration/cassandra/options.go", `const Version = "(.*)"`)[0])
	for _, page := range []string{"README.md", "docs/drivers.md"} {
		text := read(t, page)
		for _, version := range append(drivers, servers...) {
			require.Contains(t, text, version, page)
		}
	}
	minor := strings.Join(strings.Split(found("go.mod", `(?m)^go (\S+)$`)[0], ".")[:2], ".")
	require.Contains(t, read(t, "README.md"), "| Go | "+minor+" and later |")
}

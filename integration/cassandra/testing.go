package cassandra

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gocql/gocql"
)

var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error
}

// Main runs a package's tests and then stops the cluster that [Shared]
// started. It does not return.
func Main(m *testing.M) {
	code := m.Run()
	if c := shared.cluster; c != nil {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Shared returns the one-node cluster that all tests of a binary share; the
// first call starts it, and [Main] stops it.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	shared.once.Do(func() {
		shared.cluster, shared.err = Start(context.Background(), Options{})
	})
	if shared.err != nil {
		skipOrFail(t, shared.err)
	}
	return shared.cluster
}

// Run starts a cluster for one test, which stops it. Where no server can be
// had it skips or fails the test as [Shared] does.
func Run(t testing.TB, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	if err != nil {
		skipOrFail(t, err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func skipOrFail(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrUnavailable) && !required() {
		t.Skip(err)
	}
	t.Fatal(err)
}

// required tells whether a machine without a server is broken rather than bare.
func required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("COODIE_REQUIRE") == "1"
}

// Session returns a session that the test's end closes. The keyspace may be
// empty.
func (c *Cluster) Session(t testing.TB, keyspace string) *gocql.Session {
	t.Helper()
	config := c.Config()
	config.Keyspace = keyspace
	session, err := config.CreateSession()
	if err != nil {
		t.Fatalf("cassandra at %s: %v", strings.Join(c.hosts, ","), err)
	}
	t.Cleanup(session.Close)
	return session
}

// NewKeyspace makes a keyspace that only this test knows, replicated to as
// many nodes as there are, up to three. The test's end drops it.
func NewKeyspace(t testing.TB, session *gocql.Session) string {
	t.Helper()
	var peers int
	if err := session.Query("SELECT count(*) FROM system.peers").Scan(&peers); err != nil {
		t.Fatal(err)
	}
	// The random part keeps apart the runs against one COODIE_HOSTS.
	name := fmt.Sprintf("t_%s", strings.ReplaceAll(gocql.MustRandomUUID().String(), "-", ""))
	cql := fmt.Sprintf("CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', 'replication_factor': %d}",
		name, min(peers+1, 3))
	if err := session.Query(cql).Exec(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Query("DROP KEYSPACE IF EXISTS " + name).Exec(); err != nil {
			t.Logf("keyspace %s stays: %v", name, err)
		}
	})
	return name
}

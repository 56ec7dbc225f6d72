package cqltest_test

// The recipes of docs/cqltest.md, word for word.

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

const schema = "CREATE TABLE locks (name text PRIMARY KEY, owner text)"

// Acquire takes a lock that ends by itself after ttl, and says who holds it.
func Acquire(session *gocql.Session, name, owner string, ttl time.Duration) (holder string, err error) {
	existing := map[string]any{}
	applied, err := session.Query("INSERT INTO locks (name, owner) VALUES (?, ?) IF NOT EXISTS USING TTL ?",
		name, owner, int(ttl.Seconds())).RetryPolicy(nil).MapScanCAS(existing)
	if err != nil {
		return "", err
	}
	if applied {
		return owner, nil
	}
	return existing["owner"].(string), nil
}

func TestAcquire(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"), cqltest.WithSchema(schema))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	defer session.Close()

	holder, err := Acquire(session, "deploy", "alice", time.Minute)
	require.NoError(t, err)
	require.Equal(t, "alice", holder)

	holder, err = Acquire(session, "deploy", "bob", time.Minute)
	require.NoError(t, err)
	require.Equal(t, "alice", holder, "the lock is taken")

	// What is really stored, past the driver.
	require.Equal(t, []cqltest.Row{{"name": "deploy", "owner": "alice"}}, srv.MustRows("SELECT * FROM locks"))

	// What was really sent.
	sent := srv.Log().Matching(cqltest.On(cqltest.Conditional, "locks"))
	require.Len(t, sent, 2)
	require.Equal(t, gocql.Quorum, sent[0].Consistency)
	require.Equal(t, []any{"deploy", "alice", 60}, sent[0].Values())
}

func TestLockEnds(t *testing.T) {
	srv, session := start(t) // as above

	_, err := Acquire(session, "deploy", "alice", 30*time.Second)
	require.NoError(t, err)

	srv.FastForward(29 * time.Second)
	holder, err := Acquire(session, "deploy", "bob", 30*time.Second)
	require.NoError(t, err)
	require.Equal(t, "alice", holder)

	srv.FastForward(2 * time.Second)
	holder, err = Acquire(session, "deploy", "bob", 30*time.Second)
	require.NoError(t, err)
	require.Equal(t, "bob", holder)
}

func TestOutcomeUnknown(t *testing.T) {
	srv, session := start(t)

	// The first LWT on locks is applied, but the client is told that nobody knows.
	srv.Fault(cqltest.On(cqltest.Conditional, "locks").First(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))

	_, err := Acquire(session, "deploy", "alice", time.Minute)
	var timeout *gocql.RequestErrWriteTimeout
	require.ErrorAs(t, err, &timeout)

	// Whoever asks again must find out that the lock is already hers.
	holder, err := Acquire(session, "deploy", "alice", time.Minute)
	require.NoError(t, err)
	require.Equal(t, "alice", holder)
}

func TestContention(t *testing.T) {
	srv, session := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional, "locks").Chance(0.1, 1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	srv.Fault(cqltest.On(cqltest.Conditional, "locks").Chance(0.3, 2), cqltest.WriteTimeout("CAS"))

	var holder string
	for holder == "" {
		holder, _ = Acquire(session, "deploy", "alice", time.Minute)
	}
	require.Equal(t, "alice", holder)
}

func TestSomebodyElseIsFaster(t *testing.T) {
	srv, session := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional, "locks").First(1), cqltest.Do(func(cqltest.Statement) {
		srv.MustExec("INSERT INTO locks (name, owner) VALUES ('deploy', 'bob')")
	}))

	holder, err := Acquire(session, "deploy", "alice", time.Minute)
	require.NoError(t, err)
	require.Equal(t, "bob", holder)
}

func TestRelease(t *testing.T) {
	srv, session := start(t)
	srv.MustExec("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice')")
	held := srv.Snapshot()

	for _, test := range []struct {
		name, lock, owner string
		applied           bool
	}{
		{"the holder", "deploy", "alice", true},
		{"somebody else", "deploy", "bob", false},
		{"no such lock", "backup", "alice", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv.Restore(held)
			applied, err := session.Query("DELETE FROM locks WHERE name = ? IF owner = ?", test.lock, test.owner).
				MapScanCAS(map[string]any{})
			require.NoError(t, err)
			require.Equal(t, test.applied, applied)
		})
	}
}

func TestTheOtherDatacenterIsDown(t *testing.T) {
	cluster := cqltest.RunCluster(t, append(cqltest.Nodes(3, "east"), cqltest.Nodes(3, "west")...),
		cqltest.WithSchema("CREATE KEYSPACE app WITH replication = {'class': 'NetworkTopologyStrategy', 'east': 3, 'west': 3}; USE app;"+schema))
	cluster.Node(3).Stop() // clients find the others

	config := cluster.Config()
	config.Keyspace = "app"
	config.PoolConfig.HostSelectionPolicy = gocql.DCAwareRoundRobinPolicy("west")
	session, err := config.CreateSession()
	require.NoError(t, err)
	defer session.Close()

	_, err = Acquire(session, "deploy", "alice", time.Minute)
	require.NoError(t, err)

	for _, east := range cluster.Nodes()[:3] {
		east.Stop()
	}
	_, err = Acquire(session, "deploy", "alice", time.Minute)
	var unavailable *gocql.RequestErrUnavailable
	require.ErrorAs(t, err, &unavailable, "SERIAL asks both datacenters")
	require.Equal(t, []int{4, 2}, []int{unavailable.Required, unavailable.Alive})
}

// The page shows code that this file and recipes_bubble_test.go compile and run.
func TestRecipesAreRun(t *testing.T) {
	page, err := os.ReadFile("../docs/cqltest.md")
	require.NoError(t, err)
	var source []byte
	for _, name := range []string{"recipes_test.go", "recipes_bubble_test.go"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		source = append(source, content...)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	shown := 0
	for _, block := range blocks {
		if code := string(block[1]); strings.Contains(code, "func ") {
			require.Contains(t, string(source), strings.TrimSpace(code))
			shown++
		}
	}
	require.Equal(t, 9, shown)
}

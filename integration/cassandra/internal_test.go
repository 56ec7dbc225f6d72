package cassandra

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokens(t *testing.T) {
	require.Equal(t, "-9223372036854775807,-4611686018427387904,-1,4611686018427387902", tokens(0, 1))
	seen := map[string]bool{}
	for i := range 3 {
		for _, token := range strings.Split(tokens(i, 3), ",") {
			require.False(t, seen[token], "two nodes own %s", token)
			seen[token] = true
		}
	}
	require.Len(t, seen, 3*tokensPerNode)
}

func TestSettings(t *testing.T) {
	addresses := []string{"127.0.0.1", "127.0.0.2"}
	s := settings(Options{}, addresses, 1)
	require.Equal(t, "127.0.0.2", s["rpc_address"])
	require.Contains(t, s["seed_provider"], "'127.0.0.1,127.0.0.2'")
	require.Equal(t, "periodic", s["commitlog_sync"])
	require.NotContains(t, s, "authenticator")
	require.NotContains(t, s, "read_request_timeout")

	s = settings(Options{
		SyncEveryWrite: true,
		Password:       true,
		RequestTimeout: 1500 * time.Millisecond,
		Settings:       map[string]string{"cas_contention_timeout": "1s", "paxos_variant": "v2"},
	}, addresses, 0)
	require.Equal(t, "batch", s["commitlog_sync"])
	require.NotContains(t, s, "commitlog_sync_period", "Cassandra refuses it with batch")
	require.Equal(t, "PasswordAuthenticator", s["authenticator"])
	require.Equal(t, "1500ms", s["read_request_timeout"])
	require.Equal(t, "1s", s["cas_contention_timeout"], "Settings win")
	require.Equal(t, "v2", s["paxos_variant"])
}

// TestHosts shows when a server that somebody else runs is used.
func TestHosts(t *testing.T) {
	t.Setenv("COODIE_HOSTS", " 127.9.9.1, 127.9.9.2:9999,")
	t.Setenv("COODIE_CASSANDRA", "")
	for _, o := range []Options{{}, {Nodes: 2}} {
		c, err := Start(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, []string{"127.9.9.1", "127.9.9.2:9999"}, c.Hosts())
		require.Empty(t, c.Nodes())
		require.NoError(t, c.Stop())
	}
	for _, o := range []Options{{Nodes: 3}, {Faults: true}, {Password: true}, {SyncEveryWrite: true},
		{RequestTimeout: 1}, {Addresses: []string{"127.0.0.1"}}, {Settings: map[string]string{"a": "b"}}} {
		require.False(t, o.withDefaults().anyServer(2), "%+v", o)
	}

	t.Setenv("COODIE_CASSANDRA", "podman")
	_, err := Start(t.Context(), Options{})
	require.ErrorContains(t, err, "COODIE_CASSANDRA=podman")
}

// TestMissing wants every lack named, and told apart from a failure.
func TestMissing(t *testing.T) {
	t.Setenv("COODIE_CASSANDRA", "jars")
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	java := filepath.Join(bin, "java")
	write := func(version string) {
		script := "#!/bin/sh\necho 'openjdk version \"" + version + "\" 2025' >&2\n"
		require.NoError(t, os.WriteFile(java, []byte(script), 0o755))
	}
	t.Setenv("COODIE_JAVA", "")
	t.Setenv("JAVA_HOME", "")
	t.Setenv("COODIE_CACHE", t.TempDir())

	write("17.0.9")
	got, err := findJava(t.Context())
	require.NoError(t, err)
	require.Equal(t, java, got)
	_, err = Start(t.Context(), Options{})
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "no mvn")

	write("21.0.1")
	if _, err = findJava(t.Context()); err != nil { // else /usr/lib/jvm has a 17
		require.ErrorIs(t, err, ErrUnavailable)
		require.ErrorContains(t, err, "is Java 21")
	}
}

// TestJarsOnce has two callers ask at the same time for jars that a stand-in
// for Maven brings.
func TestJarsOnce(t *testing.T) {
	bin, cache := t.TempDir(), t.TempDir()
	t.Setenv("COODIE_CACHE", cache)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "mvn"), []byte(`#!/bin/sh
echo run >> "$COODIE_CACHE/runs"
grep -q 'cassandra-all' pom.xml || exit 1
for arg; do case $arg in -DoutputDirectory=*) mkdir "${arg#*=}"; sleep 0.3; touch "${arg#*=}/a.jar";; esac; done
`), 0o755))
	dirs := make(chan string)
	for range 2 {
		go func() {
			dir, err := Jars(context.WithoutCancel(t.Context()), Options{})
			if err != nil {
				dir = err.Error()
			}
			dirs <- dir
		}()
	}
	for range 2 {
		require.FileExists(t, filepath.Join(<-dirs, "a.jar"))
	}
	runs, err := os.ReadFile(filepath.Join(cache, "runs"))
	require.NoError(t, err)
	require.Equal(t, "run\n", string(runs))
}

func TestReserve(t *testing.T) {
	a, markA, err := reserve(2)
	require.NoError(t, err)
	defer markA.Close()
	require.Len(t, a, 2)
	b, markB, err := reserve(1)
	require.NoError(t, err)
	defer markB.Close()
	require.NotContains(t, a, b[0])

	l, err := net.Listen("tcp", join(a[1], nativePort))
	require.NoError(t, err)
	defer l.Close()
	require.ErrorContains(t, checkFree(a), a[1]+":9042 is not free")
}

// TestDataDir has a directory swept only once nobody holds it.
func TestDataDir(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	first, lock, err := newDataDir()
	require.NoError(t, err)
	_, lock2, err := newDataDir()
	require.NoError(t, err)
	defer lock2.Close()
	require.DirExists(t, first)

	require.NoError(t, lock.Close()) // as the end of its process does
	_, lock3, err := newDataDir()
	require.NoError(t, err)
	defer lock3.Close()
	require.NoDirExists(t, first)
}

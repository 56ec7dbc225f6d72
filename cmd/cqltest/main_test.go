package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test's own binary be the command.
func TestMain(m *testing.M) {
	if os.Getenv("CQLTEST_MAIN") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		command := exec.CommandContext(t.Context(), os.Args[0], "-listen", "127.0.0.1:0")
		command.Env = append(os.Environ(), "CQLTEST_MAIN=1")
		out, err := command.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, command.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "listening on 127.0.0.1:")
		require.NoError(t, command.Process.Signal(signal))
		require.NoError(t, command.Wait(), "it stops of its own accord")
	}
}

// start runs the command and returns the address that it prints.
func start(t *testing.T, args ...string) (addr string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), in, in)
		in.CloseWithError(err)
		ended <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "cqltest: listening on ")
	require.True(t, ok, line)
	return addr, func() error {
		cancel()
		return <-ended
	}
}

func connect(t *testing.T, addr string, change ...func(*gocql.ClusterConfig)) *gocql.Session {
	t.Helper()
	cluster := gocql.NewCluster(addr)
	cluster.Timeout = 5 * time.Second
	for _, fn := range change {
		fn(cluster)
	}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return session
}

func TestRun(t *testing.T) {
	schema := filepath.Join(t.TempDir(), "schema.cql")
	require.NoError(t, os.WriteFile(schema, []byte(`
		-- what the application expects
		CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
		CREATE TABLE shop.orders (id int PRIMARY KEY, note text);
		INSERT INTO shop.orders (id, note) VALUES (1, 'one; two');
	`), 0o600))
	addr, stop := start(t, "-init", schema)
	session := connect(t, addr)

	var note string
	require.NoError(t, session.Query("SELECT note FROM shop.orders WHERE id = 1").Scan(&note))
	require.Equal(t, "one; two", note)

	var ip net.IP
	var port int
	require.NoError(t, session.Query("SELECT rpc_address, rpc_port FROM system.local").Scan(&ip, &port))
	require.Equal(t, addr, (&net.TCPAddr{IP: ip, Port: port}).String(), "what it advertises is where it listens")

	session.Close()
	require.NoError(t, stop())
	_, err := net.Dial("tcp", addr)
	require.Error(t, err, "stopped")
}

func TestDialect(t *testing.T) {
	addr, stop := start(t, "-dialect", "scylla")
	defer stop()
	var key string
	require.NoError(t, connect(t, addr).Query("SELECT key FROM system.scylla_local LIMIT 1").Scan(&key))
}

func TestPassword(t *testing.T) {
	addr, stop := start(t, "-user", "alice", "-password", "secret")
	defer stop()
	login := func(password string) func(*gocql.ClusterConfig) {
		return func(c *gocql.ClusterConfig) {
			c.Authenticator = gocql.PasswordAuthenticator{Username: "alice", Password: password}
		}
	}
	connect(t, addr, login("secret"))

	cluster := gocql.NewCluster(addr)
	cluster.ProtoVersion = 4
	login("wrong")(cluster)
	_, err := cluster.CreateSession()
	require.ErrorContains(t, err, "Provided username alice and/or password are incorrect")
}

func TestMistakes(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.cql")
	wrong := filepath.Join(t.TempDir(), "wrong.cql")
	require.NoError(t, os.WriteFile(wrong, []byte("CREATE TABLE nowhere.t (k int PRIMARY KEY);"), 0o600))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-dialect", "oracle"}, `unknown dialect "oracle"`},
		{[]string{"-init", missing}, "missing.cql"},
		{[]string{"-init", wrong}, "nowhere"},
		{[]string{"-listen", "nonsense"}, "nonsense"},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"-nope"}, "-nope"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), test.args, &out, &out)
		require.ErrorContains(t, err, test.want)
	}
}

package python

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// packages are what the tests' virtual environment holds. lz4 and python-snappy
// give the driver its compressors.
var packages = []string{
	"cassandra-driver==3.30.1", "cqlsh==6.2.2", "lz4==4.4.5", "python-snappy==0.7.3",
	"coodie==1.9.3", "pydantic==2.12.5",
}

// python returns the directory of the programs of a virtual environment with
// the packages, made once and kept in the user's cache. Without Python, or
// without a way to the packages, the test is skipped, but not in CI.
func python(t *testing.T) string {
	t.Helper()
	skip := t.Skipf
	if os.Getenv("CI") == "true" {
		skip = t.Fatalf
	}
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		skip("no python3")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		skip("no place for Python's packages: %v", err)
	}
	env := filepath.Join(cache, "coodie", "python")
	bin := filepath.Join(env, "bin")
	ready := filepath.Join(env, strings.Join(packages, ","))
	if _, err := os.Stat(ready); err == nil {
		return bin
	}
	require.NoError(t, os.RemoveAll(env))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, command := range [][]string{
		{interpreter, "-m", "venv", env},
		append([]string{filepath.Join(bin, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"}, packages...),
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			skip("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}
	require.NoError(t, os.WriteFile(ready, nil, 0o600))
	return bin
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func TestPythonDriver(t *testing.T) {
	bin := python(t)
	for name, test := range map[string]struct {
		args []string
		opts []cqltest.Option
	}{
		"as it is": {},
		"version":  {args: []string{"version=3"}},
		"four":     {args: []string{"version=4"}},
		"lz4":      {args: []string{"compression=lz4"}},
		"four lz4": {args: []string{"version=4", "compression=lz4"}},
		"snappy":   {args: []string{"version=4", "compression=snappy"}},
		"password": {args: []string{"user=alice", "password=secret"}, opts: []cqltest.Option{cqltest.WithAuth("alice", "secret")}},
		"scylla":   {args: []string{"expected=4"}, opts: []cqltest.Option{cqltest.WithDialect(cqltest.Scylla)}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := cqltest.RunT(t, test.opts...)
			out := run(t, filepath.Join(bin, "python"), append([]string{"testdata/driver.py", srv.Addr()}, test.args...)...)
			require.True(t, strings.HasSuffix(strings.TrimSpace(out), "ok"), out)
		})
	}
}

func TestCqlsh(t *testing.T) {
	bin := python(t)
	srv := cqltest.RunT(t, cqltest.WithAuth("alice", "secret"))
	host, port, _ := strings.Cut(srv.Addr(), ":")
	cqlsh := func(script string) string {
		file := filepath.Join(t.TempDir(), "script.cql")
		require.NoError(t, os.WriteFile(file, []byte(script), 0o600))
		return run(t, filepath.Join(bin, "python"), filepath.Join(bin, "cqlsh"), "--no-color", "-u", "alice", "-p", "secret", host, port, "-f", file)
	}
	out := cqlsh(`
		CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};
		USE app;
		CREATE TABLE locks (name text PRIMARY KEY, owner text);
		CONSISTENCY QUORUM;
		SERIAL CONSISTENCY LOCAL_SERIAL;
		INSERT INTO locks (name, owner) VALUES ('deploy', 'alice') IF NOT EXISTS;
		INSERT INTO locks (name, owner) VALUES ('deploy', 'bob') IF NOT EXISTS;
		DESCRIBE TABLE locks;
		TRACING ON;
		SELECT owner FROM locks;
		TRACING OFF;
		SHOW VERSION;
	`)
	require.Contains(t, out, "     False | deploy | alice")
	require.Contains(t, out, "Tracing session: ")
	require.Contains(t, out, "CREATE TABLE app.locks (\n    name text PRIMARY KEY,\n    owner text\n) WITH")
	require.Contains(t, out, "Cassandra 5.0.6 | CQL spec 3.4.7 | Native protocol v5")

	writes := srv.Log().Matching(cqltest.On(cqltest.Conditional, "locks"))
	require.Len(t, writes, 2)
	require.Equal(t, "QUORUM", writes[0].Consistency.String())
	require.Equal(t, "LOCAL_SERIAL", writes[0].SerialConsistency.String())

	// COPY uses prepared statements, several processes and token ranges.
	for i := range 10 {
		srv.MustExec("INSERT INTO app.locks (name, owner) VALUES (?, ?)", strings.Repeat("x", i+1), "o")
	}
	csv := filepath.Join(t.TempDir(), "locks.csv")
	cqlsh("COPY app.locks TO '" + csv + "' WITH NUMPROCESSES = 1;")
	srv.MustExec("TRUNCATE app.locks")
	cqlsh("COPY app.locks FROM '" + csv + "' WITH NUMPROCESSES = 1;")
	require.Len(t, srv.MustRows("SELECT * FROM app.locks"), 11)
}

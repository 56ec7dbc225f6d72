package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/gen"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"coodie": main})
}

type (
	serverKey struct{}
	execKey   struct{} // of what runs a statement on the server
)

// TestScripts runs the scripts of testdata, each with a server of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
			if err != nil {
				return err
			}
			env.Defer(srv.Close)
			host, port, err := net.SplitHostPort(srv.Addr())
			if err != nil {
				return err
			}
			env.Values[serverKey{}], env.Values[execKey{}] = srv, func(statement string) error { return srv.Exec(statement) }
			env.Setenv("COODIE_HOSTS", host)
			env.Setenv("COODIE_PORT", port)
			env.Setenv("COODIE_KEYSPACE", "app")
			return module(env.WorkDir, env.Setenv)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"cql": cql, "fault": fault, "exits": exits, "rows": rows, "timeouts": timeouts, "meanwhile": meanwhile},
	})
}

// TestScriptsOnServer runs the scripts that need no fault on the server that integration/command has.
func TestScriptsOnServer(t *testing.T) {
	hosts, keyspace := os.Getenv("COODIE_TEST_HOSTS"), os.Getenv("COODIE_TEST_KEYSPACE")
	if hosts == "" {
		t.Skip("COODIE_TEST_HOSTS names no server")
	}
	for _, script := range []string{"gen", "structs"} {
		t.Run(script, func(t *testing.T) {
			cluster := gocql.NewCluster(strings.Split(hosts, ",")...)
			cluster.Keyspace, cluster.Timeout = keyspace, 20*time.Second
			session, err := cluster.CreateSession()
			require.NoError(t, err)
			t.Cleanup(session.Close)
			db := coodie.New(session)
			live, err := gen.Live(t.Context(), db, keyspace)
			require.NoError(t, err)
			for name := range live.Tables {
				require.NoError(t, session.Query("DROP TABLE "+name).Exec(), "of the script before")
			}
			testscript.Run(t, testscript.Params{
				Files: []string{filepath.Join("testdata", "script", script+".txtar")},
				Setup: func(env *testscript.Env) error {
					env.Values[execKey{}] = func(statement string) error {
						return session.Query(strings.ReplaceAll(statement, "app.", keyspace+".")).Exec()
					}
					env.Setenv("COODIE_HOSTS", hosts)
					env.Setenv("COODIE_KEYSPACE", keyspace)
					return module(env.WorkDir, env.Setenv)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){"cql": cql, "exits": exits},
			})
		})
	}
}

// module makes the module in dir, if there is one, require coodie as it stands here.
func module(dir string, setenv func(name, value string)) error {
	file := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	root, err1 := filepath.Abs("../..")
	requires, err2 := os.ReadFile(filepath.Join(root, "go.mod"))
	sums, err3 := os.ReadFile(filepath.Join(root, "go.sum"))
	caches, err4 := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return err
	}
	_, list, _ := strings.Cut(string(requires), "require") // after the module's own name
	text = fmt.Appendf(text, "\nrequire github.com/coodie-go/coodie v0.0.0\n\nreplace github.com/coodie-go/coodie => %s\n\nrequire%s", root, list)
	dirs := strings.Fields(string(caches))
	for name, value := range map[string]string{"GOCACHE": dirs[0], "GOMODCACHE": dirs[1], "GOPROXY": "off", "GOWORK": "off", "GOFLAGS": "-mod=mod"} {
		setenv(name, value)
	}
	return errors.Join(os.WriteFile(file, text, 0o600), os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
}

func server(ts *testscript.TestScript) *cqltest.Server {
	return ts.Value(serverKey{}).(*cqltest.Server)
}

// cql runs a statement on the server: cql 'CREATE TABLE …'.
func cql(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Value(execKey{}).(func(string) error)(args[0])
	if (err != nil) != neg {
		ts.Fatalf("cql: %v", err)
	}
}

// fault loses the answer of the first statement that contains a text.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	server(ts).Fault(cqltest.On(cqltest.Any).Containing(args[0]).First(1), cqltest.Apply, cqltest.WriteTimeout("SIMPLE"))
}

// rows inserts rows: rows 'INSERT INTO t (k) VALUES (%d)' 100.
func rows(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i := range n {
		ts.Check(server(ts).Exec(fmt.Sprintf(args[0], i)))
	}
}

// timeouts lets the statement time out that is the nth with a text in it.
func timeouts(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	server(ts).Fault(cqltest.On(cqltest.Any).Containing(args[0]).Nth(n), cqltest.ReadTimeout())
}

// exits runs a command, and compares the code that it exits with: exits 1 coodie lint.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("it exits with %d instead of %d", got, want)
	}
}

// meanwhile runs a command of migrate while the next one waits for the lease: meanwhile up.
func meanwhile(ts *testscript.TestScript, _ bool, args []string) {
	command := append([]string{"migrate"}, args...)
	for flag, value := range map[string]string{"hosts": ts.Getenv("COODIE_HOSTS"), "port": ts.Getenv("COODIE_PORT"), "keyspace": "app", "dir": ts.MkAbs("migrations")} {
		command = append(command, "--"+flag, value)
	}
	server(ts).Fault(cqltest.On(cqltest.Conditional, "coodie_migrations_lease").First(1), cqltest.Do(func(cqltest.Statement) {
		var out strings.Builder
		if code := execute(context.Background(), command, &out, &out); code != exitDone {
			ts.Logf("meanwhile: %d: %s", code, out.String())
		}
	}))
}

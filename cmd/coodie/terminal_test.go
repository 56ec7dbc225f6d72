//go:build linux || darwin || freebsd

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// onTerminal runs the command with a terminal as its output, and returns what was printed there.
func onTerminal(t *testing.T, args ...string) (screen string, code int) {
	t.Helper()
	screenSide, programSide, err := pty.Open()
	require.NoError(t, err)
	defer screenSide.Close()
	require.NoError(t, pty.Setsize(programSide, &pty.Winsize{Rows: 25, Cols: 120}))
	var out bytes.Buffer
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(&out, screenSide) }) // until the other side is closed
	code = execute(context.Background(), args, programSide, programSide)
	require.NoError(t, programSide.Close())
	reading.Wait()
	return out.String(), code
}

// app is a server, and the flags that lead to it.
func appServer(t *testing.T) (*cqltest.Server, []string) {
	t.Helper()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	host, port, err := net.SplitHostPort(srv.Addr())
	require.NoError(t, err)
	t.Setenv("TERM", "xterm")
	return srv, []string{"--hosts", host, "--port", port, "-k", "app"}
}

// A terminal shows a bar with rows per second and the time left, which is gone at the end.
func TestBar(t *testing.T) {
	srv, to := appServer(t)
	srv.MustExec("CREATE TABLE app.t (k int PRIMARY KEY)")
	for k := range 300 {
		srv.MustExec(fmt.Sprintf("INSERT INTO app.t (k) VALUES (%d)", k))
	}
	slow := func() { // so that the bar has time to be drawn
		srv.Fault(cqltest.On(cqltest.Any).Containing("token(k)"), cqltest.Delay(20*time.Millisecond))
	}
	slow()
	args := append([]string{"scan", "t", "--count", "--concurrency", "1", "--ranges", "40"}, to...)
	screen, code := onTerminal(t, args...)
	require.Zero(t, code)
	require.Regexp(t, `\r\d+ rows, \d+ rows/s, \d+s left +\d+% \|█+ +\|`, screen)
	require.Regexp(t, `\r300\r?\n$`, screen, "the bar is gone")

	for name, quiet := range map[string][]string{"--json": append(args, "--json"), "-json": append(args, "-json")} {
		screen, code = onTerminal(t, quiet...)
		require.Zero(t, code, name)
		require.NotContains(t, screen, "rows/s", name)
		require.Contains(t, screen, `"rows": 300`, name)
	}
	t.Setenv("TERM", "dumb")
	screen, code = onTerminal(t, args...)
	require.Zero(t, code)
	require.NotContains(t, screen, "█")
}

// Colors are for terminals, and for nobody who sets NO_COLOR.
func TestColors(t *testing.T) {
	_, to := appServer(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0001_a.up.cql"), []byte("CREATE TABLE a (k int PRIMARY KEY);"), 0o600))
	up := append([]string{"migrate", "up", "--dir", dir, "--table"}, append([]string{"h1"}, to...)...)
	green, red := regexp.MustCompile("\x1b\\[32m0001_a[.]up[.]cql:1:1\x1b\\[0m "), regexp.MustCompile("\x1b\\[31m.*Cannot add already existing table .*\x1b\\[0m")

	screen, code := onTerminal(t, up...)
	require.Zero(t, code)
	require.Regexp(t, green, screen)
	up[5] = "h2" // another history
	screen, code = onTerminal(t, up...)
	require.Equal(t, exitFailed, code)
	require.Regexp(t, red, screen)

	t.Setenv("NO_COLOR", "1")
	up[5] = "h3"
	screen, code = onTerminal(t, up...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, screen, "Cannot add already existing table")
	require.NotContains(t, screen, "\x1b")
	t.Setenv("NO_COLOR", "") // as if it were not set: https://no-color.org
	up[5] = "h4"
	screen, _ = onTerminal(t, up...)
	require.Regexp(t, red, screen)

	var out, errs bytes.Buffer // no terminal
	up[5] = "h5"
	require.Equal(t, exitFailed, execute(t.Context(), up, &out, &errs))
	require.NotContains(t, errs.String(), "\x1b")
}

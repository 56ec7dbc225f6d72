package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// TestScanInterrupted ends a scan as Ctrl-C does, and counts on.
func TestScanInterrupted(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	srv.MustExec("CREATE TABLE app.t (k int PRIMARY KEY)")
	for k := range 500 {
		srv.MustExec(fmt.Sprintf("INSERT INTO app.t (k) VALUES (%d)", k))
	}
	host, port, err := net.SplitHostPort(srv.Addr())
	require.NoError(t, err)
	args := []string{"scan", "t", "--count", "--checkpoint", filepath.Join(t.TempDir(), "at.json"), "--hosts", host, "--port", port, "-k", "app", "--concurrency", "1"}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	srv.Fault(cqltest.On(cqltest.Any).Containing("token(k)").Nth(100), cqltest.Do(func(cqltest.Statement) { interrupt() }))

	var out, errs bytes.Buffer
	require.Equal(t, exitFailed, execute(ctx, args, &out, &errs))
	require.Regexp(t, `^coodie: interrupted; after \d+ rows. The same command goes on there\n$`, errs.String())
	require.Empty(t, out.String())
	require.Equal(t, exitDone, execute(t.Context(), args, &out, &errs))
	require.Equal(t, "500\n", out.String())
}

//go:build unix

package migrate_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/migrate"
)

// The process that is stopped tells when it is at a statement, and goes on when its input ends.
const atStatement = "at the statement"

func init() {
	keyspace, host := os.Getenv("MIGRATE_KEYSPACE"), os.Getenv("MIGRATE_HOST")
	if keyspace == "" {
		return
	}
	config := gocql.NewCluster(host)
	config.Keyspace = keyspace
	session, err := config.CreateSession()
	if err == nil {
		_, err = migrator(coodie.New(session), func(e migrate.Event) {
			if e.Phase == migrate.PhaseRun && strings.HasPrefix(e.Step.CQL, "ALTER TABLE b ADD v") {
				fmt.Println(atStatement)
				_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
			}
		}).Up(context.Background())
	}
	fmt.Println("ended:", err)
	os.Exit(1)
}

// migrator has a short lease.
func migrator(db *coodie.DB, observe func(migrate.Event)) *migrate.Migrator {
	m, err := migrate.New(db, stepsOf("CREATE TABLE a (k int PRIMARY KEY)", "CREATE TABLE b (k int PRIMARY KEY); ALTER TABLE b ADD v int; ALTER TABLE b ADD w int"),
		migrate.WithLease(time.Second), migrate.WithLateness(time.Second), migrate.WithObserver(observe))
	if err != nil {
		panic(err)
	}
	return m
}

// TestStoppedProcess: a process is stopped before a statement for longer than its lease lasts. Of two others one
// takes over, and the first one, when it goes on, neither sends nor records anything any more.
func TestStoppedProcess(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ks := keyspace(t)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "MIGRATE_KEYSPACE="+ks, "MIGRATE_HOST="+cassandra.Shared(t).Config().Hosts[0])
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out := bufio.NewScanner(stdout)
	require.True(t, out.Scan())
	require.Equal(t, atStatement, out.Text())
	require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))

	var steps [2]int
	var all sync.WaitGroup
	for i := range steps {
		db, _ := connect(t, ks)
		all.Go(func() {
			done, err := migrator(db, nil).Up(ctx)
			if err != nil {
				t.Error(err)
			}
			steps[i] = len(done)
		})
	}
	all.Wait()
	require.Equal(t, 2, steps[0]+steps[1], "those that the first process had not executed")

	require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))
	require.NoError(t, stdin.Close())
	require.True(t, out.Scan())
	require.Contains(t, out.Text(), "ended: migrate: the lease was lost")
	require.Error(t, cmd.Wait())
	db, _ := connect(t, ks)
	status, err := migrator(db, nil).Status(ctx)
	require.NoError(t, err)
	for _, s := range status {
		require.Equal(t, migrate.StateApplied, s.State)
	}
}

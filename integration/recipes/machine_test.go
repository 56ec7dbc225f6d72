package recipes_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/machine"
)

type Job struct {
	ID      string     `cql:"id,partition"`
	State   string     `cql:"state"`
	Log     []string   `cql:"log"`
	Version int64      `cql:"version,version"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

// Two processes fire at one job: its log is a walk through the machine, without a step lost or
// made twice.
func TestMachine(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	jobs := machine.New(func(j *Job) *string { return &j.State }, machine.Rules[string, string]{
		"idle": {"start": "running"}, "running": {"stop": "idle"},
	})
	ks := keyspace(t)
	var rows []*coodie.QuerySet[Job]
	for i := range 2 {
		db, _ := connect(t, ks)
		table, err := coodie.Open[Job](db, coodie.WithLWTOnly())
		require.NoError(t, err)
		if i == 0 {
			require.NoError(t, coodie.Schema(db, table).Create(ctx))
			_, err = table.New(Job{ID: "j", State: "idle"}).Insert(ctx)
			require.NoError(t, err)
		}
		rows = append(rows, table.Find(coodie.Col(func(j *Job) *string { return &j.ID }).Eq("j")))
	}
	var mu sync.Mutex
	made, unknown := map[string]bool{}, 0
	var running sync.WaitGroup
	for i := range 6 {
		running.Go(func() {
			for n := range 6 {
				line := fmt.Sprint(i, "/", n)
				_, err := jobs.Fire(ctx, rows[i%2], []string{"start", "stop"}[n%2], func(j *Job) error {
					j.Log = append(j.Log, j.State+" "+line)
					return nil
				})
				mu.Lock()
				switch {
				case err == nil:
					made[line] = true
				case errors.Is(err, coodie.ErrOutcomeUnknown), errors.Is(err, coodie.ErrContended):
					unknown++
				case !errors.Is(err, machine.ErrNotAllowed):
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	row, err := rows[0].Get(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, made)
	require.GreaterOrEqual(t, len(row.Log), len(made))
	require.LessOrEqual(t, len(row.Log), len(made)+unknown)
	for i, line := range row.Log {
		require.Contains(t, line, []string{"running ", "idle "}[i%2])
	}
}

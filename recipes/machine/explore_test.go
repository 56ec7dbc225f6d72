//go:build !race

package machine_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
	"github.com/coodie-go/coodie/recipes/machine"
)

// Whatever request fails, in whatever way, and whoever comes between: the row goes through allowed
// states only, a step that was acknowledged is made once, and one whose outcome is unknown at most
// once.
func TestExplore(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		explore.Run(t, func(x *explore.T) {
			ctx := x.Context()
			open := func(client string) *coodie.Table[Job] {
				db := coodie.New(x.Session(client))
				table, err := coodie.Open[Job](db, coodie.WithTable("jobs"), coodie.WithLWTOnly())
				require.NoError(x, err)
				require.NoError(x, coodie.Schema(db, table).Create(ctx))
				return table
			}
			ann, bob := open("ann"), open("bob")
			if _, err := ann.New(Job{ID: "j", State: idle}).Insert(ctx); err != nil {
				return
			}
			made := map[string]bool{} // whether it was acknowledged
			fire := func(table *coodie.Table[Job], event Event, name string) {
				_, err := jobs.Fire(ctx, table.Find(jobID.Eq("j")), event, func(j *Job) error {
					j.Log = append(j.Log, name)
					return nil
				})
				var refused *machine.TransitionError[State, Event]
				if err == nil || errors.Is(err, coodie.ErrOutcomeUnknown) || errors.As(err, &refused) && refused.Already {
					made[name] = err == nil // otherwise it may have been
				}
			}
			x.Meanwhile("bob stopped the job", func() { fire(bob, stop, "bob stops") })
			fire(ann, start, "ann starts")
			fire(ann, finish, "ann finishes")
			x.Check(func() {
				job, err := open("eve").Find(jobID.Eq("j")).Get(context.Background())
				require.NoError(x, err)
				state := idle
				for _, step := range job.Log {
					event := map[string]Event{"ann starts": start, "bob stops": stop, "ann finishes": finish}[step]
					to, ok := jobs.Next(state, event)
					require.True(x, ok, "%s in state %s: %q", step, state, job.Log)
					state = to
					require.Contains(x, made, step)
				}
				require.Equal(x, state, job.State)
				for step, sure := range made {
					require.True(x, !sure || slices.Contains(job.Log, step), "%s is missing: %q", step, job.Log)
				}
			})
		}, explore.With(cqltest.WithDialect(dialect)))
	}
}

// Exact is a job of a table with the writers' slots.
type Exact struct {
	Job
	_ struct{} `cql:"slots,slots"`
}

var exacts = machine.New(func(j *Exact) *State { return &j.State }, machine.Rules[State, Event]{
	idle:    {start: running},
	running: {stop: idle, finish: done},
})

// With the writers' slots no step is left open: each that was made has been acknowledged, and no other.
func TestExploreWithSlots(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		explore.Run(t, func(x *explore.T) {
			ctx := x.Context()
			open := func(client string) *coodie.Table[Exact] {
				table, err := coodie.Open[Exact](coodie.New(x.Session(client)), coodie.WithTable("jobs"))
				require.NoError(x, err)
				require.NoError(x, coodie.Schema(nil, table).Create(ctx))
				return table
			}
			ann, bob := open("ann"), open("bob")
			x.Server().MustExec("INSERT INTO jobs (id, state, version) VALUES ('j', 'idle', 1)")
			made := 0
			fire := func(table *coodie.Table[Exact], event Event) {
				_, err := exacts.Fire(ctx, table.Find(coodie.AnyCol(table, "id").Eq("j")), event, func(j *Exact) error {
					j.Log = append(j.Log, "a step")
					return nil
				})
				if errors.Is(err, coodie.ErrOutcomeUnknown) {
					x.Errorf("event %d: %v", event, err)
				}
				if err == nil {
					made++
				}
			}
			x.Meanwhile("bob stopped the job", func() { fire(bob, stop) })
			fire(ann, start)
			fire(ann, finish)
			x.Check(func() {
				log, _ := x.Server().MustRows("SELECT log FROM jobs")[0]["log"].([]string)
				require.Len(x, log, made)
			})
		}, explore.With(cqltest.WithDialect(dialect)), explore.Only(cqltest.On(cqltest.Conditional)), explore.Budget(100))
	}
}

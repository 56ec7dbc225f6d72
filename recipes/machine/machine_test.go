package machine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/machine"
)

func TestMain(m *testing.M) { leak.Main(m) }

// State is a state of a job.
type State string

// Event is what happens to a job.
type Event int

const (
	idle    State = "idle"
	running State = "running"
	done    State = "done"

	start Event = iota
	stop
	finish
)

// Job has all that settles an unknown outcome.
type Job struct {
	ID      string      `cql:"id,partition"`
	State   State       `cql:"state"`
	Worker  string      `cql:"worker"`
	Log     []string    `cql:"log"`
	Version int64       `cql:"version,version"`
	Attempt coodie.UUID `cql:"attempt,attempt"`
}

var (
	jobID = coodie.Col(func(j *Job) *string { return &j.ID })
	jobs  = machine.New(func(j *Job) *State { return &j.State }, machine.Rules[State, Event]{
		idle:    {start: running},
		running: {stop: idle, finish: done},
	})
)

func open(t *testing.T, srv *cqltest.Server) *coodie.Table[Job] {
	t.Helper()
	cluster := srv.Cluster()
	cluster.Timeout = time.Second
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	table, err := coodie.Open[Job](coodie.New(session), coodie.WithTable("jobs"), coodie.WithLWTOnly())
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(context.Background()))
	return table
}

func serve(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *coodie.Table[Job], *coodie.QuerySet[Job]) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	table := open(t, srv)
	_, err := table.New(Job{ID: "j", State: idle}).Insert(context.Background())
	require.NoError(t, err)
	return srv, table, table.Find(jobID.Eq("j"))
}

func work(j *Job) error {
	j.Worker = "w1"
	j.Log = append(j.Log, string(j.State))
	return nil
}

func TestFire(t *testing.T) {
	for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
		ctx := context.Background()
		_, table, job := serve(t, cqltest.WithDialect(dialect))
		step, err := jobs.Fire(ctx, job, start, work)
		require.NoError(t, err)
		require.Equal(t, idle, step.From)
		require.Equal(t, running, step.To)
		require.Equal(t, "w1", step.Row.Worker)

		step, err = jobs.Fire(ctx, job, start)
		var refused *machine.TransitionError[State, Event]
		require.ErrorAs(t, err, &refused)
		require.ErrorIs(t, err, machine.ErrNotAllowed)
		require.Equal(t, machine.TransitionError[State, Event]{Event: start, From: running, Already: true}, *refused)
		require.Equal(t, running, step.From)
		require.Equal(t, running, step.To)
		require.Equal(t, "w1", step.Row.Worker)

		_, err = jobs.Fire(ctx, job, finish, work)
		require.NoError(t, err)
		for _, event := range []Event{start, stop, Event(99)} {
			_, err = jobs.Fire(ctx, job, event)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, done, refused.From)
			require.False(t, refused.Already)
		}
		row, err := job.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"running", "done"}, row.Log)

		_, err = jobs.Fire(ctx, table.Find(jobID.Eq("none")), start)
		require.ErrorIs(t, err, coodie.ErrNotFound)
		to, ok := jobs.Next(idle, start)
		require.True(t, ok)
		require.Equal(t, running, to)
	}
}

// A change may refuse the step, and must leave the state alone.
func TestChangeRefuses(t *testing.T) {
	ctx := context.Background()
	srv, _, job := serve(t)
	boom := errors.New("boom")
	_, err := jobs.Fire(ctx, job, start, func(*Job) error { return boom })
	require.ErrorIs(t, err, boom)
	var usage *coodie.Error
	_, err = jobs.Fire(ctx, job, start, func(j *Job) error { j.State = done; return nil })
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = machine.New[Job, State, Event](nil, nil).Fire(ctx, job, start)
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "idle", srv.MustRows("SELECT state FROM jobs")[0]["state"])
}

// A state that no rule knows allows nothing.
func TestUndeclaredState(t *testing.T) {
	srv, _, job := serve(t)
	srv.MustExec("UPDATE jobs SET state = 'odd' WHERE id = 'j'")
	_, err := jobs.Fire(context.Background(), job, start)
	require.ErrorContains(t, err, "in the row's state (machine_test.State)")
	require.NotContains(t, err.Error(), "odd")
}

// A lost answer is settled; executed or not, the step is made once.
func TestAnswerLost(t *testing.T) {
	for name, steps := range map[string][]cqltest.Step{
		"executed":     {cqltest.Apply, cqltest.WriteTimeout("CAS")},
		"not executed": {cqltest.WriteTimeout("CAS")},
		"lost":         {cqltest.Apply, cqltest.LoseAnswer},
		"cut":          {cqltest.Apply, cqltest.CloseConnection},
	} {
		for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
			t.Run(fmt.Sprint(name, dialect), func(t *testing.T) {
				ctx := context.Background()
				srv, _, job := serve(t, cqltest.WithDialect(dialect))
				srv.Fault(cqltest.On(cqltest.Conditional, "jobs").Nth(1), steps...)
				step, err := jobs.Fire(ctx, job, start, work)
				require.NoError(t, err)
				require.Equal(t, running, step.To)
				require.Equal(t, []string{"running"}, step.Row.Log)
				require.Equal(t, step.Row.Version, srv.MustRows("SELECT version FROM jobs")[0]["version"])
			})
		}
	}
}

// An outcome that cannot be settled is unknown, and found out by firing again.
func TestUnknownThenAlready(t *testing.T) {
	ctx := context.Background()
	srv, _, job := serve(t)
	srv.Fault(cqltest.On(cqltest.Conditional, "jobs").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	srv.Fault(cqltest.On(cqltest.Select, "jobs").After(1), cqltest.ReadTimeout())
	_, err := jobs.Fire(ctx, job, start)
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	srv.ClearFaults()
	_, err = jobs.Fire(ctx, job, start)
	var refused *machine.TransitionError[State, Event]
	require.ErrorAs(t, err, &refused)
	require.True(t, refused.Already)
}

// Somebody else comes between: the event is judged by the state that is then there.
func TestOvertaken(t *testing.T) {
	ctx := context.Background()
	srv, _, job := serve(t)
	other := open(t, srv).Find(jobID.Eq("j"))
	_, err := jobs.Fire(ctx, job, start)
	require.NoError(t, err)
	var once sync.Once
	srv.Fault(cqltest.On(cqltest.Conditional, "jobs").Nth(1), cqltest.Do(func(cqltest.Statement) {
		once.Do(func() {
			_, err := jobs.Fire(ctx, other, finish)
			require.NoError(t, err)
		})
	}))
	_, err = jobs.Fire(ctx, job, stop)
	var refused *machine.TransitionError[State, Event]
	require.ErrorAs(t, err, &refused)
	require.Equal(t, done, refused.From)
}

// Many fire at once, from two processes and through faults: every step is made once, and the
// log is a walk through the machine.
func TestContention(t *testing.T) {
	ctx := context.Background()
	srv, _, job := serve(t)
	other := open(t, srv).Find(jobID.Eq("j"))
	on := cqltest.On(cqltest.Conditional, "jobs")
	srv.Fault(on.Chance(0.05, 1), cqltest.Apply, cqltest.CASWriteUnknown())
	srv.Fault(on.Chance(0.05, 2), cqltest.WriteTimeout("CAS"))
	var steps, lost atomic.Int64
	var all sync.WaitGroup
	for i := range 12 {
		from := job
		if i%2 == 0 {
			from = other
		}
		all.Go(func() {
			for n := range 10 {
				event := []Event{start, stop}[n%2]
				_, err := jobs.Fire(ctx, from, event, func(j *Job) error {
					j.Log = append(j.Log, fmt.Sprintf("%d/%d to %s", i, n, j.State))
					return nil
				})
				switch {
				case err == nil:
					steps.Add(1)
				case errors.Is(err, coodie.ErrOutcomeUnknown):
					lost.Add(1)
				case !errors.Is(err, machine.ErrNotAllowed):
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	srv.ClearFaults()
	row, err := job.Get(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, int64(len(row.Log)), steps.Load(), "no step is lost")
	require.LessOrEqual(t, int64(len(row.Log)), steps.Load()+lost.Load(), "none is made twice")
	seen := map[string]bool{}
	for i, line := range row.Log {
		require.False(t, seen[line], line)
		seen[line] = true
		require.Contains(t, line, []string{"to running", "to idle"}[i%2])
	}
	require.NotZero(t, steps.Load())
}

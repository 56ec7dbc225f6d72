package saga_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
	"github.com/coodie-go/coodie/recipes/saga"
)

func TestMain(m *testing.M) { leak.Main(m) }

// trip is the data of the tests' saga.
type trip struct {
	City   string
	Booked []string
}

// world is outside of the database: what steps have done to it, by idempotency key.
type world struct {
	mu   sync.Mutex
	done map[string]bool
	log  []string
	// hook is asked before and after each effect: "do flight", "done flight", "undo flight", "undone flight".
	hook func(ctx context.Context, event string) error
}

func (w *world) call(ctx context.Context, c *saga.Call[trip], verb, step string, done bool) error {
	if err := w.ask(ctx, verb+" "+step); err != nil {
		return err
	}
	w.mu.Lock()
	if w.done[c.Key] != done {
		w.done[c.Key] = done
		w.log = append(w.log, verb+" "+step)
	}
	w.mu.Unlock()
	return w.ask(ctx, verb+"ne "+step)
}

func (w *world) ask(ctx context.Context, event string) error {
	if w.hook == nil {
		return nil
	}
	return w.hook(ctx, event)
}

var names = []string{"flight", "hotel", "car"}

// steps book a flight, a hotel and a car.
func (w *world) steps() []saga.Step[trip] {
	var steps []saga.Step[trip]
	for _, name := range names {
		steps = append(steps, saga.Step[trip]{
			Name: name,
			Do: func(ctx context.Context, c *saga.Call[trip]) error {
				c.Data.Booked = append(c.Data.Booked, name)
				return w.call(ctx, c, "do", name, true)
			},
			Undo: func(ctx context.Context, c *saga.Call[trip]) error { return w.call(ctx, c, "undo", name, false) },
		})
	}
	return steps
}

// booked are the steps that are in effect.
func (w *world) booked() []string {
	var out []string
	for _, name := range names {
		if w.done["trip/t1/"+name] {
			out = append(out, name)
		}
	}
	return out
}

// on returns a hook that answers event with err, times times.
func on(event string, times int, err error) func(context.Context, string) error {
	return func(_ context.Context, e string) error {
		if e == event && times > 0 {
			times--
			return err
		}
		return nil
	}
}

var errBoom = errors.New("boom")

func start(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *world, *saga.Saga[trip]) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	w := &world{done: map[string]bool{}}
	trips := client(t, srv, w)
	require.NoError(t, trips.Create(t.Context()))
	return srv, w, trips
}

// client is one more process.
func client(t *testing.T, srv *cqltest.Server, w *world) *saga.Saga[trip] {
	t.Helper()
	cluster := srv.Cluster()
	cluster.Timeout = time.Second
	cluster.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
	cluster.DefaultIdempotence = true
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	trips, err := saga.Open(coodie.New(session), "trip", w.steps())
	require.NoError(t, err)
	trips.Backoff = time.Millisecond
	return trips
}

// dies runs f, in which the process dies: a panic, so that nothing after it is run.
func dies(t *testing.T, f func()) {
	t.Helper()
	require.PanicsWithValue(t, "dead", f)
}

// crash is a hook that ends the process at an event, once.
func crash(event string) func(context.Context, string) error {
	dead := false
	return func(_ context.Context, e string) error {
		if e == event && !dead {
			dead = true
			panic("dead")
		}
		return nil
	}
}

func all(verb string) []string {
	var out []string
	for _, name := range names {
		out = append(out, verb+" "+name)
	}
	if verb == "undo" {
		slices.Reverse(out)
	}
	return out
}

func requireEnd(t *testing.T, trips *saga.Saga[trip], state saga.State) saga.Status[trip] {
	t.Helper()
	status, err := trips.Status(context.Background(), "t1")
	require.NoError(t, err)
	require.Equal(t, state, status.State, fmt.Sprintf("%+v", status))
	require.False(t, status.Held)
	require.Empty(t, status.Step)
	return status
}

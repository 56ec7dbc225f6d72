package coodie_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/observe"
)

// recorder is a CallObserver that keeps what it is told.
type recorder struct {
	mu       sync.Mutex
	starts   []coodie.Event
	attempts []coodie.Attempt
	of       []coodie.Event // the event of each attempt
	ends     []coodie.Event
	order    []string
	onEnd    func(coodie.Event) // nil: nothing else happens at the end of a call
}

type spanKey struct{}

func (r *recorder) Start(ctx context.Context, e coodie.Event) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts, r.order = append(r.starts, e), append(r.order, "start "+e.Op)
	parent, _ := ctx.Value(spanKey{}).(string)
	return context.WithValue(ctx, spanKey{}, parent+"/"+e.Op)
}

func (r *recorder) Attempt(_ context.Context, e coodie.Event, a coodie.Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts, r.of, r.order = append(r.attempts, a), append(r.of, e), append(r.order, "attempt")
}

func (r *recorder) Observe(ctx context.Context, e coodie.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	span, _ := ctx.Value(spanKey{}).(string)
	r.ends, r.order = append(r.ends, e), append(r.order, "end "+span)
	if r.onEnd != nil {
		r.onEnd(e)
	}
}

func (r *recorder) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts, r.attempts, r.of, r.ends, r.order = nil, nil, nil, nil, nil
}

// last is the event of the last call that ended.
func (r *recorder) last() coodie.Event { return r.ends[len(r.ends)-1] }

// sessionObserver is the program's own observer of gocql's.
type sessionObserver struct {
	mu    sync.Mutex
	spans []string
}

func (o *sessionObserver) saw(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	span, _ := ctx.Value(spanKey{}).(string)
	o.spans = append(o.spans, span)
}

func (o *sessionObserver) ObserveQuery(ctx context.Context, _ gocql.ObservedQuery) { o.saw(ctx) }
func (o *sessionObserver) ObserveBatch(ctx context.Context, _ gocql.ObservedBatch) { o.saw(ctx) }

// persistent is a retry policy that tries the same node again, twice.
type persistent struct{}

func (persistent) Attempt(q gocql.RetryableQuery) bool { return q.Attempts() <= 2 }
func (persistent) GetRetryType(error) gocql.RetryType  { return gocql.Retry }

// overheard is a DB of Connect on a server of its own, whose calls a recorder and gocql's own observers are told of.
func overheard(t *testing.T) (*cqltest.Server, *coodie.DB, *coodie.Table[Claim], *recorder, *sessionObserver) {
	t.Helper()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	own := new(sessionObserver)
	cluster := srv.Cluster()
	cluster.QueryObserver, cluster.BatchObserver = own, own
	cluster.RetryPolicy = persistent{}
	rec := new(recorder)
	db, err := coodie.Connect(t.Context(), cluster, coodie.WithObserver(rec))
	require.NoError(t, err)
	t.Cleanup(db.Close)
	require.Equal(t, []string{"start connect", "end /connect"}, rec.order)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	rec.clear()
	own.spans = nil
	return srv, db, claims, rec, own
}

// TestCallIsTold: a call has a start, an attempt for each request, and an end, all with its id; gocql's own observers
// are still called, under the context of the start.
func TestCallIsTold(t *testing.T) {
	ctx := t.Context()
	srv, _, claims, rec, own := overheard(t)
	claim := claims.New(Claim{Name: "a", Owner: "ann"})
	_, err := claim.Insert(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"start insert", "attempt", "end /insert"}, rec.order)
	require.Equal(t, []string{"/insert"}, own.spans)
	start, end, attempt := rec.starts[0], rec.last(), rec.attempts[0]
	require.NotZero(t, end.Call)
	require.Equal(t, []uint64{end.Call, end.Call}, []uint64{start.Call, rec.of[0].Call})
	require.Equal(t, "INSERT claim", start.Summary())
	require.Equal(t, "app", start.Keyspace)
	require.Equal(t, "claim", start.Table)
	require.Equal(t, coodie.EventLWT, start.Kind)
	require.Equal(t, coodie.Serial, start.SerialConsistency)
	require.Equal(t, coodie.Quorum, start.Consistency)
	require.False(t, start.Idempotent)
	require.Contains(t, start.Reason, "condition")
	require.Equal(t, coodie.Attempt{Number: 1, Start: attempt.Start, End: attempt.End, Host: srv.Addr()}, attempt)
	require.False(t, attempt.End.Before(attempt.Start))
	require.Equal(t, srv.Addr(), end.Host)
	require.Equal(t, 1, end.Attempts)
	require.Equal(t, coodie.OutcomeApplied, end.Outcome)

	rec.clear()
	fault := srv.Fault(cqltest.On(cqltest.Select, "claim").First(2), cqltest.Unavailable())
	_, err = claims.Find(claimName.Eq("a")).Get(ctx)
	require.NoError(t, err)
	fault.Remove()
	require.Equal(t, []string{"start select", "attempt", "attempt", "attempt", "end /select"}, rec.order)
	require.Error(t, rec.attempts[0].Err)
	require.NoError(t, rec.attempts[2].Err)
	require.Equal(t, 3, rec.attempts[2].Number)
	end = rec.last()
	require.Equal(t, 3, end.Attempts)
	require.True(t, end.Idempotent)
	require.Equal(t, []int{1, 1}, []int{end.Rows, end.Pages})

	rec.clear()
	for i := range 5 {
		require.NoError(t, claims.New(Claim{Name: fmt.Sprint("p", i)}).Save(ctx))
	}
	rec.clear()
	rows, err := claims.Find().With(coodie.WithPageSize(2)).All(ctx)
	require.NoError(t, err)
	require.Len(t, rows, 6)
	require.Equal(t, 6, rec.last().Rows)
	require.GreaterOrEqual(t, rec.last().Pages, 3)
	require.Equal(t, rec.last().Pages, len(rec.attempts))
}

// TestFurtherPages: the pages that the driver fetches ahead are told while the rows are read, and no more after the end.
func TestFurtherPages(t *testing.T) {
	ctx := t.Context()
	_, _, claims, rec, _ := overheard(t)
	for i := range 20 {
		require.NoError(t, claims.New(Claim{Name: fmt.Sprint(i)}).Save(ctx))
	}
	for read := range 20 {
		rec.clear()
		n := 0
		for _, err := range claims.Find().With(coodie.WithPageSize(2), coodie.WithPrefetch(1)).Iter(ctx) {
			require.NoError(t, err)
			if n++; n > read {
				break
			}
		}
		rec.mu.Lock()
		require.Equal(t, "end /select", rec.order[len(rec.order)-1])
		require.GreaterOrEqual(t, rec.last().Rows, read)
		require.Equal(t, len(rec.attempts), rec.last().Pages)
		rec.mu.Unlock()
	}
}

// TestFailedConnectIsTold: an observer hears of a Connect that fails.
func TestFailedConnectIsTold(t *testing.T) {
	rec := new(recorder)
	cluster := gocql.NewCluster("127.0.0.1")
	cluster.Dialer = dialer(func() {})
	_, err := coodie.Connect(t.Context(), cluster, coodie.WithObserver(rec), coodie.WithDriverLog(slog.New(slog.DiscardHandler)))
	require.Error(t, err)
	require.Equal(t, []string{"start connect", "end /connect"}, rec.order)
	require.Equal(t, coodie.OutcomeFailed, rec.last().Outcome)
	require.ErrorIs(t, rec.last().Err, err)
}

// TestCallsNest: what a Mutate sends, and what settles a write, has its call as parent, by id and by context.
func TestCallsNest(t *testing.T) {
	ctx := t.Context()
	srv, db, claims, rec, own := overheard(t)
	_, err := claims.New(Claim{Name: "a", Owner: "ann"}).Insert(ctx)
	require.NoError(t, err)
	rec.clear()
	own.spans = nil
	defer srv.Fault(cqltest.On(cqltest.Conditional, "claim").First(1), cqltest.Apply, cqltest.WriteTimeout("CAS")).Remove()
	_, err = claims.Find(claimName.Eq("a")).Mutate(ctx, func(_ context.Context, c *Claim) error { c.Owner = "ben"; return nil })
	require.NoError(t, err)
	require.Equal(t, []string{
		"start mutate", "start select", "attempt", "end /mutate/select", "start update", "attempt", "end /mutate/update",
		"start settle", "start select", "attempt", "end /mutate/settle/select", "end /mutate/settle", "end /mutate",
	}, rec.order)
	require.Equal(t, []string{"/mutate/select", "/mutate/update", "/mutate/settle/select"}, own.spans)
	mutate, update, settle := rec.last(), rec.ends[1], rec.ends[3]
	require.Equal(t, mutate.Call, update.Parent)
	require.Equal(t, update.Call, settle.Parent)
	require.Equal(t, settle.Call, rec.ends[2].Parent)
	require.Equal(t, coodie.OutcomeUnknown, update.Outcome)
	require.Equal(t, coodie.OutcomeApplied, settle.Outcome)
	require.Equal(t, "the row holds the id that the write stored", settle.Evidence)
	require.Positive(t, mutate.Backoff)
	require.Equal(t, "MUTATE claim", mutate.Summary())

	rec.clear()
	batch := db.Batch()
	claims.New(Claim{Name: "b"}).SaveIn(batch)
	claims.New(Claim{Name: "c"}).SaveIn(batch)
	require.NoError(t, batch.Exec(ctx))
	require.Equal(t, []string{"start batch", "attempt", "end /batch"}, rec.order)
	require.Equal(t, 2, rec.starts[0].Statements)
	require.Equal(t, srv.Addr(), rec.last().Host)
	require.Equal(t, "/batch", own.spans[len(own.spans)-1])
}

// TestRefusalIsTold: an event names the columns whose condition did not hold, of one write and of a batch, and no value.
func TestRefusalIsTold(t *testing.T) {
	ctx := t.Context()
	_, db, claims, rec, _ := overheard(t)
	claim := claims.New(Claim{Name: "secret", Owner: "hidden"})
	_, err := claim.Insert(ctx)
	require.NoError(t, err)
	res, err := claim.If(claimOwner.Eq("wrong")).Update(ctx, claimOwner.Set("other"))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, []string{"owner"}, rec.last().Conditions)
	res, err = claim.Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Empty(t, rec.last().Conditions, "the row is there, and no column says more")

	batch := db.Batch()
	claim.If(claimOwner.Eq("wrong")).UpdateIn(batch, claimOwner.Set("other"))
	require.NoError(t, batch.Exec(ctx))
	require.Equal(t, coodie.OutcomeRefused, rec.last().Outcome)
	require.Equal(t, []string{"owner"}, rec.last().Conditions)
	text := fmt.Sprintf("%+v %+v %+v", rec.starts, rec.attempts, rec.ends)
	for _, value := range []string{"secret", "hidden", "wrong", "other"} {
		require.NotContains(t, text, value)
	}
}

// TestAttemptWithholdsValues: a server's message that may quote a value is in no attempt.
func TestAttemptWithholdsValues(t *testing.T) {
	ctx := t.Context()
	srv, _, claims, rec, _ := overheard(t)
	defer srv.Fault(cqltest.On(cqltest.Insert, "claim"), cqltest.Invalid("the value hidden is not allowed")).Remove()
	require.Error(t, claims.New(Claim{Name: "a", Owner: "hidden"}).Save(ctx))
	require.NotEmpty(t, rec.attempts)
	require.Error(t, rec.attempts[0].Err)
	require.NotContains(t, rec.attempts[0].Err.Error(), "hidden")
}

// TestContentionIsTold: a Mutate tells how long it waited for another one of this process.
func TestContentionIsTold(t *testing.T) {
	ctx := t.Context()
	_, _, claims, rec, _ := overheard(t)
	row := claims.Find(claimName.Eq("a"))
	_, err := claims.New(Claim{Name: "a"}).Insert(ctx)
	require.NoError(t, err)
	entered, leave := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		_, err := row.Mutate(ctx, func(_ context.Context, c *Claim) error {
			close(entered)
			<-leave
			c.Owner = "ann"
			return nil
		})
		first <- err
	}()
	<-entered
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = row.Mutate(short, func(context.Context, *Claim) error { return nil })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	end := rec.last()
	require.Equal(t, "mutate", end.Op)
	require.Equal(t, coodie.OutcomeFailed, end.Outcome)
	require.GreaterOrEqual(t, end.Queued, 15*time.Millisecond)
	close(leave)
	require.NoError(t, <-first)
}

// TestSessionOfTheProgram: over a session of the program's own, its observers stay, and the attempts of a statement are
// told as one.
func TestSessionOfTheProgram(t *testing.T) {
	ctx := t.Context()
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"))
	own, rec := new(sessionObserver), new(recorder)
	cluster := srv.Cluster()
	cluster.QueryObserver, cluster.BatchObserver = own, own
	cluster.RetryPolicy = persistent{}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	defer session.Close()
	claims, err := coodie.Open[Claim](coodie.New(session, coodie.WithObserver(rec)))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, claims).Create(ctx))
	rec.clear()
	own.spans = nil
	defer srv.Fault(cqltest.On(cqltest.Select, "claim").First(2), cqltest.Unavailable()).Remove()
	_, err = claims.Find(claimName.Eq("a")).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"start select", "attempt", "end /select"}, rec.order)
	require.Equal(t, []string{"/select", "/select", "/select"}, own.spans)
	require.Equal(t, srv.Addr(), rec.attempts[0].Host)
	require.Equal(t, 3, rec.last().Attempts)
	require.Zero(t, rec.last().Pages, "it does not tell")
}

// harmful is an observer that does what it should not.
type harmful struct{ do func() }

func (h harmful) Start(context.Context, coodie.Event) context.Context   { h.do(); return nil }
func (h harmful) Attempt(context.Context, coodie.Event, coodie.Attempt) { h.do() }
func (h harmful) Observe(context.Context, coodie.Event)                 { h.do() }

// logged is what slog.Default gets until the test ends.
func logged(t *testing.T) func() string {
	var mu sync.Mutex
	var out bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(locked{&mu, &out}, nil)))
	t.Cleanup(func() { slog.SetDefault(before); log.SetFlags(log.LstdFlags) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return out.String()
	}
}

type locked struct {
	mu  *sync.Mutex
	out *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

// TestObserverHarmsNobody: one that panics, ends its goroutine, or never returns, changes no call, and others hear all.
func TestObserverHarmsNobody(t *testing.T) {
	ctx := t.Context()
	forever := make(chan struct{})
	for name, do := range map[string]func(){
		"panics": func() { panic("mine") },
		"exits":  runtime.Goexit,
		"blocks": func() { <-forever },
	} {
		t.Run(name, func(t *testing.T) {
			text := logged(t)
			rec := new(recorder)
			_, _, claims := watched(t, coodie.WithObserver(harmful{do}), coodie.WithObserver(rec))
			res, err := claims.New(Claim{Name: "a"}).Insert(ctx)
			require.NoError(t, err)
			require.True(t, res.Applied)
			require.NoError(t, claims.SaveAll(ctx, []Claim{{Name: "b"}, {Name: "c"}}))
			require.Equal(t, coodie.OutcomeApplied, rec.ends[1].Outcome)
			require.Len(t, rec.ends, 4)
			if name == "exits" {
				return
			}
			require.Eventually(t, func() bool { return strings.Contains(text(), name[:5]) }, 10*time.Second, time.Millisecond)
			require.Equal(t, 1, strings.Count(text(), "level=ERROR"), "it is said once")
			require.Contains(t, text(), "harmful")
		})
	}
	close(forever)
}

// TestObserverReturns: one that returns late is told again, and how much it has missed.
func TestObserverReturns(t *testing.T) {
	ctx := t.Context()
	logged(t)
	release, events := make(chan struct{}), make(chan coodie.Event, 100)
	var once sync.Once
	_, _, claims := watched(t, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		once.Do(func() { <-release })
		events <- e
	})))
	for range 3 {
		require.NoError(t, claims.New(Claim{Name: "a"}).Save(ctx))
	}
	close(release)
	require.Equal(t, "create", (<-events).Op)
	require.Eventually(t, func() bool {
		require.NoError(t, claims.New(Claim{Name: "a"}).Save(ctx))
		return len(events) > 0
	}, 10*time.Second, time.Millisecond)
	require.Contains(t, (<-events).Warning, "this observer was not told of")
}

// TestDriverLog: gocql's log goes where the program wants it, and nothing to the standard logger.
func TestDriverLog(t *testing.T) {
	var standard, structured bytes.Buffer
	before := log.Writer()
	log.SetOutput(&standard)
	defer log.SetOutput(before)
	var mu sync.Mutex
	logger := slog.New(slog.NewJSONHandler(locked{&mu, &structured}, nil))
	cluster := gocql.NewCluster("127.0.0.1")
	cluster.Dialer = dialer(func() {})
	_, err := coodie.Connect(t.Context(), cluster, coodie.WithDriverLog(logger))
	require.Error(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.Empty(t, standard.String())
	require.Contains(t, structured.String(), `"level":"WARN"`)
	require.Contains(t, structured.String(), `"logger":"gocql"`)
}

// forgetful is an observer that makes a context of nothing.
type forgetful struct{ recorder }

func (f *forgetful) Start(context.Context, coodie.Event) context.Context { return context.Background() }

// TestCallEndsWithItsOwnContext, whatever context an observer makes of it.
func TestCallEndsWithItsOwnContext(t *testing.T) {
	srv, session := server(t)
	table, err := coodie.Open[Claim](coodie.New(session, coodie.WithObserver(&forgetful{})))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	srv.Fault(cqltest.On(cqltest.Select), cqltest.Do(func(cqltest.Statement) { cancel() }), cqltest.LoseAnswer)
	_, err = table.Find(claimName.Eq("a")).Get(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// panicking has the methods of Metrics, and one of its own.
type panicking struct{ observe.Metrics }

func (*panicking) Observe(context.Context, coodie.Event) { panic("observer") }

// noLog panics as well, of coodie's records alone: the driver's come here too, from goroutines of other tests.
type noLog struct{ slog.Handler }

func (noLog) Enabled(context.Context, slog.Level) bool { return true }

func (noLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "an observer of coodie") {
		panic("log")
	}
	return nil
}

// TestPanicsOfObserverAndLog: neither reaches the caller, nor ends the process.
func TestPanicsOfObserverAndLog(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(slog.New(noLog{}))
	t.Cleanup(func() { slog.SetDefault(before); log.SetFlags(log.LstdFlags) })
	_, session := server(t)
	table, err := coodie.Open[Claim](coodie.New(session, coodie.WithObserver(&panicking{}), coodie.WithObserver(observe.Log(nil)), coodie.WithObserver((*observe.Metrics)(nil))))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(t.Context()))
	_, err = table.Find(claimName.Eq("a")).Get(t.Context())
	require.ErrorIs(t, err, coodie.ErrNotFound)
}

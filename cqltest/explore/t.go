package explore

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

// keyspace is what tables are in unless the test says otherwise.
const keyspace = "explore"

// T is one run of the test's function. It is a testing.TB whose failures belong to the run: they
// end it, and exploring. Its methods are safe for many goroutines, those that end a test excepted,
// as in package testing.
type T struct {
	testing.TB // of the bubble; what a run may do to it is overridden

	config  *config
	plan    schedule
	cluster *cqltest.Cluster
	ctx     context.Context
	cancel  context.CancelFunc

	mu         sync.Mutex
	failed     bool
	skipped    bool
	messages   []string
	cleanups   []func()
	checks     []func()
	others     []func()
	othersSay  []string
	clients    map[string]string // by the address of a connection
	counts     map[point]int     // by the point with n = 0
	seen       []sighting
	struck     []bool     // of the plan
	now        []sighting // by node: the statement that faults are looked for
	held       []*held
	broken     bool            // a fault has broken connections
	settling   map[string]bool // clients that have sent nothing since
	timers     []*time.Timer
	statements int
	progress   atomic.Int64 // statements and connections of any kind
	late       bool         // the function has taken too long, and ends at its next statement
	over       bool         // no fault strikes any more
}

// sighting is a point that a run came to.
type sighting struct {
	point
	said   cqltest.Statement // zero for a connection
	others int               // how many functions T.Meanwhile had registered
	strike int               // 1 + the index of the strike in the plan; 0: none
}

// held is a statement that is held up: a write that will be late, or one before which another
// client acts.
type held struct {
	x             *T
	way           Way
	waiting       bool // for release
	begun         bool
	after         int // how many statements came after it
	release, done chan struct{}
}

// Server is the node of the cluster, or its first: to set a scene and to look at what is stored,
// past the faults.
func (x *T) Server() *cqltest.Server { return x.cluster.Node(0) }

// Nodes are the servers of the cluster: one, or as many as the option [Nodes] says.
func (x *T) Nodes() []*cqltest.Server { return x.cluster.Nodes() }

// Context is cancelled when the run ends, and when it has taken too long: see [Limit].
func (x *T) Context() context.Context { return x.ctx }

// Session returns a session of a client, and closes it at the end of the run. Faults do not strike
// its first connections, but those that it opens later. A client's name is part of schedules and
// of their words.
func (x *T) Session(client string) *gocql.Session {
	x.TB.Helper()
	d := x.dialer(client)
	d.calm = true
	session, err := x.clusterOf(d).CreateSession()
	if err != nil {
		x.Fatalf("the session of %s: %v", client, err)
	}
	d.calmed(false)
	// Who waits for a page that is being fetched ahead waits for a mutex, and so the bubble's clock
	// would not move until the page comes.
	session.SetPrefetch(-1)
	settle() // gocql forgets a goroutine of a session that is closed the moment it has connected
	x.Cleanup(session.Close)
	return session
}

// Cluster returns a configuration for gocql of a client that connects by itself. Faults strike its
// connections from the first on. It is that of cqltest's Cluster.Config with a node that was down
// being looked for again every second; keep its Dialer, and its HostSelectionPolicy if [NotSent] is to strike.
// If the client reads pages, call SetPrefetch(-1) of its session: otherwise a page that is lost stops the bubble's clock.
func (x *T) Cluster(client string) *gocql.ClusterConfig { return x.clusterOf(x.dialer(client)) }

func (x *T) clusterOf(d *dialer) *gocql.ClusterConfig {
	config := x.cluster.Config()
	config.Dialer = d
	config.Timeout, config.ConnectTimeout = x.config.timeout(), x.config.timeout()
	config.Logger = log.New(io.Discard, "", 0)
	config.ReconnectInterval = x.config.timeout() / 5
	config.PoolConfig.HostSelectionPolicy = &policy{gocql.RoundRobinHostPolicy(), x, d.client}
	return config
}

// Check registers what must hold at the end of the run: when the function has returned, late
// writes have arrived, nodes are up and no fault strikes any more. Checks are called in the order
// in which they were registered, unless the run has failed.
func (x *T) Check(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.checks = append(x.checks, f)
}

// Meanwhile registers what another client does meanwhile: explore lets f run before each statement
// in turn, while the client of that statement waits. f uses a session of its own. words say what it
// does, in the past: "bob took the lock".
func (x *T) Meanwhile(words string, f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.others, x.othersSay = append(x.others, f), append(x.othersSay, words)
}

// guard calls f in a goroutine of its own, which f may end, and waits. A panic fails the run.
func (x *T) guard(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				x.fail(fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		f()
	}()
	<-done
}

// Cleanup registers a function that is called when the run has ended, the last one first.
func (x *T) Cleanup(f func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cleanups = append(x.cleanups, f)
}

func (x *T) fail(message string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed = true
	if message != "" {
		x.messages = append(x.messages, message)
	}
}

// Error is [testing.T.Error] for the run, as are the methods that follow.
func (x *T) Error(args ...any) { x.fail(located(fmt.Sprintln(args...))) }

// Errorf fails the run, which goes on.
func (x *T) Errorf(format string, args ...any) { x.fail(located(fmt.Sprintf(format, args...))) }

// Fail fails the run, which goes on.
func (x *T) Fail() { x.fail("") }

// FailNow fails the run and ends its function.
func (x *T) FailNow() {
	x.fail("")
	runtime.Goexit()
}

// Fatal fails the run and ends its function.
func (x *T) Fatal(args ...any) {
	x.fail(located(fmt.Sprintln(args...)))
	runtime.Goexit()
}

// Fatalf fails the run and ends its function.
func (x *T) Fatalf(format string, args ...any) {
	x.fail(located(fmt.Sprintf(format, args...)))
	runtime.Goexit()
}

// Failed reports whether the run has failed.
func (x *T) Failed() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failed
}

// Log adds to what is said of the run if it fails.
func (x *T) Log(args ...any) { x.log(fmt.Sprintln(args...)) }

// Logf adds to what is said of the run if it fails.
func (x *T) Logf(format string, args ...any) { x.log(fmt.Sprintf(format, args...)) }

func (x *T) log(message string) {
	message = located(message)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.messages = append(x.messages, message)
}

// Skip ends the function of the run, which passes.
func (x *T) Skip(args ...any) {
	x.Log(args...)
	x.SkipNow()
}

// Skipf ends the function of the run, which passes.
func (x *T) Skipf(format string, args ...any) {
	x.Logf(format, args...)
	x.SkipNow()
}

// SkipNow ends the function of the run, which passes.
func (x *T) SkipNow() {
	x.mu.Lock()
	x.skipped = true
	x.mu.Unlock()
	runtime.Goexit()
}

// Skipped reports whether the run was skipped.
func (x *T) Skipped() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.skipped
}

// located puts the file and line of the caller before a message.
func located(message string) string {
	message = strings.TrimRight(message, "\n")
	for i := 2; ; i++ {
		_, file, line, ok := runtime.Caller(i)
		switch {
		case !ok:
			return message
		case strings.Contains(file, "/testify"):
			return strings.Trim(message, "\n") // which says it by itself
		case !strings.HasSuffix(file, "/explore/t.go"):
			return fmt.Sprintf("%s:%d: %s", filepath.Base(file), line, message)
		}
	}
}

// run carries out the function under the plan.
func (x *T) run(test func(*T)) {
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.guard(x.start)
	if !x.Failed() {
		end := x.watch()
		x.guard(func() { test(x) })
		end()
	}
	x.heal()
	x.mu.Lock()
	checks := x.checks
	x.mu.Unlock()
	for _, check := range checks {
		if !x.Failed() && !x.Skipped() {
			x.guard(check)
		}
	}
	x.cancel()
	settle()
	for {
		x.mu.Lock()
		n := len(x.cleanups)
		var f func()
		if n > 0 {
			f = x.cleanups[n-1]
			x.cleanups = x.cleanups[:n-1]
		}
		x.mu.Unlock()
		if f == nil {
			return
		}
		x.guard(f)
	}
}

func (x *T) start() {
	replicas := min(3, x.config.nodes)
	opts := append([]cqltest.Option{
		cqltest.WithPipe(),
		cqltest.WithKeyspace(keyspace),
		cqltest.WithSchema(fmt.Sprintf("ALTER KEYSPACE %s WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': %d}", keyspace, replicas)),
	}, x.config.server...)
	x.cluster = cqltest.RunCluster(x, cqltest.Nodes(x.config.nodes, "datacenter1"), opts...)
	x.now = make([]sighting, x.config.nodes)
	x.arm()
}

// arm sets the faults. The first sees each statement and strikes none; of the others the first
// that fits strikes.
func (x *T) arm() {
	var faults []*cqltest.Fault
	for node, srv := range x.cluster.Nodes() {
		set := func(fits func(cqltest.Statement) bool, steps ...cqltest.Step) {
			faults = append(faults, srv.Fault(cqltest.On(cqltest.Any).Where(fits), steps...))
		}
		gate := do(x.releaseDue)
		set(func(s cqltest.Statement) bool { x.arrive(node, s); return false }, cqltest.LoseAnswer)
		set(func(cqltest.Statement) bool { return x.endless() }, cqltest.LoseAnswer)
		for i, f := range x.plan {
			for _, writeType := range writeTypes {
				if steps := f.way.steps(x, node, writeType); steps != nil {
					set(func(s cqltest.Statement) bool { return writeTypeOf(s) == writeType && x.strikes(node, i) }, append([]cqltest.Step{gate}, steps...)...)
				}
			}
		}
		set(func(cqltest.Statement) bool { return x.due() }, gate)
	}
	x.Cleanup(func() {
		for _, f := range faults {
			f.Remove()
		}
	})
}

// arrive takes note of a statement.
func (x *T) arrive(node int, s cqltest.Statement) {
	x.progress.Add(1)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now[node] = sighting{}
	class, ok := classOf(s)
	client, known := x.clients[s.Client.String()]
	if !ok || !known || x.over {
		return
	}
	x.statements++
	for _, h := range x.held {
		if h.waiting {
			h.after++
		}
	}
	if x.config.only != nil && len(cqltest.Log{s}.Matching(*x.config.only)) == 0 {
		return
	}
	x.now[node] = x.sight(point{client: client, class: class, table: tableOf(s)}, s)
}

// sight numbers a point and adds it to those that were seen.
func (x *T) sight(p point, s cqltest.Statement) sighting {
	x.counts[p]++
	p.n = x.counts[p]
	seen := sighting{point: p, said: s, others: len(x.others)}
	for i, f := range x.plan {
		if f.point == p && !x.struck[i] {
			seen.strike, x.struck[i] = i+1, true
			if f.way.breaks() {
				x.broken = true
				for _, client := range x.clients {
					x.settling[client] = true
				}
			}
			break
		}
	}
	x.seen = append(x.seen, seen)
	return seen
}

// strikes reports whether the ith fault strikes the statement that a node looks at.
func (x *T) strikes(node, i int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.now[node].strike == i+1
}

// manyStatements is how many a run may send: more, and it does not end.
const manyStatements = 10_000

func (x *T) endless() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.statements > manyStatements && !x.over
}

// watch ends a run that takes too long. The returned function stops watching.
func (x *T) watch() (end func()) {
	limit := x.config.limit()
	first := time.AfterFunc(limit, func() {
		x.mu.Lock()
		x.late = true
		why := fmt.Sprintf("the function has not returned within %v", limit)
		if x.statements > manyStatements {
			why = fmt.Sprintf("the function has sent more than %d statements", manyStatements)
		}
		x.mu.Unlock()
		x.fail(why)
		x.cancel()
	})
	last := time.AfterFunc(2*limit, func() {
		panic(fmt.Sprintf("explore: the function of %s does not return, although its context has been cancelled\nschedule: %s", x.config.name, x.plan))
	})
	return func() {
		first.Stop()
		last.Stop()
		x.mu.Lock()
		x.late = false
		x.mu.Unlock()
	}
}

// hold makes what holds up a write.
func (x *T) hold(way Way) *held {
	h := &held{x: x, way: way, release: make(chan struct{}), done: make(chan struct{})}
	x.held = append(x.held, h)
	return h
}

// wait begins to hold the statement up.
func (h *held) wait() {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	h.waiting = true
}

// act lets the other client act.
func (h *held) act() {
	i, _ := h.way.meanwhile()
	h.x.mu.Lock()
	h.begun = true
	var f func()
	if i < len(h.x.others) {
		f = h.x.others[i]
	}
	h.x.mu.Unlock()
	defer close(h.release)
	if f != nil {
		h.x.guard(f)
	}
}

// released waits until it is let go.
func (h *held) released() { <-h.release }

// applied says that it has been carried out.
func (h *held) applied() { close(h.done) }

func (h *held) hasBegun() bool {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	return h.begun
}

// isDue reports whether a late write is to be applied before the statement that comes now.
func (h *held) isDue() bool { return h.waiting && h.way != VeryLate && h.after > 1 }

func (x *T) due() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.ContainsFunc(x.held, (*held).isDue)
}

func (x *T) releaseDue() { x.let((*held).isDue) }

// let has the writes that fit applied now.
func (x *T) let(fits func(*held) bool) {
	x.mu.Lock()
	var now []*held
	for _, h := range x.held {
		if fits(h) {
			h.waiting = false
			now = append(now, h)
		}
	}
	x.mu.Unlock()
	for _, h := range now {
		close(h.release)
		h.end()
	}
}

// end waits until the statement has been carried out, once it is let go.
func (h *held) end() {
	<-h.release
	select {
	case <-h.done:
	case <-time.After(h.x.config.timeout()): // the server refused it
	}
}

// down stops a node for a while.
func (x *T) down(node int) {
	srv := x.cluster.Node(node)
	srv.Stop()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.over {
		x.timers = append(x.timers, time.AfterFunc(2*x.config.timeout(), srv.Resume))
	}
}

// heal ends all faults.
func (x *T) heal() {
	x.mu.Lock()
	all := x.held
	x.mu.Unlock()
	for _, h := range all {
		if h.hasBegun() {
			h.end()
		}
	}
	x.let(func(h *held) bool { return h.waiting })
	x.mu.Lock()
	x.over = true
	broken, timers := x.broken, x.timers
	x.mu.Unlock()
	for _, t := range timers {
		t.Stop()
	}
	if !broken || x.cluster == nil {
		return
	}
	for _, srv := range x.cluster.Nodes() {
		srv.Resume()
	}
	time.Sleep(x.config.timeout()) // sessions connect again
}

// dialer connects a client.
type dialer struct {
	x      *T
	client string
	calm   bool // guarded by x.mu: no fault strikes
}

func (x *T) dialer(client string) *dialer { return &dialer{x: x, client: oneWord(client)} }

func (d *dialer) calmed(calm bool) {
	d.x.mu.Lock()
	defer d.x.mu.Unlock()
	d.calm = calm
}

// DialContext implements gocql.Dialer.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	x := d.x
	x.mu.Lock()
	var way Way
	if !d.calm && !x.over && x.config.only == nil {
		if s := x.sight(point{client: d.client, class: Connection}, cqltest.Statement{}); s.strike > 0 {
			way = x.plan[s.strike-1].way
		}
	}
	x.mu.Unlock()
	failure := &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	switch way {
	case Refused:
		return nil, failure
	case Silent:
		timer := time.NewTimer(x.config.timeout())
		defer timer.Stop()
		failure.Err = syscall.ETIMEDOUT
		select {
		case <-timer.C:
		case <-ctx.Done():
			failure.Err = ctx.Err()
		}
		return nil, failure
	}
	conn, err := x.Server().Dialer().DialContext(ctx, network, address)
	if err == nil {
		x.mu.Lock()
		x.clients[conn.LocalAddr().String()] = d.client
		x.mu.Unlock()
	}
	return conn, err
}

// settle lets the other goroutines of a bubble go as far as they come without waiting.
func settle() { time.Sleep(time.Millisecond) }

// policy finds no host for a statement that is not to be sent.
type policy struct {
	gocql.HostSelectionPolicy
	x      *T
	client string
}

// Pick implements gocql.HostSelectionPolicy.
func (p *policy) Pick(q gocql.ExecutableQuery) gocql.NextHost {
	if p.x.settles(p.client) {
		settle() // so that it does not depend on the scheduler how far the driver is with connecting again
	}
	if p.x.unsent(p.client, q) {
		return func() gocql.SelectedHost { return nil }
	}
	return p.HostSelectionPolicy.Pick(q)
}

// settles reports whether the client's connections have been broken since it last sent something.
func (x *T) settles(client string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	settling := x.settling[client]
	delete(x.settling, client)
	return settling
}

// unsent reports whether the statement is one that is not to be sent.
func (x *T) unsent(client string, q gocql.ExecutableQuery) bool {
	text := ""
	switch q := q.(type) {
	case *gocql.Query:
		text = q.Statement()
	case *gocql.Batch:
		texts := make([]string, len(q.Entries))
		for i, e := range q.Entries {
			texts[i] = e.Stmt
		}
		text = strings.Join(texts, "; ")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.late {
		x.mu.Unlock()
		defer x.mu.Lock()
		runtime.Goexit() // of the client's goroutine
	}
	s, ok := x.config.texts[text]
	if !ok || x.over {
		return false
	}
	class, _ := classOf(s)
	p := point{client: client, class: class, table: tableOf(s)}
	next := p
	next.n = x.counts[p] + 1
	for i, f := range x.plan {
		if f.way == NotSent && f.point == next && !x.struck[i] {
			x.sight(p, s)
			return true
		}
	}
	return false
}

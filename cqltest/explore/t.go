package explore

import (
	"context"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
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

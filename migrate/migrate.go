package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/coodie-go/coodie"
)

// Defaults of the options.
const (
	DefaultTable            = "coodie_migrations"
	DefaultLease            = 30 * time.Second
	DefaultLateness         = 15 * time.Second
	DefaultAgreement        = time.Minute
	DefaultStatementTimeout = 2 * time.Minute
)

// Migrator migrates the keyspace of a session. It is safe for many goroutines.
type Migrator struct {
	db         *coodie.DB
	files      fs.FS
	migrations []*migration
	options
}

type options struct {
	table                                 string
	owner                                 string
	lease, lateness, agreement, statement time.Duration
	outOfOrder                            bool
	functions                             []*migration
	observe                               func(Event)
}

// Option is an option of New.
type Option func(*options)

// WithTable names the table of the history, instead of DefaultTable; the leases are in another one, with
// _lease behind its name.
func WithTable(name string) Option { return func(o *options) { o.table = name } }

// WithOwner names this process for people: in the lease, and in the history. By default it is
// the host's name and the process id.
func WithOwner(name string) Option { return func(o *options) { o.owner = name } }

// WithLease sets for how long the lease is taken; it is renewed meanwhile. After a crash others wait for
// as long, and about three seconds more.
func WithLease(ttl time.Duration) Option { return func(o *options) { o.lease = ttl } }

// WithLateness sets for how long a request may still be executed whose answer was lost. The default, 15 s, is
// longer than Cassandra 5.0 keeps a request in its queue (native_transport_timeout, 12 s). Before a
// statement is repeated, its effect is looked for during this time. After one with IF [NOT] EXISTS it is waited for anyway,
// since the effect may have been there before.
func WithLateness(d time.Duration) Option { return func(o *options) { o.lateness = d } }

// WithAgreement sets how long to wait until all nodes agree on the schema.
func WithAgreement(d time.Duration) Option { return func(o *options) { o.agreement = d } }

// WithStatementTimeout sets how long a statement may take. The session's own timeout holds as well.
func WithStatementTimeout(d time.Duration) Option { return func(o *options) { o.statement = d } }

// WithOutOfOrder lets Up apply migrations with a smaller number than others that are applied: for numbers that
// are dates, of branches that were merged later.
func WithOutOfOrder() Option { return func(o *options) { o.outOfOrder = true } }

// WithObserver has f told of each step. f is called by the goroutine that migrates.
func WithObserver(f func(Event)) Option { return func(o *options) { o.observe = f } }

// WithGo adds a migration in Go. The number is one of those of the files; down may be nil. See GoFunc.
func WithGo(version int64, name string, up, down GoFunc) Option {
	return func(o *options) {
		m := &migration{version: version, name: name, up: &source{call: up}}
		if down != nil {
			m.down = &source{call: down}
		}
		o.functions = append(o.functions, m)
	}
}

// Phase is the kind of an Event.
type Phase string

// The phases of a step.
const (
	PhaseWait    Phase = "wait"    // another process is migrating, or has died less than its lease ago; there is no step
	PhaseRun     Phase = "run"     // it is sent
	PhaseWatch   Phase = "watch"   // its outcome is unknown: its effect is looked for
	PhaseDone    Phase = "done"    // it was executed, and that is recorded
	PhaseFound   Phase = "found"   // the same, by an earlier attempt, or by a process that died
	PhaseRefused Phase = "refused" // its condition did not hold: a result, not an error
)

// Event is passed to the function of WithObserver.
type Event struct {
	Step  Step
	Phase Phase
	Took  time.Duration // of PhaseDone, PhaseFound and PhaseRefused
	Owner string        // of PhaseWait: who has the lease
}

// New reads the migrations of a file system, which may be nil if there are Go functions only. It sends nothing.
// The error joins an *Error for each mistake in the files.
func New(db *coodie.DB, fsys fs.FS, opts ...Option) (*Migrator, error) {
	host, _ := os.Hostname()
	m := &Migrator{db: db, files: fsys, options: options{
		table: DefaultTable, owner: fmt.Sprintf("%s:%d", cmp.Or(host, "unknown"), os.Getpid()),
		lease: DefaultLease, lateness: DefaultLateness, agreement: DefaultAgreement, statement: DefaultStatementTimeout,
	}}
	for _, o := range opts {
		if o != nil {
			o(&m.options)
		}
	}
	for _, f := range m.functions {
		if f.version <= 0 || f.up.call == nil {
			return nil, &Error{Kind: ErrName, Version: f.version, Err: fmt.Errorf("the Go function %q", f.name), Advice: "WithGo needs a number from 1 and a function up"}
		}
	}
	var advice string
	switch {
	case db == nil:
		advice = "New needs a DB: coodie.Connect or coodie.New"
	case m.lease <= 0 || m.agreement <= 0 || m.statement <= 0 || m.lateness < 0:
		advice = "the durations of the options are more than 0, that of WithLateness at least 0"
	case m.owner == "":
		advice = "WithOwner needs a name"
	}
	if advice != "" {
		return nil, &Error{Kind: ErrFailed, Advice: advice}
	}
	var err error
	m.migrations, err = read(fsys, m.functions)
	if err == nil || len(m.migrations) > 0 {
		err = errors.Join(err, missing(fsys, m.migrations))
	}
	if err != nil {
		return nil, err
	}
	if _, err := m.open(nil, nil); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Migrator) tell(e Event) {
	if m.observe != nil {
		m.observe(e)
	}
}

// find is the migration of a number; nil if there is none.
func (m *Migrator) find(version int64) *migration {
	for _, x := range m.migrations {
		if x.version == version {
			return x
		}
	}
	return nil
}

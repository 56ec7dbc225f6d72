package coodie

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/driver"
)

// Observer is told what becomes of every statement. Counters and SlogObserver are two;
// ObserverFunc makes one of a function.
type Observer interface {
	// Observe is called after each statement, from the goroutine that sent it. It must not
	// block, and must be safe for concurrent use.
	Observe(ctx context.Context, e Event)
}

// ObserverFunc is a function as an Observer.
type ObserverFunc func(ctx context.Context, e Event)

// Observe calls f.
func (f ObserverFunc) Observe(ctx context.Context, e Event) { f(ctx, e) }

// WithObserver adds an observer: of all tables of a DB, or of one table besides those of
// its DB. Without one nothing is measured and nothing is spent.
func WithObserver(o Observer) Option {
	return option(func(s *settings) {
		if o != nil {
			s.observers = append(s.observers[:len(s.observers):len(s.observers)], o)
		}
	})
}

// Event is one finished statement, as an observer sees it. It holds no bound values.
//
// Two calls that take several statements, each of which has an event of its own, are
// reported once more as a whole: Op is then "settle" or "mutate", and Statement empty.
type Event struct {
	Op        string // "insert", "update", "delete", "select", "peek", "batch", "raw", "create", "drop", …; "settle", "mutate"
	Kind      EventKind
	Table     string // qualified where a keyspace was given; those of a batch separated by ", "
	Statement string
	Outcome   Outcome
	Err       error
	Duration  time.Duration
	Warning   string // of what is not a good idea, though it was done; "" otherwise

	// Paxos is true of an LWT and of a SerialRead. They take a Paxos round and so cost several
	// times a plain statement.
	Paxos bool

	// Of a "mutate": the conditional writes that it sent, and how many of them were
	// refused because somebody else had written first.
	Attempts, Refused int
}

// EventKind is what an event is about. Raw CQL has the kind of its text.
type EventKind uint8

const (
	// EventOther is none of the others, such as "connect".
	EventOther EventKind = iota
	// EventRead is a plain read.
	EventRead
	// EventSerialRead is a read at serial consistency.
	EventSerialRead
	// EventWrite is a write without a condition, or a batch of them.
	EventWrite
	// EventLWT is a conditional write, or a batch with at least one.
	EventLWT
	// EventDDL is CREATE, ALTER, DROP, TRUNCATE, GRANT or REVOKE.
	EventDDL
	// EventSettle is a call of Settle, whose reads have events of their own.
	EventSettle
	// EventMutate is a call of Mutate, whose reads and writes have events of their own.
	EventMutate
)

func (k EventKind) String() string {
	return [...]string{"other", "read", "serial read", "write", "lwt", "ddl", "settle", "mutate"}[k]
}

// eventKind is the kind of a request's event.
func eventKind(k driver.Kind) EventKind {
	switch k {
	case driver.Read:
		return EventRead
	case driver.SerialRead:
		return EventSerialRead
	case driver.CAS:
		return EventLWT
	case driver.Schema:
		return EventDDL
	}
	return EventWrite
}

// Outcome is how a statement ended.
type Outcome uint8

const (
	// OutcomeDone is a plain statement that succeeded, and a Mutate that had nothing to write or
	// whose function returned an error.
	OutcomeDone Outcome = iota
	// OutcomeApplied is an LWT whose condition held.
	OutcomeApplied
	// OutcomeRefused is an LWT whose condition did not hold, and a peek (see WithPeekFirst) that found
	// the row taken: nothing was written.
	OutcomeRefused
	// OutcomeUnknown is a write that may have been executed.
	OutcomeUnknown
	// OutcomeFailed is a statement that certainly had no effect, or a read that failed.
	OutcomeFailed
)

// decided is the outcome of an LWT that was answered.
func decided(applied bool) Outcome {
	if applied {
		return OutcomeApplied
	}
	return OutcomeRefused
}

func (o Outcome) String() string {
	return [...]string{"done", "applied", "refused", "unknown", "failed"}[o]
}

// outcomeOf is the outcome of a statement that ended with err, or else with done.
func outcomeOf(done Outcome, err error) Outcome {
	var decode *DecodeError
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrMultiple), errors.As(err, &decode):
		return done
	case errors.Is(err, ErrOutcomeUnknown):
		return OutcomeUnknown
	}
	return OutcomeFailed
}

// now is when something starts, for an observer if there is one.
func (s *settings) now() (start time.Time) {
	if len(s.observers) > 0 {
		start = time.Now()
	}
	return start
}

// tell tells the observers of e, which began at start and ended with its Err, or else as
// its Outcome says.
func (s *settings) tell(ctx context.Context, e Event, start time.Time) {
	if len(s.observers) == 0 || driver.IsPlanning(ctx) {
		return
	}
	e.Outcome, e.Duration = outcomeOf(e.Outcome, e.Err), time.Since(start)
	e.Paxos = e.Kind == EventLWT || e.Kind == EventSerialRead
	for _, o := range s.observers {
		o.Observe(ctx, e)
	}
}

func (t *table) now() time.Time { return t.settings.now() }

// observe tells the observers of a finished statement.
func (t *table) observe(ctx context.Context, op string, r *driver.Request, outcome Outcome, err error, start time.Time) {
	if len(t.settings.observers) == 0 || driver.IsPlanning(ctx) {
		return
	}
	t.settings.tell(ctx, Event{
		Op: op, Kind: eventKind(r.Kind), Table: t.schema.Name, Statement: r.Statement, Outcome: outcome, Err: err,
		Warning: warnings(t.manyTexts(), t.loses(r.Lost)),
	}, start)
}

// SlogObserver returns an Observer that logs each event as the message "coodie" with its
// op, kind, table, outcome, duration and statement, and never with a bound value. The levels are
//
//   - Warn: an unknown outcome, a Mutate that gave up as contended, and every Warning;
//   - Error: what failed, unless the caller's own context was cancelled;
//   - Debug: everything else.
//
// A nil logger is slog.Default().
func SlogObserver(logger *slog.Logger) Observer {
	if logger == nil {
		logger = slog.Default()
	}
	return slogObserver{logger}
}

type slogObserver struct{ logger *slog.Logger }

// Observe logs e.
func (o slogObserver) Observe(ctx context.Context, e Event) {
	level := level(e)
	if !o.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("op", e.Op), slog.String("kind", e.Kind.String()))
	if e.Table != "" {
		attrs = append(attrs, slog.String("table", e.Table))
	}
	attrs = append(attrs, slog.String("outcome", e.Outcome.String()), slog.Duration("duration", e.Duration))
	if e.Kind == EventMutate {
		attrs = append(attrs, slog.Int("attempts", e.Attempts), slog.Int("refused", e.Refused))
	}
	if e.Statement != "" {
		attrs = append(attrs, slog.String("statement", e.Statement))
	}
	if e.Warning != "" {
		attrs = append(attrs, slog.String("warning", e.Warning))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	o.logger.LogAttrs(ctx, level, "coodie", attrs...)
}

func level(e Event) slog.Level {
	switch {
	case e.Outcome == OutcomeUnknown, e.Warning != "", errors.Is(e.Err, ErrContended):
		return slog.LevelWarn
	case e.Outcome == OutcomeFailed && !errors.Is(e.Err, context.Canceled):
		return slog.LevelError
	}
	return slog.LevelDebug
}

// manyShapes is how many different statements a table's code may have before an observer
// is warned. It has a handful; more means that columns are chosen by data, or that values
// stand in the text of raw CQL. Each shape is a prepared statement: the servers keep all of
// them in memory, and gocql forgets the oldest from the 1000th on and prepares it again.
const manyShapes = 100

func shapesWarning(of string) string {
	return fmt.Sprintf("more than %d different statements %s: each is prepared apart; keep to fewer combinations of columns, and bind values instead of writing them into the text", manyShapes, of)
}

// manyTexts warns once, when the table has many shapes.
func (t *table) manyTexts() string {
	if t.schema.Texts.Len() > manyShapes && t.warned.CompareAndSwap(false, true) {
		return shapesWarning("on " + t.schema.Name)
	}
	return ""
}

// textCounter are the statements of a DB that no table keeps: those of batches with conditions,
// of which each is prepared as a whole.
type textCounter struct {
	mu   sync.Mutex
	seed maphash.Seed
	seen map[uint64]struct{} // hashes: a text may be long, and hold values
}

// add adds a text, and warns once, when there are many.
func (s *textCounter) add(text, of string) (warning string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) > manyShapes {
		return ""
	}
	if s.seen == nil {
		s.seed, s.seen = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	if s.seen[maphash.String(s.seed, text)] = struct{}{}; len(s.seen) > manyShapes {
		return shapesWarning(of)
	}
	return ""
}

// lost are the columns of which observers have been warned.
type lost struct {
	mu    sync.Mutex
	known map[string]bool
}

// loses warns once for each column of fields that a write has set to null.
func (t *table) loses(fields []driver.Lost) (warning string) {
	if len(fields) == 0 {
		return ""
	}
	t.lost.mu.Lock()
	defer t.lost.mu.Unlock()
	for _, f := range fields {
		if t.lost.known[f.Column] {
			continue
		}
		if t.lost.known == nil {
			t.lost.known = map[string]bool{}
		}
		t.lost.known[f.Column] = true
		warning = warnings(warning, fmt.Sprintf("column %s of %s is written whole, and the field %s of its live type, which the struct lacks, is set to null: "+
			"add it to the struct, write by Mutate, or refuse such writes (WithStrictTypes)", f.Column, t.schema.Name, f.Field))
	}
	return warning
}

// loses warns of what the batch's writes have set to null.
func (b *Batch) loses() (warning string) {
	for _, w := range b.writes {
		warning = warnings(warning, w.call.table.loses(w.b.Call.Lost()))
	}
	return warning
}

// warnings is both of them, as far as they say anything.
func warnings(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

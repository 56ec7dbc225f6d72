package coodie

import (
	"context"
	"errors"
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
	// Done is a plain statement that succeeded, and a Mutate that had nothing to write or
	// whose function returned an error.
	Done Outcome = iota
	// Applied is an LWT whose condition held.
	Applied
	// Refused is an LWT whose condition did not hold, and a peek (see PeekFirst) that found
	// the row taken: nothing was written.
	Refused
	// Unknown is a write that may have been executed.
	Unknown
	// Failed is a statement that certainly had no effect, or a read that failed.
	Failed
)

// decided is the outcome of an LWT that was answered.
func decided(applied bool) Outcome {
	if applied {
		return Applied
	}
	return Refused
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
		return Unknown
	}
	return Failed
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

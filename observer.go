package coodie

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/driver"
)

// Observer is told what becomes of every call. Package observe has two, one that counts and one that
// logs; ObserverFunc makes one of a function, and a CallObserver is also told of starts and attempts.
//
// An observer must be safe for concurrent use. It cannot harm the call: a panic is recovered and
// logged to slog.Default(), and a call waits for an observer no longer than a second, all its events
// together. An observer that has not returned by then is told of nothing until it does; the Warning of
// the event after that says how many events it has missed.
type Observer interface {
	// Observe is called at the end of each call, before the call returns. ctx is the call's, with
	// what CallObservers have added at the start.
	Observe(ctx context.Context, e Event)
}

// CallObserver is an Observer that is also told of the start of each call, and of each request
// that the call sends to a node. All events of a call have the same Call.
type CallObserver interface {
	Observer
	// Start is called before the call begins. The call goes on with the context that it returns, which
	// the driver and the session's own observers see as well: a span put there is the parent of
	// theirs. It must be derived from ctx; nil is ctx. Of e only what is known before sending is set.
	Start(ctx context.Context, e Event) context.Context
	// Attempt is called after each request: the first, a retry, or one for a further page. e is the
	// event as known so far.
	//
	// Connect, here and in coodie/apache, tells each request. A session handed to New keeps its own
	// gocql observers, so that what gocql does for a statement is told as one: see Attempt.Several.
	Attempt(ctx context.Context, e Event, a Attempt)
}

// Attempt is one request that a call has sent to a node.
type Attempt struct {
	Number int // 1 is the first of the call
	// Several is how many requests this stands for, if the driver tells of them as one, as it does over a
	// session handed to New. They may have gone to other hosts and failed otherwise than the last one, and
	// requests for further pages are not among them. 0: it is one request.
	Several    int
	Start, End time.Time
	Host       string // address and port of the coordinator; "" if the driver does not tell
	Err        error  // the driver's; nil if the node answered with a result, be it refused
}

// ObserverFunc is a function as an Observer.
type ObserverFunc func(ctx context.Context, e Event)

// Observe calls f.
func (f ObserverFunc) Observe(ctx context.Context, e Event) { f(ctx, e) }

// WithObserver adds an observer: of all tables of a DB, or of one table besides those of
// its DB. One that is there already is not added again, as far as Go can compare the two: two functions
// it cannot. Without an observer nothing is measured and nothing is spent.
func WithObserver(o Observer) Option {
	watcher := observe(o)
	return option(func(s *settings) {
		there := func(l listener) bool { return l == watcher || l.is(o) }
		if o != nil && !slices.ContainsFunc(s.observers, there) {
			s.observers = append(s.observers[:len(s.observers):len(s.observers)], watcher)
		}
	})
}

// Event is one call, as an observer sees it. It holds no bound values.
//
// A call is a statement. Mutate and Settle, whose statements have events of their own, are
// reported as calls around these: Op is then "mutate" or "settle", and Statement empty.
type Event struct {
	Call uint64 // the id of the call in this process, the same in all its events
	// Parent is the Call within which this one is made: by the Mutate or Settle that sends the statement, or by
	// code of the program's with a context that the call has given it (Mutate's function, a hook). Of a "settle" it is
	// the Call of the write that is settled. 0: none.
	Parent uint64
	// Internal is true of what coodie does within a Mutate or Settle, whose own event tells how the whole
	// ended. It is false of what Mutate's function or a hook calls.
	Internal bool

	Op         string // "insert", "update", "delete", "select", "peek", "batch", "raw", "create", "drop", …; "settle", "mutate"
	Kind       EventKind
	Keyspace   string
	Table      string // qualified where a keyspace was given; those of a batch separated by ", "
	Statement  string
	Statements int // writes in a batch; otherwise 1, or 0 without a Statement

	Consistency       Consistency       // of a serial read the serial level itself
	SerialConsistency SerialConsistency // of an LWT
	Idempotent        bool              // whether carrying it out twice is the same as once
	Reason            string            // why the session's retry policy may send a write again, or why not

	// What follows is known at the end.

	Outcome  Outcome
	Err      error // KindOf tells its kind
	Duration time.Duration
	Caller   time.Duration // of Duration: spent in code of the program's, such as the body of a loop over Iter, Mutate's function, or a hook
	Warning  string        // describes questionable but permitted usage; empty if none

	Conditions []string // columns whose condition refused an LWT, as far as the answer tells
	Evidence   string   // of a "settle": what the rows proved, or why they proved nothing
	Host       string   // the coordinator of the last attempt; "" if the driver does not tell
	Rows       int      // rows read
	Pages      int      // pages fetched; 0 if the driver does not tell

	Queued  time.Duration // of a "mutate": the wait for other calls on the row in this process
	Backoff time.Duration // pauses before further attempts

	// Paxos is true of an LWT and of a SerialRead. They take a Paxos round and so cost several
	// times a plain statement.
	Paxos bool

	// Attempts is how many requests were sent to nodes, those for further pages included. Over a session handed
	// to New further pages are not told, so that a read sent at least as many. Of a "mutate" it is the conditional
	// writes, of which Refused were refused because somebody else had written first.
	Attempts, Refused int
}

// Summary names the operation and its table, as in "UPDATE app.users", and nothing that depends on data:
// there are as many summaries as the program has kinds of statements.
func (e Event) Summary() string {
	name := strings.ToUpper(e.Op)
	if e.Op == opRaw {
		name = "RAW " + strings.ToUpper(e.Kind.String())
	}
	if e.Table == "" {
		return name
	}
	return name + " " + e.Table
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

// String is a word for logs and metrics.
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
	// OutcomeDone is a plain statement that succeeded, a Mutate that had nothing to write or whose function
	// returned an error, and a Settle of a write that has been settled before.
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

// String is a word for logs and metrics.
func (o Outcome) String() string {
	return [...]string{"done", "applied", "refused", "unknown", "failed"}[o]
}

// outcomeOf is the outcome of a statement that ended with err, or else with done.
func outcomeOf(done Outcome, err error) Outcome {
	answered := func(e *Error) bool { return e.Kind == KindDecode || e.Kind == KindNotFound || e.Kind == KindMultiple }
	switch {
	case err == nil, find(err, answered) != nil:
		return done
	case errors.Is(err, ErrOutcomeUnknown):
		return OutcomeUnknown
	}
	return OutcomeFailed
}

// warns says what is wrong with a statement of the table that has been sent.
func (t *table) warns(r *driver.Request) string { return warnings(t.manyTexts(), t.loses(r.Lost)) }

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

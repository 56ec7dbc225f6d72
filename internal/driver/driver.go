// Package driver is the seam to a Cassandra driver: everything that is sent passes it. It binds
// encoded values, has a statement sent with the guarantees of its kind, hands back raw
// cells, and says of an error whether the statement may have been executed. It names no driver:
// gocqlv1 beneath it is the default one, and the module apache is another.
package driver

import (
	"context"
	"reflect"
)

// Kind is what a request does, which decides how it may be sent.
type Kind uint8

const (
	// Read may be retried as the session is configured.
	Read Kind = iota
	// SerialRead is linearizable. It is never handed to the session's retry policy,
	// which might downgrade its consistency.
	SerialRead
	// Write is a plain write.
	Write
	// CAS is a conditional write: never retried, never speculated, metadata never skipped.
	CAS
	// Schema changes the schema.
	Schema
	// LoggedBatch, UnloggedBatch and CounterBatch are plain writes sent as one batch.
	LoggedBatch
	UnloggedBatch
	CounterBatch
	// TextBatch is a Write that is carried out partition by partition: a batch written out
	// as one statement.
	TextBatch
)

// Request is one statement to send.
type Request struct {
	Kind        Kind
	Statement   string
	Values      []*Value
	Consistency Consistency       // for SerialRead the serial consistency itself
	Serial      SerialConsistency // of a CAS
	PageSize    int               // 0 is the session's default
	Prefetch    *float64          // share of a page; nil is the session's default
	Unpaged     bool              // all rows at once: the server cannot page this read
	Page        bool              // a Read of one page only, from PageState on; nil is the first
	PageState   []byte

	// Replayable marks a Write or batch that the session's retry policy may send twice.
	Replayable bool
	// Reason says why the session's retry policy may have the request, or why not.
	Reason string
	// Notes are what is to be said of a planned request: see Planning.
	Notes []string
	// Once keeps the session's retry policy from a Read.
	Once bool
	// OneRow is a Read of one row, whose columns need not come along if they came a moment ago.
	OneRow bool
	// Metadata has the server send the columns along, as it does of every other read and CAS: they may
	// have changed since the statement was prepared. gocql keeps the columns of a prepared
	// statement, and neither it nor the server notices that the table was dropped and made again
	// with other types, if another client has prepared the same text since.
	Metadata bool
	// Single keeps a retrying sender from sending the request again.
	Single bool
	// ClientTimestamp sends a Write or batch with a timestamp of the client instead of
	// leaving the time to the coordinator.
	ClientTimestamp bool
	// Timestamp is that timestamp, in microseconds: the sender sets it at the first attempt if it is
	// 0, and every further attempt carries the same one.
	Timestamp int64

	// Lost are the fields that a write has set to null without knowing them: see Call.For.
	Lost []Lost

	// Entries are the statements of a batch; Statement is then for messages only.
	Entries []Entry

	// Marks is white space that a driver sends at the end of each statement: see schema.
	Marks string

	Watcher Watcher // nil: nobody watches

	args []any // memory of Args
}

// Entry is one statement of a batch.
type Entry struct {
	Statement string
	Values    []*Value
}

// Args returns the values of a statement as a driver takes them.
func (r *Request) Args(values []*Value, as func(*Value) any) []any {
	args := r.args[:0]
	if len(r.Entries) > 0 || cap(args) < len(values) { // a batch needs those of all its statements at once
		args = make([]any, 0, len(values))
	}
	for _, v := range values {
		args = append(args, as(v))
	}
	if len(r.Entries) == 0 {
		r.args = args
	}
	return args
}

// Iter is an answer as a driver reads it.
type Iter interface {
	// Columns describes the cells of the row that was read last, or of the rows to come if none was.
	Columns() Columns
	// Next reads the next row: nil at the end or on an error, which Close returns. The cells are
	// undecoded and one per column: nil is null, empty is empty. They are valid until the next call.
	Next() [][]byte
	// Turned reports whether the last row may be the first of another page.
	Turned() bool
	PageState() []byte // empty on the last page
	Close() error
	// Forget drops what the answer refers to. Its memory is kept for another one.
	Forget()
}

// Sender sends requests. A Driver serves through New; tests put canned answers here.
type Sender interface {
	// Send sends a request. The answer may take the memory of used, an earlier answer of the same
	// sender that is closed and forgotten; nil if there is none.
	Send(ctx context.Context, r *Request, used Iter) Iter
	AwaitSchema(ctx context.Context) error
	Keyspace() string
}

// Driver is a session of a driver. Its Send sends an LWT, a serial read, a change of the schema and
// whatever else is not Replayable once.
type Driver interface {
	Sender
	// Describe returns what the driver knows of a keyspace. Tables are of interest, and those of last,
	// its description before.
	Describe(keyspace string, tables []string, last Keyspace) (Keyspace, error)
}

// Mark is an error that says what became of a request, for errors.Is alone.
type Mark struct{ text string }

// NewMark returns a Mark with that text.
func NewMark(text string) error { return &Mark{text} }

func (m *Mark) Error() string { return m.text }

// ErrNotSent is matched by every NotSentError.
var ErrNotSent = NewMark("coodie: not sent")

// NotSentError is an error from before anything was sent: the statement was certainly not executed.
type NotSentError struct{ Err error }

func (e *NotSentError) Error() string { return e.Err.Error() }
func (e *NotSentError) Unwrap() error { return e.Err }

// Is matches ErrNotSent.
func (e *NotSentError) Is(target error) bool { return target == ErrNotSent }

// errClosed is matched by every closedError.
var errClosed = NewMark("coodie: the connection was closed")

// closedError is an answer that did not come because the driver closed its connection. The driver
// says of that what a caller's context would say.
type closedError struct{ err error }

func (e *closedError) Error() string        { return "the connection was closed: " + e.err.Error() }
func (e *closedError) Unwrap() error        { return e.err }
func (e *closedError) Is(target error) bool { return target == errClosed }

// Ended is why the context has ended, nil if it has not.
func Ended(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != err {
		return &EndedError{err, cause}
	}
	return err
}

// EndedError is the error of a context that ended for a cause of the program's own. It unwraps to the context's error.
// The cause is matched by errors.Is, and by nothing else: it may be the error of another request, as it is in an errgroup,
// which says nothing of what became of this one.
type EndedError struct{ err, cause error }

func (e *EndedError) Error() string { return e.err.Error() + ": " + e.cause.Error() }
func (e *EndedError) Unwrap() error { return e.err }

// Is matches the cause.
func (e *EndedError) Is(target error) bool {
	if _, mark := target.(*Mark); mark || target == nil || !reflect.TypeOf(target).Comparable() {
		return false
	}
	return target == e.cause
}

// New returns the sender of a driver's session.
func New(d Driver) Sender { return &sender{Driver: d} }

// ours is the sender of a driver's session beneath s; nil if there is none.
func ours(s Sender) *sender {
	for {
		switch of := s.(type) {
		case *sender:
			return of
		case retrying:
			s = of.Sender
		case *Session:
			s = of.Sender
		default:
			return nil
		}
	}
}

type sender struct {
	Driver
	clock  clock
	schema schema
}

func (s *sender) Send(ctx context.Context, r *Request, used Iter) Iter {
	if r.ClientTimestamp && r.Timestamp == 0 {
		r.Timestamp = s.clock.next()
	}
	if r.Kind != Schema {
		s.watch(ctx)
		select {
		case <-ctx.Done(): // meanwhile
			return Executed(&NotSentError{Ended(ctx)})
		default:
		}
	}
	r.Marks = s.schema.marks()
	return s.Driver.Send(ctx, r, used)
}

// Executed is an answer without rows.
func Executed(err error) Iter { return executed{err} }

type executed struct{ err error }

func (executed) Columns() Columns  { return Columns{} }
func (executed) Next() [][]byte    { return nil }
func (executed) Turned() bool      { return false }
func (executed) PageState() []byte { return nil }
func (e executed) Close() error    { return e.err }
func (executed) Forget()           {}

// Do sends r and returns its rows, which the caller must Close. A context that has
// already ended is a *NotSentError: nothing was sent.
func Do(ctx context.Context, s Sender, r *Request) *Rows {
	rows := new(Rows)
	rows.send(ctx, s, r)
	return rows
}

// Exec sends r and discards its rows.
func Exec(ctx context.Context, s Sender, r *Request) error { return Do(ctx, s, r).Close() }

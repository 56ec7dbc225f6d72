// Package driver is the seam to gocql: the only place that sends anything. It binds
// encoded values, sends a statement with the guarantees of its kind, hands back raw
// cells, and says of an error whether the statement may have been executed.
package driver

import (
	"context"
	"errors"
	"fmt"

	"github.com/gocql/gocql"
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
	Values      []any
	Consistency gocql.Consistency       // for SerialRead the serial consistency itself
	Serial      gocql.SerialConsistency // of a CAS
	PageSize    int                     // 0 is the session's default
	Prefetch    *float64                // share of a page; nil is the session's default
	Unpaged     bool                    // all rows at once: the server cannot page this read
	Page        bool                    // a Read of one page only, from PageState on; nil is the first
	PageState   []byte

	// Replayable marks a Write or batch that the session's retry policy may send twice.
	Replayable bool
	// Reason says why the session's retry policy may have the request, or why not.
	Reason string
	// Notes are what is to be said of a planned request: see Planning.
	Notes []string
	// Once keeps the session's retry policy from a Read.
	Once bool
	// Metadata has the server send the columns along, as it does of every read and CAS: they may
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
}

// Iter is the part of *gocql.Iter that the seam reads.
type Iter interface {
	Columns() []gocql.ColumnInfo
	Scan(dest ...any) bool
	PageState() []byte // empty on the last page
	Close() error
}

// Sender sends requests. *gocql.Session serves through New; tests put canned answers here.
type Sender interface {
	Send(ctx context.Context, r *Request) Iter
	AwaitSchema(ctx context.Context) error
	Keyspace() string
}

// ErrNotSent is matched by every NotSentError.
var ErrNotSent = errors.New("coodie: not sent")

// NotSentError is an error from before anything was sent: the statement was certainly not executed.
type NotSentError struct{ Err error }

func (e *NotSentError) Error() string { return e.Err.Error() }
func (e *NotSentError) Unwrap() error { return e.Err }

// Is matches ErrNotSent.
func (e *NotSentError) Is(target error) bool { return target == ErrNotSent }

// Ended is why the context has ended, nil if it has not.
func Ended(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != err {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// New returns the sender of a gocql session.
func New(session *gocql.Session) Sender { return &sender{session: session} }

// ours is the sender of a gocql session beneath s; nil if there is none.
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
	session *gocql.Session
	clock   clock
	schema  schema
}

func (s *sender) Send(ctx context.Context, r *Request) Iter {
	if r.ClientTimestamp && r.Timestamp == 0 {
		r.Timestamp = s.clock.next()
	}
	if r.Kind != Schema {
		s.watch(ctx)
		select {
		case <-ctx.Done(): // meanwhile
			return executed{&NotSentError{Ended(ctx)}}
		default:
		}
	}
	switch r.Kind {
	case LoggedBatch, UnloggedBatch, CounterBatch:
		return s.sendBatch(ctx, r)
	}
	fresh := s.query(ctx, r)
	q := fresh
	if ctx != context.Background() {
		q = q.WithContext(ctx) // a copy
	}
	// Not several at once: the values lie in memory that the next call takes over.
	q.Consistency(r.Consistency).SetSpeculativeExecutionPolicy(gocql.NonSpeculativeExecution{})
	if r.PageSize > 0 {
		q.PageSize(r.PageSize)
	}
	if r.Prefetch != nil {
		q.Prefetch(*r.Prefetch)
	}
	if r.Unpaged {
		q.PageSize(0)
	}
	if r.Metadata || r.Kind == Read || r.Kind == SerialRead {
		q.NoSkipMetadata()
	}
	switch r.Kind {
	case Read:
		q.Idempotent(!r.Once).DefaultTimestamp(false)
		if r.Once {
			q.RetryPolicy(never{})
		}
		if r.Page {
			q.PageState(r.PageState) // and no further page
		}
	case Write, TextBatch:
		q.DefaultTimestamp(false).Idempotent(r.Replayable)
		if r.ClientTimestamp {
			q.WithTimestamp(r.Timestamp)
		}
		if !r.Replayable {
			once(q)
		}
	case CAS:
		// gocql caches the result columns of a prepared statement, but those of an LWT
		// change from one execution to the next (CASSANDRA-11099).
		once(q.SerialConsistency(r.Serial).NoSkipMetadata().DefaultTimestamp(false))
	case SerialRead, Schema:
		once(q.DefaultTimestamp(false))
	}
	iter := attempted(r, q.Iter(), q.Attempts())
	fresh.Release() // gocql copies what it needs for further pages
	return iter
}

// once keeps gocql from sending a statement twice. Idempotent(false) alone does not:
// gocql v1 applies the retry policy without looking at it (gocql #1803). PageState keeps
// it from asking for a further page, for which it would send the whole statement again.
func once(q *gocql.Query) {
	q.RetryPolicy(never{}).Idempotent(false).PageState(nil)
}

func (s *sender) AwaitSchema(ctx context.Context) error { return s.session.AwaitSchemaAgreement(ctx) }

func (s *sender) Keyspace() string { return s.session.Query("").Keyspace() }

// Do sends r and returns its rows, which the caller must Close. A context that has
// already ended is a *NotSentError: nothing was sent.
func Do(ctx context.Context, s Sender, r *Request) *Rows {
	rows := new(Rows)
	rows.send(ctx, s, r)
	return rows
}

// Exec sends r and discards its rows.
func Exec(ctx context.Context, s Sender, r *Request) error { return Do(ctx, s, r).Close() }

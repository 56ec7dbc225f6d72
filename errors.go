package coodie

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coodie-go/coodie/internal/meta"
)

// Sentinels for errors.Is.
var (
	// ErrNotFound is returned by Get, One and First when no row matches.
	ErrNotFound = errors.New("coodie: not found")
	// ErrMultiple is returned by One when several rows match.
	ErrMultiple = errors.New("coodie: several rows where one was expected")
	// ErrNotApplied is what LWTResult.Err returns, as a *NotAppliedError, for a refused LWT.
	ErrNotApplied = errors.New("coodie: not applied")
	// ErrOutcomeUnknown is matched by every *OutcomeUnknownError: the write may have
	// been executed, now or later.
	ErrOutcomeUnknown = errors.New("coodie: outcome unknown")
	// ErrContended is matched by *ContendedError: Mutate has used up its attempts.
	ErrContended = errors.New("coodie: contended")
	// ErrCannotGuard is what Mutate ends with when no condition could tell the row from a
	// missing one.
	ErrCannotGuard = errors.New("coodie: no condition guards the row")
)

// SchemaError says what is wrong with a struct's declaration as a table: Type and
// Field name the Go type and field, Reason what to mend.
type SchemaError = meta.Error

// UsageError is a call that cannot be carried out as it stands. It is found before
// anything is sent. Column is "" when the whole call is meant.
type UsageError struct {
	Op     string // "insert", "update", …
	Table  string
	Column string
	Reason string // what is wrong and what to do
	Err    error  // the cause, if there is one: a value that its column cannot hold, say
}

func (e *UsageError) Error() string {
	s := "coodie: " + e.Op + " " + e.Table + ": "
	if e.Column != "" {
		s += "column " + e.Column + ": "
	}
	s += e.Reason
	if e.Err != nil {
		if e.Reason != "" {
			s += ": "
		}
		s += e.Err.Error()
	}
	return s
}

func (e *UsageError) Unwrap() error { return e.Err }

// QueryError is a statement that failed and was certainly not executed, or a read
// that failed. It unwraps to gocql's error and holds no bound values; KindOf says why.
type QueryError struct {
	Op        string
	Table     string
	Statement string
	Err       error
}

func (e *QueryError) Error() string {
	s := fmt.Sprintf("coodie: %s %s: %v", e.Op, e.Table, e.Err)
	if e.Statement != "" {
		s += " [" + e.Statement + "]"
	}
	return advised(s, e.Err)
}

func (e *QueryError) Unwrap() error { return e.Err }

// OutcomeUnknownError is a write that failed in a way that leaves open whether it was
// executed: a timeout, a lost connection, a context that ended after sending. A
// conditional write may even be completed later, by the next Paxos round on its
// partition. Do not treat it as refused, and do not blindly send it again:
// LWTResult.Settle finds out what can be found out.
//
// It matches ErrOutcomeUnknown and unwraps to gocql's error.
type OutcomeUnknownError struct {
	Op        string
	Table     string
	Key       Key    // the row's key; its values are in no message
	Statement string //
	Err       error  // the cause

	// Of a timeout or failure that the server reported: what kind of write it was ("CAS",
	// "SIMPLE", …), how many replicas had answered and how many were needed.
	WriteType          string
	Received, Required int

	// Evidence is what Settle found when it could not tell either.
	Evidence string
}

func (e *OutcomeUnknownError) Error() string {
	s := "coodie: " + e.Op + " " + e.Table + ": outcome unknown, the write may have been executed: " + e.Err.Error()
	if e.WriteType != "" {
		s += fmt.Sprintf(" (%s, %d of %d replicas answered)", e.WriteType, e.Received, e.Required)
	}
	if e.Evidence != "" {
		s += "; " + e.Evidence
	}
	if e.Statement != "" {
		s += " [" + e.Statement + "]"
	}
	return s
}

// Is matches ErrOutcomeUnknown.
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// Key is a row's primary key, as far as a statement names it. It prints its columns
// without their values, which may be nobody else's business.
type Key []Pair

func (k Key) String() string {
	names := make([]string, len(k))
	for i := range k {
		names[i] = k[i].Column
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// DecodeError is an answer that the struct cannot hold. When it comes with an
// LWTResult, Applied is still what the server said.
type DecodeError struct {
	Table  string
	Column string
	Field  string // the Go field, "" for a column the struct lacks
	Err    error
}

func (e *DecodeError) Error() string {
	s := "coodie: decode " + e.Table
	if e.Column != "" {
		s += "." + e.Column
	}
	if e.Field != "" {
		s += " into field " + e.Field
	}
	return s + ": " + e.Err.Error()
}

func (e *DecodeError) Unwrap() error { return e.Err }

// NotAppliedError is a refused LWT as an error, for callers who want one: see
// LWTResult.Err. It matches ErrNotApplied and holds the row that refused.
type NotAppliedError[T any] struct {
	Result LWTResult[T]
}

func (e *NotAppliedError[T]) Error() string { return e.Result.plain().refusal() }

// refusal is the text of a NotAppliedError.
func (r *result) refusal() string {
	reason, failed := "a condition did not hold", r.failed()
	switch {
	case r.batched && failed != "":
		reason = "a condition of its batch did not hold: " + failed
	case r.batched:
		reason = "a condition of its batch did not hold"
	case r.row() == RowMissing:
		reason = "the row does not exist"
	case r.peeked:
		reason = "the row existed when it was peeked at"
	case r.kind == ifNotExists:
		reason = "the row exists already"
	case failed != "":
		reason = failed
	}
	return fmt.Sprintf("coodie: %s %s: not applied: %s", r.op, r.table, reason)
}

// failed names the conditions that did not hold, as far as the answer tells.
func (r *result) failed() string {
	var given, guards []string
	for _, c := range r.conditions() {
		switch {
		case c.Verdict != NotHeld:
		case c.Guard:
			guards = append(guards, c.Text)
		default:
			given = append(given, c.Text)
		}
	}
	switch {
	case len(given) > 0:
		return strings.Join(given, ", ") + " did not hold"
	case len(guards) > 0:
		return "somebody else has written since the row was read: " + strings.Join(guards, ", ") + " did not hold"
	}
	return ""
}

// Is matches ErrNotApplied.
func (e *NotAppliedError[T]) Is(target error) bool { return target == ErrNotApplied }

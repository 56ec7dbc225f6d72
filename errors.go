package coodie

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Sentinels for errors.Is.
var (
	// ErrNotFound is matched by *NotFoundError: no row matches.
	ErrNotFound = driver.NewMark("coodie: not found")
	// ErrMultiple is matched by *MultipleError: several rows match.
	ErrMultiple = driver.NewMark("coodie: several rows where one was expected")
	// ErrNotApplied is matched by *NotAppliedError, which LWTResult.Err returns for a refused LWT.
	ErrNotApplied = driver.NewMark("coodie: not applied")
	// ErrOutcomeUnknown is matched by every *OutcomeUnknownError: the write may have
	// been executed, now or later.
	ErrOutcomeUnknown = driver.NewMark("coodie: outcome unknown")
	// ErrContended is matched by *ContendedError: Mutate has used up its attempts.
	ErrContended = driver.NewMark("coodie: contended")
	// ErrCannotGuard is matched by the *UsageError of a Mutate or IfUnchanged for whose row no
	// condition could tell it from a missing one.
	ErrCannotGuard = stmt.ErrCannotGuard
)

// NotFoundError is returned by Get, One and First when no row matches, and by Mutate when the row
// is missing. It matches ErrNotFound.
type NotFoundError struct {
	Op    string
	Table string
	Key   Key // as far as the call names it
}

func (e *NotFoundError) Error() string { return about(e.Op, e.Table, e.Key) + ": not found" }

// Is matches ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// MultipleError is returned by One when several rows match. It matches ErrMultiple.
type MultipleError struct {
	Op    string
	Table string
	Key   Key // as far as the call names it
}

func (e *MultipleError) Error() string {
	return about(e.Op, e.Table, e.Key) + ": several rows where one was expected; " + KindMultiple.Advice()
}

// Is matches ErrMultiple.
func (e *MultipleError) Is(target error) bool { return target == ErrMultiple }

// SchemaError says what is wrong with a struct's declaration as a table: Type and
// Field name the Go type and field, Reason what to mend.
type SchemaError struct {
	Type   reflect.Type // the Go struct type
	Field  string       // the Go field, "" when the whole type is meant
	Reason string       // what is wrong and what to do
}

func (e *SchemaError) Error() string { return (*meta.Error)(e).Error() }

// schemaError converts an error of package meta to the type that callers get.
func schemaError(err error) error {
	if e, ok := err.(*meta.Error); ok {
		return (*SchemaError)(e)
	}
	return err
}

// described returns the table that the struct type declares.
func described(typ reflect.Type) (*meta.Table, error) {
	t, err := meta.Of(typ)
	return t, schemaError(err)
}

// UsageError is a call that cannot be carried out as it stands. It is found before
// anything is sent. Column is "" when the whole call is meant.
type UsageError struct {
	Op     string // "insert", "update", …
	Table  string
	Key    Key // of a call for one row, as far as it could be read
	Column string
	Reason string // what is wrong and what to do
	Err    error  // the cause, if there is one: a value that its column cannot hold, say
}

func (e *UsageError) Error() string {
	s := about(e.Op, e.Table, e.Key)
	if e.Column != "" {
		s += ": column " + e.Column
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil || e.Reason == "" {
		s += ": " + reason(e.Err)
	}
	return s
}

func (e *UsageError) Unwrap() error { return e.Err }

// usageError is why a statement could not be built; nil if it could.
func usageError(m *stmt.Misuse) error {
	if m == nil {
		return nil
	}
	return &UsageError{Op: m.Op, Table: m.Table, Column: m.Column, Reason: m.Reason, Err: m.Err}
}

// noTable is the error of a call on a zero value.
func noTable(op string) error {
	b := stmt.NewBound(nil, 0, op, false)
	defer b.Release()
	return usageError(b.Err)
}

// QueryError is a statement that failed and was certainly not executed, or a read
// that failed. KindOf says why, and the text what to do about it.
//
// No text of an error of coodie holds a bound value. What a server says once values have been sent
// is left out of it, unless it is known to quote none. QueryError unwraps to gocql's error, which has
// all that the server said: do not log that one.
type QueryError struct {
	Op        string
	Table     string
	Key       Key // of a call for one row; of a read, as far as it names it
	Statement string
	Err       error
}

func (e *QueryError) Error() string {
	s := about(e.Op, e.Table, e.Key) + ": " + reason(e.Err)
	if e.Statement != "" {
		s += " [" + e.Statement + "]"
	}
	advice := driver.Advice(e.Err)
	if e.Op == opRaw {
		advice = driver.AdviceOnRaw(e.Err)
	}
	if advice != "" {
		s += "; " + advice
	}
	return s
}

func (e *QueryError) Unwrap() error { return e.Err }

// OutcomeUnknownError is a write that failed in a way that leaves open whether it was
// executed: a timeout, a lost connection, a context that ended after sending. A
// conditional write may even be completed later, by the next Paxos round on its
// partition. Do not treat it as refused, and do not blindly send it again:
// LWTResult.Settle finds out what can be found out.
//
// It matches ErrOutcomeUnknown and unwraps to gocql's error, whose text may quote bound values: see
// QueryError.
type OutcomeUnknownError struct {
	Op        string
	Table     string
	Key       Key // of a write of one row
	Statement string
	Err       error // the cause

	// Of a timeout or failure that the server reported: what kind of write it was ("CAS",
	// "SIMPLE", …), how many replicas had answered and how many were needed.
	WriteType          string
	Received, Required int

	// Evidence is what Settle found when it could not tell either.
	Evidence string
}

func (e *OutcomeUnknownError) Error() string {
	s := about(e.Op, e.Table, e.Key) + ": outcome unknown, the write may have been executed: " + reason(e.Err)
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

// Key is a row's primary key, as far as a call names it. It prints its columns without their
// values, whatever the verb, and so does encoding/json: the values have to be asked for.
type Key []Pair

func (k Key) String() string {
	if len(k) == 0 {
		return "no key"
	}
	names := make([]string, len(k))
	for i := range k {
		names[i] = k[i].Column
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// Format prints the columns whatever the verb, so that no value slips into a log.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// MarshalText is String.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// DecodeError is an answer that the struct cannot hold. When it comes with an
// LWTResult, Applied is still what the server said.
type DecodeError struct {
	Table  string
	Key    Key // as far as the call names the row
	Column string
	Field  string // the Go field, "" for a column the struct lacks
	Err    error
}

func (e *DecodeError) Error() string {
	s := about("decode", e.Table, e.Key)
	if e.Column != "" {
		s += ": column " + e.Column
	}
	if e.Field != "" {
		s += " into field " + e.Field
	}
	return s + ": " + reason(e.Err)
}

func (e *DecodeError) Unwrap() error { return e.Err }

// about begins an error's text: with the operation, the table, and the columns of the row's key.
func about(op, table string, key Key) string {
	s := "coodie:"
	for _, part := range [...]string{op, table} {
		if part != "" {
			s += " " + part
		}
	}
	if len(key) > 0 {
		s += " " + key.String()
	}
	return strings.TrimSuffix(s, ":")
}

// reason is the text of a cause.
func reason(err error) string {
	if err == nil {
		return "no cause is known"
	}
	return err.Error()
}

// located is an error that names the row which its call was about.
type located interface {
	error
	row() *Key
}

func (e *NotFoundError) row() *Key       { return &e.Key }
func (e *MultipleError) row() *Key       { return &e.Key }
func (e *UsageError) row() *Key          { return &e.Key }
func (e *QueryError) row() *Key          { return &e.Key }
func (e *OutcomeUnknownError) row() *Key { return &e.Key }
func (e *DecodeError) row() *Key         { return &e.Key }
func (e *HookError) row() *Key           { return &e.Key }
func (e *ContendedError) row() *Key      { return &e.Key }

// locate adds the key that the call names to an error of its call. It does not look into the
// error: what a function of the program returned is about another call.
func (c *call) locate(err error) error {
	e, ok := err.(located)
	if !ok || c.table == nil || len(*e.row()) > 0 {
		return err
	}
	if _, usage := err.(*UsageError); usage && c.spec.Object != nil {
		return err // the object may not have been read as far as its key
	}
	*e.row() = c.key()
	return err
}

// ErrorKind says why something failed: see KindOf. Its String is a word for logs and
// metrics, its Advice is what to do about it.
type ErrorKind uint8

// The kinds of error.
const (
	KindNone        ErrorKind = iota // no error
	KindOther                        // none of the others
	KindNoHost                       // no node could be reached
	KindUnavailable                  // too few replicas are up, or a node has too much to do
	KindTimeout                      // too slow: the replicas, the network, or the context's deadline
	KindConnection                   // the connection broke
	KindCanceled                     // the caller's context was cancelled
	KindClosed                       // the DB or session has been closed
	KindSyntax                       // the server does not understand the statement
	KindInvalid                      // the server refuses the statement as it stands
	KindAuth                         // a wrong password, or a missing permission
	KindFailure                      // a node failed while it executed the statement
	KindUsage                        // a mistake in the program or its input: a *UsageError, *SchemaError, *MismatchError, *DecodeError or *PageTokenError
	KindNotFound                     // ErrNotFound: no row matches
	KindMultiple                     // ErrMultiple: several rows match where one was expected
	KindNotApplied                   // ErrNotApplied: the condition of an LWT did not hold
	KindContended                    // ErrContended: others wrote the row at each attempt of a Mutate
)

func (k ErrorKind) String() string { return driver.ErrorKind(k).String() }

// Advice is what to do about an error of this kind, whatever its cause; "" if the error itself
// says it. The text of an error has the advice for its cause.
func (k ErrorKind) Advice() string { return driver.ErrorKind(k).Advice() }

// KindOf says why a call failed, and so what to do: try again later, mend the program,
// look after the cluster. Whether a write may have been executed is another question, which
// errors.Is(err, ErrOutcomeUnknown) answers: a timeout of an LWT is of KindTimeout, and
// unknown.
//
// Of several errors in one, such as a *BulkError, it is the kind of the first that is listed first:
// a mistake in the program, an unknown outcome, contention, an answer, a failure.
func KindOf(err error) ErrorKind {
	var (
		usage    *UsageError
		schema   *SchemaError
		mismatch *MismatchError
		decode   *DecodeError
		connect  *ConnectError
		token    *PageTokenError
	)
	switch {
	case errors.As(err, &usage), errors.As(err, &schema), errors.As(err, &mismatch), errors.As(err, &decode), errors.As(err, &token),
		errors.As(err, &connect) && connect.Err == nil:
		return KindUsage
	case errors.Is(err, ErrOutcomeUnknown):
		return ErrorKind(driver.KindOf(err))
	case errors.Is(err, ErrCannotGuard):
		return KindUsage
	case errors.Is(err, ErrContended):
		return KindContended
	case errors.Is(err, ErrNotFound):
		return KindNotFound
	case errors.Is(err, ErrMultiple):
		return KindMultiple
	case errors.Is(err, ErrNotApplied):
		return KindNotApplied
	}
	return ErrorKind(driver.KindOf(err))
}

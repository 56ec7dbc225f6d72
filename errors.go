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

// Sentinels for errors.Is. What else an error can be is its kind: see KindOf.
var (
	// ErrNotFound is matched by the error of Get, One and First when no row matches, and by that of
	// Mutate when the row is missing.
	ErrNotFound = driver.NewMark("coodie: not found")
	// ErrNotApplied is matched by the error that LWTResult.Err returns for a refused LWT.
	ErrNotApplied = driver.NewMark("coodie: not applied")
	// ErrOutcomeUnknown is matched by the error of a write that failed in a way that leaves open
	// whether it was executed: a timeout, a lost connection, a context that ended after sending. A
	// conditional write may even be completed later, by the next Paxos round on its
	// partition. Do not treat it as refused, and do not blindly send it again:
	// LWTResult.Settle finds out what can be found out.
	ErrOutcomeUnknown = driver.NewMark("coodie: outcome unknown")
	// ErrContended is matched by the error of a Mutate that has used up its attempts, which
	// MutateResult counts.
	ErrContended = driver.NewMark("coodie: contended")
	// ErrCannotGuard is matched by the error of a Mutate or IfUnchanged for whose row no
	// condition could tell it from a missing one. It is of KindUsage.
	ErrCannotGuard = stmt.ErrCannotGuard
	// ErrNotSent is matched by the error of a statement that was never sent, most often because
	// its context had ended by then: it certainly had no effect.
	ErrNotSent = driver.ErrNotSent
)

// Error is the error of a call. What to do follows from its Kind, and from whether it matches
// ErrOutcomeUnknown: a write of another kind than that was certainly not executed. Fields that do not
// apply are zero.
//
// No text of an error of coodie holds a bound value. What a server says once values have been sent
// is left out of it, unless it is known to quote none. Error unwraps to the driver's error, which has
// all that the server said: do not log that one.
type Error struct {
	Kind      ErrorKind
	Op        string // "insert", "select", "mutate", "connect", …
	Table     string
	Key       Key    // of a call for one row, as far as it names it or could be read
	Column    string // which the error is about
	Field     string // the Go field, of the struct or of the cluster config
	Reason    string // what is wrong and what to do; of KindHook the hook's name
	Statement string // with its markers
	Err       error  // the cause: the driver's error, a hook's, that of a value which its column cannot hold

	// Of an unknown outcome.
	Unknown  bool   // it matches ErrOutcomeUnknown
	Evidence string // what Settle found when it could not tell either

	// Of a timeout or failure that the server reported for a write of unknown outcome: what kind
	// of write it was ("CAS", "SIMPLE", …), how many replicas had answered and how many were needed.
	WriteType          string
	Received, Required int

	// Of a scan that ended early: where it goes on, with ResumeFrom.
	Checkpoint Checkpoint

	Stack []byte // of a panic of the program's own code in a goroutine of the call
}

// Error says what failed, where and why, and what to do. It contains no bound value.
func (e *Error) Error() string {
	s := about(e.Op, e.Table, e.Key)
	if e.Column != "" {
		s += ": column " + e.Column
	}
	switch {
	case e.Field != "" && e.Column != "":
		s += " into field " + e.Field
	case e.Field != "":
		s += ": " + e.Field
	}
	if e.Unknown {
		s += ": outcome unknown, the write may have been executed"
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	switch {
	case e.Err != nil:
		s += ": " + e.Err.Error()
	case e.Reason != "":
	case e.Kind == KindNone || e.Kind == KindOther:
		s += ": no cause is known"
	default:
		s += ": " + e.Kind.String()
	}
	if e.WriteType != "" {
		s += fmt.Sprintf(" (%s, %d of %d replicas answered)", e.WriteType, e.Received, e.Required)
	}
	if e.Evidence != "" {
		s += "; " + e.Evidence
	}
	if e.Statement != "" {
		s += " [" + e.Statement + "]"
	}
	if advice := e.advice(); advice != "" {
		s += "; " + advice
	}
	return s
}

// advice is what the text does not say yet.
func (e *Error) advice() string {
	switch {
	case e.Unknown:
		return "" // there are several things to do
	case e.Kind == KindMultiple:
		return KindMultiple.Advice()
	case e.Kind >= KindUsage || e.Err == nil || find(e.Err, (*Error).isJudged) != nil:
		return "" // or the cause's text has it
	case e.Op == opRaw:
		return driver.AdviceOnRaw(e.Err)
	case e.Op == opConnect:
		return driver.AdviceOnConnect(e.Err)
	}
	return driver.Advice(e.Err)
}

// Is matches the sentinels.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrOutcomeUnknown:
		return e.Unknown
	case ErrNotFound:
		return e.Kind == KindNotFound
	case ErrContended:
		return e.Kind == KindContended
	case ErrNotApplied:
		return e.Kind == KindNotApplied
	}
	return false
}

// Unwrap returns Err, the cause.
func (e *Error) Unwrap() error { return e.Err }

// queryError is the error of a statement that certainly had no effect, and of a read.
func queryError(op, table, statement string, err error) *Error {
	return &Error{Kind: ErrorKind(driver.KindOf(err)), Op: op, Table: table, Statement: statement, Err: err}
}

// unknownError is the error of a write that may have been executed.
func unknownError(op, table, statement string, err error) *Error {
	e := queryError(op, table, statement, err)
	e.Unknown = true
	return e
}

// misuse is the error of a call that cannot be carried out as it stands.
func misuse(op, table, column, reason string, err error) *Error {
	return &Error{Kind: KindUsage, Op: op, Table: table, Column: column, Reason: reason, Err: err}
}

// decodeError is the error of an answer that the struct cannot hold. field is "" for a column that it lacks.
func decodeError(table, column, field string, err error) *Error {
	return &Error{Kind: KindDecode, Op: "decode", Table: table, Column: column, Field: field, Err: err}
}

// find is the first error of the kind in err's tree; nil if there is none.
func find(err error, is func(*Error) bool) *Error {
	for err != nil {
		if e, ok := err.(*Error); ok && is(e) {
			return e
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range e.Unwrap() {
				if found := find(err, is); found != nil {
					return found
				}
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

func (e *Error) isUnknown() bool { return e.Unknown }
func (e *Error) isBroken() bool  { return e.Kind == KindDecode }
func (e *Error) isPanic() bool   { return e.Stack != nil }
func (e *Error) isJudged() bool  { return e.Kind != KindNone }
func (e *Error) isMistake() bool { return e.Kind >= KindUsage && e.Kind <= KindPageToken }

// SchemaError says what is wrong with a struct's declaration as a table: Type and
// Field name the Go type and field, Reason what to mend.
type SchemaError struct {
	Type   reflect.Type // the Go struct type
	Field  string       // the Go field, "" when the whole type is meant
	Reason string       // what is wrong and what to do
}

func (e *SchemaError) declaration() {}

// Error names the Go type and field, and says what to mend.
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

// usageError is why a statement could not be built; nil if it could.
func usageError(m *stmt.Misuse) error {
	if m == nil {
		return nil
	}
	return misuse(m.Op, m.Table, m.Column, m.Reason, m.Err)
}

// noTable is the error of a call on a zero value.
func noTable(op string) error {
	b := stmt.NewBound(nil, 0, op, false)
	defer b.Release()
	return usageError(b.Err)
}

// Key is a row's primary key, as far as a call names it. It prints its columns without their
// values, whatever the verb, and so does encoding/json: the values have to be asked for.
type Key []Pair

// String is the names of the columns, never their values.
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

// locate adds the key that the call names to an error of its call. It does not look into the
// error: what a function of the program returned is about another call.
func (c *call) locate(err error) error {
	e, ok := err.(*Error)
	if !ok || c.table == nil || len(e.Key) > 0 || e.Stack != nil {
		return err
	}
	if e.Kind == KindUsage && c.spec.Object != nil {
		return err // the object may not have been read as far as its key
	}
	e.Key = c.key()
	return err
}

// misuse is the error of the call, with the key that it names.
func (c *call) misuse(op, column, reason string, err error) error {
	return c.locate(misuse(op, c.table.schema.Name, column, reason, err))
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
	KindUsage                        // a mistake in the program or its input: nothing was sent. Also a *SchemaError or *MismatchError
	KindDecode                       // the struct cannot hold the answer; beside an LWTResult, whose Applied is the server's all the same
	KindHook                         // the struct's BeforeSave, Validate or AfterLoad returned an error, to which it unwraps; of a write nothing was sent
	KindPageToken                    // Page does not take the token: begin with the first page
	KindNotFound                     // ErrNotFound: no row matches
	KindMultiple                     // several rows match where one was expected
	KindNotApplied                   // ErrNotApplied: the condition of an LWT did not hold
	KindContended                    // ErrContended: others wrote the row at each attempt of a Mutate
)

// String is a word for logs and metrics, such as "timeout".
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
// a mistake in the program, contention, an unknown outcome, an answer, a failure.
func KindOf(err error) ErrorKind {
	var declared interface{ declaration() } // an interface: programs without a Schema do not link its error
	if e := find(err, (*Error).isMistake); e != nil {
		return e.Kind
	}
	switch {
	case errors.As(err, &declared), errors.Is(err, ErrCannotGuard):
		return KindUsage
	case errors.Is(err, ErrContended):
		return KindContended
	case errors.Is(err, ErrOutcomeUnknown):
		return ErrorKind(driver.KindOf(err))
	case errors.Is(err, ErrNotFound):
		return KindNotFound
	case errors.Is(err, ErrNotApplied):
		return KindNotApplied
	}
	if e := find(err, (*Error).isJudged); e != nil {
		return e.Kind
	}
	return ErrorKind(driver.KindOf(err))
}

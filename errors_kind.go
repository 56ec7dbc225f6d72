package coodie

import (
	"errors"

	"github.com/coodie-go/coodie/internal/driver"
)

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

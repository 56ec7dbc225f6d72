package driver

import (
	"errors"

	"github.com/gocql/gocql"
)

// Unknown reports whether a request that failed with err may have been executed. It
// errs on the side of true: only what proves that nothing was written is definite.
// A read has no outcome to be unsure of.
//
// The reasons are those of the native protocol specification, section 9, and of what
// Cassandra 5.0 does between a Paxos proposal and its commit.
func Unknown(kind Kind, err error) bool {
	if err == nil || kind == Read || kind == SerialRead {
		return false
	}
	var notSent *NotSentError
	if errors.As(err, &notSent) {
		return false
	}
	for _, definite := range [...]error{
		gocql.ErrNoConnections, // no host could be picked
		gocql.ErrNoStreams,     // refused by the connection before writing
		gocql.ErrSessionClosed,
		gocql.ErrNoHosts,
		gocql.ErrNoKeyspace,
		gocql.ErrKeyspaceDoesNotExist,
		gocql.ErrUseStmt,
	} {
		if errors.Is(err, definite) {
			return false
		}
	}
	var request gocql.RequestError
	if !errors.As(err, &request) {
		return true // EOF, a closed connection, no response in time, a context that ended, …
	}
	switch request.Code() {
	case gocql.ErrCodeProtocol, gocql.ErrCodeCredentials, gocql.ErrCodeBootstrapping,
		gocql.ErrCodeSyntax, gocql.ErrCodeUnauthorized, gocql.ErrCodeInvalid,
		gocql.ErrCodeConfig, gocql.ErrCodeAlreadyExists, gocql.ErrCodeUnprepared,
		gocql.ErrCodeFunctionFailure:
		return false // refused before execution
	case gocql.ErrCodeUnavailable:
		return !beforeProposal(kind, err)
	}
	// Overloaded is unknown too: Cassandra checks for hint overload in the commit,
	// after the proposal was accepted.
	return true
}

// beforeProposal reports whether an Unavailable was raised before anything was written:
// for a plain write always; for a CAS only at the serial consistency, since the commit
// checks its own consistency after the proposal was accepted. A logged batch is checked
// as a whole first; the partitions of another batch one after the other.
func beforeProposal(kind Kind, err error) bool {
	switch kind {
	case UnloggedBatch, CounterBatch, TextBatch:
		return false
	case CAS:
	default:
		return true
	}
	var unavailable *gocql.RequestErrUnavailable
	if !errors.As(err, &unavailable) {
		return false
	}
	c := gocql.SerialConsistency(unavailable.Consistency)
	return c == gocql.Serial || c == gocql.LocalSerial
}

// Answered reports whether err came from the server, which has then given up. A request
// without an answer may still lie with a node that stands still, and be executed when
// that goes on.
func Answered(err error) bool {
	var answer gocql.RequestError
	return errors.As(err, &answer)
}

// Acks is what the server said of a write that timed out or failed: the kind of write,
// the replicas that had answered, and those that were needed.
func Acks(err error) (writeType string, received, required int) {
	var (
		timeout *gocql.RequestErrWriteTimeout
		failure *gocql.RequestErrWriteFailure
		cas     *gocql.RequestErrCASWriteUnknown
		read    *gocql.RequestErrReadTimeout
		readErr *gocql.RequestErrReadFailure
	)
	switch {
	case errors.As(err, &timeout):
		return timeout.WriteType, timeout.Received, timeout.BlockFor
	case errors.As(err, &failure):
		return failure.WriteType, failure.Received, failure.BlockFor
	case errors.As(err, &cas):
		return "CAS", cas.Received, cas.BlockFor
	case errors.As(err, &read):
		return "CAS", read.Received, read.BlockFor // the read of a Paxos round
	case errors.As(err, &readErr):
		return "CAS", readErr.Received, readErr.BlockFor
	}
	return "", 0, 0
}

// Retryable reports whether a request that failed with err was certainly not executed, and
// may succeed if it is sent again as it is.
func Retryable(kind Kind, err error) bool {
	return err != nil && !Unknown(kind, err) && transient(kind, err)
}

// transient reports whether a definite error may be gone on the next attempt.
func transient(kind Kind, err error) bool {
	if errors.Is(err, gocql.ErrNoStreams) || errors.Is(err, gocql.ErrNoConnections) {
		return true
	}
	var request gocql.RequestError
	if !errors.As(err, &request) {
		return false
	}
	switch request.Code() {
	case gocql.ErrCodeUnavailable, gocql.ErrCodeBootstrapping, gocql.ErrCodeUnprepared:
		return true
	case gocql.ErrCodeOverloaded:
		return kind == Read || kind == SerialRead // of a write, some replicas may have it
	}
	return false
}

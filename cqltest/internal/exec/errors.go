package exec

import (
	"fmt"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Error codes of the native protocol.
const (
	CodeServer          = 0x0000
	CodeProtocol        = 0x000A
	CodeBadCredentials  = 0x0100
	CodeUnavailable     = 0x1000
	CodeOverloaded      = 0x1001
	CodeBootstrapping   = 0x1002
	CodeTruncate        = 0x1003
	CodeWriteTimeout    = 0x1100
	CodeReadTimeout     = 0x1200
	CodeReadFailure     = 0x1300
	CodeFunctionFailure = 0x1400
	CodeWriteFailure    = 0x1500
	CodeCASWriteUnknown = 0x1700
	CodeSyntax          = 0x2000
	CodeUnauthorized    = 0x2100
	CodeInvalid         = 0x2200
	CodeConfig          = 0x2300
	CodeAlreadyExists   = 0x2400
	CodeUnprepared      = 0x2500
)

// Error is what a server answers in an ERROR frame. Only the fields that the
// code calls for are set.
type Error struct {
	Code    int
	Message string

	Keyspace, Table string // AlreadyExists (Table empty: a keyspace); FunctionFailure
	Function        string
	ArgTypes        []string

	Consistency        uint16 // Unavailable, timeouts, failures, CASWriteUnknown
	Required, Alive    int    // Unavailable
	Received, BlockFor int    // timeouts, failures, CASWriteUnknown
	NumFailures        int
	DataPresent        bool
	WriteType          string // SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW, CDC
	UnpreparedID       []byte
	Contentions        int
	Warnings           []string // to send along
}

func (e *Error) Error() string { return e.Message }

func invalid(format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Message: sprintf(format, args)}
}

func syntaxError(format string, args ...any) *Error {
	return &Error{Code: CodeSyntax, Message: sprintf(format, args)}
}

func configError(format string, args ...any) *Error {
	return &Error{Code: CodeConfig, Message: sprintf(format, args)}
}

func serverError(format string, args ...any) *Error {
	return &Error{Code: CodeServer, Message: sprintf(format, args)}
}

// nullPointer is the server's answer where it trips over a null.
func nullPointer(what string) *Error { return serverError("java.lang.NullPointerException: %s", what) }

// castError is the server's answer where it takes a value of one of its classes for another.
func castError(from, to string) *Error { return serverError("%s", types.CastError(from, to)) }

// outOfBounds is the server's answer where it takes a number out of no bytes.
func outOfBounds() *Error { return serverError("java.lang.IndexOutOfBoundsException") }

func unauthorized(format string, args ...any) *Error {
	return &Error{Code: CodeUnauthorized, Message: sprintf(format, args)}
}

func sprintf(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

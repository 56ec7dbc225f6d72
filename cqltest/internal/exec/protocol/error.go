package protocol

import (
	"fmt"
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

// Invalid is the error of a statement that cannot be run.
func Invalid(format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Message: sprintf(format, args)}
}

// SyntaxError is the error of a text that is no statement.
func SyntaxError(format string, args ...any) *Error {
	return &Error{Code: CodeSyntax, Message: sprintf(format, args)}
}

// ConfigError is the error of an option that cannot be.
func ConfigError(format string, args ...any) *Error {
	return &Error{Code: CodeConfig, Message: sprintf(format, args)}
}

// ServerError is the error of a server that fails.
func ServerError(format string, args ...any) *Error {
	return &Error{Code: CodeServer, Message: sprintf(format, args)}
}

// Unauthorized is the error of a client that may not.
func Unauthorized(format string, args ...any) *Error {
	return &Error{Code: CodeUnauthorized, Message: sprintf(format, args)}
}

func sprintf(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

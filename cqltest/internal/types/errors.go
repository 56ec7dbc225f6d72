package types

import "fmt"

// Code is an error code of the native protocol.
type Code uint32

// The codes this layer uses.
const (
	CodeServer          Code = 0x0000
	CodeFunctionFailure Code = 0x1400
	CodeSyntax          Code = 0x2000
	CodeInvalid         Code = 0x2200
	CodeConfig          Code = 0x2300
)

// Error is an error a client is to see: a protocol error code and Cassandra's
// message.
type Error struct {
	Code    Code
	Message string

	// Keyspace, Function and ArgTypes go with CodeFunctionFailure.
	Keyspace, Function string
	ArgTypes           []string

	duration bool
}

func (e *Error) Error() string { return e.Message }

// Invalidf returns an [Error] with code Invalid.
func Invalidf(format string, args ...any) error {
	return &Error{Code: CodeInvalid, Message: fmt.Sprintf(format, args...)}
}

// Syntaxf returns an [Error] with code Syntax.
func Syntaxf(format string, args ...any) error {
	return &Error{Code: CodeSyntax, Message: fmt.Sprintf(format, args...)}
}

// Configf returns an [Error] with code Config.
func Configf(format string, args ...any) error {
	return &Error{Code: CodeConfig, Message: fmt.Sprintf(format, args...)}
}

// durationError is an error in the text of a duration. The server raises it
// differently from other conversion errors, so that nothing adds to its words.
func durationError(format string, args ...any) error {
	return &Error{Code: CodeInvalid, Message: fmt.Sprintf(format, args...), duration: true}
}

func isDurationError(err error) bool {
	e, ok := err.(*Error)
	return ok && e.duration
}

// CastError words the server's failure to take a value of one of its classes
// for another.
func CastError(from, to string) string {
	const pkg = "org.apache.cassandra.cql3."
	return fmt.Sprintf("java.lang.ClassCastException: class %[1]s cannot be cast to class %[2]s (%[1]s and %[2]s are in unnamed module of loader 'app')", pkg+from, pkg+to)
}

package driver

import "errors"

// Foreign is what a driver tells of itself, so that its errors and values are understood.
type Foreign struct {
	Unset     any // the value that it leaves unset
	Sentinels []Sentinel
	// Answer returns what the server has said, if that is an error in err's chain.
	Answer func(err error) (ServerError, bool)
	// Unreached reports whether the last thing that the driver tried was a node to which it had no
	// connection; nil if it has no such error beside its sentinels.
	Unreached func(err error) bool
	// MayHaveRun reports whether the driver says that the statement may have been executed; nil if it
	// says nothing.
	MayHaveRun func(err error) bool
}

// Sentinel is an error of which errors.Is tells.
type Sentinel struct {
	Err       error
	Kind      ErrorKind
	Definite  bool   // it proves that nothing was written
	Transient bool   // it may be gone on the next attempt, if that is allowed
	Advice    string // better than that of the kind
}

// ServerError is an error that the server has sent.
type ServerError struct {
	Code        int
	Message     string
	Consistency Consistency // of an Unavailable
	// Of a timeout or a failure:
	WriteType          string
	Received, Required int
}

// drivers are those of the program.
var drivers []*Foreign

// Adapt makes a driver known. Call it from an init function.
func Adapt(f *Foreign) { drivers = append(drivers, f) }

// Unset is the value that leaves a column unset, with every driver.
var Unset = unsetValue{}

type unsetValue struct{}

func (unsetValue) String() string { return "unset" }

func init() {
	Adapt(&Foreign{Unset: Unset, Answer: func(err error) (e ServerError, ok bool) {
		var of *answerError
		if ok = errors.As(err, &of); ok {
			e = ServerError(*of)
		}
		return e, ok
	}})
}

// answerError is a ServerError as an error, for tests and for what is no driver.
type answerError ServerError

func (e *answerError) Error() string { return e.Message }

// AsError makes an error of e.
func (e ServerError) AsError() error { return (*answerError)(&e) }

// answerOf finds what the server has said.
func answerOf(err error) (answer ServerError, ok bool) {
	for _, d := range drivers {
		if answer, ok = d.Answer(err); ok {
			return answer, true
		}
	}
	return ServerError{}, false
}

// mayHaveRun reports whether a driver says so of an error.
func mayHaveRun(err error) bool {
	for _, d := range drivers {
		if d.MayHaveRun != nil && d.MayHaveRun(err) {
			return true
		}
	}
	return false
}

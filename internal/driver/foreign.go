package driver

import "errors"

// Foreign is what a driver tells of itself, so that its errors and values are understood.
type Foreign struct {
	Unset     any // the value that it leaves unset
	Sentinels []Sentinel
	// Answer finds what the server has said in err's chain; nil if all such errors of the driver have
	// methods Code and Message.
	Answer func(err error) (Answer, bool)
	// Details adds what is known of an error of the server besides its code and message.
	Details func(err error, to *ServerError)
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

// Answer is an error that the server has sent.
type Answer interface {
	error
	Code() int
	Message() string
}

// ServerError is what such an error says.
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

func init() { Adapt(&Foreign{Unset: Unset}) }

// answerOf finds what the server has said.
func answerOf(err error) (e ServerError, ok bool) {
	var answer Answer
	ok = errors.As(err, &answer)
	for i := 0; i < len(drivers) && !ok; i++ {
		if drivers[i].Answer != nil {
			answer, ok = drivers[i].Answer(err)
		}
	}
	if !ok {
		return e, false
	}
	e.Code, e.Message = answer.Code(), answer.Message()
	for _, d := range drivers {
		if d.Details != nil {
			d.Details(err, &e)
		}
	}
	return e, true
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

package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// Error says why a Go type and a CQL type, or a value and a cell, do not fit.
// It never holds the value itself, so it is safe to log.
type Error struct {
	GoType  string
	CQLType string // empty where no CQL type is known yet
	Path    string // where inside a nested value, as in [3].street; empty at its top
	Reason  string
	Err     error // what a custom Marshaler, Unmarshaler or registered codec returned
}

func (e *Error) Error() string {
	s := "Go " + e.GoType
	if e.GoType == "" {
		s = "codec"
	}
	if e.CQLType != "" {
		s += " as CQL " + e.CQLType
	}
	if e.Path != "" {
		s += ", at " + e.Path
	}
	return s + ": " + e.Reason
}

func (e *Error) Unwrap() error { return e.Err }

// fail makes an error that learns its types and path on its way out.
func fail(format string, args ...any) error {
	if len(args) == 0 {
		return &Error{Reason: format}
	}
	return &Error{Reason: fmt.Sprintf(format, args...)}
}

var (
	errOverflow = errors.New("the value overflows the type it goes to")
	errNullElem = errors.New("a collection cannot hold null")
	errShort    = errors.New("the cell ends too early")
)

func asError(err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Reason: err.Error()}
}

// at prepends a step to the path of an error.
func at(err error, step string) error {
	e := asError(err)
	e.Path = step + e.Path
	return e
}

func atIndex(err error, i int) error { return at(err, "["+strconv.Itoa(i)+"]") }

func atField(err error, name string) error { return at(err, "."+name) }

// named fills in the types, at the boundary of the package or of a compilation.
func named(err error, goType reflect.Type, t *Type) error {
	e := asError(err)
	if e.GoType == "" && goType != nil {
		e.GoType = goType.String()
	}
	if e.CQLType == "" && t != nil {
		e.CQLType = t.String()
	}
	return e
}

// because is an error that a function of the application returned for a value. Its text may quote the
// value in any form, and so it is left to Unwrap.
func because(reason string, err error) error {
	return &Error{Reason: reason + "; its error may quote the value and is not printed: errors.As finds it", Err: err}
}

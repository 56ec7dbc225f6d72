package coodie

import (
	"errors"
	"fmt"

	"github.com/coodie-go/coodie/internal/fanout"
)

// PanicError is a panic of the program's own code (a hook, a codec, an observer) in a
// goroutine of a bulk call or of a read of many partitions, where it would otherwise
// end the process.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // of the goroutine
}

func (e *PanicError) Error() string {
	if e.Value == nil {
		return "panic"
	}
	return fmt.Sprintf("panic: %v", e.Value)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// protect makes an error of a panic in f.
func protect(f func() error) error { return panicked(fanout.Protect(f)) }

// panicked is err, with a panic as the error that users know.
func panicked(err error) error {
	var p *fanout.Panic
	if errors.As(err, &p) {
		return &PanicError{Value: p.Value, Stack: p.Stack}
	}
	return err
}

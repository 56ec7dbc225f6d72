package coodie

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coodie-go/coodie/internal/driver"
)

// ErrNotSent is matched by a *QueryError whose statement was never sent, most often because
// its context had ended by then: it certainly had no effect.
var ErrNotSent = driver.ErrNotSent

// BulkError says which items of a bulk call failed. The others were carried out.
// It unwraps to the errors of the items, so that errors.Is and errors.As look through all
// of them.
type BulkError struct {
	Op    string // "save", "insert", "delete", "get"
	Table string
	Errs  []error // one per item of the call, in its order; nil where it succeeded
}

func bulkError(op, table string, errs []error) error {
	for _, err := range errs {
		if err != nil {
			return &BulkError{Op: op, Table: table, Errs: errs}
		}
	}
	return nil
}

// Failed are the indexes of the items that failed, for whatever reason.
func (e *BulkError) Failed() []int { return e.where(func(error) bool { return true }) }

// Unknown are the indexes of the items that may have been carried out: their errors
// match ErrOutcomeUnknown. All others that failed certainly had no effect.
func (e *BulkError) Unknown() []int {
	return e.where(func(err error) bool { return errors.Is(err, ErrOutcomeUnknown) })
}

// NotSent are the indexes of the items that were not sent because the context had ended:
// their errors match ErrNotSent.
func (e *BulkError) NotSent() []int {
	return e.where(func(err error) bool { return errors.Is(err, ErrNotSent) })
}

func (e *BulkError) where(is func(error) bool) (indexes []int) {
	for i, err := range e.Errs {
		if err != nil && is(err) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

func (e *BulkError) Error() string {
	failed := e.Failed()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d items failed", about(e.Op, e.Table, nil), len(failed), len(e.Errs))
	if n := len(e.Unknown()); n > 0 {
		fmt.Fprintf(&b, ", %d with an unknown outcome", n)
	}
	if n := len(e.NotSent()); n > 0 {
		fmt.Fprintf(&b, ", %d not sent", n)
	}
	if len(failed) > 0 {
		fmt.Fprintf(&b, "; item %d: %v", failed[0], e.Errs[failed[0]])
	}
	return b.String()
}

// Unwrap returns the errors of the items that failed.
func (e *BulkError) Unwrap() []error {
	var errs []error
	for _, err := range e.Errs {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

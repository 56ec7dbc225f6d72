package saga

import (
	"errors"
)

// Sentinels for errors.Is.
var (
	// ErrFailed is matched by *FailedError: an action failed for good, and everything is undone.
	ErrFailed = errors.New("saga: failed and undone")
	// ErrUnfinished is matched by *UnfinishedError: the saga is neither completed nor undone yet.
	ErrUnfinished = errors.New("saga: not finished")
	// ErrHeld is the reason of an *UnfinishedError whose saga another worker is running, or was
	// until it died less than Lease ago.
	ErrHeld = errors.New("held by another worker")
	// ErrFenced is the reason of an *UnfinishedError whose saga another worker has taken over.
	ErrFenced = errors.New("taken over by another worker")
	// ErrCompensation is matched by *CompensationError.
	ErrCompensation = errors.New("compensation failed")
)

// FailedError is returned by the call that undid the saga and by every later one. It matches
// ErrFailed.
type FailedError struct {
	ID   string
	Step string // whose action failed
	// Failure is the text of the action's error as it is recorded; bytes that are not UTF-8 are
	// replaced by U+FFFD.
	Failure string
	// Err is the action's error for the call that ran the action, and nil for all others.
	Err error
}

func (e *FailedError) Error() string {
	s := ErrFailed.Error()
	if e.Step != "" {
		s += ": step " + e.Step
	}
	if e.Failure != "" {
		s += ": " + e.Failure
	}
	return s
}

// Is matches ErrFailed.
func (e *FailedError) Is(target error) bool { return target == ErrFailed }

func (e *FailedError) Unwrap() error { return e.Err }

// UnfinishedError is returned when the saga is stored and, as far as is known, has not ended: Resume or
// Recover goes on with it. It matches ErrUnfinished and unwraps to the reason: ErrHeld, ErrFenced, a
// *CompensationError, the context's error, or the error of a statement.
type UnfinishedError struct {
	ID    string
	State State  // as recorded last, as far as this worker knows; "" if it could not be read
	Step  string // to be done or undone next, likewise
	Err   error
}

func (e *UnfinishedError) Error() string {
	s := ErrUnfinished.Error()
	if e.Step != "" {
		s += ": step " + e.Step
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is matches ErrUnfinished.
func (e *UnfinishedError) Is(target error) bool { return target == ErrUnfinished }

func (e *UnfinishedError) Unwrap() error { return e.Err }

// CompensationError is the reason of an *UnfinishedError whose compensation has used up its
// attempts. Status shows its text until the saga ends, and the next Resume or Recover tries
// again. It matches ErrCompensation and unwraps to the compensation's last error.
type CompensationError struct {
	Step string
	Err  error
}

func (e *CompensationError) Error() string {
	s := ErrCompensation.Error()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is matches ErrCompensation.
func (e *CompensationError) Is(target error) bool { return target == ErrCompensation }

func (e *CompensationError) Unwrap() error { return e.Err }

type permanent struct{ error }

func (e permanent) Unwrap() error { return e.error }

// Permanent marks err as one that another attempt would only repeat: a declined card. The action
// has then failed for good; a compensation is left to the next Resume or Recover.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

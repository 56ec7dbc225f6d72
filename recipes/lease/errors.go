package lease

import "errors"

// Sentinels for errors.Is.
var (
	// ErrHeld is matched by *HeldError: somebody else has the lease.
	ErrHeld = errors.New("lease: held by another")
	// ErrLost is matched by *LostError: the lease is no longer the caller's.
	ErrLost = errors.New("lease: lost")
)

// Causes of a LostError.
var (
	errReleased = errors.New("it was released")
	errEnded    = errors.New("it has ended, or somebody else has it")
	errTooLate  = errors.New("it was not renewed in time")
	errGone     = errors.New("it had ended before it was released")
)

// HeldError says who has the lease. It matches ErrHeld.
type HeldError struct {
	Name  string
	Owner string
	Token int64
}

func (e *HeldError) Error() string { return ErrHeld.Error() }

// Is matches ErrHeld.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// LostError says why a lease is no longer the caller's. It matches ErrLost.
type LostError struct {
	Name  string
	Token int64
	Err   error // why
}

func (e *LostError) Error() string {
	if e.Err == nil {
		return ErrLost.Error()
	}
	return ErrLost.Error() + ": " + e.Err.Error()
}

// Is matches ErrLost.
func (e *LostError) Is(target error) bool { return target == ErrLost }

func (e *LostError) Unwrap() error { return e.Err }

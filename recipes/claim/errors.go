package claim

import (
	"errors"
	"time"
)

// Sentinels for errors.Is.
var (
	// ErrTaken is matched by *TakenError: the value is somebody else's.
	ErrTaken = errors.New("claim: taken by another")
	// ErrLost says that the claim is no longer there: it was released, or resolved against
	// its owner. If the entity has been written nevertheless, undo that.
	ErrLost = errors.New("claim: no longer held")
)

// TakenError says who has the value. It matches ErrTaken.
type TakenError struct {
	Value     string
	Owner     string
	Confirmed bool
	Since     time.Time // by the clock of the client that wrote it
}

func (e *TakenError) Error() string {
	if e.Confirmed {
		return ErrTaken.Error()
	}
	return ErrTaken.Error() + ", who has not confirmed it"
}

// Is matches ErrTaken.
func (e *TakenError) Is(target error) bool { return target == ErrTaken }

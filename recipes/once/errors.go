package once

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coodie-go/coodie"
)

// Sentinels for errors.Is.
var (
	// ErrStarted is matched by *StartedError: the work has been begun, and not finished.
	ErrStarted = errors.New("once: started and not finished")
	// ErrFailed is matched by *FailedError: the work has been done and ended with an error.
	ErrFailed = errors.New("once: failed")
	// ErrNotRecorded is matched by *NotRecordedError.
	ErrNotRecorded = errors.New("once: done, but not recorded")
	// ErrSuperseded says that the run is no longer the key's: somebody has forgotten or
	// finished it, or the key's time is over.
	ErrSuperseded = errors.New("once: the run is no longer the key's")
)

// StartedError is a key whose work is running now, or was when its process died. It matches
// ErrStarted.
type StartedError struct {
	Key     string
	Run     coodie.UUID // for Finish and Forget: what they are to end
	Started time.Time   // by the clock of the process that began it
}

func (e *StartedError) Error() string { return ErrStarted.Error() }

// Is matches ErrStarted.
func (e *StartedError) Is(target error) bool { return target == ErrStarted }

// FailedError is returned, to whoever did the work and to everybody who comes later, when the
// work has ended with an error. It matches ErrFailed.
type FailedError struct {
	Key string
	// Failure is the text of the error, as it is recorded: a byte that is not UTF-8 is written
	// as \xNN. It is the same for every caller.
	Failure string
	// Err is the error itself for the caller whose call did the work, and nil for the others. Do not
	// decide by it what a repeat has to decide too.
	Err error
}

func (e *FailedError) Error() string {
	if e.Failure == "" {
		return ErrFailed.Error()
	}
	return ErrFailed.Error() + ": " + e.Failure
}

// Is matches ErrFailed.
func (e *FailedError) Is(target error) bool { return target == ErrFailed }

func (e *FailedError) Unwrap() error { return e.Err }

// recordable is the text of an error as CQL can hold it.
func recordable(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&out, `\x%02x`, text[0])
		} else {
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}

// NotRecordedError comes with the result of work that was done, but that others may not
// learn of: they get a *StartedError. It matches ErrNotRecorded and unwraps to the
// reason, and to the work's own error if it had one.
type NotRecordedError struct {
	Key  string
	Run  coodie.UUID // for Finish
	Err  error       // why it was not recorded
	Work error       // the error that the work ended with
}

func (e *NotRecordedError) Error() string {
	s := ErrNotRecorded.Error()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Work != nil {
		s += "; the work's error: " + e.Work.Error()
	}
	return s
}

// Is matches ErrNotRecorded.
func (e *NotRecordedError) Is(target error) bool { return target == ErrNotRecorded }

func (e *NotRecordedError) Unwrap() (errs []error) {
	for _, err := range [...]error{e.Err, e.Work} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// notDone marks the error of work that had no effect.
type notDone struct{ error }

func (e notDone) Unwrap() error { return e.error }

// NotDone marks err as that of work that certainly had no effect, for instance because a
// check before it failed. Do then frees the key, so that the work may be tried again, and
// returns err.
func NotDone(err error) error {
	if err == nil {
		return nil
	}
	return notDone{err}
}

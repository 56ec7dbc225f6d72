package migrate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Sentinels for errors.Is. ErrUnknownStep is matched by *UnknownStepError, ErrDisagreement by
// *AgreementError, all others by *Error.
var (
	// ErrName: a file is not called like 0001_name.up.cql, or a .down.cql has no .up.cql.
	ErrName = errors.New("bad file name")
	// ErrDuplicate: two migrations have one number.
	ErrDuplicate = errors.New("two migrations with one number")
	// ErrGap: a number is missing between two migrations.
	ErrGap = errors.New("a number is missing")
	// ErrSyntax: a file is no CQL, or has a statement that does not belong into a migration.
	ErrSyntax = errors.New("bad statement")
	// ErrChanged: a file has changed since it was applied.
	ErrChanged = errors.New("an applied migration has changed")
	// ErrMissing: an applied migration has no file any more, or a number was asked for that does not exist.
	ErrMissing = errors.New("no such migration")
	// ErrOrder: a migration is not applied, but one with a greater number is.
	ErrOrder = errors.New("not applied, but a later one is")
	// ErrEmpty: a file has no statement, and does not declare that.
	ErrEmpty = errors.New("the file has no statement")
	// ErrNoFiles: the file system has no migrations, or none in its top directory.
	ErrNoFiles = errors.New("there are no migrations")
	// ErrNoWayBack: a migration has no .down.cql, or one without statements, or one that declares so.
	ErrNoWayBack = errors.New("no way back")
	// ErrUnfinished: a migration stopped in the middle, and has to be finished first.
	ErrUnfinished = errors.New("a migration is not finished")
	// ErrNoKeyspace: the session has no keyspace, or it does not exist.
	ErrNoKeyspace = errors.New("no keyspace")
	// ErrHistory: the recorded history does not allow what was asked for.
	ErrHistory = errors.New("the history does not allow this")
	// ErrHeld: another process is migrating, and was for as long as the context allowed to wait.
	ErrHeld = errors.New("another process is migrating")
	// ErrLeaseLost: the lease was lost, so another process may be migrating.
	ErrLeaseLost = errors.New("the lease was lost")
	// ErrFailed: a statement or Go function failed, or the history could not be read or written.
	ErrFailed = errors.New("failed")
	// ErrUnknownStep is matched by *UnknownStepError.
	ErrUnknownStep = errors.New("the outcome of a statement is unknown")
	// ErrDisagreement is matched by *AgreementError.
	ErrDisagreement = errors.New("nodes disagree on the schema")
)

// Error says what is wrong, where, and what to do about it. It matches its Kind, and unwraps to its
// cause.
type Error struct {
	Kind         error // one of the sentinels
	Version      int64 // of the migration; 0 if it is not about one
	File         string
	Line, Column int    // from 1; 0 if it is not about a place in the file
	Advice       string // what to do; "" if the cause says it
	Err          error  // the cause; nil if the kind says it all
}

func (e *Error) Error() string {
	s := "migrate: "
	if e.File != "" {
		s += position(e.File, e.Line, e.Column) + ": "
	} else if e.Version != 0 {
		s += fmt.Sprintf("migration %d: ", e.Version)
	}
	if e.Kind != nil {
		s += e.Kind.Error()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Advice != "" {
		s += "; " + e.Advice
	}
	return s
}

// Is matches the kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

func (e *Error) Unwrap() error { return e.Err }

// UnknownStepError is returned when nobody can tell whether a statement was executed: its answer was lost,
// or the process died around it. It matches ErrUnknownStep. Look at the data, and tell by
// Repair.
type UnknownStepError struct {
	Step   Step
	Reason string // why it can be neither judged nor repeated
	Err    error  // how it ended; nil if another process sent it
}

func (e *UnknownStepError) Error() string {
	s := "migrate: " + e.Step.Position() + ": " + ErrUnknownStep.Error() + ": " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s + fmt.Sprintf("; find out whether it was executed, and tell by Repair(%d, Executed) or Repair(%[1]d, NotExecuted)", e.Step.Version)
}

// Is matches ErrUnknownStep.
func (e *UnknownStepError) Is(target error) bool { return target == ErrUnknownStep }

func (e *UnknownStepError) Unwrap() error { return e.Err }

// AgreementError is returned when the nodes did not agree on the schema in time. It matches
// ErrDisagreement.
type AgreementError struct {
	// Versions are the addresses of the nodes by the version of the schema that they have. A node that
	// is down has the version that it had. A node is listed twice if others know another version of it.
	Versions map[string][]string
	Waited   time.Duration
}

func (e *AgreementError) Error() string {
	var groups []string
	for _, v := range slices.Sorted(maps.Keys(e.Versions)) {
		groups = append(groups, strings.Join(e.Versions[v], ", ")+" has "+v)
	}
	return fmt.Sprintf("migrate: %v after %v: %s; see whether a node is down or unreachable (nodetool describecluster), then run this again",
		ErrDisagreement, e.Waited.Round(time.Millisecond), strings.Join(groups, "; "))
}

// Is matches ErrDisagreement.
func (e *AgreementError) Is(target error) bool { return target == ErrDisagreement }

func position(file string, line, column int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

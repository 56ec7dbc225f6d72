package saga

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coodie-go/coodie"
)

// State says how far a saga is.
type State string

// The states of a saga.
const (
	StateRunning      State = "running"      // its actions are being run
	StateCompensating State = "compensating" // an action failed for good: it is being undone
	StateCompleted    State = "completed"    // every action has succeeded
	StateCompensated  State = "compensated"  // it is undone
)

// Step is an action and the compensation that undoes it. Both may run more than once: see the
// package documentation.
type Step[T any] struct {
	// Name is part of the idempotency key: it must not change while sagas are under way.
	Name string
	// Do is the action.
	Do func(context.Context, *Call[T]) error
	// Undo is the compensation; nil if nothing has to be undone.
	Undo func(context.Context, *Call[T]) error
}

// Call tells an action or a compensation what it works on.
type Call[T any] struct {
	ID string
	// Key is the idempotency key of the action, "name/id/step", the same in every attempt. A
	// compensation gets it too, because it names what is to be undone.
	Key string
	// Fence is the number of the worker's claim; a later worker of this saga has a greater one.
	Fence int64
	// Data is what Run was given, with the changes of the steps before. Changes that are made here
	// are stored together with the record that the step is done, and dropped if it fails.
	Data T
}

// record is a saga's row.
type record struct {
	Name       string       `cql:"name,partition"`
	ID         string       `cql:"id,partition"`
	Steps      []string     `cql:"steps,frozen"`
	Data       string       `cql:"data"`
	State      State        `cql:"state"`
	Step       int          `cql:"step"` // index of the step to do or undo next
	FailedStep string       `cql:"failed_step"`
	Failure    string       `cql:"failure"`
	Undoing    string       `cql:"compensation_failure"`
	Started    time.Time    `cql:"started"`
	Fence      int64        `cql:"fence"`
	Run        coodie.UUID  `cql:"run_id"`   // of the last claim
	Revision   int64        `cql:"revision"` // counts the records of progress
	Worker     *coodie.UUID `cql:"worker"`   // run_id while the claim lasts
}

var (
	nameCol     = coodie.Col(func(r *record) *string { return &r.Name })
	idCol       = coodie.Col(func(r *record) *string { return &r.ID })
	stepsCol    = coodie.Col(func(r *record) *[]string { return &r.Steps })
	dataCol     = coodie.Col(func(r *record) *string { return &r.Data })
	stateCol    = coodie.Col(func(r *record) *State { return &r.State })
	stepCol     = coodie.Col(func(r *record) *int { return &r.Step })
	failedCol   = coodie.Col(func(r *record) *string { return &r.FailedStep })
	failureCol  = coodie.Col(func(r *record) *string { return &r.Failure })
	undoingCol  = coodie.Col(func(r *record) *string { return &r.Undoing })
	startedCol  = coodie.Col(func(r *record) *time.Time { return &r.Started })
	fenceCol    = coodie.Col(func(r *record) *int64 { return &r.Fence })
	runCol      = coodie.Col(func(r *record) *coodie.UUID { return &r.Run })
	revisionCol = coodie.Col(func(r *record) *int64 { return &r.Revision })
	workerCol   = coodie.NullCol(func(r *record) **coodie.UUID { return &r.Worker })
)

func (r *record) ended() bool { return r.State == StateCompleted || r.State == StateCompensated }

// What Open sets.
const (
	DefaultLease        = 30 * time.Second
	DefaultAttempts     = 3
	DefaultBackoff      = 100 * time.Millisecond
	DefaultKeep         = 24 * time.Hour
	DefaultMaxClockSkew = time.Second
)

// Saga is the definition of a saga: its name and its steps. It is safe for many goroutines. Set its fields
// before the first use.
type Saga[T any] struct {
	// Lease is how long one attempt of a step may take: its context ends then. It is also how long
	// the saga of a worker that has died stays held, with MaxClockSkew and two seconds at most.
	Lease time.Duration
	// Attempts is how often an action or a compensation that returns an error is run in one
	// Run, Resume or Recover. An action that has used them up has failed for good.
	Attempts int
	// Backoff is the pause before the second attempt; it doubles up to 10 s.
	Backoff time.Duration
	// Keep is how long a saga that has ended is remembered; 0 is forever. After that a Run with its id begins anew.
	Keep time.Duration
	// MaxClockSkew is how far the clocks of any two server nodes are assumed to be apart.
	MaxClockSkew time.Duration

	name  string
	steps []Step[T]
	names []string
	db    *coodie.DB
	table *coodie.Table[record]
}

// Open returns the sagas of one name in the table "sagas", or another by coodie.WithTable, which sagas of
// several names may share. The steps are run in this order. It sends nothing; Create makes the table.
//
// The steps of a name, and what T's JSON means, must stay as they are while sagas are under way: a new
// version gets a new name. One that was begun with steps of other names is an error of KindUsage.
//
// A default TTL of the table has no effect.
func Open[T any](db *coodie.DB, name string, steps []Step[T], opts ...coodie.TableOption) (*Saga[T], error) {
	opts = append([]coodie.TableOption{coodie.WithTable("sagas")}, opts...)
	table, err := coodie.Open[record](db, append(opts, coodie.WithLWTOnly())...)
	if err != nil {
		return nil, err
	}
	s := &Saga[T]{
		Lease: DefaultLease, Attempts: DefaultAttempts, Backoff: DefaultBackoff, Keep: DefaultKeep, MaxClockSkew: DefaultMaxClockSkew,
		name: name, steps: slices.Clone(steps), db: db, table: table,
	}
	wrong := ""
	switch {
	case !keyPart(name):
		wrong = "a saga needs a name, of valid UTF-8 and without a slash"
	case len(steps) == 0:
		wrong = "a saga has at least one step"
	}
	for _, step := range steps {
		switch {
		case !keyPart(step.Name):
			wrong = "a step needs a name, of valid UTF-8 and without a slash"
		case step.Do == nil:
			wrong = "a step needs an action"
		case slices.Contains(s.names, step.Name):
			wrong = "two steps have one name"
		}
		s.names = append(s.names, step.Name)
	}
	if wrong != "" {
		return nil, s.usage("open", "", wrong, nil)
	}
	return s, nil
}

// keyPart reports whether text can be a part of an idempotency key that cannot be mistaken.
func keyPart(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.Contains(text, "/")
}

// Create makes the table if it does not exist.
func (s *Saga[T]) Create(ctx context.Context) error { return coodie.Schema(nil, s.table).Create(ctx) }

// CreateCQL is what Create runs.
func (s *Saga[T]) CreateCQL() []string { return coodie.Schema(nil, s.table).CQL() }

// Run stores the saga, unless there is one with this id, and then does what Resume does. What counts
// is the data of the first Run with the id.
//
// An error that matches coodie.ErrOutcomeUnknown, and not ErrUnfinished, leaves open whether the saga is
// stored; no step has been run, but Recover may run it. Run again with the same id and data to
// settle it.
func (s *Saga[T]) Run(ctx context.Context, id string, data T) (T, error) {
	var zero T
	if err := s.check("run", id); err != nil {
		return zero, err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return zero, s.usage("run", dataCol.String(), "the data has no JSON", err)
	}
	return s.run(ctx, id, &record{
		Name: s.name, ID: id, Steps: s.names, Data: string(text), State: StateRunning, Started: time.Now(),
	})
}

// Resume goes on with a saga where its last worker stopped, until it has ended. It returns the data as
// the steps have left it, with
//
//   - nil if every action has succeeded, now or earlier,
//   - a *FailedError if the saga is undone, now or earlier,
//   - an *UnfinishedError if it cannot be brought to an end now. If that is ErrHeld, nothing has been done.
//
// After any other error this call has run no step. A saga of which nothing is known is coodie.ErrNotFound. When ctx ends, no further step is begun; what the step
// under way returns is recorded all the same. A panic of a step is not recovered: the saga stays held for Lease.
func (s *Saga[T]) Resume(ctx context.Context, id string) (T, error) {
	var zero T
	if err := s.check("resume", id); err != nil {
		return zero, err
	}
	return s.run(ctx, id, nil)
}

// run brings the saga to its end. If there is none it begins with fresh.
func (s *Saga[T]) run(ctx context.Context, id string, fresh *record) (T, error) {
	w, err := s.claim(ctx, id, fresh)
	if err != nil {
		var zero T
		return zero, err
	}
	if !w.row.ended() {
		if err := w.work(ctx); err != nil {
			_ = w.release(ctx)
			var zero T
			return zero, s.unfinished(&w.row, err)
		}
	}
	result, err := s.decode(&w.row)
	if w.row.State == StateCompensated {
		err = join(&FailedError{ID: id, Step: w.row.FailedStep, Failure: w.row.Failure, Err: w.failure}, err)
	}
	return result, err
}

// Recover resumes every saga of this name that has not ended and that no worker holds: those whose process has
// died, and those that ended with an *UnfinishedError. Call it when a program starts and from time to time; several
// processes may do so at once.
//
// It finds them by reading the whole table, which holds the sagas that are under way and those that ended less
// than Keep ago. An error about one saga does not keep it from the others: the errors come out
// together. A saga that is undone is no error.
func (s *Saga[T]) Recover(ctx context.Context) error {
	var failed []error
	for row, err := range s.table.Find().Scan(ctx) {
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if row.Name != s.name || row.Worker != nil || row.ended() {
			continue
		}
		_, err := s.Resume(ctx, row.ID)
		if err != nil && !slices.ContainsFunc([]error{ErrFailed, ErrHeld, ErrFenced, coodie.ErrNotFound}, func(fine error) bool { return errors.Is(err, fine) }) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Status is what is recorded of a saga.
type Status[T any] struct {
	State State
	// Step is the one to be done or undone next, or being so now; "" at the end.
	Step string
	// FailedStep and Failure are the step whose action failed for good, and the text of its error.
	FailedStep, Failure string
	// CompensationFailure is the text of the last error of a compensation, also when it has succeeded since.
	CompensationFailure string
	// Held says that a worker has the saga, or died less than Lease ago. Fence is the number of the last claim, 0 if
	// there was none.
	Held    bool
	Fence   int64
	Started time.Time // by the clock of the process that called Run
	Data    T
}

// Status reads what is recorded of a saga. A saga of which nothing is known is coodie.ErrNotFound.
func (s *Saga[T]) Status(ctx context.Context, id string) (Status[T], error) {
	if err := s.check("status", id); err != nil {
		return Status[T]{}, err
	}
	row, err := s.row(id).Get(ctx)
	if err != nil {
		return Status[T]{}, err
	}
	data, err := s.decode(&row)
	return Status[T]{
		State: row.State, Step: stepName(&row), FailedStep: row.FailedStep, Failure: row.Failure, CompensationFailure: row.Undoing,
		Held: row.Worker != nil, Fence: row.Fence, Started: row.Started, Data: data,
	}, err
}

func (s *Saga[T]) row(id string) *coodie.QuerySet[record] {
	return s.table.Find(nameCol.Eq(s.name), idCol.Eq(id)) // linearizable: the table is for LWTs only
}

func (s *Saga[T]) decode(row *record) (data T, err error) {
	const reason = "the stored data does not fit the saga's type"
	err = json.Unmarshal([]byte(row.Data), &data)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong): // whose text may quote the data
		return data, s.usage("decode", dataCol.String(), fmt.Sprintf("%s: field %q is no %v", reason, wrong.Field, wrong.Type), nil)
	case err != nil:
		return data, s.usage("decode", dataCol.String(), reason, err)
	}
	return data, nil
}

func (s *Saga[T]) unfinished(row *record, err error) error {
	return &UnfinishedError{ID: row.ID, State: row.State, Step: stepName(row), Err: err}
}

func stepName(row *record) string {
	if row.ended() || row.Step >= len(row.Steps) {
		return ""
	}
	return row.Steps[row.Step]
}

// check refuses what no row can have.
func (s *Saga[T]) check(op, id string) error {
	switch {
	case !utf8.ValidString(id):
		return s.usage(op, idCol.String(), "the text is not valid UTF-8, which CQL's text is", nil)
	case id == "":
		return s.usage(op, idCol.String(), "a saga needs an id", nil)
	case s.Lease <= 0 || s.Attempts <= 0:
		return s.usage(op, "", "Lease and Attempts are more than 0", nil)
	case s.Backoff < 0 || s.Keep < 0 || s.MaxClockSkew < 0:
		return s.usage(op, "", "Backoff, Keep and MaxClockSkew are not negative", nil)
	}
	return nil
}

func (s *Saga[T]) usage(op, column, reason string, err error) error {
	return &coodie.Error{Kind: coodie.KindUsage, Op: op, Table: s.table.Name(), Column: column, Reason: reason, Err: err}
}

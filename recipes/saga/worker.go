package saga

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/coodie-go/coodie"
)

// worker has claimed a saga, or found it ended.
type worker[T any] struct {
	saga    *Saga[T]
	row     record    // as this worker has recorded it
	until   time.Time // the claim lasts at least as long
	failure error     // of the action that failed for good
}

// claim makes the saga this worker's. If there is none it is begun by the same LWT with fresh, unless that is nil. A
// saga that has ended needs no claim.
func (s *Saga[T]) claim(ctx context.Context, id string, fresh *record) (*worker[T], error) {
	var try *worker[T] // the claim that is tried
	var from record    // the row that it is tried on; as it is stored, if it has a run
	var open error     // the unknown outcome of trying it
	because := func(err error) error {
		if from.Run == (coodie.UUID{}) {
			return join(err, open)
		}
		return s.unfinished(&from, join(err, open))
	}
	for unknown := 0; ; {
		row, err := s.row(id).Get(ctx)
		missing := errors.Is(err, coodie.ErrNotFound)
		switch {
		case missing && fresh != nil:
			row = *fresh
		case err != nil:
			return nil, because(err)
		case row.ended():
			return &worker[T]{saga: s, row: row}, nil
		case try != nil && row.Run == try.row.Run:
			return try, nil
		case row.Worker != nil:
			return nil, s.unfinished(&row, ErrHeld)
		case !slices.Equal(row.Steps, s.names):
			return nil, s.unfinished(&row, s.usage("resume", stepsCol.String(), "the saga was begun with other steps", nil))
		}
		if try == nil || from.Run != row.Run || from.Revision != row.Revision {
			// What was tried before can no longer be applied.
			try, from, open = &worker[T]{saga: s, row: row, until: time.Now().Add(s.Lease)}, row, nil
			try.row.Run = coodie.NewUUID()
			try.row.Fence++
		}
		applied, err := try.take(ctx, from, missing)
		switch {
		case applied:
			return try, nil
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			open = err
			if unknown++; unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return nil, because(err)
			}
		case err != nil:
			return nil, because(err)
		}
	}
}

// take sends the claim once. A new row is made by an UPDATE: an INSERT leaves a mark that there is a row, which
// would stay when all columns have ended.
func (w *worker[T]) take(ctx context.Context, from record, missing bool) (applied bool, err error) {
	assigns := []coodie.Assign[record]{runCol.Set(w.row.Run), fenceCol.Set(w.row.Fence)}
	if !missing {
		return w.write(ctx, []coodie.Cond[record]{runCol.Eq(from.Run), revisionCol.Eq(from.Revision)}, assigns...)
	}
	return w.write(ctx, []coodie.Cond[record]{runCol.IsNull()}, append(assigns, revisionCol.Set(0), stepsCol.Set(w.row.Steps),
		dataCol.Set(w.row.Data), stateCol.Set(w.row.State), stepCol.Set(0), startedCol.Set(w.row.Started))...)
}

// write sets columns on conditions, and in the same LWT renews the claim.
func (w *worker[T]) write(ctx context.Context, conds []coodie.Cond[record], assigns ...coodie.Assign[record]) (applied bool, err error) {
	row := w.saga.row(w.row.ID)
	batch := w.saga.db.Batch()
	// TTL 0, whatever default the table has: only the claim ends by itself. AllowCreate is for the beginning.
	h := row.IfAll(conds).AllowCreate().With(coodie.WithTTL(0)).UpdateIn(batch, assigns...)
	row.With(coodie.WithTTL(w.saga.stored())).UpdateIn(batch, workerCol.Set(w.row.Run))
	if err := batch.Exec(ctx); err != nil {
		return false, err
	}
	res, err := h.Result()
	return res.Applied, err
}

// stored is the TTL that keeps a claim on every server until its worker stops counting on it. A server counts
// whole seconds and begins with the one that it is in, hence one more.
func (s *Saga[T]) stored() time.Duration {
	return (s.Lease + s.MaxClockSkew + time.Second - 1).Truncate(time.Second) + time.Second
}

// release gives the claim back. If that cannot be done it ends by itself.
func (w *worker[T]) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	res, err := w.saga.row(w.row.ID).If(runCol.Eq(w.row.Run)).DeleteColumns(ctx, workerCol)
	return cmp.Or(err, res.Err())
}

// work brings the saga to its end. Its error is why it cannot.
func (w *worker[T]) work(ctx context.Context) error {
	for !w.row.ended() {
		next, step := w.row, w.saga.steps[w.row.Step]
		if w.row.State == StateRunning {
			data, failed, stop := w.try(ctx, step.Name, step.Do)
			switch {
			case stop != nil:
				return stop
			case failed == nil:
				next.Data = data
				if next.Step++; next.Step == len(w.saga.steps) {
					next.State = StateCompleted
				}
			default:
				w.failure = failed
				next.FailedStep, next.Failure = step.Name, recordable(failed)
				next.undo(w.saga.lastUndo(next.Step))
			}
			if err := w.record(ctx, next); err != nil {
				return join(err, failed)
			}
			continue
		}
		data, failed, stop := w.try(ctx, step.Name, step.Undo)
		if stop != nil {
			return stop
		}
		if failed != nil {
			next.Undoing = recordable(failed)
			return join(&CompensationError{Step: step.Name, Err: failed}, w.record(ctx, next))
		}
		next.Data = data
		next.undo(w.saga.lastUndo(next.Step - 1))
		if err := w.record(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// lastUndo is the last step up to this one that has a compensation, or -1.
func (s *Saga[T]) lastUndo(step int) int {
	for step >= 0 && s.steps[step].Undo == nil {
		step--
	}
	return step
}

// undo makes step the one to be undone next; -1: there is none left.
func (r *record) undo(step int) {
	r.State, r.Step = StateCompensating, step
	if step < 0 {
		r.State, r.Step = StateCompensated, 0
	}
}

// try runs f until it succeeds, or its error is permanent or that of the last attempt: failed. stop is why the worker
// cannot go on; then nothing is known of f.
func (w *worker[T]) try(ctx context.Context, step string, f func(context.Context, *Call[T]) error) (data string, failed, stop error) {
	backoff := w.saga.Backoff
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			return "", nil, join(context.Cause(ctx), failed)
		}
		if n > 1 || time.Until(w.until) < w.saga.Lease/2 {
			if err := w.record(ctx, w.row); err != nil {
				return "", nil, join(err, failed)
			}
		}
		in, err := w.saga.decode(&w.row)
		if err != nil {
			return "", nil, err
		}
		call := &Call[T]{ID: w.row.ID, Key: w.saga.name + "/" + w.row.ID + "/" + step, Fence: w.row.Fence, Data: in}
		if failed = w.run(ctx, f, call); failed == nil {
			out, err := json.Marshal(call.Data)
			if err == nil {
				return string(out), nil, nil
			}
			failed = Permanent(w.saga.usage("encode", dataCol.String(), "the data that the step has left has no JSON", err))
		}
		switch {
		case errors.As(failed, new(permanent)):
			return "", failed, nil
		case ctx.Err() != nil: // which may be all that is wrong
			continue
		case n >= w.saga.Attempts:
			return "", failed, nil
		}
		_ = pause(ctx, backoff)
		backoff = min(2*backoff, 10*time.Second)
	}
}

// run is one attempt, which ends before the claim does.
func (w *worker[T]) run(ctx context.Context, f func(context.Context, *Call[T]) error, call *Call[T]) error {
	ctx, cancel := context.WithDeadline(ctx, w.until)
	defer cancel()
	return f(ctx, call)
}

// record writes how far the saga is, though ctx may have ended, and renews the claim. Each record has the next revision,
// which only this worker writes under its run: sent again after an unknown outcome it is applied once, and if it
// is refused by itself it was applied before.
func (w *worker[T]) record(ctx context.Context, next record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	next.Revision++
	start := time.Now()
	var open error // the last unknown outcome
	for unknown := 1; ; unknown++ {
		applied, err := w.advance(ctx, next)
		switch {
		case err != nil || applied:
		case open == nil:
			err = ErrFenced
		default:
			if err = w.recorded(ctx, next); err != nil && err != ErrFenced {
				err = join(open, err)
			}
		}
		if err == nil {
			break
		}
		if errors.Is(err, coodie.ErrOutcomeUnknown) {
			open = err
			if unknown < maxUnknown && pause(ctx, 10*time.Millisecond<<unknown) == nil {
				continue
			}
		}
		return join(err, open)
	}
	w.row, w.until = next, start.Add(w.saga.Lease)
	return nil
}

// advance sends the record once.
func (w *worker[T]) advance(ctx context.Context, next record) (applied bool, err error) {
	conds := []coodie.Cond[record]{runCol.Eq(w.row.Run), revisionCol.Eq(w.row.Revision)}
	if next.ended() {
		// The whole row, so that all of it ends together.
		next.Worker = nil
		keep := w.saga.Keep
		if keep > 0 {
			keep += time.Second // a server's TTL has whole seconds, of which the first has begun
		}
		res, err := w.saga.table.New(next).IfAll(conds).With(coodie.WithTTL(keep)).Replace(ctx)
		return res.Applied, err
	}
	assigns := []coodie.Assign[record]{revisionCol.Set(next.Revision)}
	if next.State != w.row.State || next.Step != w.row.Step {
		assigns = append(assigns, stateCol.Set(next.State), stepCol.Set(next.Step))
	}
	if next.Data != w.row.Data {
		assigns = append(assigns, dataCol.Set(next.Data))
	}
	if next.State == StateCompensating {
		assigns = append(assigns, failedCol.Set(next.FailedStep), failureCol.Set(next.Failure), undoingCol.Set(next.Undoing))
	}
	return w.write(ctx, conds, assigns...)
}

// recorded finds out whether an earlier request has made the record that is now refused.
func (w *worker[T]) recorded(ctx context.Context, next record) error {
	row, err := w.saga.row(next.ID).Get(ctx)
	switch {
	case errors.Is(err, coodie.ErrNotFound) && next.ended():
		return nil // and its time is over: only a row that has ended has one
	case err != nil:
		return err
	case row.Run != next.Run:
		return ErrFenced
	}
	return nil // only this worker writes under its run
}

// maxUnknown is how often a request is made until its outcome is left unknown.
const maxUnknown = 6

// pause waits for d, more or less, so that those who wait do not come all at once.
func pause(ctx context.Context, d time.Duration) error {
	if d > 1 {
		d = d/2 + rand.N(d/2)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recordable is the text of an error as CQL can hold it.
func recordable(err error) string { return strings.ToValidUTF8(err.Error(), "\ufffd") }

// join is both errors, or one if it holds the other.
func join(err, more error) error {
	if more == nil || errors.Is(err, more) {
		return err
	}
	if errors.Is(more, err) {
		return more
	}
	return errors.Join(err, more)
}

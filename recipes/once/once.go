package once

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/coodie-go/coodie"
)

// record is a key's row.
type record struct {
	Key      string      `cql:"key,partition"`
	Run      coodie.UUID `cql:"run_id"`
	Started  time.Time   `cql:"started"`
	Finished bool        `cql:"finished"`
	Result   []byte      `cql:"result"`
	Failure  *string     `cql:"failure"`
}

var (
	keyCol      = coodie.Col(func(r *record) *string { return &r.Key })
	runCol      = coodie.Col(func(r *record) *coodie.UUID { return &r.Run })
	finishedCol = coodie.Col(func(r *record) *bool { return &r.Finished })
)

// DefaultKeep is the Keep of Open.
const DefaultKeep = 24 * time.Hour

// Keys are the idempotency keys of one table. It is safe for many goroutines.
type Keys struct {
	// Keep is how long a key is remembered, from when its work begins and again from when it
	// ends; 0 is for ever. After that the work can be done again, so it must be longer than
	// anybody may come back, and than the work takes: the context of the work ends before it.
	// Set it before the first use.
	Keep time.Duration

	table *coodie.Table[record]
}

// Open returns the keys of a table of their own: "idempotency_keys", or another by
// coodie.WithTable. It sends nothing; Create makes the table.
//
// A default TTL of the table, from coodie.WithDefaultTTL or set on the server, has no effect: how long a
// key is remembered is up to Keep.
func Open(db *coodie.DB, opts ...coodie.TableOption) (*Keys, error) {
	opts = append([]coodie.TableOption{coodie.WithTable("idempotency_keys")}, opts...)
	table, err := coodie.Open[record](db, append(opts, coodie.WithLWTOnly())...)
	if err != nil {
		return nil, err
	}
	return &Keys{Keep: DefaultKeep, table: table}, nil
}

// Create makes the table if it does not exist.
func (k *Keys) Create(ctx context.Context) error { return coodie.Schema(nil, k.table).Create(ctx) }

// CreateCQL is what Create runs.
func (k *Keys) CreateCQL() []string { return coodie.Schema(nil, k.table).CQL() }

// Do runs work if nobody has begun it for this key, records what it returns, and returns it.
// Otherwise it returns what is recorded: the result; a *FailedError if the work ended
// with an error; or a *StartedError if it has not ended, at once: see Wait.
//
// What must be the same for a repeat to be one, such as who asks and what for, belongs into
// the key.
//
// An error of the work counts as done: its text is recorded, and this call returns a *FailedError as every
// later one does. An error that is marked by NotDone is not recorded and returned as it is. If work panics, its key stays started. If the outcome of beginning stays
// unknown, the error matches coodie.ErrOutcomeUnknown and work has not been run by this
// call; the key may then be started by nobody.
func (k *Keys) Do(ctx context.Context, key string, work func(context.Context) ([]byte, error)) ([]byte, error) {
	if err := k.check("do", key); err != nil {
		return nil, err
	}
	for {
		run, err := k.begin(ctx, key)
		if err != nil {
			return nil, err
		}
		if run != nil {
			return k.run(ctx, run, work)
		}
		result, err := k.recorded(ctx, key)
		if !errors.Is(err, coodie.ErrNotFound) {
			return result, err
		}
		// It was there a moment ago: forgotten since, or its time is over.
	}
}

// run does the work and records it.
func (k *Keys) run(ctx context.Context, run *record, work func(context.Context) ([]byte, error)) ([]byte, error) {
	result, failed := k.within(ctx, run, work)
	// Though ctx may have ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	notRecorded := func(err error) error {
		return &NotRecordedError{Key: run.Key, Run: run.Run, Err: err, Work: failed}
	}
	if nothing := (notDone{}); errors.As(failed, &nothing) {
		if err := k.Forget(ctx, run.Key, run.Run); err != nil {
			return result, notRecorded(err)
		}
		return result, failed
	}
	run.end(result, failed)
	if err := k.finish(ctx, run); err != nil {
		return result, notRecorded(err)
	}
	return run.outcome(failed)
}

// end makes the row that of work that has ended.
func (r *record) end(result []byte, failed error) {
	r.Finished, r.Result, r.Failure = true, result, nil
	if failed != nil {
		text := recordable(failed.Error())
		r.Failure = &text
	}
}

// outcome is what the row says has come of the work. failed is the work's own error, for who has it.
func (r *record) outcome(failed error) ([]byte, error) {
	switch {
	case !r.Finished:
		return nil, &StartedError{Key: r.Key, Run: r.Run, Started: r.Started}
	case r.Failure != nil:
		return r.Result, &FailedError{Key: r.Key, Failure: *r.Failure, Err: failed}
	}
	return r.Result, nil
}

// same reports whether two rows tell of the same end of the same run.
func (r *record) same(o *record) bool {
	return r.Run == o.Run && r.Finished && o.Finished && bytes.Equal(r.Result, o.Result) &&
		(r.Failure == nil) == (o.Failure == nil) && (r.Failure == nil || *r.Failure == *o.Failure)
}

// within does the work while its key is kept.
func (k *Keys) within(ctx context.Context, run *record, work func(context.Context) ([]byte, error)) ([]byte, error) {
	if k.Keep > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, run.Started.Add(k.Keep))
		defer cancel()
	}
	return work(ctx)
}

// begin makes the work this call's; nil if it is another's.
func (k *Keys) begin(ctx context.Context, key string) (*record, error) {
	id := coodie.NewUUID()
	doc := k.table.New(record{Key: key, Run: id, Started: time.Now()})
	for unknown := 0; ; {
		res, err := doc.With(coodie.WithTTL(k.ttl())).Insert(ctx)
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			// The same once more: if it is refused by its own id, it was applied.
			if unknown++; unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case res.Applied:
			return &doc.Value, nil
		default:
			if owner, _ := runCol.From(res.Existing); owner == id {
				return &doc.Value, nil
			}
			return nil, nil
		}
	}
}

// maxUnknown is how often a request is made until its outcome is left unknown.
const maxUnknown = 6

// ttl is that of every column. A server's TTL has whole seconds, of which the first has begun.
func (k *Keys) ttl() time.Duration {
	if k.Keep == 0 {
		return 0
	}
	return k.Keep + time.Second
}

// recorded is what is known of the key; coodie.ErrNotFound if nothing is.
func (k *Keys) recorded(ctx context.Context, key string) ([]byte, error) {
	row, err := k.table.Find(keyCol.Eq(key)).Get(ctx)
	if err != nil {
		return nil, err
	}
	return row.outcome(nil)
}

// check refuses what no row can have.
func (k *Keys) check(op, key string) error {
	column, reason := "", ""
	switch {
	case !utf8.ValidString(key):
		column, reason = keyCol.String(), "the text is not valid UTF-8, which CQL's text is"
	case k.Keep < 0:
		reason = "Keep is not negative"
	default:
		return nil
	}
	return &coodie.Error{Kind: coodie.KindUsage, Op: op, Table: k.table.Name(), Column: column, Reason: reason}
}

// Wait returns what is recorded of the key, like Do, but waits until ctx ends for work that has
// been started. A key of which nothing is known is coodie.ErrNotFound.
func (k *Keys) Wait(ctx context.Context, key string) ([]byte, error) {
	if err := k.check("wait", key); err != nil {
		return nil, err
	}
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		result, err := k.recorded(ctx, key)
		if !errors.Is(err, ErrStarted) {
			return result, err
		}
		if stop := pause(ctx, wait); stop != nil {
			return nil, errors.Join(err, stop)
		}
	}
}

// Finish records, for a run whose process is gone, what has come of it: whoever calls it has
// found out. A failed other than nil is recorded as its error. ErrSuperseded: the run has ended
// otherwise.
func (k *Keys) Finish(ctx context.Context, key string, run coodie.UUID, result []byte, failed error) error {
	if err := k.check("finish", key); err != nil {
		return err
	}
	row, err := k.table.Find(keyCol.Eq(key)).Get(ctx)
	switch {
	case errors.Is(err, coodie.ErrNotFound) || err == nil && row.Run != run:
		return ErrSuperseded
	case err != nil:
		return err
	}
	row.end(result, failed)
	return k.finish(ctx, &row)
}

// finish rewrites the whole row, so that all of it ends together.
func (k *Keys) finish(ctx context.Context, row *record) error {
	doc := k.table.New(*row)
	var open error // the last unknown outcome
	for unknown := 0; ; {
		res, err := doc.If(runCol.Eq(row.Run), finishedCol.Eq(false)).With(coodie.WithTTL(k.ttl())).Replace(ctx)
		if err == nil && !res.Applied && open != nil {
			// Refused by an earlier request, unless somebody was quicker to say Finish.
			var now record
			switch now, err = k.table.Find(keyCol.Eq(row.Key)).Get(ctx); {
			case err == nil && now.same(row):
				return nil
			case err == nil || errors.Is(err, coodie.ErrNotFound):
				return ErrSuperseded
			}
			err = errors.Join(open, err)
		}
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			open = err
			if unknown++; unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return err
			}
		case err != nil || res.Applied:
			return err
		default:
			return ErrSuperseded
		}
	}
}

// Forget frees the key of a run that has not finished, so that the work can be done again: whoever
// calls it knows that the run has had no effect, or that its being done twice is the lesser
// evil. The run comes from a *StartedError. If it still goes on, it ends with a
// *NotRecordedError. ErrSuperseded: the run has ended otherwise.
func (k *Keys) Forget(ctx context.Context, key string, run coodie.UUID) error {
	if err := k.check("forget", key); err != nil {
		return err
	}
	for unknown := 0; ; {
		res, err := k.table.Find(keyCol.Eq(key)).If(runCol.Eq(run), finishedCol.Eq(false)).Delete(ctx)
		// A missing row, which ScyllaDB answers with nulls, has no run either.
		owner, _ := runCol.From(res.Existing)
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			if unknown++; unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return err
			}
		case err != nil || res.Applied:
			return err
		case unknown > 0 && owner != run:
			return nil // refused by what it has done itself: a run that has finished stays
		default:
			return ErrSuperseded
		}
	}
}

// pause waits for d, more or less, so that those who wait do not come all at once.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

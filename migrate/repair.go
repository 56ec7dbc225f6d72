package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Baseline takes all migrations up to a number as applied, without executing anything: for a keyspace that has had
// their schema before. The history has to be empty. Files up to there may be missing.
func (m *Migrator) Baseline(ctx context.Context, version int64) error {
	if m.find(version) == nil && (version < 1 || len(m.migrations) > 0 && m.migrations[0].version < version) {
		return &Error{Kind: ErrMissing, Version: version, Advice: "Baseline needs the number of a migration, or one before the first file"}
	}
	return m.hold(ctx, func(ctx context.Context, h *holder) error { return h.baseline(ctx, version, nil) })
}

// baseline takes migrations as applied. started says when they were, as far as another tool has recorded that.
func (h *holder) baseline(ctx context.Context, version int64, started map[int64]time.Time) error {
	if len(h.rows) > 0 {
		return &Error{Kind: ErrHistory, Err: fmt.Errorf("%d migrations are recorded", len(h.rows)), Advice: "only an empty history can begin with others' migrations; see Status"}
	}
	var rows []record
	for _, x := range h.m.migrations {
		if x.version <= version {
			rows = append(rows, record{Version: x.version, Title: x.name, Checksum: x.up.sum, Done: x.up.steps()})
		}
	}
	if len(rows) == 0 || rows[len(rows)-1].Version != version {
		rows = append(rows, record{Version: version, Title: "baseline"})
	}
	for i := range rows {
		r := &rows[i]
		r.State, r.Started, r.Finished = StateBaseline, time.Now(), time.Now()
		if at, ok := started[r.Version]; ok {
			r.Started, r.Finished = at, at
		}
	}
	return h.put(ctx, rows...)
}

// Remedy is a fact that Repair records.
type Remedy string

// The remedies.
const (
	// Executed: the statement whose outcome is unknown was executed. Up goes on after it.
	Executed Remedy = "executed"
	// NotExecuted: it was not, and will not be. Up executes it, as it is in the file then: it may be mended.
	NotExecuted Remedy = "not-executed"
	// Accept: the file has changed since it was applied, and that makes no difference. Of one that stopped in the middle it
	// has to have the statements that were executed.
	Accept Remedy = "accept"
	// Applied: the migration is applied as a whole. The rest of its steps was done by hand.
	Applied Remedy = "applied"
	// Forget: the migration is not applied. The steps that were executed have been undone by hand.
	Forget Remedy = "forget"
)

// Repair records a fact about a migration that coodie cannot find out. It changes the history, and nothing else. It fails if another
// process goes on with the migration while Repair waits for the lease, because the fact may be about an earlier statement.
func (m *Migrator) Repair(ctx context.Context, version int64, how Remedy) error {
	return m.hold(ctx, func(ctx context.Context, h *holder) error {
		row, x := h.rows[version], m.find(version)
		refuse := func(advice string) error {
			return &Error{Kind: ErrHistory, Version: version, Err: fmt.Errorf("it cannot be repaired as %q", how), Advice: advice}
		}
		switch {
		case !row.same(h.before[version]): // the remedy is for what was there, such as another statement
			return refuse("another process has gone on with it while this waited: see Status")
		case row == nil && how == Applied && x != nil:
			row = &record{Version: version, Title: x.name, Started: time.Now()}
		case row == nil:
			return &Error{Kind: ErrMissing, Version: version, Err: fmt.Errorf("the history does not know it"), Advice: "see Status"}
		case how == Forget:
			return h.remove(ctx, version)
		case x == nil:
			return &Error{Kind: ErrMissing, Version: version, Err: fmt.Errorf("it has no file"), Advice: "bring the file back, or use Forget"}
		}
		r := *row
		w := work{x, r.State == StateReverting}
		src := x.source(w.down)
		if src == nil && how != Applied {
			return &Error{Kind: ErrNoWayBack, Version: version, File: x.file(), Advice: "its .down.cql was being executed: bring it back"}
		}
		switch how {
		case Applied:
			r.Checksum = x.up.sum
			return h.finish(ctx, work{x, false}, r)
		case Accept:
			if started := max(len(r.Sums), r.Done); !r.applied() && (src.steps() < started || src.call != nil && len(r.Sums) > 0) {
				return refuse(fmt.Sprintf("%d of its statements were or may have been executed, and there are %d: bring the others back, or tell by Applied or Forget", started, src.steps()))
			}
			if !r.applied() {
				r.Sums = src.sums(len(r.Sums))
			}
			r.Checksum = x.up.sum
		case Executed, NotExecuted:
			if r.applied() || !r.Pending {
				return refuse("no outcome is unknown: see Status")
			}
			// The statement that was not executed may have been mended already.
			if r.Pending = false; how == NotExecuted {
				r.Sums = r.Sums[:min(len(r.Sums), r.Done)]
			}
			if mistakes := changed(&r, x); mistakes != nil {
				return errors.Join(mistakes...)
			}
			if how == Executed {
				r.Done++
			}
			if r.Done >= src.steps() {
				r.Checksum = x.up.sum
				return h.finish(ctx, w, r)
			}
		default:
			return refuse("the remedies are executed, not-executed, accept, applied and forget")
		}
		return h.put(ctx, r)
	})
}

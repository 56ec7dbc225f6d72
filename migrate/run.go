package migrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/migrate/internal/cqlfile"
)

// Up applies all migrations that are not applied, in their order. If one stopped in the middle, it goes on there.
// It waits for the lease until ctx ends. The steps are those that were executed, also with an error.
func (m *Migrator) Up(ctx context.Context) ([]Step, error) {
	return m.migrate(ctx, func(h *history) (int64, error) { return math.MaxInt64, nil })
}

// Down reverts the migration that was applied last, by its .down.cql or Go function.
func (m *Migrator) Down(ctx context.Context) ([]Step, error) { return m.migrate(ctx, (*history).below) }

// To applies or reverts migrations until the one with that number is the last one that is applied; 0 reverts all.
func (m *Migrator) To(ctx context.Context, version int64) ([]Step, error) {
	return m.migrate(ctx, func(h *history) (int64, error) { return version, h.exist(version) })
}

// Plan returns the steps that Up would execute. It sends no write, and takes no lease.
func (m *Migrator) Plan(ctx context.Context) ([]Step, error) {
	return m.plan(ctx, func(h *history) (int64, error) { return math.MaxInt64, nil })
}

// PlanDown returns the steps that Down would execute.
func (m *Migrator) PlanDown(ctx context.Context) ([]Step, error) {
	return m.plan(ctx, (*history).below)
}

// PlanTo returns the steps that To would execute.
func (m *Migrator) PlanTo(ctx context.Context, version int64) ([]Step, error) {
	return m.plan(ctx, func(h *history) (int64, error) { return version, h.exist(version) })
}

func (m *Migrator) plan(ctx context.Context, goal func(*history) (int64, error)) ([]Step, error) {
	h, err := m.load(ctx)
	if err != nil {
		return nil, err
	}
	work, err := h.work(goal)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, w := range work {
		from, resumed := h.begun(w)
		for i := from; i < w.source(w.down).steps(); i++ {
			s := w.step(w.down, i)
			s.Resumed = resumed && i == from
			steps = append(steps, s)
		}
	}
	return steps, nil
}

func (m *Migrator) migrate(ctx context.Context, goal func(*history) (int64, error)) ([]Step, error) {
	var done []Step
	err := m.hold(ctx, func(ctx context.Context, h *holder) error {
		work, err := h.work(goal)
		if err != nil {
			return err
		}
		for _, w := range work {
			if err := h.run(ctx, w, &done); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// work is a migration to be applied or reverted.
type work struct {
	*migration
	down bool
}

func (w work) state() State {
	if w.down {
		return StateReverting
	}
	return StateApplying
}

// begun is how many steps are done, and whether the next one may be.
func (h *history) begun(w work) (done int, pending bool) {
	if row := h.rows[w.version]; row != nil && row.State == w.state() {
		return row.Done, row.Pending
	}
	return 0, false
}

// versions are the numbers of the rows, the greatest last.
func (h *history) versions() []int64 {
	var versions []int64
	for v := range h.rows {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	return versions
}

// below is the number before the last one.
func (h *history) below() (int64, error) {
	versions := h.versions()
	if len(versions) < 2 {
		return 0, nil
	}
	return versions[len(versions)-2], nil
}

// exist refuses a number that no migration has.
func (h *history) exist(version int64) error {
	if version == 0 || h.m.find(version) != nil || h.rows[version] != nil {
		return nil
	}
	return &Error{Kind: ErrMissing, Version: version, Advice: "To needs the number of a migration, or 0 for none at all"}
}

// work is the list of migrations to apply or revert until the goal is the last one, in this order.
func (h *history) work(goal func(*history) (int64, error)) (all []work, err error) {
	to, err := goal(h)
	if err == nil {
		err = h.check()
	}
	if err != nil {
		return nil, err
	}
	versions := h.versions()
	for _, v := range slices.Backward(versions) {
		row, m := h.rows[v], h.m.find(v)
		switch {
		case row.State == StateApplying && v > to:
			return nil, &Error{Kind: ErrUnfinished, Version: v, File: m.file(), Err: fmt.Errorf("%d of %d steps are applied", row.Done, m.up.steps()),
				Advice: "finish it by Up before it is reverted, or tell by Repair that it is applied or not"}
		case row.State == StateReverting && v <= to:
			return nil, &Error{Kind: ErrUnfinished, Version: v, File: m.down.file, Err: fmt.Errorf("%d of %d steps are reverted", row.Done, m.down.steps()),
				Advice: "finish it by Down before anything is applied, or tell by Repair that it is applied or not"}
		case v <= to:
		case m == nil:
			return nil, &Error{Kind: ErrMissing, Version: v, Advice: "it was taken as applied by Baseline, and has no files to revert it by"}
		case m.down == nil:
			return nil, &Error{Kind: ErrNoWayBack, Version: v, File: m.file(), Advice: "write a .down.cql for it, or a migration that undoes it"}
		default:
			all = append(all, work{m, true})
		}
	}
	for _, m := range h.m.migrations {
		if row := h.rows[m.version]; m.version <= to && (row == nil || row.State == StateApplying) {
			all = append(all, work{m, false})
		}
	}
	return all, nil
}

// check compares the history with the files.
func (h *history) check() error {
	versions := h.versions()
	var base, last int64
	for _, v := range versions {
		if last = v; h.rows[v].State == StateBaseline {
			base = v
		}
	}
	var mistakes []error
	for _, v := range versions {
		row, m := h.rows[v], h.m.find(v)
		switch {
		case m == nil && v <= base:
		case m == nil:
			mistakes = append(mistakes, &Error{Kind: ErrMissing, Version: v, Err: fmt.Errorf("%04d_%s is %s, and has no file", v, row.Title, row.State),
				Advice: "bring the file back, or tell by Repair(…, Forget) that it never was applied"})
		case row.State == StateReverting && m.down == nil:
			mistakes = append(mistakes, &Error{Kind: ErrNoWayBack, Version: v, File: m.file(), Advice: "its .down.cql was being executed: bring it back"})
		case row.applied() && row.Checksum != m.up.sum:
			mistakes = append(mistakes, &Error{Kind: ErrChanged, Version: v, File: m.file(),
				Advice: "take the change back and write a new migration, or accept it by Repair(…, Accept) if it makes no difference"})
		case !row.applied():
			mistakes = append(mistakes, changed(row, m)...)
		}
	}
	for i, m := range h.m.migrations {
		switch {
		case h.rows[m.version] != nil:
		case m.version < last && !h.m.outOfOrder:
			mistakes = append(mistakes, &Error{Kind: ErrOrder, Version: m.version, File: m.file(), Err: fmt.Errorf("%d is applied", last),
				Advice: "give it a number greater than that, or allow it by WithOutOfOrder"})
		case i == 0 && m.version > 1 && m.version < timestamped && last < m.version-1:
			mistakes = append(mistakes, &Error{Kind: ErrGap, Version: m.version, File: m.file(), Err: errors.New("it is the first one"),
				Advice: fmt.Sprintf("add those before it, or take them as applied by Baseline(%d)", m.version-1)})
		}
	}
	return errors.Join(mistakes...)
}

// changed compares the executed statements of a migration that stopped in the middle with its file. The others may be mended.
func changed(row *record, m *migration) []error {
	src := m.source(row.State == StateReverting)
	now := src.sums(len(row.Sums))
	for i, sum := range row.Sums {
		if i < len(now) && now[i] == sum {
			continue
		}
		e := &Error{Kind: ErrChanged, Version: m.version, File: src.file, Err: fmt.Errorf("statement %d was or may have been executed already", i+1),
			Advice: "take the change back; the statements after it may be mended"}
		if i < len(src.statements) {
			e.Line, e.Column = src.statements[i].Line, src.statements[i].Column
		}
		return []error{e}
	}
	return nil
}

// run applies or reverts a migration, from where it stopped.
func (h *holder) run(ctx context.Context, w work, done *[]Step) error {
	src := w.source(w.down)
	row := record{Version: w.version, Title: w.name, Checksum: w.up.sum, State: w.state(), Started: time.Now()}
	if old := h.rows[w.version]; old != nil && old.State == row.State {
		row = *old
		row.Checksum = w.up.sum // the statements that are not executed yet may have been mended
	}
	if src.steps() == row.Done {
		return h.finish(ctx, w, row)
	}
	for i := row.Done; i < src.steps(); i++ {
		s := w.step(w.down, i)
		s.Resumed = row.Pending
		if err := h.m.agree(ctx); err != nil {
			return h.why(err)
		}
		if !row.Pending {
			row.Done, row.Pending, row.Sums = i, true, src.sums(i+1)
			if err := h.put(ctx, row); err != nil {
				return err
			}
		}
		began := time.Now()
		h.m.tell(Event{Step: s, Phase: PhaseRun})
		phase, err := h.execute(ctx, w, i, s)
		if err != nil {
			return err
		}
		row.Progress = h.rows[w.version].Progress
		row.Done, row.Pending = i+1, false
		if row.Done == src.steps() {
			err = h.finish(ctx, w, row)
		} else {
			err = h.put(ctx, row)
		}
		if err != nil {
			return err
		}
		*done = append(*done, s)
		h.m.tell(Event{Step: s, Phase: phase, Took: time.Since(began)})
		if err := h.m.agree(ctx); err != nil {
			return h.why(err)
		}
	}
	return nil
}

// finish records that a migration is applied or reverted.
func (h *holder) finish(ctx context.Context, w work, row record) error {
	if w.down {
		return h.remove(ctx, w.version)
	}
	row.State, row.Finished, row.Pending, row.Done, row.Sums = StateApplied, time.Now(), false, w.up.steps(), nil
	return h.put(ctx, row)
}

// why says that the lease was lost if that is why the context has ended.
func (h *holder) why(err error) error {
	over := h.lease.Err()
	if over == nil {
		return err
	}
	e := &Error{Kind: ErrLeaseLost, Err: over, Advice: afterLoss}
	var at *Error
	if errors.As(err, &at) {
		e.Version, e.File, e.Line, e.Column = at.Version, at.File, at.Line, at.Column
	}
	return e
}

// mostAttempts is how often a statement is sent whose outcome stays unknown.
const mostAttempts = 3

// execute executes a step, and returns when it is known to be executed. An error that proves that it was not is
// recorded.
func (h *holder) execute(ctx context.Context, w work, i int, s Step) (Phase, error) {
	src := w.source(w.down)
	if src.call != nil {
		return PhaseDone, h.call(ctx, w, src.call)
	}
	st := &src.statements[i]
	maybe := s.Resumed
	var cause error
	for attempt := 1; ; attempt++ {
		if maybe {
			executed, err := h.resolve(ctx, s, st, cause)
			if err != nil {
				return "", h.why(err)
			}
			if executed {
				return PhaseFound, nil
			}
		}
		if over := h.lease.Err(); over != nil {
			return "", lost(over)
		}
		applied, err := h.send(ctx, st)
		at := &Error{Kind: ErrFailed, Version: s.Version, File: s.File, Line: s.Line, Column: s.Column, Err: err}
		switch {
		case err == nil && applied:
			return PhaseDone, nil
		case err == nil:
			return PhaseRefused, nil
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			maybe, cause = true, err
			if ctx.Err() != nil || attempt == mostAttempts {
				at.Advice = "run this again: it begins by looking whether the statement was executed"
				return "", h.why(at)
			}
			continue
		case maybe: // of an earlier attempt, perhaps
			if v, _, failure := h.look(ctx, st); failure == nil && v == present {
				return PhaseFound, nil
			}
		}
		at.Advice = "mend the statement and run this again: those before it are recorded, and stay"
		row := *h.rows[s.Version]
		row.Pending, row.Sums = false, src.sums(i)
		if maybe {
			return "", h.why(at) // the earlier attempt may still come
		}
		return "", h.why(errors.Join(at, h.put(ctx, row)))
	}
}

// send executes a statement, once.
func (h *holder) send(ctx context.Context, st *cqlfile.Statement) (applied bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, h.m.statement)
	defer cancel()
	raw := h.m.db.Raw(st.Text)
	if cqlparse.HasCondition(st.Statement) {
		res, err := raw.CAS(ctx)
		return res.Applied, err
	}
	return true, raw.With(coodie.WithIdempotent(false)).Exec(ctx)
}

// resolve finds out whether a statement was executed that may have been. It looks for its effect as long as it
// may still come; executed is false if it has not come by then, and the statement can be repeated.
func (h *holder) resolve(ctx context.Context, s Step, st *cqlfile.Statement, cause error) (executed bool, err error) {
	until := time.Now().Add(h.m.lateness)
	h.m.tell(Event{Step: s, Phase: PhaseWatch})
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if err := h.m.agree(ctx); err != nil {
			return false, err
		}
		v, found, err := h.look(ctx, st)
		if err != nil {
			return false, failed("whether the statement at "+s.Position()+" was executed could not be found out", err)
		}
		switch v {
		case present:
			return true, nil
		case conflicting:
			return false, &UnknownStepError{Step: s, Reason: found, Err: cause}
		case unjudged:
			if safe, reason := repeats(st); !safe {
				return false, &UnknownStepError{Step: s, Reason: reason, Err: cause}
			}
		}
		left := time.Until(until)
		if left <= 0 {
			return false, nil
		}
		if err := pause(ctx, min(wait, left)); err != nil {
			return false, failed("whether the statement at "+s.Position()+" was executed is not known yet", err)
		}
	}
}

// repeats says whether a statement may be executed twice, or why not.
func repeats(st *cqlfile.Statement) (safe bool, reason string) {
	if repeatable(st.Statement) {
		return true, ""
	}
	safe, reason = st.Replay()
	switch st.Statement.(type) {
	case *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete, *cqlparse.Batch:
		reason += "; give it a coodie:check"
	default:
		reason = "the live schema does not show whether it was executed; give it a coodie:check, or declare it coodie:repeatable"
	}
	return safe, reason
}

// look looks for the effect of a statement.
func (h *holder) look(ctx context.Context, st *cqlfile.Statement) (v verdict, found string, err error) {
	if st.Check == "" {
		return live{h.m.db, h.keyspace}.judge(ctx, st.Statement)
	}
	for _, err := range h.m.db.Raw(st.Check).Rows(ctx) {
		if err != nil {
			return unjudged, "", err
		}
		return present, "", nil
	}
	return absent, "", nil
}

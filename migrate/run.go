package migrate

import (
	"cmp"
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

// goal is which migrations to apply, and which to revert. It is judged while the lease is held.
type goal struct {
	to       int64 // the last one that is applied then
	up, down bool  // what may be done to get there
	one      bool  // it is the one migration after to, and none may be applied after it
}

// everything is the goal of Up.
var everything = goal{to: math.MaxInt64, up: true}

// Up applies all migrations that are not applied, in their order. If one stopped in the middle, it goes on there.
// It waits for the lease until ctx ends. The steps are those that were executed, also with an error.
//
// Up, UpTo and Down may be called again after any error, and by several processes at once.
func (m *Migrator) Up(ctx context.Context) ([]Step, error) { return m.migrate(ctx, everything) }

// UpTo applies the migrations up to the one with that number that are not applied. It reverts nothing: later ones
// stay.
func (m *Migrator) UpTo(ctx context.Context, version int64) ([]Step, error) {
	return m.migrate(ctx, goal{to: version, up: true})
}

// Down reverts the migrations that are applied and have a greater number, the last one first, by their .down.cql or Go
// functions; 0 reverts all. It applies nothing. Down is repeatable: a second call with the same number finds nothing to
// do. It fails before it reverts anything if one of them was not applied yet when Down was called, or has been applied anew
// since, because another process did that while Down waited for the lease.
func (m *Migrator) Down(ctx context.Context, to int64) ([]Step, error) {
	return m.migrate(ctx, goal{to: to, down: true})
}

// Revert reverts the one migration with that number, which has to be the last that is applied: if one with a greater
// number is, it fails and reverts nothing. It is repeatable: of a migration that is not applied it does nothing.
func (m *Migrator) Revert(ctx context.Context, version int64) ([]Step, error) {
	return m.migrate(ctx, goal{to: version - 1, down: true, one: true})
}

// To applies or reverts migrations until the one with that number is the last one that is applied; 0 reverts all. What it
// reverts was applied when it was called, as with Down. Programs that should never revert call UpTo.
func (m *Migrator) To(ctx context.Context, version int64) ([]Step, error) {
	return m.migrate(ctx, goal{to: version, up: true, down: true})
}

// Plan returns the steps that Up would execute. It sends no write, and takes no lease.
func (m *Migrator) Plan(ctx context.Context) ([]Step, error) { return m.plan(ctx, everything) }

// PlanDown returns the steps that Down would execute.
func (m *Migrator) PlanDown(ctx context.Context, to int64) ([]Step, error) {
	return m.plan(ctx, goal{to: to, down: true})
}

// PlanTo returns the steps that To would execute.
func (m *Migrator) PlanTo(ctx context.Context, version int64) ([]Step, error) {
	return m.plan(ctx, goal{to: version, up: true, down: true})
}

func (m *Migrator) plan(ctx context.Context, g goal) ([]Step, error) {
	h, err := m.load(ctx)
	if err != nil {
		return nil, err
	}
	work, err := h.work(g, h.rows)
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

func (m *Migrator) migrate(ctx context.Context, g goal) ([]Step, error) {
	var done []Step
	err := m.hold(ctx, func(ctx context.Context, h *holder) error {
		work, err := h.work(g, h.before)
		if err != nil {
			return err
		}
		for _, w := range work {
			if err := h.run(ctx, w, &done); err != nil {
				return err
			}
		}
		if len(done) == 0 { // after the last step of another process, perhaps
			if err := m.agree(ctx); err != nil {
				return h.why(err)
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

// below is the number of the migration that was applied before that one; 0 if none was.
func (h *history) below(version int64) (below int64) {
	for v := range h.rows {
		if v < version {
			below = max(below, v)
		}
	}
	return below
}

// exists refuses a number that no migration has.
func (h *history) exists(g goal) error {
	advice := "give the number of a migration"
	if g.one {
		g.to++
	}
	switch known := h.m.find(g.to) != nil || h.rows[g.to] != nil; {
	case known, g == everything, g.to == 0 && g.down && !g.one:
		return nil
	case g.down && !g.one:
		advice += ", or 0 for none at all"
	}
	return &Error{Kind: ErrMissing, Version: g.to, Err: fmt.Errorf("the number %d", g.to), Advice: advice}
}

// work is the list of migrations to apply or revert, in this order. before are the rows when that was asked for: only
// those may be reverted.
func (h *history) work(g goal, before map[int64]*record) (all []work, err error) {
	if err := cmp.Or(h.exists(g), h.check()); err != nil {
		return nil, err
	}
	for _, v := range slices.Backward(h.versions()) {
		row, m := h.rows[v], h.m.find(v)
		switch {
		case row.State == StateReverting && (!g.down || v <= g.to):
			return nil, &Error{Kind: ErrUnfinished, Version: v, File: m.down.file, Err: fmt.Errorf("%d of %d steps are reverted", row.Done, m.down.steps()),
				Advice: fmt.Sprintf("finish it by Down(%d), or tell by Repair that it is applied or not", h.below(v))}
		case !g.down || v <= g.to:
		case g.one && v > g.to+1:
			return nil, &Error{Kind: ErrHistory, Version: v, File: m.file(), Err: fmt.Errorf("it is %s after %d", row.State, g.to+1),
				Advice: fmt.Sprintf("revert it first, or both by Down(%d)", h.below(g.to+1))}
		case row.State == StateApplying:
			return nil, &Error{Kind: ErrUnfinished, Version: v, File: m.file(), Err: fmt.Errorf("%d of %d steps are applied", row.Done, m.up.steps()),
				Advice: "finish it by Up before it is reverted, or tell by Repair that it is applied or not"}
		case before[v] == nil, before[v].State == StateApplying, row.applied() && !row.same(before[v]):
			return nil, &Error{Kind: ErrHistory, Version: v, File: m.file(), Err: fmt.Errorf("%s applied it while this waited to revert migrations", row.Owner),
				Advice: "call this again if it is to be reverted too"}
		case m == nil:
			return nil, &Error{Kind: ErrMissing, Version: v, Advice: "it was taken as applied by Baseline, and has no files to revert it by"}
		default:
			if err := m.irreversible(); err != nil {
				return nil, err
			}
			all = append(all, work{m, true})
		}
	}
	for _, m := range h.m.migrations {
		if row := h.rows[m.version]; g.up && m.version <= g.to && (row == nil || row.State == StateApplying) {
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
		case m == nil && v <= base && row.applied():
		case m == nil:
			mistakes = append(mistakes, &Error{Kind: ErrMissing, Version: v, Err: fmt.Errorf("%04d_%s is %s, and has no file", v, row.Title, row.State),
				Advice: "bring the file back, or tell by Repair(…, Forget) that it never was applied"})
		case row.State == StateReverting && m.irreversible() != nil:
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
		e := &Error{Kind: ErrChanged, Version: m.version, File: src.file, Err: fmt.Errorf("statement %d was executed already", i+1),
			Advice: "take the change back; the statements after it may be mended"}
		if row.Pending && i == row.Done {
			e.Err = fmt.Errorf("statement %d may have been executed already", i+1)
			e.Advice = fmt.Sprintf("take the change back; or find out whether it was executed, tell by Repair(%d, NotExecuted) that it was not, and mend it then", m.version)
		}
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
	if row.Done >= src.steps() {
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
		at.Advice = "run this again: those before it are recorded, and stay"
		switch {
		case refused(err): // and so would be an earlier attempt that still came
			at.Advice = "mend the statement and " + at.Advice
		case maybe:
			return "", h.why(at)
		}
		row := *h.rows[s.Version]
		row.Pending, row.Sums = false, src.sums(i)
		return "", h.why(errors.Join(at, h.put(ctx, row)))
	}
}

// refused says whether an error means that the server does not take the statement as it stands.
func refused(err error) bool {
	kind := coodie.KindOf(err)
	return kind == coodie.KindInvalid || kind == coodie.KindSyntax
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
// may still come; executed is false if it has not come by then, and the statement can be repeated. An effect that may have
// been there before proves nothing: a request that is still to come could undo what later statements do.
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
		switch {
		case v == present && (st.Check != "" || !optional(st.Statement)):
			return true, nil
		case v == conflicting:
			return false, &UnknownStepError{Step: s, Reason: found, Err: cause}
		case v == unjudged:
			if safe, reason := repeats(st); !safe {
				return false, &UnknownStepError{Step: s, Reason: reason, Err: cause}
			}
		}
		left := time.Until(until)
		if left <= 0 {
			return v == present, nil
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
	check := h.m.db.Raw(st.Check)
	if cqlparse.HasCondition(st.Statement) { // Paxos may have accepted it, and a plain read does not complete that
		check = check.With(coodie.WithLinearizable())
	}
	for _, err := range check.Rows(ctx) {
		if err != nil {
			if coodie.KindOf(err) == coodie.KindInvalid {
				err = fmt.Errorf("the coodie:check: %w; that of a statement with a condition is a serial read, which is for one partition", err)
			}
			return unjudged, "", err
		}
		return present, "", nil
	}
	return absent, "", nil
}

package coodie

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/slots"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Batch is several writes sent as one. Each write has a form whose name ends in In and that takes
// a batch instead of a context:
//
//	batch := db.Batch()
//	from.UpdateIn(batch, balance.Set(70))
//	h := to.If(version.Eq(3)).UpdateIn(batch, balance.Set(130), version.Set(4))
//	err := batch.Exec(ctx)
//	res, err := h.Result()
//
// With one conditional write in it, the whole batch is one LWT, on one partition of one
// table: either every condition held and every write was executed, or nothing was.
// Writes without a condition go along. A refused batch is no error of Exec: the
// handles of its conditional writes say Applied, the same in all of them.
//
// All writes of a batch have one timestamp, but for plain ones with a timestamp of their own. The
// server therefore ignores their order (CQL reference, BATCH): a delete wins over a value, and the
// greater of two values over the smaller. Exec refuses a batch that would not be stored as its
// writes say one after the other: two values or two TTLs for one cell, a null or DeleteColumns
// beside a value, a Delete of a row, range or partition beside a write that it covers, a list set
// twice, an append before the list is set. It takes equal values, such as a static column that
// several rows carry, increments, and additions to a collection. See docs/batches.md.
// db.Raw("BEGIN BATCH …") is sent as it is.
//
// Without a condition a batch is not isolated. A logged one is executed to the end
// some time, if at all. A batch is for writes that belong together, not for bulk work: that is
// faster by SaveAll, InsertAll and DeleteAll.
//
// A Batch is for one goroutine, and for one Exec.
type Batch struct {
	db            *DB
	kind          driver.Kind
	maxStatements int
	maxBytes      int

	writes   []*handle
	together stmt.Together
	done     bool
	sent     told   // what observers have been told of it
	refused  *watch // of the sending that was refused; nil without one, and without observers
}

// BatchOption changes a limit of a Batch.
type BatchOption func(*Batch)

// MaxStatements is how many writes a batch may have; 100 by default.
func MaxStatements(n int) BatchOption { return func(b *Batch) { b.maxStatements = n } }

// MaxBytes is how many bytes the bound values of a batch may have together; by default
// 50 KiB, from which on Cassandra refuses a batch.
func MaxBytes(n int) BatchOption { return func(b *Batch) { b.maxBytes = n } }

// Batch returns an empty logged batch.
func (db *DB) Batch(opts ...BatchOption) *Batch { return db.batch(driver.LoggedBatch, opts) }

// UnloggedBatch returns an empty batch that may be executed in part; within one
// partition it is as good as a logged one, and cheaper. Over more than 10 partitions it is slower
// than single writes, and observers get a Warning.
func (db *DB) UnloggedBatch(opts ...BatchOption) *Batch { return db.batch(driver.UnloggedBatch, opts) }

// CounterBatch returns an empty batch of counter updates, which no other batch takes. It
// may be executed in part.
func (db *DB) CounterBatch(opts ...BatchOption) *Batch { return db.batch(driver.CounterBatch, opts) }

func (db *DB) batch(kind driver.Kind, opts []BatchOption) *Batch {
	b := &Batch{db: db, kind: kind, maxStatements: 100, maxBytes: 50 << 10}
	for _, o := range opts {
		if o != nil {
			o(b)
		}
	}
	return b
}

// rowCondition is a kind of condition on one row.
type rowCondition struct {
	row  string // encoded clustering columns, or staticRow
	kind stmt.If
}

func (b *Batch) add(w *handle) {
	err := b.ended()
	if err == nil {
		b.writes = append(b.writes, w)
		return
	}
	if b := w.b; b != nil {
		b.Release()
	}
	w.resolve(nil, nil, err)
}

// ended says why the batch takes no writes and cannot be executed; nil if it can.
func (b *Batch) ended() error {
	switch {
	case b == nil:
		return b.usage("the batch is nil; make it with DB.Batch")
	case b.db == nil:
		return b.usage("the batch is a zero value; make it with DB.Batch")
	case b.done:
		return b.usage("the batch has been executed already; make another")
	}
	return nil
}

// shared is what the writes of the batch share.
func (b *Batch) shared() *stmt.Together {
	if b == nil {
		return new(stmt.Together)
	}
	return &b.together
}

// Exec sends the batch, once. The first mistake in one of its writes comes out here as an
// error of KindUsage, and nothing is sent. An unknown outcome matches ErrOutcomeUnknown, and so
// it does for each handle.
func (b *Batch) Exec(ctx context.Context) error {
	if err := b.ended(); err != nil {
		return err
	}
	b.done = true
	ctx, cancel := b.withDeadline(ctx)
	defer cancel()
	for _, w := range b.writes {
		w.build(ctx)
	}
	got, err := &answer.Batch{}, b.check()
	defer func() { b.refused.left(nil) }()
	if err == nil {
		b.addSlot()
		// A table's types are divided once, so it comes to an end.
		var before error
		for got, err = b.send(ctx); b.divided(err); got, err = b.send(ctx) {
			before = outcomeOfBoth(before, err)
		}
		err = outcomeOfBoth(before, err)
	}
	lines := make([]*answer.Line, len(b.writes))
	if got.TellsRows() {
		asked := make([]answer.Asked, len(b.writes))
		for i, w := range b.writes {
			if w.conditional {
				asked[i] = w.asked()
			}
		}
		lines = got.Match(asked)
		if !got.Applied && b.sentTwice(lines) {
			got, lines = &answer.Batch{Conditional: true, Applied: true}, make([]*answer.Line, len(b.writes))
		}
	}
	var results []*result
	for i, w := range b.writes {
		w.resolve(got, lines[i], err)
		w.b.Release()
		w.b = nil
		if w.conditional {
			results = append(results, &w.res)
		}
	}
	exclude(results)
	if b.refused != nil {
		var columns []string
		for _, res := range results {
			columns = res.refusing(columns)
		}
		b.refused.end(decided(got.Applied), nil, func(e *Event) { e.Conditions = columns })
	}
	return err
}

// sentTwice reports whether a row that refused the batch is as the batch itself has left it: see
// answer.Row.WrittenBy.
func (b *Batch) sentTwice(lines []*answer.Line) bool {
	for i, w := range b.writes {
		if lines[i] != nil && lines[i].Row(&w.call.table.source).WrittenBy(w.b.Meta, w.b.Attempt) {
			return true
		}
	}
	return false
}

// withDeadline gives ctx the deadline of the first write, whose settings are the batch's.
func (b *Batch) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if len(b.writes) == 0 || b.writes[0].call.table == nil {
		return ctx, noCancel
	}
	return b.writes[0].settings().withDeadline(ctx)
}

func (b *Batch) send(ctx context.Context) (*answer.Batch, error) {
	first := b.writes[0].settings()
	conditional := b.conditional()
	r := &driver.Request{Kind: b.kind, Statement: b.text(), Consistency: first.consistency}
	if conditional {
		r.Kind, r.Consistency, r.Serial = driver.CAS, first.commit, first.serial
	}
	r.ClientTimestamp, r.Replayable = !conditional, !conditional
	if conditional {
		r.Reason = replay.Conditional.String()
	}
	stamped, values := 0, 0
	for _, w := range b.writes {
		values += w.b.Call.Len()
	}
	if conditional {
		r.Values = make([]*driver.Value, 0, values)
	}
	for _, w := range b.writes {
		r.ClientTimestamp = r.ClientTimestamp && w.settings().clientTimestamp
		if r.Replayable || r.Reason == "" {
			r.Replayable, r.Reason = w.replay.Safe(), w.replay.String()
		}
		if w.settings().clientTimestamp {
			stamped++
		}
		if conditional {
			r.Values = append(r.Values, w.b.Call.Values()...)
		} else {
			r.Entries = append(r.Entries, w.b.Entries(w.statements)...)
		}
	}
	if stamped > 0 && !r.ClientTimestamp {
		r.Replayable, r.Reason = false, replay.Reordered.String() // those that would be safe by their timestamp get none
	}
	if driver.IsPlanning(ctx) {
		r.Notes = b.notes(conditional)
	}
	for _, w := range b.writes {
		w.call.sending()
	}
	ctx, w := b.begin(ctx, "batch", eventKind(r.Kind), r)
	defer func() {
		if w != b.refused {
			w.left(nil)
		}
	}()
	b.sent = w.told()
	once := func(ctx context.Context) (*answer.Batch, error) {
		rows := driver.Do(ctx, driver.Retry(b.db.sender, first.retries), r)
		if !conditional {
			return &answer.Batch{}, rows.Close()
		}
		got := &answer.Batch{}
		return got, got.Read(rows)
	}
	var got *answer.Batch
	var err error
	var slot *slots.Slot
	slotted := b.slotted(ctx)
	if slotted != nil {
		got, slot, err = b.decide(ctx, slotted, r, once)
	} else {
		got, err = once(ctx)
	}
	err = failure("batch", b.tables(), r, err)
	if w != nil {
		w.event.Warning = warnings(b.warning(r.Statement, conditional), b.loses())
		if outcome := b.outcome(got, conditional); outcome == OutcomeRefused && err == nil {
			b.refused = w // it ends once it is known what refused it
		} else {
			w.end(outcome, err, nil)
		}
	}
	var grown *driver.GrownError
	if errors.As(err, &grown) {
		return got, err // it is sent once more
	}
	if conditional && errors.Is(err, ErrOutcomeUnknown) {
		b.suspend(err)
		if slot != nil && slotted.res.pending != nil {
			_ = slotted.res.pending.holds(slot)
		}
		if first.autoSettle && ctx.Err() == nil {
			if applied, known := b.settleAll(ctx); known {
				return &answer.Batch{Conditional: true, Applied: applied}, nil
			}
		}
	}
	return got, err
}

// begin tells the observers of the first write's table, if there are any, that a call begins.
func (b *Batch) begin(ctx context.Context, op string, kind EventKind, r *driver.Request) (context.Context, *watch) {
	t := b.writes[0].call.table
	if !t.settings.watches(ctx) {
		return ctx, nil
	}
	return begin(ctx, t.settings.observers, Event{Op: op, Kind: kind, Keyspace: t.ownKeyspace(), Table: b.tables(), Statements: len(b.writes)}, r)
}

// outcome is that of a batch that was answered.
func (b *Batch) outcome(got *answer.Batch, conditional bool) Outcome {
	if conditional {
		return decided(got.Applied)
	}
	return OutcomeDone
}

// text is the batch as one statement.
func (b *Batch) text() string {
	statements := make([]string, 0, len(b.writes))
	for _, w := range b.writes {
		statements = append(statements, w.statements...)
	}
	return stmt.BatchText(map[driver.Kind]string{
		driver.LoggedBatch: "BEGIN BATCH ", driver.UnloggedBatch: "BEGIN UNLOGGED BATCH ", driver.CounterBatch: "BEGIN COUNTER BATCH ",
	}[b.kind], statements)
}

func (b *Batch) conditional() bool {
	return slices.ContainsFunc(b.writes, func(w *handle) bool { return w.conditional })
}

// tables are the names of its tables, in an order that does not depend on that of the writes: observers count by it.
func (b *Batch) tables() string {
	var names []string
	if b != nil {
		for _, w := range b.writes {
			if name := w.table(); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// warning says what is wrong with a batch of this size, and with so many different ones.
func (b *Batch) warning(text string, conditional bool) string {
	var many string
	if conditional { // it is prepared as a whole
		many = b.db.texts.add(text, "as conditional batches")
	}
	size := b.tooMany(conditional)
	switch {
	case size == "":
		return many
	case many != "":
		size += "; " + many
	}
	return size
}

// manyPartitions is how many partitions an unlogged batch may have before an observer is warned. It is the
// server's own unlogged_batch_across_partitions_warn_threshold.
const manyPartitions = 10

// partitions is how many partitions the batch writes to, as the server counts them.
func (b *Batch) partitions() (n int) {
	seen := map[string]bool{}
	for _, w := range b.writes {
		if w.partition == "" {
			n += max(1, w.call.spec.PartitionsNamed()) // by In
		} else if !seen[w.partition] {
			seen[w.partition] = true
			n++
		}
	}
	return n
}

// tooMany says what is wrong with a batch of this size.
func (b *Batch) tooMany(conditional bool) string {
	if b.kind != driver.LoggedBatch && !conditional {
		if n := b.partitions(); n > manyPartitions {
			return fmt.Sprintf("an unlogged batch over %d partitions: one coordinator has to send them to all their replicas, and it may be executed in part; "+
				"SaveAll, InsertAll and DeleteAll, which send single writes, several at once, are faster", n)
		}
	}
	most := 50
	if b.kind == driver.LoggedBatch && !conditional {
		most = 10
	}
	if len(b.writes) <= most {
		return ""
	}
	return fmt.Sprintf("a batch of %d statements: one coordinator has to carry it out; SaveAll, InsertAll and DeleteAll, which send single writes, several at once, are faster", len(b.writes))
}

// notes are the warnings of a plan.
func (b *Batch) notes(conditional bool) (notes []string) {
	if size := b.tooMany(conditional); size != "" {
		notes = append(notes, size)
	}
	for _, w := range b.writes {
		for _, note := range w.call.spec.Notes(w.b) {
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	return notes
}

func (b *Batch) usage(reason string) error {
	return misuse("batch", b.tables(), "", reason, nil)
}

// divided is the same of the batch, and builds its writes of such a table once more.
func (b *Batch) divided(err error) bool {
	var grown *driver.GrownError
	if !errors.As(err, &grown) {
		return false
	}
	for _, w := range b.writes {
		if w.b.Call.Grown() {
			w.call.table.schema.Grown.Store(true)
		}
	}
	for _, w := range b.writes {
		if w.rebuild == nil || !w.call.table.schema.Divides(w.conditional) {
			continue
		}
		w.b.Release()
		w.b = w.rebuild()
		w.statements = w.call.table.schema.Statements(w.b)
	}
	return true
}

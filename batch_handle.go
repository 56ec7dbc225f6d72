package coodie

import (
	"context"
	"encoding/binary"
	"slices"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Handle is a conditional write in a batch, and then its result.
type Handle[T any] handle

// handle is a write in a batch.
type handle struct {
	call        *call
	b           *stmt.Bound // until the batch is executed; nil before build
	statements  []string    // one, or two that belong together
	conditional bool
	replay      replay.Reason
	partition   string // its key, encoded; "" if the write concerns several
	row         string // the key within the partition, encoded
	ofRow       bool   // the write names the whole key
	resolved    bool
	asks        []rowCondition
	follow      follow
	later       func(context.Context) // builds the write in Exec; nil if it is built
	mistake     error                 // why the row cannot be written, such as its hook's error
	rebuild     func() *stmt.Bound    // builds the write of a row once more; nil of another
	static      bool                  // the write concerns the static row
	res         result
	err         error
}

// settings are those of the write's table, which is there once the write is built.
func (h *handle) settings() *settings { return &h.call.table.settings }

// table is the table's name; "" if there is none.
func (h *handle) table() string {
	if h.call.table == nil {
		return ""
	}
	return h.call.table.schema.Name
}

// Result is what became of the write, once Batch.Exec has returned.
//
// Applied is true if the whole batch was applied, and then all its handles say so. If
// not, Existing is what the server sent of this write's row, be it that its own
// condition refused the batch or another one's: Conditions and Row tell which. Of a
// missing row Cassandra sends nothing.
//
// The error is that of Exec, or an error of KindDecode of this row; after an unknown outcome
// Settle can be called on the result, which settles the other handles of the batch too.
func (h *Handle[T]) Result() (out LWTResult[T], err error) {
	err = (*handle)(h).result(plainResult(&out))
	return
}

// result is what became of the write, by now.
func (h *handle) result(res *result) error {
	if h == nil || h.call == nil || h.call.table == nil && h.err == nil {
		return misuse("batch", "", "", "the handle is nil or a zero value; a write in a Batch returns one", nil)
	}
	if p := h.res.pending; p != nil {
		if applied, known := p.verdict.outcome(); known {
			*res = h.res.known(applied)
			return nil
		}
	}
	*res = h.res
	if !h.resolved {
		return h.call.locate(errNotExecuted(h.res.op, h.table()))
	}
	return h.err
}

// wrong is why the write cannot be sent; nil if it can.
func (h *handle) wrong() error {
	if h.mistake != nil {
		return h.call.locate(h.mistake)
	}
	return h.call.locate(usageError(h.b.Err))
}

// add puts the built statement into the chain's batch.
func (c *call) add(b *stmt.Bound, f follow) *handle {
	h, batch := &handle{}, c.batch
	h.holds(c, b, f)
	batch.add(h)
	return h
}

// holds gives the handle its built statement.
func (h *handle) holds(c *call, b *stmt.Bound, f follow) {
	kind := c.spec.Asked(b)
	c.batch = nil
	c.spec.KeepKey()
	h.call, h.follow, h.b, h.conditional, h.replay = c, f, b, b.CAS, c.spec.Replayed(b)
	h.res.rest = rest{kind: kind, proves: b.Proves, op: b.Op, of: c.table, given: int32(len(c.spec.Conds)), batched: true}
	h.res.setConds(stmt.KeptConds(b.Conds))
	h.res.beyond = b.Beyond()
	if b.Err == nil {
		h.describe(kind)
	}
}

func errNotExecuted(op, table string) error {
	return misuse(op, table, "", "the batch has not been executed yet", nil)
}

func (h *handle) build(ctx context.Context) {
	if h.later != nil {
		h.later(ctx)
	}
}

// asked is the write as the batch's answer is asked for it.
func (h *handle) asked() answer.Asked {
	return answer.Asked{
		Of: &h.call.table.source, Named: &h.call.spec, Conditional: h.conditional, Static: h.static,
		AsksStatic: slices.ContainsFunc(h.asks, func(ask rowCondition) bool { return ask.row == answer.StaticRow }),
	}
}

// describe works out what the batch needs to know.
func (h *handle) describe(kind stmt.If) {
	b := h.b
	h.statements = h.call.table.schema.Statements(b)
	h.partition, h.ofRow = h.encodedKey(b.Meta.Partition)
	if h.ofRow {
		h.row, h.ofRow = h.encodedKey(b.Meta.Clustering)
	}
	if !h.conditional {
		return
	}
	h.static = b.OfStatic()
	h.res.static = h.static
	row := "row " + h.row
	if h.static {
		row = answer.StaticRow
	}
	if kind != stmt.IfConditions {
		h.asks = append(h.asks, rowCondition{row, kind})
	}
	for i := range b.Stmt.If {
		at := row
		if b.Meta.Stored()[b.Stmt.If[i].Column.ID].Kind == meta.Static {
			at = answer.StaticRow
		}
		h.asks = append(h.asks, rowCondition{at, kind})
	}
}

// encodedKey is the one value of each of the columns, if the write names one.
func (h *handle) encodedKey(columns []*meta.Column) (key string, ok bool) {
	var out []byte
	for _, col := range columns {
		cell, ok := h.call.spec.KeyCell(col)
		if !ok {
			return "", false
		}
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(cell))), cell...)
	}
	return string(out), true
}

func (h *handle) resolve(a *answer.Batch, line *answer.Line, err error) {
	h.err, h.resolved = err, true
	if err != nil {
		if p := h.res.pending; p != nil {
			h.err = p.cause
		}
		h.follow(false, nil, err)
		return
	}
	if !h.conditional {
		h.follow(a.Applied || !a.Conditional, h.b.Stored, nil)
		return
	}
	h.res = h.res.known(a.Applied)
	switch {
	case a.Broken != nil && !a.Applied:
		h.err = h.call.locate(decodeError(h.res.table(), "", "", a.Broken))
	case line != nil:
		h.read(line)
	case a.Complete && !h.static:
		h.res.absent = answer.Absent // Cassandra leaves missing rows out
	}
	h.follow(a.Applied, h.b.Stored, nil)
}

// read takes over the line of the write's row.
func (h *handle) read(line *answer.Line) {
	if h.static {
		static := line.Static(h.call.table.schema.Meta)
		line = &static
	}
	e := line.Row(&h.call.table.source)
	if h.call.table.schema.Meta.Slots != nil {
		e.TakeSlots("")
	}
	if h.res.applied {
		if e.AnyValue() {
			h.res.previous = e
		}
		return
	}
	h.err = h.call.locate(e.Broken)
	e.State = e.ProvenByLine(line.Whose(&h.call.table.source, &h.call.spec, h.static), h.static, h.res.kind)
	h.res.existing = e
}

// suspend keeps what Settle needs of an unknown outcome.
func (h *handle) suspend(err error) {
	unknown := find(err, (*Error).isUnknown)
	if unknown == nil {
		return
	}
	own := *unknown
	own.Key = h.call.key()
	h.call.suspend(&h.res, h.b, &own)
}

// settlement is what was found out about a conditional write of unknown outcome, or about a batch of them, which
// its writes share: they were all applied, or none was.
type settlement struct {
	writes []*pending   // of a batch
	found  atomic.Int32 // undecided, or what one of the writes was found to be
	told   atomic.Bool  // observers have been told
}

const (
	undecided int32 = iota
	allRefused
	allApplied
)

// outcome says what became of the writes, if one of them has been settled.
func (s *settlement) outcome() (applied, known bool) {
	found := s.found.Load()
	return found == allApplied, found != undecided
}

// record makes what was found out about one write that of all, and returns it.
func (s *settlement) record(applied bool) bool {
	found := allRefused
	if applied {
		found = allApplied
	}
	s.found.CompareAndSwap(undecided, found)
	applied, _ = s.outcome()
	return applied
}

// first is true of one call alone, the one that tells observers how the writes were settled.
func (s *settlement) first() bool { return s.told.CompareAndSwap(false, true) }

// tells reports whether the write's row can say anything.
func (p *pending) tells() bool { return p.attempt != nil || p.prior != nil || p.slot != nil }

// others looks at the rows of the other writes than p.
func (s *settlement) others(ctx context.Context, p *pending) (applied, known bool) {
	for _, other := range s.writes {
		if other == p || !other.tells() || ctx.Err() != nil {
			continue
		}
		if _, found, evidence := (result{}).look(ctx, other); evidence == "" {
			return s.record(found), true
		}
	}
	return s.outcome()
}

// suspend keeps what Settle needs of an unknown outcome, for all writes together.
func (b *Batch) suspend(err error) {
	s := new(settlement)
	for _, w := range b.writes {
		w.suspend(err)
		if p := w.res.pending; p != nil {
			p.verdict, p.sent = s, b.sent
			s.writes = append(s.writes, p)
		}
	}
}

// settleAll finds out what became of the batch, by the rows of its writes. Of a refused one, and of
// one that cannot be settled, the results of the conditional writes get their rows as they are now.
func (b *Batch) settleAll(ctx context.Context) (applied, known bool) {
	ctx, watch := b.sent.begin(ctx)
	defer watch.left(nil)
	var err error
	for _, w := range b.writes {
		p := w.res.pending
		if p == nil || !w.conditional && !p.tells() {
			continue
		}
		if ended := driver.Ended(ctx); ended != nil {
			err = p.cannotTell("the rows could not be read: " + ended.Error())
			break
		}
		res, found, evidence := w.res.look(ctx, p)
		w.res.existing, w.res.absent = res.existing, res.absent
		if evidence == "" {
			applied, known = p.verdict.record(found), true
			p.verdict.first()
		} else {
			err = p.cannotTell(evidence)
		}
		if applied {
			break
		}
	}
	if known {
		err = nil
	}
	watch.end(decided(applied), err, func(e *Event) { e.Evidence = evidence(applied, err) })
	return applied, known
}

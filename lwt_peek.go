package coodie

import (
	"context"

	"github.com/coodie-go/coodie/internal/driver"
)

// PeekFirst makes Create read the row before it claims it: a plain read by the whole
// primary key, at QUORUM, or at LOCAL_QUORUM on a table with LocalSerial, where that is
// what conditional writes commit at. If a row is there, Create answers refused without an
// LWT, with the row in Existing (the columns of the struct) and Peeked set. If not, the
// LWT goes out as ever; a peek never makes a write Applied.
//
// It pays where most claims find the row taken, for a read is much cheaper than a Paxos
// round, and costs a round trip where the row is free: docs/performance.md has the
// break-even. It is off by default, because a plain read is not linearizable: a row that has
// just been deleted, or whose delete is not committed yet, may still look held, and the claim
// is then refused although an LWT would have been applied. The other way round nothing can
// go wrong, since the LWT has the last word.
//
// A read that fails ends the call with a *QueryError of the op "peek": nothing was
// written. Whatever is refused before sending is refused before the peek, and hooks run before it.
func (c *Creation[T]) PeekFirst() *Creation[T] { return (*Creation[T])((*query)(c).withPeek()) }

// PeekFirst makes Insert read the row before it claims it: see Creation.PeekFirst. It is for
// Insert alone; every other write with it is a *UsageError, and so is one in a batch.
func (d *Document[T]) PeekFirst() *Write[T] {
	return (*Write[T])(plainDocument(d).now().withPeek())
}

// PeekFirst makes Insert read the row before it claims it: see Creation.PeekFirst.
func (w *Write[T]) PeekFirst() *Write[T] { return (*Write[T])((*write)(w).sure().withPeek()) }

const opPeek = "peek"

// refusePeek refuses a peek before anything but an INSERT … IF NOT EXISTS of its own.
func (b *builder) refusePeek(peek, batched bool) {
	switch {
	case !peek:
	case !b.stmt.IfNotExists:
		b.fail("", "PeekFirst is for Insert and Create: it answers what IF NOT EXISTS would be refused with", nil)
	case batched:
		b.fail("", "a write in a batch takes no PeekFirst: the batch is one LWT, which a row that is there cannot answer alone", nil)
	}
}

// claim sends the built INSERT … IF NOT EXISTS, after the peek that was asked for.
func (c *chain) claim(ctx context.Context, b *builder) (result, error) {
	if !c.spec.peek || b.err != nil {
		return c.cas(ctx, b)
	}
	ctx, done := c.bound(ctx)
	defer done()
	row, err := c.peeked(ctx)
	if row == nil && err == nil {
		return c.cas(ctx, b)
	}
	res := result{rest: rest{kind: ifNotExists, op: b.op, of: c.table}}
	b.release()
	if row != nil {
		res.existing, res.peeked, res.answered = row, true, true
	}
	return res, err
}

// peeked reads the row that the chain's value names: see present.
func (c chain) peeked(ctx context.Context) (*existing, error) {
	per, level := copied(c.spec.per), c.table.settings.peekLevel()
	per.consistency = &level
	peek := c.table.chain()
	peek.spec.value, peek.spec.per = c.spec.value, per
	return peek.present(ctx, opPeek, Refused)
}

// peekLevel is a level that sees what conditional writes have committed: they commit at
// QUORUM after SERIAL, and at LOCAL_QUORUM after LOCAL_SERIAL, which is about one datacenter.
func (s *settings) peekLevel() Consistency {
	if s.serial == driver.LocalSerial {
		return driver.LocalQuorum
	}
	return driver.Quorum
}

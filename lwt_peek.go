package coodie

import (
	"context"

	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/stmt"

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

// claim sends the built INSERT … IF NOT EXISTS, after the peek that was asked for.
func (c *chain) claim(ctx context.Context, b *stmt.Builder) (result, error) {
	if !c.spec.Peek || b.Err != nil {
		return c.cas(ctx, b)
	}
	ctx, done := c.bound(ctx)
	defer done()
	row, err := c.peeked(ctx)
	if row == nil && err == nil {
		return c.cas(ctx, b)
	}
	res := result{rest: rest{kind: stmt.IfNotExists, op: b.Op, of: c.table}}
	b.Release()
	if row != nil {
		res.existing, res.peeked, res.answered = row, true, true
	}
	return res, err
}

// peeked reads the row that the chain's value names: see present.
func (c chain) peeked(ctx context.Context) (*answer.Row, error) {
	per, level := stmt.Copied(c.spec.Per), c.table.settings.peekLevel()
	per.Consistency = &level
	peek := c.table.chain()
	peek.spec.Value, peek.spec.Per = c.spec.Value, per
	return peek.present(ctx, opPeek, Refused)
}

// peekLevel is a level that sees what conditional writes have committed: they commit at
// QUORUM after SERIAL, and at LOCAL_QUORUM after LOCAL_SERIAL, which is about one datacenter.
func (s *settings) peekLevel() driver.Consistency {
	if s.serial == driver.LocalSerial {
		return driver.LocalQuorum
	}
	return driver.Quorum
}

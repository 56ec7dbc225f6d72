package coodie

import (
	"fmt"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/conflict"
	"github.com/coodie-go/coodie/internal/driver"
)

// check refuses what the server would refuse, or what would not do what it seems to do.
func (b *Batch) check() error {
	if len(b.writes) == 0 {
		return b.usage("the batch is empty")
	}
	if n := len(b.writes); n > b.maxStatements {
		return b.usage(fmt.Sprintf("%d statements are more than %d; a batch is for writes that belong together, "+
			"bulk work is for SaveAll, InsertAll and DeleteAll (MaxStatements changes the limit)", n, b.maxStatements))
	}
	size := 0
	for _, w := range b.writes {
		if err := w.wrong(); err != nil {
			return err
		}
		size += w.b.Call.Size()
		if err := b.checkWrite(w); err != nil {
			return err
		}
	}
	if size > b.maxBytes {
		return b.usage(fmt.Sprintf("%d bytes of values are more than %d, and Cassandra refuses big batches; "+
			"bulk work is for SaveAll, InsertAll and DeleteAll (MaxBytes changes the limit)", size, b.maxBytes))
	}
	if b.conditional() {
		if err := b.checkConditional(); err != nil {
			return err
		}
	}
	return b.checkConflicts()
}

// checkConflicts refuses statements that contradict each other: they share one timestamp, and so
// have no order.
func (b *Batch) checkConflicts() error {
	if len(b.writes) < 2 {
		return nil
	}
	writes := make([]conflict.Write, len(b.writes))
	for i, w := range b.writes {
		writes[i] = conflict.Write{Table: w.b.Meta, Name: w.chain.table.ownKeyspace() + "." + w.settings().table, Stmt: w.b.Stmt, Values: &w.b.Call}
		if w.b.Companion != nil {
			writes[i].Rest = &w.b.Companion.Stmt
		}
	}
	if c := conflict.Find(writes); c != nil {
		return &UsageError{Op: "batch", Table: b.writes[c.Write].b.Name, Column: c.Column, Reason: c.Reason}
	}
	return nil
}

func (b *Batch) checkWrite(w *handle) error {
	first := b.writes[0]
	counter := w.b.Meta.Counter
	switch {
	case w.chain.table.queue != &b.db.queue:
		return b.usage("table " + w.b.Name + " belongs to another DB than the batch")
	case counter != first.b.Meta.Counter:
		return b.usage("counters cannot be mixed with other tables")
	case counter && b.kind != driver.CounterBatch:
		return b.usage("counters need a CounterBatch")
	case !counter && b.kind == driver.CounterBatch:
		return b.usage("a CounterBatch takes counters only")
	}
	if b.conditional() {
		return nil
	}
	switch {
	case w.settings().lwtOnly:
		return b.usage("table " + w.b.Name + " is for LWTs only (WithLWTOnly), and no write of the batch has a condition")
	case w.settings().consistency != first.settings().consistency:
		return b.usage("its tables have different consistencies (WithConsistency), of which a batch has one")
	}
	return nil
}

// checkConditional refuses what a batch with conditions cannot have.
func (b *Batch) checkConditional() error {
	first := b.writes[0]
	asked := map[string]stmt.If{}
	for _, w := range b.writes {
		switch {
		case w.b.Stmt.Table != first.b.Stmt.Table:
			return b.usage("a batch with a condition is on one table")
		case w.settings().serial != first.settings().serial || w.settings().commit != first.settings().commit:
			return b.usage("its tables differ in serial or commit consistency")
		case w.partition == "" || w.partition != first.partition:
			return b.usage("a batch with a condition is on one partition")
		case w.b.Stmt.Timestamp:
			return b.usage("a batch with a condition takes no timestamp: Paxos sets it")
		}
		for _, ask := range w.asks {
			if kind, ok := asked[ask.row]; ok && kind != ask.kind {
				return b.usage("IF EXISTS, IF NOT EXISTS and IF with conditions cannot be mixed on one row (Cassandra refuses it); " +
					"a condition on a value that is not null proves the row as well")
			}
			asked[ask.row] = ask.kind
		}
	}
	return nil
}

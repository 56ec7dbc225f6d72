package main

import (
	"context"
	"errors"
	"fmt"
)

// limits are the most that coodie may cost, as ratios to gocql by hand. must is what it cost when
// it was measured last and 0.02 more, in allocations and bytes; beyond it the gate fails. It is tightened
// whenever something is saved. CPU and aim are for the reader. A read of one row has more room: on a slow machine
// its columns come along more often.
type limits struct{ must, aim cost[float64] }

func at(allocs, bytes, cpu float64) cost[float64] { return cost[float64]{allocs, bytes, cpu} }

// The aims of operations that cost about the same.
var (
	narrow  = at(0.80, 0.95, 0.97)
	wide    = at(0.42, 0.77, 0.80)
	decoded = at(0.55, 0.85, 0.78)
	one     = at(0.70, 0.94, 0.87)
	many    = at(0.42, 0.73, 0.61)
)

// operation is one line of the table. run has contender i carry it out once, and refuses
// an answer that is not the expected one. With apart set, each call is measured in a goroutine
// that has just begun, as a server makes them: its stack has to grow first, and counts among the bytes.
type operation struct {
	name   string
	limits limits
	run    func(ctx context.Context, c contender, i int) error
	apart  bool
}

var operations = []operation{
	{name: "LWT insert, 2 columns, applied", limits: limits{at(0.68, 0.83, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.InsertLock(ctx, Lock{free[i], "bob"})
		return expect(err, applied)
	}},
	{name: "LWT insert, 2 columns, refused", limits: limits{at(0.73, 0.88, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, existing, err := c.InsertLock(ctx, Lock{held, "bob"})
		return expect(err, !applied && existing.Name == held && existing.Owner == "alice")
	}},
	{name: "update IF, applied", limits: limits{at(0.74, 0.85, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.UpdateLock(ctx, owned[i], "alice", nextOwner[i])
		return expect(err, applied)
	}},
	{name: "update IF, refused", limits: limits{at(0.76, 0.90, 1.05), narrow}, run: updateRefused},
	{name: "update IF, refused, each call in a goroutine of its own", limits: limits{at(0.82, 1.00, 1.05), at(0.80, 0.95, 1.00)}, run: updateRefused, apart: true},
	{name: "update IF of a document, refused", limits: limits{at(0.76, 0.92, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.UpdateDocument(ctx, Lock{held, "nobody"}, "bob")
		return expect(err, !applied && actual == "alice")
	}},
	{name: "delete IF, applied", limits: limits{at(0.75, 0.86, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.DeleteLock(ctx, gone[i], "alice")
		return expect(err, applied)
	}},
	{name: "delete IF, refused", limits: limits{at(0.78, 0.91, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.DeleteLock(ctx, held, "nobody")
		return expect(err, !applied && actual == "alice")
	}},
	{name: "delete IF of a document, refused", limits: limits{at(0.78, 0.93, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.DeleteDocument(ctx, Lock{held, "nobody"})
		return expect(err, !applied && actual == "alice")
	}},
	{name: "update IF with a TTL, refused", limits: limits{at(0.83, 0.96, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.LeaseLock(ctx, held, "nobody", "bob")
		return expect(err, !applied && actual == "alice")
	}},
	{name: "update of a version, refused", limits: limits{at(0.98, 0.99, 1.05), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.UpdateCounted(ctx, Counted{held, "alice", 6}, "bob")
		return expect(err, !applied && actual == 7)
	}},
	{name: "batch of 5 updates IF, applied", limits: limits{at(1.55, 1.80, 1.90), narrow}, run: func(ctx context.Context, c contender, i int) error {
		applied, err := c.TakeSeats(ctx, owned[i], "alice", nextOwner[i])
		return expect(err, applied)
	}},
	{name: "LWT insert, 12 columns, applied", limits: limits{at(0.38, 0.69, 0.90), wide}, run: func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.InsertRow(ctx, freeRow[i])
		return expect(err, applied)
	}},
	{name: "LWT insert, 12 columns, refused", limits: limits{at(0.55, 0.84, 0.88), decoded}, run: func(ctx context.Context, c contender, i int) error {
		applied, existing, err := c.InsertRow(ctx, heldRow)
		return expect(err, !applied && existing.Name == held && len(existing.Counts) == 2)
	}},
	{name: "plain insert, 12 columns", limits: limits{at(0.40, 0.74, 0.90), wide}, run: func(ctx context.Context, c contender, i int) error {
		return c.SaveRow(ctx, freeRow[i])
	}},
	{name: "select one row of 12 columns", limits: limits{at(0.70, 0.92, 0.92), one}, run: func(ctx context.Context, c contender, i int) error {
		r, err := c.GetRow(ctx, held, 1)
		return expect(err, r.Seq == 1 && len(r.Counts) == 2)
	}},
	{name: "select the first 10 rows of 12 columns", limits: limits{at(0.61, 0.98, 1.05), many}, run: func(ctx context.Context, c contender, i int) error {
		rows, err := c.FirstRows(ctx, held, firstRows)
		return expect(err, len(rows) == firstRows && len(rows[9].Counts) == 2)
	}},
	{name: "select 1000 rows of 12 columns", limits: limits{at(0.40, 0.74, 0.65), many}, run: func(ctx context.Context, c contender, i int) error {
		n := 0
		err := c.EachRow(ctx, held, func(r Row) {
			if len(r.Counts) == 2 {
				n++
			}
		})
		return expect(err, n == partitionRows)
	}},
}

func updateRefused(ctx context.Context, c contender, i int) error {
	applied, actual, err := c.UpdateLock(ctx, held, "nobody", "bob")
	return expect(err, !applied && actual == "alice")
}

var errUnexpected = errors.New("an unexpected answer")

func expect(err error, ok bool) error {
	if err == nil && !ok {
		return errUnexpected
	}
	return err
}

// check carries out every operation once by every contender, in the order of the
// operations, so that each is answered from memory from then on.
func check(ctx context.Context, contenders []contender) error {
	for _, o := range operations {
		for i, c := range contenders {
			if err := o.run(ctx, c, i); err != nil {
				return fmt.Errorf("%s by %T: %w", o.name, c, err)
			}
		}
	}
	return nil
}

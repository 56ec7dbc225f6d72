package main

import (
	"context"
	"errors"
	"fmt"
)

// limits are the most that coodie may cost, as ratios to gocql by hand. must fails the
// gate, aim is for the reader.
type limits struct{ must, aim cost[float64] }

func at(allocs, bytes, cpu float64) cost[float64] { return cost[float64]{allocs, bytes, cpu} }

var (
	narrow  = limits{at(0.95, 1.00, 1.10), at(0.85, 0.97, 1.00)}
	wide    = limits{at(0.60, 0.90, 0.95), at(0.45, 0.80, 0.80)}
	decoded = limits{at(0.70, 0.95, 0.95), at(0.60, 0.87, 0.75)}
	// coodie asks for the columns with every answer, which gocql and gocqlx by default do not:
	// what gocql keeps of them may be wrong. In one row of 12 columns they are 31 allocations.
	one  = limits{at(1.30, 1.35, 1.20), at(1.26, 1.29, 1.05)}
	many = limits{at(0.55, 0.95, 0.75), at(0.45, 0.85, 0.65)}
)

// operation is one line of the table. run has contender i carry it out once, and refuses
// an answer that is not the expected one.
type operation struct {
	name   string
	limits limits
	run    func(ctx context.Context, c contender, i int) error
}

var operations = []operation{
	{"LWT insert, 2 columns, applied", narrow, func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.InsertLock(ctx, Lock{free[i], "bob"})
		return expect(err, applied)
	}},
	{"LWT insert, 2 columns, refused", narrow, func(ctx context.Context, c contender, i int) error {
		applied, existing, err := c.InsertLock(ctx, Lock{held, "bob"})
		return expect(err, !applied && existing.Name == held && existing.Owner == "alice")
	}},
	{"update IF, applied", narrow, func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.UpdateLock(ctx, owned[i], "alice", nextOwner[i])
		return expect(err, applied)
	}},
	{"update IF, refused", narrow, func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.UpdateLock(ctx, held, "nobody", "bob")
		return expect(err, !applied && actual == "alice")
	}},
	{"update IF of a document, refused", narrow, func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.UpdateDocument(ctx, Lock{held, "nobody"}, "bob")
		return expect(err, !applied && actual == "alice")
	}},
	{"delete IF, applied", narrow, func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.DeleteLock(ctx, gone[i], "alice")
		return expect(err, applied)
	}},
	{"delete IF, refused", narrow, func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.DeleteLock(ctx, held, "nobody")
		return expect(err, !applied && actual == "alice")
	}},
	{"delete IF of a document, refused", narrow, func(ctx context.Context, c contender, i int) error {
		applied, actual, err := c.DeleteDocument(ctx, Lock{held, "nobody"})
		return expect(err, !applied && actual == "alice")
	}},
	{"LWT insert, 12 columns, applied", wide, func(ctx context.Context, c contender, i int) error {
		applied, _, err := c.InsertRow(ctx, freeRow[i])
		return expect(err, applied)
	}},
	{"LWT insert, 12 columns, refused", decoded, func(ctx context.Context, c contender, i int) error {
		applied, existing, err := c.InsertRow(ctx, heldRow)
		return expect(err, !applied && existing.Name == held && len(existing.Counts) == 2)
	}},
	{"plain insert, 12 columns", wide, func(ctx context.Context, c contender, i int) error {
		return c.SaveRow(ctx, freeRow[i])
	}},
	{"select one row of 12 columns", one, func(ctx context.Context, c contender, i int) error {
		r, err := c.GetRow(ctx, held, 1)
		return expect(err, r.Seq == 1 && len(r.Counts) == 2)
	}},
	{"select 1000 rows of 12 columns", many, func(ctx context.Context, c contender, i int) error {
		n := 0
		err := c.EachRow(ctx, held, func(r Row) {
			if len(r.Counts) == 2 {
				n++
			}
		})
		return expect(err, n == partitionRows)
	}},
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

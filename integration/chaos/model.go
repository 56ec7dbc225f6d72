package chaos

import (
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"
)

// cell is the sequential specification of one row.
var cell = porcupine.Model{
	Init:  func() any { return int64(0) },
	Step:  func(state, input, _ any) (bool, any) { return step(state.(int64), input.(*Operation)) },
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, _ any) string {
		return input.(*Operation).String()
	},
}

// step reports whether op can happen to a row that holds n, and what it then holds.
func step(n int64, op *Operation) (possible bool, next int64) {
	next = n
	switch {
	case op.Outcome == Failed || op.Action == Read:
	case op.Action == Add && op.Outcome != Refused:
		next++
	case op.Outcome == Refused:
		possible = n != op.Old
		return possible && (!op.Told || op.Seen == n), n
	case n == op.Old:
		next = op.New
	case op.Outcome == Applied:
		return false, n
	}
	switch {
	case !op.Told:
		return true, next
	case op.Action == Add && op.Outcome == Applied:
		return op.Seen == next, next
	}
	return op.Seen == n, next
}

// String is the operation as it reads in a report.
func (op *Operation) String() string {
	s := fmt.Sprintf("client %d: %s", op.Client, op.Action)
	if op.Action == Swap {
		s += fmt.Sprintf(" %d to %d", op.Old, op.New)
	}
	s += ": " + op.Outcome.String()
	if op.Told {
		s += fmt.Sprintf(", saw %d", op.Seen)
	}
	return fmt.Sprintf("%9.3f to %9.3f s, %s", op.Call.Seconds(), op.Return.Seconds(), s)
}

// beside reports whether what an operation tells is not its own answer but was read in the
// course of it: before it had its effect, or after.
func (op *Operation) beside() bool {
	return op.Outcome == Open || op.Outcome == Failed || op.Outcome == Applied && op.Action == Swap
}

// forever is when an open operation returns.
const forever = math.MaxInt64

// explained turns the operations on one row into what porcupine checks. It leaves out what
// cannot matter, for each open operation doubles the search: one that wanted to store a
// number that nobody has ever seen had no effect that anybody saw. Numbers but 0 are
// stored by one operation only, so one that was seen tells that its operation was applied.
func explained(ops []Operation) []porcupine.Operation {
	seen := map[int64]bool{}
	for i := range ops {
		op := &ops[i]
		if op.Told {
			seen[op.Seen] = true
		}
		if op.Action == Swap && op.Outcome == Applied {
			seen[op.Old], seen[op.New] = true, true
		}
	}
	var out []porcupine.Operation
	add := func(op Operation, until int64) {
		out = append(out, porcupine.Operation{ClientId: op.Client, Input: &op, Call: int64(op.Call), Return: until})
	}
	for _, op := range ops {
		if op.Told && op.beside() {
			read := op
			read.Action, read.Outcome = Read, Applied
			add(read, int64(op.Return))
			op.Told = false
		}
		switch {
		case op.Outcome == Failed:
		case op.Outcome != Open:
			add(op, int64(op.Return))
		case op.Action == Add || op.New == 0:
			add(op, forever)
		case seen[op.New]:
			op.Outcome = Applied
			add(op, forever)
		}
	}
	return out
}

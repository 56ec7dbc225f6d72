package chaos

import (
	"fmt"
	"time"

	"github.com/coodie-go/coodie/linear"
)

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

// forever is when a lock is released that never is.
const forever = linear.Never

// explained turns the operations on one row into those that linear checks. say is what an
// operation asked and answered. It leaves out what cannot matter, because each open operation doubles
// the search: one that wanted to store a number that nobody has ever seen had no effect that
// anybody saw. Numbers but 0 are stored by one operation only, so one that was seen tells that its
// operation was applied.
func explained[I, O any](ops []Operation, say func(Operation) (I, O)) (out []linear.Operation[I, O]) {
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
	add := func(op Operation, known linear.Outcome, until time.Duration) {
		in, answer := say(op)
		out = append(out, linear.Operation[I, O]{
			Client: fmt.Sprint("client ", op.Client), Key: op.Key, Input: in, Output: answer, Outcome: known, Call: op.Call, Return: until,
		})
	}
	for _, op := range ops {
		if op.Told && op.beside() {
			read := op
			read.Action, read.Outcome = Read, Applied
			add(read, linear.Answered, op.Return)
			op.Told = false
		}
		switch {
		case op.Action == Read && !op.Told:
		case op.Outcome == Failed, op.Action == Add && op.Outcome == Refused:
			add(op, linear.NoEffect, op.Return)
		case op.Outcome != Open:
			add(op, linear.Answered, op.Return)
		case op.Action == Add || op.New == 0:
			add(op, linear.Unknown, linear.Never)
		case seen[op.New]:
			op.Outcome = Applied
			add(op, linear.Answered, linear.Never)
		}
	}
	return out
}

// registered is an operation on a register, or on a lock, whose number tells its holder.
func registered(op Operation) (linear.RegisterInput[int64], linear.RegisterAnswer[int64]) {
	answer := linear.RegisterAnswer[int64]{Value: op.Seen, Told: op.Told}
	if op.Action == Read {
		return linear.Read[int64](), answer
	}
	answer.Applied = op.Outcome == Applied
	return linear.Swap(op.Old, op.New), answer
}

// counted is an operation on a counter.
func counted(op Operation) (linear.CounterInput, linear.CounterAnswer) {
	answer := linear.CounterAnswer{Count: op.Seen, Told: op.Told}
	if op.Action == Read {
		return linear.Get(), answer
	}
	return linear.Add(1), answer
}

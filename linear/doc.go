// Package linear checks that what a program was told about a row is true: that the operations of
// all its clients, in some order that agrees with the clock, explain every answer. Such a history
// is linearizable.
//
//	history := linear.New(linear.Lock())
//	…
//	answer, err := history.Do("alice", "deploy", linear.Acquire("alice"), func() (linear.LockAnswer, error) {
//		held, err := locks.Acquire(ctx, "deploy", "alice")
//		return linear.LockAnswer{OK: held}, err
//	})
//	…
//	if err := history.Check().Err(); err != nil {
//		t.Error(err) // the shortest part of the history that no order explains
//	}
//
// An operation of which nobody knows the outcome may take effect at any time after its call, or
// never. [History.Do] recognises it by its error; with [History.Observer] coodie's own calls are
// recorded, with the outcomes that coodie reports.
//
// There are models of a register, a lock, a counter and a set of claims. A [Model] of one's own is
// a function: what an operation does to a state, and what it answers.
//
// The search for an order is porcupine's (https://github.com/anishathalye/porcupine), and so is the
// picture of a violation.
package linear

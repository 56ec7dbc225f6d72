package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// at makes an operation that lasts from one second to another.
func at(from, to int, kind Kind, action Action, old, next int64, a Answer) Operation {
	return Operation{
		Kind: kind, Key: kind.String(), Action: action, Old: old, New: next, Answer: a,
		Call: time.Duration(from) * time.Second, Return: time.Duration(to) * time.Second,
	}
}

func saw(n int64) Answer     { return Answer{Seen: n, Told: true} }
func refused(n int64) Answer { return Answer{Outcome: Refused, Seen: n, Told: true} }

var (
	done   = Answer{}
	open   = Answer{Outcome: Open, Unknown: true}
	failed = Answer{Outcome: Failed}
)

// The checks must see what is wrong, and nothing else: histories by hand.
func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name    string
		history []Operation
		want    Count // Wrong, HeldTwice and Lost
	}{
		{"nothing but reads", []Operation{at(0, 1, Register, Read, 0, 0, saw(0))}, Count{}},
		{"one after the other", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Swap, 5, 6, done),
			at(4, 5, Register, Swap, 5, 7, refused(6)), at(6, 7, Register, Read, 0, 0, saw(6)),
		}, Count{}},
		{"at one time, in whatever order", []Operation{
			at(0, 9, Register, Swap, 5, 6, done), at(1, 8, Register, Swap, 0, 5, done), at(10, 11, Register, Read, 0, 0, saw(6)),
		}, Count{}},
		{"an acknowledged write is lost", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Read, 0, 0, saw(0)),
		}, Count{Wrong: 1}},
		{"a read of the past", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Swap, 5, 6, done), at(4, 5, Register, Read, 0, 0, saw(5)),
		}, Count{Wrong: 1}},
		{"an update is lost", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Swap, 5, 6, done), at(2, 3, Register, Swap, 5, 7, done),
		}, Count{Wrong: 1}},
		{"refused by the row that it wants", []Operation{
			at(0, 1, Register, Swap, 0, 5, refused(0)),
		}, Count{Wrong: 1}},
		{"an open one that took effect", []Operation{
			at(0, 1, Register, Swap, 0, 5, open), at(2, 3, Register, Read, 0, 0, saw(5)),
		}, Count{}},
		{"an open one that never did", []Operation{
			at(0, 1, Register, Swap, 0, 5, open), at(2, 3, Register, Read, 0, 0, saw(0)),
		}, Count{}},
		{"an open one that took effect late", []Operation{
			at(0, 1, Register, Swap, 0, 5, open), at(2, 3, Register, Read, 0, 0, saw(0)), at(4, 5, Register, Read, 0, 0, saw(5)),
		}, Count{}},
		{"an open one that came and went", []Operation{
			at(0, 1, Register, Swap, 0, 5, open), at(2, 3, Register, Read, 0, 0, saw(5)), at(4, 5, Register, Read, 0, 0, saw(0)),
		}, Count{Wrong: 1}},
		{"an open one, seen before it was called", []Operation{
			at(0, 1, Register, Read, 0, 0, saw(5)), at(2, 3, Register, Swap, 0, 5, open),
		}, Count{Wrong: 1}},
		{"what was seen while an outcome was settled", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Swap, 5, 6, Answer{Outcome: Open, Unknown: true, Seen: 9, Told: true}),
		}, Count{Wrong: 1}},
		{"what was seen while it turned out to be applied", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Swap, 5, 6, Answer{Unknown: true, Seen: 6, Told: true}),
			at(4, 5, Register, Read, 0, 0, saw(6)),
		}, Count{}},
		{"what was seen while it turned out to be applied, and never was there", []Operation{
			at(0, 1, Register, Swap, 0, 5, done), at(2, 3, Register, Swap, 5, 6, Answer{Unknown: true, Seen: 7, Told: true}),
			at(4, 5, Register, Read, 0, 0, saw(6)),
		}, Count{Wrong: 1}},
		{"failed, and yet it is there", []Operation{
			at(0, 1, Register, Swap, 0, 5, failed), at(2, 3, Register, Read, 0, 0, saw(5)),
		}, Count{Wrong: 1}},
		// Client 1 swaps 1 for 4 and its driver, which got no answer, does it again; client 2
		// swaps 4 for 2.
		{"a driver's retry", []Operation{
			at(0, 1, Register, Swap, 0, 1, done), at(2, 9, Register, Swap, 1, 4, refused(2)),
			at(4, 5, Register, Swap, 4, 2, done), at(10, 11, Register, Read, 0, 0, saw(2)),
		}, Count{Wrong: 1}},

		{"a lock goes from one to the other", []Operation{
			at(0, 1, Lock, Swap, 0, 5, done), at(2, 3, Lock, Swap, 0, 6, refused(5)), at(4, 5, Lock, Swap, 5, 0, done),
			at(4, 6, Lock, Swap, 0, 7, done), at(7, 8, Lock, Swap, 7, 0, done), at(9, 9, Lock, Read, 0, 0, saw(0)),
		}, Count{}},
		{"a lock is held twice", []Operation{
			at(0, 1, Lock, Swap, 0, 5, done), at(2, 3, Lock, Swap, 0, 6, done),
			at(4, 5, Lock, Swap, 5, 0, done), at(4, 5, Lock, Swap, 6, 0, done),
		}, Count{Wrong: 1, HeldTwice: 1}},
		{"a lock is held twice, and never released", []Operation{
			at(0, 1, Lock, Swap, 0, 5, done), at(2, 3, Lock, Swap, 0, 6, done),
		}, Count{Wrong: 1, HeldTwice: 1}},
		{"a release that is open lets the next one in", []Operation{
			at(0, 1, Lock, Swap, 0, 5, done), at(2, 3, Lock, Swap, 5, 0, open), at(4, 5, Lock, Swap, 0, 6, done),
		}, Count{}},
		{"who was refused holds it all the same", []Operation{
			at(0, 1, Lock, Swap, 0, 5, failed), at(2, 3, Lock, Swap, 0, 6, refused(5)),
		}, Count{Wrong: 1}},

		{"counted", []Operation{
			at(0, 1, Counter, Add, 0, 0, saw(1)), at(0, 1, Counter, Add, 0, 0, saw(2)), at(2, 3, Counter, Read, 0, 0, saw(2)),
		}, Count{}},
		{"an increment is lost", []Operation{
			at(0, 1, Counter, Add, 0, 0, saw(1)), at(2, 3, Counter, Add, 0, 0, saw(1)), at(4, 5, Counter, Read, 0, 0, saw(1)),
		}, Count{Wrong: 1, Lost: 1}},
		{"counted twice", []Operation{
			at(0, 1, Counter, Add, 0, 0, saw(1)), at(4, 5, Counter, Read, 0, 0, saw(2)),
		}, Count{Wrong: 1, Lost: 1}},
		{"an open increment counts or does not", []Operation{
			at(0, 1, Counter, Add, 0, 0, open), at(0, 1, Counter, Add, 0, 0, open), at(2, 3, Counter, Add, 0, 0, saw(2)),
			at(4, 5, Counter, Read, 0, 0, saw(2)),
		}, Count{}},
		{"a failed increment counts", []Operation{
			at(0, 1, Counter, Add, 0, 0, failed), at(2, 3, Counter, Read, 0, 0, saw(1)),
		}, Count{Wrong: 1, Lost: 1}},

		{"a lease goes from one to the other", []Operation{
			at(0, 1, Lease, Grant, 0, 0, saw(1)), at(1, 5, Lease, Held, 0, 0, saw(1)),
			at(0, 6, Lease, Grant, 0, 0, saw(2)), at(6, 7, Lease, Held, 0, 0, saw(2)),
		}, Count{}},
		{"a lease is held twice", []Operation{
			at(0, 1, Lease, Grant, 0, 0, saw(1)), at(1, 5, Lease, Held, 0, 0, saw(1)),
			at(2, 3, Lease, Grant, 0, 0, saw(2)), at(3, 7, Lease, Held, 0, 0, saw(2)),
		}, Count{HeldTwice: 1}},
		{"a token goes back", []Operation{
			at(0, 1, Lease, Grant, 0, 0, saw(2)), at(2, 3, Lease, Grant, 0, 0, saw(1)),
		}, Count{Wrong: 1}},
		{"a token is granted twice", []Operation{
			at(0, 5, Lease, Grant, 0, 0, saw(2)), at(2, 3, Lease, Grant, 0, 0, saw(2)),
		}, Count{Wrong: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := Check(tt.history, time.Minute)
			require.Len(t, v.Kinds, 1)
			for _, got := range v.Kinds {
				require.Equal(t, tt.want, Count{Wrong: got.Wrong, HeldTwice: got.HeldTwice, Lost: got.Lost}, v.Violations)
				require.Equal(t, 1, got.Rows)
			}
			require.Equal(t, tt.want == Count{}, len(v.Violations) == 0)
		})
	}
}

// Outcomes are counted by how they began and ended.
func TestCount(t *testing.T) {
	v := Check([]Operation{
		at(0, 1, Register, Swap, 0, 5, Answer{Unknown: true}), at(2, 3, Register, Swap, 5, 6, open),
		at(4, 5, Register, Swap, 5, 7, Answer{Outcome: Failed, Unknown: true}), at(6, 7, Register, Swap, 1, 2, refused(5)),
		at(8, 9, Register, Read, 0, 0, saw(5)),
	}, time.Minute)
	require.Equal(t, &Count{Rows: 1, Operations: 5, Applied: 1, Refused: 1, Failed: 1, Unknown: 3, Settled: 2, Open: 1}, v.Kinds[Register])
}

// A search that takes too long is told apart from one that found an order.
func TestUndecided(t *testing.T) {
	var history []Operation
	for range 40 {
		history = append(history, at(0, 1, Counter, Add, 0, 0, open))
	}
	history = append(history, at(2, 3, Counter, Read, 0, 0, saw(20)), at(4, 5, Counter, Read, 0, 0, saw(10)))
	v := Check(history, time.Millisecond)
	require.Equal(t, 1, v.Kinds[Counter].Undecided)
	require.Zero(t, v.Kinds[Counter].Wrong)
}

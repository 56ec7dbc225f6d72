package chaos

import (
	"sync"
	"time"
)

// Action is what an operation wanted. Every row is a cell that holds a number, 0 if there
// is no row: a lock's holder, a register's value, a count.
type Action uint8

const (
	Read  Action = iota // tells the number
	Swap                // makes it New if it is Old: an insert if Old is 0, a delete if New is 0
	Add                 // adds one, and tells the sum
	Grant               // takes a lease, and tells its token
	Held                // is from the grant of a lease until it was last known to be valid
)

func (a Action) String() string { return [...]string{"read", "swap", "add", "grant", "held"}[a] }

// Outcome is how an operation ended, as its client told the application.
type Outcome uint8

const (
	// Applied had its effect.
	Applied Outcome = iota
	// Refused had none, since the number was not Old.
	Refused
	// Failed had none and never will have, for whatever reason.
	Failed
	// Open may have had its effect, or have it later.
	Open
)

func (o Outcome) String() string { return [...]string{"applied", "refused", "failed", "open"}[o] }

// Answer is what a client tells of an operation.
type Answer struct {
	Outcome Outcome
	Seen    int64 // the number as the answer, or a read in the course of the operation, showed it
	Told    bool  // Seen was told
	Unknown bool  // the outcome was unknown at first; if it is not Open it has been settled
	Err     error
}

// Operation is one entry of a history.
type Operation struct {
	Kind         Kind
	Client       int
	Key          string
	Action       Action
	Old, New     int64 // of a Swap
	Call, Return time.Duration
	Answer
}

// History collects operations from many goroutines.
type History struct {
	start time.Time

	mu         sync.Mutex
	operations []Operation
}

// NewHistory returns an empty history whose clock starts now.
func NewHistory() *History { return &History{start: time.Now()} }

// Record runs f, which carries out the operation, and writes down both.
func (h *History) Record(op Operation, f func() Answer) Answer {
	op.Call = h.now()
	op.Answer = f()
	op.Return = h.now()
	h.add(op)
	return op.Answer
}

func (h *History) now() time.Duration { return time.Since(h.start) }

func (h *History) add(op Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, op)
}

// Operations returns what has been recorded, in the order of the returns.
func (h *History) Operations() []Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.operations[:len(h.operations):len(h.operations)]
}

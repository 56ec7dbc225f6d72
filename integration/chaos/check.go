package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coodie-go/coodie/linear"
)

// Verdict is what the checks found in one history.
type Verdict struct {
	Kinds map[Kind]*Count
	// Violations describes the rows that no order of operations explains, and what else
	// must never happen.
	Violations []string
}

// Count is what happened to the rows of one kind.
type Count struct {
	Rows       int
	Operations int // reads included
	Applied    int // writes
	Refused    int
	Failed     int // without effect, as the client says
	Unknown    int // at first
	Settled    int // of these, in the end applied or certainly not
	Open       int // of these, never settled
	Wrong      int // rows that no order of operations explains
	Undecided  int // rows for which the search took too long
	HeldTwice  int // pairs of owners of a lock at one time
	Lost       int // acknowledged increments that the final count lacks, or has too many
}

// Check checks a history, whose last operation on each row is a read. The search for an order
// gives up after limit per row.
func Check(history []Operation, limit time.Duration, opts ...linear.Option) *Verdict {
	v := &Verdict{Kinds: map[Kind]*Count{}}
	rows := map[string][]Operation{}
	for _, op := range history {
		rows[op.Key] = append(rows[op.Key], op)
		v.count(op)
	}
	var registers []linear.Operation[linear.RegisterInput[int64], linear.RegisterAnswer[int64]]
	var counters []linear.Operation[linear.CounterInput, linear.CounterAnswer]
	for _, ops := range rows {
		switch ops[0].Kind {
		case Register, Lock:
			registers = append(registers, explained(ops, registered)...)
		case Counter:
			counters = append(counters, explained(ops, counted)...)
		}
	}
	opts = append(opts, linear.Limit(limit))
	found := searched{wrong: map[string]error{}}
	found.add(linear.Register[int64]().Check(registers, opts...).ByKey())
	found.add(linear.Counter().Check(counters, opts...).ByKey())
	for key, ops := range rows {
		v.row(key, ops, found)
	}
	slices.Sort(v.Violations)
	return v
}

// searched is what the searches for an order have found, by row.
type searched struct {
	wrong     map[string]error
	undecided []string
}

func (s *searched) add(wrong map[string]error, undecided []string) {
	maps.Copy(s.wrong, wrong)
	s.undecided = append(s.undecided, undecided...)
}

func (v *Verdict) of(k Kind) *Count {
	if v.Kinds[k] == nil {
		v.Kinds[k] = &Count{}
	}
	return v.Kinds[k]
}

func (v *Verdict) count(op Operation) {
	c := v.of(op.Kind)
	if op.Action == Held {
		return
	}
	c.Operations++
	switch op.Outcome {
	case Applied:
		if op.Action != Read {
			c.Applied++
		}
	case Refused:
		c.Refused++
	case Failed:
		c.Failed++
	case Open:
		c.Open++
	}
	if op.Unknown {
		c.Unknown++
		if op.Outcome != Open {
			c.Settled++
		}
	}
}

// row adds what is wrong with one row.
func (v *Verdict) row(key string, ops []Operation, found searched) {
	c := v.of(ops[0].Kind)
	c.Rows++
	if err := found.wrong[key]; err != nil {
		c.Wrong++
		v.violation("%s: %v", key, err)
	}
	if slices.Contains(found.undecided, key) {
		c.Undecided++
	}
	switch ops[0].Kind {
	case Lease:
		if !fenced(ops) {
			c.Wrong++
			v.violation("%s: a later grant has no greater token:\n%s", key, text(ops))
		}
		fallthrough
	case Lock:
		if n := heldTwice(ops); n > 0 {
			c.HeldTwice += n
			v.violation("%s: held by two owners at one time, %d times", key, n)
		}
	case Counter:
		if n := miscounted(ops); n != 0 {
			c.Lost += max(n, -n)
			v.violation("%s: miscounted by %d", key, n)
		}
	}
}

func (v *Verdict) violation(format string, args ...any) {
	v.Violations = append(v.Violations, fmt.Sprintf(format, args...))
}

// text lists the operations that may matter, in the order of their calls.
func text(ops []Operation) string {
	var b strings.Builder
	for _, op := range slices.SortedFunc(slices.Values(ops), func(a, b Operation) int { return cmp.Compare(a.Call, b.Call) }) {
		fmt.Fprintf(&b, "    %s", op.String())
		if op.Err != nil {
			fmt.Fprintf(&b, " (%v)", op.Err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// holding is a time in which an owner may rely on what it has.
type holding struct{ from, until time.Duration }

// holdings are the times in which a lock was held: from the moment at which an owner was
// told so until it began to release. Of a lease they are recorded.
func holdings(ops []Operation) (all []holding) {
	for _, op := range ops {
		switch {
		case op.Action == Held:
			all = append(all, holding{op.Call, op.Return})
		case op.Action == Swap && op.Old == 0 && op.Outcome == Applied:
			h := holding{op.Return, forever}
			for _, release := range ops {
				if release.Action == Swap && release.New == 0 && release.Old == op.New {
					h.until = min(h.until, release.Call)
				}
			}
			if h.from < h.until {
				all = append(all, h)
			}
		}
	}
	return all
}

// fenced reports whether each lease that was asked for after another had been granted got
// a greater token, and no two the same.
func fenced(ops []Operation) bool {
	for i, a := range ops {
		for j, b := range ops {
			if i != j && a.Action == Grant && b.Action == Grant && a.Told && b.Told &&
				(a.Seen == b.Seen || a.Return < b.Call && a.Seen > b.Seen) {
				return false
			}
		}
	}
	return true
}

// heldTwice counts the pairs of owners that held the same at one time.
func heldTwice(ops []Operation) int {
	holdings := holdings(ops)
	slices.SortFunc(holdings, func(a, b holding) int { return cmp.Compare(a.from, b.from) })
	n := 0
	for i, a := range holdings {
		for _, b := range holdings[i+1:] {
			if b.from >= a.until {
				break
			}
			n++
		}
	}
	return n
}

// miscounted compares the last count that was read with the increments: negative if
// acknowledged ones are missing, positive if there are more than were ever asked for.
func miscounted(ops []Operation) int {
	var final, acknowledged, open int64
	var at time.Duration
	for _, op := range ops {
		switch {
		case op.Action == Read && op.Told && op.Call >= at:
			final, at = op.Seen, op.Call
		case op.Action == Add && op.Outcome == Applied:
			acknowledged++
		case op.Action == Add && op.Outcome == Open:
			open++
		}
	}
	switch {
	case final < acknowledged:
		return int(final - acknowledged)
	case final > acknowledged+open:
		return int(final - acknowledged - open)
	}
	return 0
}

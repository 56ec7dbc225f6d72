package linear

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// Option configures a check.
type Option func(*config)

type config struct {
	limit    time.Duration
	pictures string
}

// Limit sets how long the search for an order may take for each key: 20 seconds by default. The
// search takes the longer, the more operations are under way at a time, and doubles with each
// unknown outcome.
func Limit(d time.Duration) Option { return func(c *config) { c.limit = d } }

// Pictures has an HTML page written into the directory for each violation, which the error names.
func Pictures(dir string) Option { return func(c *config) { c.pictures = dir } }

// Result is what a check found.
type Result[I, O any] struct {
	Keys       int
	Operations int // without those of no effect
	// Violations are the histories, by key, that no order explains.
	Violations []*Violation[I, O]
	// Undecided are the keys for which the search took too long.
	Undecided []string
}

// Err describes the violations, or else the keys that are undecided; nil if there are none.
func (r *Result[I, O]) Err() error {
	var errs []error
	for _, v := range r.Violations {
		errs = append(errs, v)
	}
	if len(errs) == 0 && len(r.Undecided) > 0 {
		errs = append(errs, fmt.Errorf("linear: the search for an order took too long for %q; record fewer operations for each key, or set a longer Limit", r.Undecided))
	}
	return errors.Join(errs...)
}

// ByKey returns the violations by key, and the keys that are undecided: for code that handles
// results of several models alike.
func (r *Result[I, O]) ByKey() (wrong map[string]error, undecided []string) {
	wrong = map[string]error{}
	for _, v := range r.Violations {
		wrong[v.Key] = v
	}
	return wrong, r.Undecided
}

// Violation is a history of one key that no order of its operations explains.
type Violation[I, O any] struct {
	Key string
	// Shortest are the operations whose answers contradict each other, in the order of their calls.
	// None can be left out.
	Shortest []Operation[I, O]
	// History is the history up to where the contradiction is complete. Operations that had not
	// returned then are Unknown. Those beside Shortest explain nothing, whether each happened, between
	// its call and its return, or not.
	History []Operation[I, O]
	// Suspects are operations of which each would explain the answers, if it had taken effect: it is
	// recorded as NoEffect.
	Suspects []Operation[I, O]
	// Picture is the file that the option [Pictures] had written.
	Picture string

	describe func(*Operation[I, O]) string
	draw     func(io.Writer) error
}

// Error is the shortest contradiction as text.
func (v *Violation[I, O]) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "linear: no order of these operations on %q explains their answers:\n", v.Key)
	for i := range v.Shortest {
		op := &v.Shortest[i]
		fmt.Fprintf(&b, "    %s to %s  %s\n", moment(op.Call), moment(op.Return), v.describe(op))
	}
	if n := len(v.History) - len(v.Shortest); n > 0 {
		fmt.Fprintf(&b, "Other operations before them: %d. Whether each of these happened or not, no order explains the ones above.\n", n)
	}
	if len(v.Suspects) > 0 {
		b.WriteString("One does if any of these took effect, which are said to have had none:\n")
	}
	for i := range v.Suspects {
		op := &v.Suspects[i]
		fmt.Fprintf(&b, "    %s to %s  %s\n", moment(op.Call), moment(op.Return), strings.TrimSuffix(v.describe(op), unknown))
	}
	if v.Picture != "" {
		fmt.Fprintf(&b, "Picture: %s\n", v.Picture)
	}
	return b.String()
}

// moment is a time in seconds, as long as any other below 1000 s.
func moment(d time.Duration) string {
	if d == Never {
		return "     …    "
	}
	return fmt.Sprintf("%8.3f s", d.Seconds())
}

// WriteHTML writes porcupine's interactive picture of the history: how far an order explains it, and
// which operation fits no more.
func (v *Violation[I, O]) WriteHTML(w io.Writer) error { return v.draw(w) }

// Check looks for an order of the operations on each key that explains all answers.
func (m Model[S, I, O]) Check(history []Operation[I, O], opts ...Option) *Result[I, O] {
	c := config{limit: 20 * time.Second}
	for _, o := range opts {
		o(&c)
	}
	r := &Result[I, O]{}
	keys, without := map[string][]Operation[I, O]{}, map[string][]Operation[I, O]{}
	for _, op := range history {
		if op.Outcome == NoEffect {
			without[op.Key] = append(without[op.Key], op)
		} else {
			keys[op.Key] = append(keys[op.Key], op)
			r.Operations++
		}
	}
	r.Keys = len(keys)
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	for key, ops := range keys {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			found := m.search(ops, c.limit)
			var v *Violation[I, O]
			if found == porcupine.Illegal {
				v = m.violation(key, ops, without[key], c)
			}
			mu.Lock()
			defer mu.Unlock()
			switch found {
			case porcupine.Illegal:
				r.Violations = append(r.Violations, v)
			case porcupine.Unknown:
				r.Undecided = append(r.Undecided, key)
			}
		})
	}
	group.Wait()
	slices.SortFunc(r.Violations, func(a, b *Violation[I, O]) int { return cmp.Compare(a.Key, b.Key) })
	slices.Sort(r.Undecided)
	return r
}

// search looks for an order.
func (m *Model[S, I, O]) search(ops []Operation[I, O], limit time.Duration) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(m.exact(), entries(ops, nil), limit)
}

// place is what a reduced history makes of an operation.
type place uint8

const (
	full  place = iota // it is there, with its answer
	maybe              // it may have happened in its time or not
	gone               // it had no effect on others
)

// entries are operations as porcupine takes them; without places all are full.
func entries[I, O any](ops []Operation[I, O], places []place) (out []porcupine.Operation) {
	clients := map[string]int{}
	for i := range ops {
		op := &ops[i]
		if places != nil && places[i] == gone {
			continue
		}
		until := op.Return
		if op.Outcome == Unknown {
			until = Never
		}
		id, ok := clients[op.Client]
		if !ok {
			id = len(clients)
			clients[op.Client] = id
		}
		out = append(out, porcupine.Operation{
			ClientId: id, Call: int64(op.Call), Return: int64(until),
			Input: step[I, O]{op, places != nil && places[i] == maybe},
		})
	}
	return out
}

// violation reduces a history that no order explains. without are the operations of no effect.
func (m *Model[S, I, O]) violation(key string, ops, without []Operation[I, O], c config) *Violation[I, O] {
	ops = slices.SortedFunc(slices.Values(ops), func(a, b Operation[I, O]) int { return cmp.Compare(a.Call, b.Call) })
	deadline := time.Now().Add(2 * c.limit)
	ops = m.shortestPrefix(ops, c.limit)
	start := time.Now()
	m.search(ops, time.Until(deadline))
	patience := 2*time.Since(start) + 100*time.Millisecond // what is less to search takes less
	places := m.weaken(ops, patience, deadline)
	v := &Violation[I, O]{Key: key, History: ops, describe: m.describe}
	for i, op := range ops {
		if places[i] == full && op.Outcome == Answered {
			v.Shortest = append(v.Shortest, op)
		}
	}
	for _, op := range without {
		try := op
		try.Outcome = Unknown
		if limit := min(time.Until(deadline), patience); limit > 0 && m.search(append(slices.Clip(ops), try), limit) == porcupine.Ok {
			v.Suspects = append(v.Suspects, op)
		}
	}
	v.draw = func(w io.Writer) error {
		_, info := porcupine.CheckOperationsVerbose(m.exact(), entries(ops, nil), c.limit)
		return porcupine.Visualize(m.exact(), info, w)
	}
	if c.pictures != "" {
		v.Picture = picture(c.pictures, key, v.draw)
	}
	return v
}

// shortestPrefix is the beginning of the history, up to the first return that makes it impossible.
// What has not returned by then may have happened or not, or happen later.
func (m *Model[S, I, O]) shortestPrefix(ops []Operation[I, O], limit time.Duration) []Operation[I, O] {
	var returns []time.Duration
	for _, op := range ops {
		if op.Outcome == Answered && op.Return != Never {
			returns = append(returns, op.Return)
		}
	}
	slices.Sort(returns)
	until := func(end time.Duration) (prefix []Operation[I, O]) {
		for _, op := range ops {
			if op.Call > end {
				break
			}
			if op.Return > end && op.Outcome == Answered && op.Return != Never {
				var none O
				op.Outcome, op.Output, op.Return = Unknown, none, Never
			}
			prefix = append(prefix, op)
		}
		return prefix
	}
	// Prefixes of what an order explains have an order, too.
	n, _ := slices.BinarySearchFunc(returns, true, func(end time.Duration, _ bool) int {
		if m.search(until(end), limit) == porcupine.Illegal {
			return 0
		}
		return -1
	})
	if n == len(returns) {
		return ops
	}
	return until(returns[n])
}

// weaken finds operations whose answers do not matter: the history stays impossible without those
// that had no effect on others, and if each of the rest may have happened in its time or not. It
// ends early at the deadline.
func (m *Model[S, I, O]) weaken(ops []Operation[I, O], patience time.Duration, deadline time.Time) []place {
	places := make([]place, len(ops))
	reduce := func(model porcupine.Model, to place, fits func(*Operation[I, O]) bool) {
		var left []int
		for i := range ops {
			if ops[i].Outcome == Answered && places[i] == full && fits(&ops[i]) {
				left = append(left, i)
			}
		}
		for size := max(1, len(left)/2); size > 0; size /= 2 {
			var kept []int
			for chunk := range slices.Chunk(left, size) {
				try := slices.Clone(places)
				for _, i := range chunk {
					try[i] = to
				}
				limit := min(time.Until(deadline), patience)
				if limit > 0 && porcupine.CheckOperationsTimeout(model, entries(ops, try), limit) == porcupine.Illegal {
					places = try
				} else {
					kept = append(kept, chunk...)
				}
			}
			left = kept
		}
	}
	if m.Idle != nil {
		reduce(m.exact(), gone, func(op *Operation[I, O]) bool { return m.Idle(op.Input, op.Output) })
	}
	reduce(m.loose(), maybe, func(*Operation[I, O]) bool { return true })
	return places
}

// picture writes a picture of a key's history, and returns its path, or why there is none.
func picture(dir, key string, draw func(io.Writer) error) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, key)
	f, err := os.CreateTemp(dir, "history-"+name+"-*.html")
	if err != nil {
		return "none: " + err.Error()
	}
	if err := errors.Join(draw(f), f.Close()); err != nil {
		return "none: " + err.Error()
	}
	return filepath.Clean(f.Name())
}

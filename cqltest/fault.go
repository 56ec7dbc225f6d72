package cqltest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Match chooses the statements that a fault strikes. It is a value: its methods
// return a narrower one.
type Match struct {
	kinds  Kind
	tables []string
	where  []func(Statement) bool

	first, last int // of the statements that fit, counted from 1; last 0: no end
	chance      float64
	seed        uint64
}

// On chooses the statements of any of the kinds, on any of the tables if some
// are named: On(Insert|Update, "locks"), On(Conditional), On(Any, "shop.orders").
// A batch fits if one of its statements is on a table. Statements on system
// tables, which drivers send for their own needs, fit only if the table is
// named in full: On(Select, "system.local").
func On(kinds Kind, tables ...string) Match {
	return Match{kinds: kinds, tables: tables, first: 1, chance: 1}
}

// Where narrows m by a function.
func (m Match) Where(fn func(Statement) bool) Match {
	m.where = append(slices.Clip(m.where), fn)
	return m
}

// Containing narrows m to statements whose text contains part.
func (m Match) Containing(part string) Match {
	return m.Where(func(s Statement) bool { return strings.Contains(s.text(), part) })
}

// Nth narrows m to the nth statement that fits, counted from 1 and from when
// the fault was set.
func (m Match) Nth(n int) Match {
	m.first, m.last = n, n
	return m
}

// First narrows m to the first n statements that fit.
func (m Match) First(n int) Match {
	m.first, m.last = 1, n
	return m
}

// After narrows m to all but the first n statements that fit.
func (m Match) After(n int) Match {
	m.first, m.last = n+1, 0
	return m
}

// Chance has the fault strike with probability p. The same seed and the same
// order of statements give the same choices.
func (m Match) Chance(p float64, seed uint64) Match {
	m.chance, m.seed = p, seed
	return m
}

// fits says whether m is about s, leaving aside counts and chance.
func (m Match) fits(s Statement) bool {
	if m.kinds&s.Kind == 0 {
		return false
	}
	if s.isSystem() {
		if !slices.Contains(m.tables, s.Keyspace+"."+s.Table) {
			return false
		}
	} else if len(m.tables) > 0 && !slices.ContainsFunc(m.tables, s.touches) {
		return false
	}
	for _, fn := range m.where {
		if !fn(s) {
			return false
		}
	}
	return true
}

// Fault is a fault that was set.
type Fault struct {
	match Match
	steps []Step
	owner *faults

	// Guarded by owner.mu.
	seen, hits int
	asked      bool // for its hits
	rng        *rand.Rand
}

// Fault has the statements that m chooses take the steps, in order, instead of
// what the server does otherwise. The steps end at the first that answers or
// keeps an answer from coming. If none does, the statement is run, unless
// [Apply] did so, and answered. So:
//
//	srv.Fault(m, WriteTimeout("CAS"))        // not applied, and the client does not know
//	srv.Fault(m, Apply, WriteTimeout("CAS")) // applied, and the client does not know
//	srv.Fault(m, Apply, LoseAnswer)          // applied, and the client hears nothing
//	srv.Fault(m, Delay(time.Second))         // late
//	srv.Fault(m, Apply, Delay(time.Second))  // at once, but answered late
//
// If several faults choose a statement, the one that was set first strikes.
// What the server would refuse, such as a syntax error or an unknown table, is
// refused before faults are looked at.
//
// A fault that is still set at the end of the test that [RunT] started the server for,
// and has struck no statement, fails the test: it is about a table that nobody uses, or
// about a statement that never came. It does not if the test has asked for its
// [Fault.Hits] and so judges by itself, or has ended it by [Fault.Remove]. A fault of
// [Match.Chance] need only have met a statement that it could strike.
func (s *Server) Fault(m Match, steps ...Step) *Fault {
	f := &Fault{match: m, steps: steps, owner: &s.faults}
	if m.chance < 1 {
		f.rng = rand.New(rand.NewPCG(m.seed, 0))
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, f)
	return f
}

// ClearFaults removes every fault.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// Hits says how many statements the fault struck.
func (f *Fault) Hits() int {
	f.owner.mu.Lock()
	defer f.owner.mu.Unlock()
	f.asked = true
	return f.hits
}

// Remove ends the fault.
func (f *Fault) Remove() {
	f.owner.mu.Lock()
	defer f.owner.mu.Unlock()
	f.owner.list = slices.DeleteFunc(f.owner.list, func(g *Fault) bool { return f == g })
}

// rested says why f struck nothing, or returns "" if it did, was left to chance
// or is for the test to judge.
func (f *Fault) rested() string {
	switch {
	case f.hits > 0 || f.asked || f.rng != nil && f.reached():
		return ""
	case f.seen == 0:
		return "no statement fits it"
	case f.seen == 1:
		return "a single statement fits it"
	}
	return fmt.Sprintf("only %d statements fit it", f.seen)
}

// reached says whether a statement came that f was due for.
func (f *Fault) reached() bool { return f.seen >= f.match.first }

// String returns m as it is written, less the functions that narrow it.
func (m Match) String() string {
	args := []string{m.kinds.String()}
	for _, t := range m.tables {
		args = append(args, strconv.Quote(t))
	}
	s := "On(" + strings.Join(args, ", ") + ")"
	if len(m.where) > 0 {
		s += ".Where(…)"
	}
	switch {
	case m.last == 0 && m.first > 1:
		s += fmt.Sprintf(".After(%d)", m.first-1)
	case m.last > 0 && m.first == m.last && m.first > 1:
		s += fmt.Sprintf(".Nth(%d)", m.first)
	case m.last > 0:
		s += fmt.Sprintf(".First(%d)", m.last)
	}
	if m.chance < 1 {
		s += fmt.Sprintf(".Chance(%v, %d)", m.chance, m.seed)
	}
	return s
}

// checkFaults fails the test if a fault that is still set never struck.
func (s *Server) checkFaults() {
	if t, ok := s.t.(interface{ Failed() bool }); ok && t.Failed() {
		return // of which this may be but a consequence
	}
	s.faults.mu.Lock()
	var lines []string
	for _, f := range s.faults.list {
		if why := f.rested(); why != "" {
			lines = append(lines, fmt.Sprintf("the fault %s never struck: %s", f.match, why))
		}
	}
	s.faults.mu.Unlock()
	if len(lines) == 0 {
		return
	}
	tables := strings.Join(s.engine.Tables(), ", ")
	if tables == "" {
		tables = "none"
	}
	s.fail(fmt.Errorf("%s\nthe tables are: %s", strings.Join(lines, "\n"), tables))
}

type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// strike returns the steps of the fault that strikes s, or nil. Every fault
// that s fits counts it.
func (f *faults) strike(s Statement) []Step {
	f.mu.Lock()
	defer f.mu.Unlock()
	var steps []Step
	struck := false
	for _, fault := range f.list {
		if fault.match.fits(s) && fault.due() && !struck {
			fault.hits++
			steps, struck = fault.steps, true
		}
	}
	return steps
}

// due counts one statement and says whether it is one to strike.
func (f *Fault) due() bool {
	f.seen++
	if f.seen < f.match.first || f.match.last > 0 && f.seen > f.match.last {
		return false
	}
	return f.rng == nil || f.rng.Float64() < f.match.chance
}

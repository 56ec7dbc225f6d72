package proxy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is what befalls a request: at its Point, after its Delay, its Way.
type Fault struct {
	Point Point
	Way   Way
	Delay time.Duration // other requests of the connection go on meanwhile
	Do    func()        // is called then, before the Way is gone: what happens elsewhere meanwhile
}

// Faults that need no more said. The statement is executed in those of the answer, and
// certainly not in those of the request.
var (
	LoseRequest = Fault{Point: BeforeRequest, Way: Silence}
	CutRequest  = Fault{Point: BeforeRequest, Way: Close}
	LoseAnswer  = Fault{Point: Executed, Way: Silence}
	CutAnswer   = Fault{Point: Executed, Way: Close}
	ResetAnswer = Fault{Point: Executed, Way: Reset}
	// Watch changes nothing: its Rule counts.
	Watch = Fault{Point: BeforeRequest, Way: Pass}
)

// Late delays the answer.
func Late(d time.Duration) Fault { return Fault{Point: Executed, Way: Pass, Delay: d} }

// Point is a moment in the life of a request.
type Point uint8

const (
	// BeforeRequest: nothing of the request has reached the server, nor will.
	BeforeRequest Point = iota
	// MidRequest: half of the request has reached the server, which never executes it.
	MidRequest
	// AfterRequest: the server has the request and may or may not have executed it.
	AfterRequest
	// Executed: the server has answered, and the client has nothing of the answer.
	Executed
	// MidHeader: the client has half of the answer's header.
	MidHeader
	// AfterHeader: the client has the answer's header.
	AfterHeader
	// MidAnswer: the client has the header and half of the body.
	MidAnswer
)

// Points are all of them.
var Points = []Point{BeforeRequest, MidRequest, AfterRequest, Executed, MidHeader, AfterHeader, MidAnswer}

func (p Point) String() string {
	return [...]string{"before the request", "in the middle of the request", "after the request", "executed",
		"in the answer's header", "after the answer's header", "in the middle of the answer"}[p]
}

// Way is what becomes of the connection.
type Way uint8

const (
	// Silence keeps the connection open, and the rest of the request or answer for ever.
	// Where a frame is broken off in the middle, nothing can follow it: that direction of
	// the connection is silent from then on.
	Silence Way = iota
	// Close ends the connection in good order (FIN), to both sides.
	Close
	// Reset ends it with a RST to the client.
	Reset
	// Pass lets everything go on.
	Pass
)

// Ways are those that break something.
var Ways = []Way{Silence, Close, Reset}

func (w Way) String() string { return [...]string{"silence", "close", "reset", "pass"}[w] }

// Match chooses requests. It is a value: its methods return a narrower one.
type Match struct {
	kinds       Kind
	where       []func(Request) bool
	first, last int // of the requests that fit, counted from 1; last 0: no end
	chance      float64
	seed        uint64
}

// On chooses requests of any of the kinds: On(Conditional), On(Write|Conditional).
func On(kinds Kind) Match { return Match{kinds: kinds, first: 1, chance: 1} }

// Where narrows m by a function.
func (m Match) Where(fn func(Request) bool) Match {
	m.where = append(slices.Clip(m.where), fn)
	return m
}

// Containing narrows m to requests whose text contains part.
func (m Match) Containing(part string) Match {
	return m.Where(func(r Request) bool { return strings.Contains(r.CQL, part) })
}

// Nth narrows m to the nth request that fits, counted from 1 and from when the fault was set.
func (m Match) Nth(n int) Match {
	m.first, m.last = n, n
	return m
}

// First narrows m to the first n requests that fit.
func (m Match) First(n int) Match {
	m.first, m.last = 1, n
	return m
}

// After narrows m to all but the first n requests that fit.
func (m Match) After(n int) Match {
	m.first, m.last = n+1, 0
	return m
}

// Chance has the fault strike with probability p. The same seed and the same order of
// requests give the same choices.
func (m Match) Chance(p float64, seed uint64) Match {
	m.chance, m.seed = p, seed
	return m
}

func (m Match) fits(r Request) bool {
	if m.kinds&r.Kind == 0 {
		return false
	}
	for _, fn := range m.where {
		if !fn(r) {
			return false
		}
	}
	return true
}

// Rule is a fault that was set.
type Rule struct {
	match  Match
	fault  Fault
	owner  *rules
	struck chan struct{}

	// Guarded by owner.mu.
	seen, hits int
	rng        *rand.Rand
}

// Fault has the requests that m chooses suffer f. If several rules choose a request, the
// one that was set first strikes; all count it.
func (p *Proxy) Fault(m Match, f Fault) *Rule {
	r := &Rule{match: m, fault: f, owner: &p.rules, struck: make(chan struct{})}
	if m.chance < 1 {
		r.rng = rand.New(rand.NewPCG(m.seed, 0))
	}
	p.rules.mu.Lock()
	defer p.rules.mu.Unlock()
	p.rules.list = append(p.rules.list, r)
	return r
}

// ClearFaults removes every rule.
func (p *Proxy) ClearFaults() {
	p.rules.mu.Lock()
	defer p.rules.mu.Unlock()
	p.rules.list = nil
}

// Seen is how many requests have fit the rule's kinds and functions.
func (r *Rule) Seen() int {
	r.owner.mu.Lock()
	defer r.owner.mu.Unlock()
	return r.seen
}

// Hits is how many requests the fault has struck.
func (r *Rule) Hits() int {
	r.owner.mu.Lock()
	defer r.owner.mu.Unlock()
	return r.hits
}

// Struck is closed once the fault has struck for the first time: where its point is
// Executed, the statement has been executed by then.
func (r *Rule) Struck() <-chan struct{} { return r.struck }

// Remove ends the rule.
func (r *Rule) Remove() {
	r.owner.mu.Lock()
	defer r.owner.mu.Unlock()
	r.owner.list = slices.DeleteFunc(r.owner.list, func(other *Rule) bool { return r == other })
}

func (r *Rule) String() string { return fmt.Sprintf("%v, %v", r.fault.Point, r.fault.Way) }

type rules struct {
	mu   sync.Mutex
	list []*Rule
}

// strike finds the rule that strikes the request, nil if none does.
func (rs *rules) strike(request Request) *Rule {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	var struck *Rule
	for _, r := range rs.list {
		if !r.match.fits(request) || !r.due() {
			continue
		}
		if f := &r.fault; f.Way == Pass && f.Delay == 0 && f.Do == nil {
			r.hit()
		} else if struck == nil {
			struck = r
		}
	}
	return struck
}

// due counts one request and says whether it is one to strike.
func (r *Rule) due() bool {
	r.seen++
	if r.seen < r.match.first || r.match.last > 0 && r.seen > r.match.last {
		return false
	}
	return r.rng == nil || r.rng.Float64() < r.match.chance
}

// hit counts a request that was struck. owner.mu is held.
func (r *Rule) hit() {
	if r.hits++; r.hits == 1 {
		close(r.struck)
	}
}

package coodie

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/stmt"
)

// ErrPlanned is matched by the error of a write that was planned and not sent: see Plan.
var ErrPlanned = driver.ErrPlanned

// Planned is a statement that a call would send: see Plan.
type Planned struct {
	CQL string
	// Types are those of the bound values, in the order of the markers: CQL types; in raw CQL, of which only
	// the server knows the types, Go types.
	Types []string
	// Values are the bound values, of the natural Go types of their CQL types; nil is null, and Unset
	// what is left unset. They have to be asked for, so that none slips into a log.
	Values func() []any `json:"-"`
	// Consistency is that of the read or plain write; of an LWT, what it commits at.
	Consistency Consistency
	// SerialConsistency is that of an LWT or a linearizable read, and else zero.
	SerialConsistency SerialConsistency
	// Paxos is true of what takes a Paxos round: an LWT or a linearizable read.
	Paxos bool
	// Idempotent says whether the session's retry policy may send the statement twice, and
	// Reason why, or why not.
	Idempotent bool
	Reason     string
	// PageSize is how many rows are read at a time; 0 is what the session says.
	PageSize int
	// Warnings are what is not a good idea about it.
	Warnings []string
}

// Plan runs call, and returns the statements that it would send with the context that it is
// given. Nothing is sent, and no observer is told:
//
//	plan, err := coodie.Plan(ctx, func(ctx context.Context) error {
//		_, err := locks.Find(service.Eq("api")).If(lockedBy.Eq("ann")).Delete(ctx)
//		return err
//	})
//	fmt.Println(plan[0])
//
// It is for every call that takes a context: of Document, QuerySet, Batch, Raw, a bulk call,
// a recipe. In a plan a read finds no row, and a write fails with an error that matches
// ErrPlanned. So of calls that depend on what they read, such as Mutate, the plan is that of
// an empty table; and a call that stops at an error stops after its first write.
//
// The error is that of call, unless it comes of the planning: one that matches ErrPlanned or
// ErrNotFound. An error of KindUsage says why nothing would be sent.
func Plan(ctx context.Context, call func(context.Context) error) ([]Planned, error) {
	if call == nil {
		return nil, misuse("plan", "", "", "there is no call to plan", nil)
	}
	var plan planner
	err := call(driver.Planning(ctx, plan.add))
	if errors.Is(err, ErrPlanned) || errors.Is(err, ErrNotFound) {
		err = nil
	}
	plan.mu.Lock()
	defer plan.mu.Unlock()
	return plan.statements, err
}

// planner collects what a call would send, from all its goroutines.
type planner struct {
	mu         sync.Mutex
	statements []Planned
}

func (p *planner) add(r *driver.Request) {
	s := Planned{
		CQL: r.Statement, Consistency: Consistency(r.Consistency),
		Idempotent: r.Replayable, Reason: r.Reason, PageSize: r.PageSize, Warnings: r.Notes,
	}
	switch r.Kind {
	case driver.Read:
		s.Idempotent = !r.Once
	case driver.CAS:
		s.SerialConsistency, s.Paxos = SerialConsistency(r.Serial), true
	case driver.SerialRead:
		s.SerialConsistency, s.Paxos = SerialConsistency(r.Consistency), true
	}
	values := slices.Clip(r.Values)
	for i := range r.Entries {
		values = append(values, r.Entries[i].Values...)
	}
	var shown []any
	for _, v := range values {
		typ, value := driver.Shown(v)
		s.Types, shown = append(s.Types, typ), append(shown, value)
	}
	s.Values = func() []any { return shown }
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statements = append(p.statements, s)
}

// String is the statement as a text of several lines, without the bound values.
func (p Planned) String() string {
	var out strings.Builder
	out.WriteString(p.CQL)
	line := func(name, format string, args ...any) { fmt.Fprintf(&out, "\n  "+name+": "+format, args...) }
	if len(p.Types) > 0 {
		line("args", "%s", strings.Join(p.Types, ", "))
	}
	switch {
	case p.Paxos && SerialConsistency(p.Consistency) == p.SerialConsistency:
		line("consistency", "%s", p.SerialConsistency)
	case p.Paxos:
		line("consistency", "%s, committed at %s", p.SerialConsistency, p.Consistency)
	default:
		line("consistency", "%s", p.Consistency)
	}
	line("idempotent", "%t, %s", p.Idempotent, p.Reason)
	if p.PageSize > 0 {
		line("page size", "%d", p.PageSize)
	}
	for _, w := range p.Warnings {
		line("warning", "%s", w)
	}
	return out.String()
}

// note adds the warnings of a plan to the request.
func (c *call) note(ctx context.Context, b *stmt.Bound) {
	if driver.IsPlanning(ctx) {
		b.Request.Notes = c.spec.Notes(b)
	}
}

package coodie

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
)

// ErrPlanned is matched by the error of a write that was planned and not sent: see Plan.
var ErrPlanned = driver.ErrPlanned

// Planned is a statement that a call would send: see Plan.
type Planned struct {
	CQL string
	// Args are the bound values, in the order of the markers.
	Args []PlannedArg
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

// PlannedArg is a bound value. It prints as its type alone: Value has to be asked for.
type PlannedArg struct {
	Type  string // CQL type; in raw CQL, of which only the server knows the types, the Go type
	value any
}

// Value is the value, of the natural Go type of its CQL type; nil is null, and
// gocql.UnsetValue what is left unset.
func (a PlannedArg) Value() any { return a.value }

// String is the type.
func (a PlannedArg) String() string { return a.Type }

// Format prints the type whatever the verb, so that no value slips into a log.
func (a PlannedArg) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.Type)) }

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
// ErrNotFound. A *UsageError says why nothing would be sent.
func Plan(ctx context.Context, call func(context.Context) error) ([]Planned, error) {
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
		CQL: r.Statement, Consistency: r.Consistency,
		Idempotent: r.Replayable, Reason: r.Reason, PageSize: r.PageSize, Warnings: r.Notes,
	}
	switch r.Kind {
	case driver.Read:
		s.Idempotent = !r.Once
	case driver.CAS:
		s.SerialConsistency, s.Paxos = r.Serial, true
	case driver.SerialRead:
		s.SerialConsistency, s.Paxos = SerialConsistency(r.Consistency), true
	}
	values := slices.Clip(r.Values)
	for i := range r.Entries {
		values = append(values, r.Entries[i].Values...)
	}
	for _, v := range values {
		typ, value := driver.Shown(v)
		s.Args = append(s.Args, PlannedArg{typ, value})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.statements = append(p.statements, s)
}

// String is the statement as a text of several lines, without the bound values.
func (p Planned) String() string {
	var out strings.Builder
	out.WriteString(p.CQL)
	line := func(name, format string, args ...any) { fmt.Fprintf(&out, "\n  "+name+": "+format, args...) }
	if len(p.Args) > 0 {
		types := make([]string, len(p.Args))
		for i, a := range p.Args {
			types[i] = a.Type
		}
		line("args", "%s", strings.Join(types, ", "))
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
func (c *chain) note(ctx context.Context, b *builder) {
	if driver.IsPlanning(ctx) {
		b.request.Notes = c.spec.notes(b)
	}
}

// notes are what a plan warns of.
func (c *spec) notes(b *builder) (notes []string) {
	add := func(is bool, note string) {
		if is {
			notes = append(notes, note)
		}
	}
	table := b.table
	partition := 0
	for _, col := range table.Partition {
		if restricted(c.where, col) {
			partition++
		}
	}
	switch {
	case b.reads:
		some := !c.value.None() || partition == len(table.Partition)
		add(b.stmt.Filtering, "ALLOW FILTERING: the server may read the whole table and pass over most of it")
		add(!some && !c.byToken() && len(b.stmt.Where) == 0, "no filter: all rows of the table are read, from all nodes; Scan does so in parts")
		add(!some && !c.byToken() && len(b.stmt.Where) > 0, "not the whole partition key: all nodes are asked")
	case b.cas:
	default:
		add(table.Attempt != nil || table.Version != nil, "a plain write on a table of LWTs can hide or undo one that was applied: use If, IfExists or Insert")
		nulls := 0
		for i := range b.call.Len() {
			if b.stmt.Verb == cql.Insert && b.call.Null(i) {
				nulls++
			}
		}
		add(nulls > 0, fmt.Sprintf("%d null columns are written as tombstones; OmitNil leaves them alone", nulls))
	}
	return notes
}

// byToken reports whether a filter is on the token of the partition key.
func (c *spec) byToken() bool {
	for i := range c.where {
		if m := c.where[i].value.many(); m != nil && m.token {
			return true
		}
	}
	return false
}

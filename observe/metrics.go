package observe

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/coodie-go/coodie"
)

// Metrics is an observer that counts, table by table, what becomes of statements: it makes visible how
// much of the work is LWTs, and how much of that is in vain.
//
//	var metrics observe.Metrics
//	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(&metrics))
//	…
//	for _, t := range metrics.Snapshot() {
//		fmt.Println(t.Table, t.PaxosShare(), t.Refused, t.Unknown)
//	}
//
// The zero value is ready. Counting allocates nothing for a table that is known. Metrics has an entry of
// its own for each of the first thousand tables, and one for all others: OtherTables. It must not be copied.
type Metrics struct {
	tables atomic.Pointer[map[string]*counts] // replaced as a whole, under
	mu     sync.Mutex
}

// TableMetrics is what has become of the statements on one table. Reads, SerialReads,
// Writes and LWTs are the statements sent, however they ended; a batch counts as one.
// Applied, Refused, Unknown and Failed say how they ended, if not simply well.
type TableMetrics struct {
	Table string // those of a batch on several tables, separated by ", "; or OtherTables; "" for raw CQL of no one table

	Reads       int64 // plain ones
	SerialReads int64 // at serial consistency
	Writes      int64 // plain ones
	LWTs        int64 // conditional writes

	Applied int64 // LWTs whose condition held
	Refused int64 // LWTs whose condition did not hold
	Unknown int64 // writes that may have been executed, plain ones too
	Failed  int64 // certainly without effect, and reads that failed

	Peeked    int64 // Reads of WithPeekFirst that found the row taken and so took the place of an LWT
	Settled   int64 // unknown LWTs whose outcome Settle, WithSettle or Mutate has found out
	Mutations int64 // calls of Mutate
	Attempts  int64 // LWTs that they took
	Contended int64 // Attempts that were refused because somebody else had written first
	GaveUp    int64 // calls of Mutate that ended with coodie.ErrContended
	Warnings  int64 // events with a Warning
}

// PaxosShare is the part of the statements that took a Paxos round, between 0 and 1.
func (c TableMetrics) PaxosShare() float64 {
	paxos := c.LWTs + c.SerialReads
	return ratio(paxos, paxos+c.Reads+c.Writes)
}

// Contention is how many LWTs a call of Mutate took on average: 1 where nobody else
// writes the same rows, 0 if there was no call.
func (c TableMetrics) Contention() float64 { return ratio(c.Attempts, c.Mutations) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// counts are a TableMetrics in the making.
type counts struct {
	reads, serialReads, writes, lwts                  atomic.Int64
	applied, refused, unknown, failed                 atomic.Int64
	settled, mutations, attempts, contended, warnings atomic.Int64
	gaveUp, peeked                                    atomic.Int64
}

// Observe counts e. It implements coodie.Observer.
func (m *Metrics) Observe(_ context.Context, e coodie.Event) {
	if e.Kind == coodie.EventOther { // it is of no table
		return
	}
	t := m.table(e.Table)
	if e.Warning != "" {
		t.warnings.Add(1)
	}
	switch e.Kind {
	case coodie.EventSettle:
		if e.Outcome == coodie.OutcomeApplied || e.Outcome == coodie.OutcomeRefused {
			t.settled.Add(1)
		}
		return
	case coodie.EventMutate:
		t.mutations.Add(1)
		t.attempts.Add(int64(e.Attempts))
		t.contended.Add(int64(e.Refused))
		if errors.Is(e.Err, coodie.ErrContended) {
			t.gaveUp.Add(1)
		}
		return
	case coodie.EventDDL:
		return
	case coodie.EventRead:
		t.reads.Add(1)
		if e.Outcome == coodie.OutcomeRefused {
			t.peeked.Add(1)
			return
		}
	case coodie.EventSerialRead:
		t.serialReads.Add(1)
	case coodie.EventWrite:
		t.writes.Add(1)
	case coodie.EventLWT:
		t.lwts.Add(1)
	}
	switch e.Outcome {
	case coodie.OutcomeApplied:
		t.applied.Add(1)
	case coodie.OutcomeRefused:
		t.refused.Add(1)
	case coodie.OutcomeUnknown:
		t.unknown.Add(1)
	case coodie.OutcomeFailed:
		t.failed.Add(1)
	}
}

// OtherTables is the name under which Metrics counts all tables beyond the first thousand.
const OtherTables = "(other tables)"

// mostCounted bounds the counters, in case that keyspaces or tables are named by data.
const mostCounted = 1000

func (m *Metrics) table(name string) *counts {
	if tables := m.tables.Load(); tables != nil {
		if t := (*tables)[name]; t != nil {
			return t
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next := map[string]*counts{}
	if tables := m.tables.Load(); tables != nil {
		if t := (*tables)[name]; t != nil {
			return t
		}
		next = maps.Clone(*tables)
	}
	if len(next) >= mostCounted {
		if t := next[OtherTables]; t != nil {
			return t
		}
		name = OtherTables
	}
	next[name] = new(counts)
	m.tables.Store(&next)
	return next[name]
}

// Snapshot returns the counts so far, in the order of the tables' names. Counting goes on.
func (m *Metrics) Snapshot() []TableMetrics {
	tables := m.tables.Load()
	if tables == nil {
		return nil
	}
	out := make([]TableMetrics, 0, len(*tables))
	for name, t := range *tables {
		out = append(out, TableMetrics{
			Table: name,
			Reads: t.reads.Load(), SerialReads: t.serialReads.Load(), Writes: t.writes.Load(), LWTs: t.lwts.Load(),
			Applied: t.applied.Load(), Refused: t.refused.Load(), Unknown: t.unknown.Load(), Failed: t.failed.Load(),
			Peeked: t.peeked.Load(), Settled: t.settled.Load(), Mutations: t.mutations.Load(), Attempts: t.attempts.Load(),
			Contended: t.contended.Load(), GaveUp: t.gaveUp.Load(), Warnings: t.warnings.Load(),
		})
	}
	slices.SortFunc(out, func(a, b TableMetrics) int { return strings.Compare(a.Table, b.Table) })
	return out
}

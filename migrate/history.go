package migrate

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/lease"
)

// record is a row of the history. That of version 0, the head, holds the columns that fence the writes, and each other
// one a migration that is applied or under way. All are in one partition, so that the LWT of each write
// covers the head too.
type record struct {
	Name    string `cql:"name,partition"` // scope
	Version int64  `cql:"version,clustering"`

	// Of the head:
	Fence    *int64 `cql:"fence"`    // the token of the lease under which was written last
	Revision *int64 `cql:"revision"` // counts the writes

	// Of all others:
	Title    string    `cql:"title"`
	Checksum string    `cql:"checksum"` // of the file; "" of a Go function
	State    State     `cql:"state"`
	Done     int       `cql:"done"`        // steps that were executed
	Pending  bool      `cql:"pending"`     // the next one may have been
	Sums     []string  `cql:"sums,frozen"` // of the statements that were or may have been
	Progress string    `cql:"progress"`    // of a Go function
	Owner    string    `cql:"owner"`
	Started  time.Time `cql:"started"`
	Finished time.Time `cql:"finished"`
}

// State says how far a migration is.
type State string

// The states of a migration.
const (
	StatePending   State = "pending"   // not applied; never stored
	StateApplying  State = "applying"  // under way, or stopped in the middle
	StateApplied   State = "applied"   // by Up
	StateReverting State = "reverting" // on the way back, or stopped there
	StateBaseline  State = "baseline"  // taken as applied by Baseline or Adopt
)

func (r *record) applied() bool { return r.State == StateApplied || r.State == StateBaseline }

const scope = "migrations"

var (
	nameCol     = coodie.Col(func(r *record) *string { return &r.Name })
	versionCol  = coodie.Col(func(r *record) *int64 { return &r.Version })
	fenceCol    = coodie.NullCol(func(r *record) **int64 { return &r.Fence })
	revisionCol = coodie.NullCol(func(r *record) **int64 { return &r.Revision })
	titleCol    = coodie.Col(func(r *record) *string { return &r.Title })
	checksumCol = coodie.Col(func(r *record) *string { return &r.Checksum })
	stateCol    = coodie.Col(func(r *record) *State { return &r.State })
	doneCol     = coodie.Col(func(r *record) *int { return &r.Done })
	pendingCol  = coodie.Col(func(r *record) *bool { return &r.Pending })
	sumsCol     = coodie.Col(func(r *record) *[]string { return &r.Sums })
	progressCol = coodie.Col(func(r *record) *string { return &r.Progress })
	ownerCol    = coodie.Col(func(r *record) *string { return &r.Owner })
	startedCol  = coodie.Col(func(r *record) *time.Time { return &r.Started })
	finishedCol = coodie.Col(func(r *record) *time.Time { return &r.Finished })
)

// history is the record of a keyspace's migrations.
type history struct {
	m        *Migrator
	table    *coodie.Table[record]
	leases   *lease.Leases
	keyspace string // of the session
	created  bool   // both tables are there
	rows     map[int64]*record
	fence    *int64
	revision *int64
}

// leaseSuffix is what the name of the table of the leases ends with.
const leaseSuffix = "_lease"

// open describes the tables, each perhaps with one more option. It sends nothing.
func (m *Migrator) open(ofHistory, ofLeases coodie.TableOption) (*history, error) {
	h := &history{m: m}
	var err error
	h.table, err = coodie.Open[record](m.db, coodie.WithTable(m.table), coodie.WithLWTOnly(), coodie.WithDefaultTTL(0), ofHistory)
	if err == nil {
		h.leases, err = lease.Open(m.db, coodie.WithTable(m.table+leaseSuffix), ofLeases)
	}
	if err != nil {
		return nil, &Error{Kind: ErrFailed, Err: err, Advice: "WithTable needs the name of a table"}
	}
	return h, nil
}

// load reads the history. One that does not exist is empty.
func (m *Migrator) load(ctx context.Context) (*history, error) {
	h, err := m.open(nil, nil)
	if err != nil {
		return nil, err
	}
	if h.keyspace, err = m.keyspace(ctx); err != nil {
		return nil, err
	}
	live := live{m.db, h.keyspace}
	keyspaces, err := live.names(ctx, "keyspaces", "keyspace_name", h.keyspace)
	if err != nil {
		return nil, failed("the schema could not be read", err)
	}
	if len(keyspaces) == 0 {
		return nil, &Error{Kind: ErrNoKeyspace, Err: fmt.Errorf("%q does not exist", h.keyspace), Advice: "create it, with the replication that it needs, before the first migration"}
	}
	tables, err := live.names(ctx, "tables", "table_name", h.keyspace)
	if err != nil {
		return nil, failed("the schema could not be read", err)
	}
	h.created = tables[m.table] && tables[m.table+leaseSuffix]
	if !tables[m.table] {
		h.rows = map[int64]*record{}
		return h, nil
	}
	return h, h.read(ctx)
}

// create makes the tables. Others may do so at the same time, before there is a lease: the nodes of Cassandra then take
// different tables for one and never agree (CASSANDRA-5202), unless all have one id.
func (h *history) create(ctx context.Context) error {
	if h.created {
		return nil
	}
	if err := h.m.agree(ctx); err != nil {
		return err
	}
	err := h.m.create(ctx, coodie.WithProperty("id", tableID(h.keyspace, h.m.table)), coodie.WithProperty("id", tableID(h.keyspace, h.m.table+leaseSuffix)))
	if refused(err) { // a server that chooses the id itself
		err = h.m.create(ctx, nil, nil)
	}
	if err != nil {
		return failed("the table of the history could not be created", err)
	}
	h.created = true
	return h.m.agree(ctx)
}

// create makes the tables, each with one more option.
func (m *Migrator) create(ctx context.Context, ofHistory, ofLeases coodie.TableOption) error {
	h, err := m.open(ofHistory, ofLeases)
	if err == nil {
		err = coodie.Schema(m.db, h.table).Create(ctx)
	}
	if err == nil {
		err = h.leases.Create(ctx)
	}
	return err
}

// tableID is the id of a table by its name, as Cassandra itself makes one with use_deterministic_table_id. The day makes it
// another one for a table that is dropped and created again later: Paxos remembers the rows of an id for some time.
func tableID(keyspace, table string) string {
	id := md5.Sum([]byte(keyspace + "." + table + " " + time.Now().UTC().Format(time.DateOnly)))
	id[6], id[8] = id[6]&0x0f|0x30, id[8]&0x3f|0x80
	return coodie.UUID(id).String()
}

// read reads the rows anew.
func (h *history) read(ctx context.Context) error {
	rows, err := h.table.Find(nameCol.Eq(scope)).All(ctx)
	if err != nil {
		return failed("the history could not be read", err)
	}
	h.rows = map[int64]*record{}
	h.fence, h.revision = nil, nil
	for i := range rows {
		if r := &rows[i]; r.Version == 0 {
			h.fence, h.revision = r.Fence, r.Revision
		} else {
			h.rows[r.Version] = r
		}
	}
	return nil
}

func failed(what string, err error) error {
	return &Error{Kind: ErrFailed, Err: fmt.Errorf("%s: %w", what, err)}
}

// keyspace is the session's. Only an event tells it.
func (m *Migrator) keyspace(ctx context.Context) (string, error) {
	var seen atomic.Pointer[string]
	observer := coodie.ObserverFunc(func(_ context.Context, e coodie.Event) { seen.Store(&e.Keyspace) })
	table, err := coodie.Open[record](m.db, coodie.WithTable(m.table), coodie.WithLWTOnly(), coodie.WithObserver(observer))
	if err != nil {
		return "", failed("the table of the history", err)
	}
	_, err = table.Find(nameCol.Eq(scope), versionCol.Eq(0)).Exists(ctx) // the table need not exist
	name := seen.Load()
	switch {
	case name == nil:
		return "", failed("the keyspace could not be found out", err)
	case *name == "":
		return "", &Error{Kind: ErrNoKeyspace, Advice: "set the cluster config's Keyspace: unqualified names of the files, and the history, are in it"}
	}
	return *name, nil
}

// holder writes the history while it holds the lease.
type holder struct {
	*history
	lease  *lease.Lease
	before map[int64]*record // the rows when the caller began to wait for the lease
}

// hold runs f with the lease, on the history as it is then. All writes of those who had the lease before are refused
// from then on.
func (m *Migrator) hold(ctx context.Context, f func(context.Context, *holder) error) error {
	h, err := m.load(ctx)
	if err != nil {
		return err
	}
	if err := h.create(ctx); err != nil {
		return err
	}
	if owner, _, err := h.leases.Holder(ctx, scope); err == nil && owner != "" {
		m.tell(Event{Phase: PhaseWait, Owner: owner})
	}
	before := h.rows
	var held *holder
	var failure error // of f: what a Go function does with leases of its own is not about this one
	err = h.leases.Do(ctx, scope, m.owner, m.lease, func(ctx context.Context, l *lease.Lease) error {
		held = &holder{h, l, before}
		if failure = held.takeOver(ctx); failure == nil {
			failure = f(ctx, held)
		}
		return nil
	})
	var other *lease.HeldError
	switch {
	case held != nil && err != nil && !errors.Is(failure, ErrLeaseLost):
		return lost(errors.Join(failure, err))
	case held != nil:
		return failure
	case errors.As(err, &other):
		return &Error{Kind: ErrHeld, Err: fmt.Errorf("%s: %w", other.Owner, err), Advice: "wait until it has finished, or died for as long as its lease lasts"}
	}
	return failed("the lease could not be had", err)
}

func lost(err error) error { return &Error{Kind: ErrLeaseLost, Err: err, Advice: afterLoss} }

const afterLoss = "this process records nothing any more; run this again"

// takeOver fences all who had the lease before.
func (h *holder) takeOver(ctx context.Context) error {
	for try := 1; ; try++ {
		if err := h.read(ctx); err != nil {
			return err
		}
		if h.fence != nil && *h.fence >= h.lease.Token() {
			return &Error{Kind: ErrLeaseLost, Err: fmt.Errorf("the history was written with token %d, and this is %d", *h.fence, h.lease.Token()),
				Advice: fmt.Sprintf("run this again; if that does not help, table %s%s was emptied: set fence to 0 in the row of version 0 of %[1]s", h.m.table, leaseSuffix)}
		}
		// A write of the one before may come in between; it is the last one.
		if err := h.write(ctx, nil); !errors.Is(err, ErrLeaseLost) || try == 3 {
			return err
		}
	}
}

// mostUnknown is how often a write is made whose outcome stays unknown.
const mostUnknown = 6

// write writes rows by an LWT that holds only while nobody else has written. Sent twice it is executed once,
// because it counts the revision.
func (h *holder) write(ctx context.Context, change func(*coodie.Batch)) error {
	// A statement that was executed is recorded although the caller has given up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(h.m.lease, 10*time.Second))
	defer cancel()
	fence, next := fenceCol.IsNull(), int64(1)
	revision := revisionCol.IsNull()
	if h.fence != nil {
		fence = fenceCol.Eq(*h.fence)
	}
	if h.revision != nil {
		revision, next = revisionCol.Eq(*h.revision), *h.revision+1
	}
	token := h.lease.Token()
	for unknown := 0; ; {
		batch := h.m.db.Batch()
		head := h.row(0).If(fence, revision).AllowCreate().UpdateIn(batch, fenceCol.Set(token), revisionCol.Set(next))
		if change != nil {
			change(batch)
		}
		err := batch.Exec(ctx)
		if err == nil {
			res, failure := head.Result()
			if res.Applied {
				h.fence, h.revision = &token, &next
				return nil
			}
			if err = failure; err == nil && unknown == 0 {
				return lost(errors.New("another process has written the history"))
			}
		}
		if err != nil && !errors.Is(err, coodie.ErrOutcomeUnknown) {
			return failed("the history could not be written", err)
		}
		// Of an earlier attempt, or of this one, nobody knows.
		row, failure := h.row(0).Get(ctx)
		switch {
		case failure != nil && !errors.Is(failure, coodie.ErrNotFound):
		case row.Fence != nil && *row.Fence == token && row.Revision != nil && *row.Revision == next:
			h.fence, h.revision = &token, &next
			return nil
		case !same(row.Fence, h.fence) || !same(row.Revision, h.revision):
			return lost(errors.New("another process has written the history"))
		}
		if unknown++; unknown == mostUnknown {
			return failed("the history could not be written", errors.Join(err, failure))
		}
		if err := pause(ctx, 10*time.Millisecond<<unknown); err != nil {
			return failed("the history could not be written", err)
		}
	}
}

func same(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// put stores the rows of migrations, all or none.
func (h *holder) put(ctx context.Context, rows ...record) error {
	err := h.write(ctx, func(b *coodie.Batch) {
		for _, r := range rows {
			h.row(r.Version).UpdateIn(b, titleCol.Set(r.Title), checksumCol.Set(r.Checksum), stateCol.Set(r.State), doneCol.Set(r.Done),
				pendingCol.Set(r.Pending), sumsCol.Set(r.Sums), progressCol.Set(r.Progress), ownerCol.Set(h.m.owner),
				startedCol.Set(r.Started), finishedCol.Set(r.Finished))
		}
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		r.Owner = h.m.owner
		h.rows[r.Version] = &r
	}
	return nil
}

// remove deletes a migration's row.
func (h *holder) remove(ctx context.Context, version int64) error {
	err := h.write(ctx, func(b *coodie.Batch) { h.row(version).DeleteIn(b) })
	if err == nil {
		delete(h.rows, version)
	}
	return err
}

func (h *history) row(version int64) *coodie.QuerySet[record] {
	return h.table.Find(nameCol.Eq(scope), versionCol.Eq(version))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

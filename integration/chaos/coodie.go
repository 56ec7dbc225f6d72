package chaos

import (
	"context"
	"errors"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/recipes/lease"
)

// Cell is a row as coodie maps it. The attempt column lets unknown outcomes be settled.
type Cell struct {
	Key     string     `cql:"k,partition"`
	Number  int64      `cql:"v"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var (
	cellKey = coodie.Col(func(c *Cell) *string { return &c.Key })
	number  = coodie.Col(func(c *Cell) *int64 { return &c.Number })
)

// mapped is a client that uses coodie as its documentation says.
type mapped struct {
	tables [Lease]*coodie.Table[Cell]
	leases *lease.Leases
	known  map[string]*coodie.Document[Cell] // registers as last read
	broken bool                              // takes unknown for refused, as nobody should
}

// mapper opens the tables with coodie, and makes them if told so.
func mapper(broken bool) func(context.Context, *gocql.Session, string, bool) (func() Client, error) {
	return func(ctx context.Context, session *gocql.Session, prefix string, create bool) (func() Client, error) {
		var tables [Lease]*coodie.Table[Cell]
		db := coodie.New(session)
		for k := range tables {
			var err error
			tables[k], err = coodie.Open[Cell](db, coodie.WithKeyspace(keyspace), coodie.WithTable(prefix+"_"+Kind(k).String()), coodie.WithLWTOnly())
			if err == nil && create {
				err = coodie.Schema(db, tables[k]).Create(ctx)
			}
			if err != nil {
				return nil, err
			}
		}
		leases, err := lease.Open(db, coodie.WithKeyspace(keyspace), coodie.WithTable(prefix+"_"+Lease.String()))
		if err == nil && create {
			err = leases.Create(ctx)
		}
		if err != nil {
			return nil, err
		}
		return func() Client {
			return &mapped{tables: tables, leases: leases, known: map[string]*coodie.Document[Cell]{}, broken: broken}
		}, nil
	}
}

func (m *mapped) Read(ctx context.Context, kind Kind, key string) Answer {
	c, err := m.tables[kind].Find(cellKey.Eq(key)).With(coodie.WithLinearizable()).Get(ctx)
	switch {
	case errors.Is(err, coodie.ErrNotFound):
		delete(m.known, key)
		return Answer{Told: true}
	case err != nil:
		return Answer{Outcome: Failed, Err: err}
	}
	m.known[key] = m.tables[kind].New(c)
	return Answer{Seen: c.Number, Told: true}
}

func (m *mapped) Swap(ctx context.Context, kind Kind, key string, old, next int64) Answer {
	doc := m.known[key]
	if doc == nil || doc.Value.Number != old {
		doc = m.tables[kind].New(Cell{Key: key, Number: old})
	}
	delete(m.known, key)
	row := m.tables[kind].Find(cellKey.Eq(key)).If(number.Eq(old))
	var res coodie.LWTResult[Cell]
	var err error
	switch {
	case old == 0:
		doc.Value.Number = next
		res, err = doc.Insert(ctx)
	case next == 0:
		res, err = row.Delete(ctx)
	case doc.Value.Attempt != gocql.UUID{}:
		res, err = doc.If(number.Eq(old)).Update(ctx, number.Set(next))
	default:
		res, err = row.Update(ctx, number.Set(next))
	}
	if err == nil && res.Applied && next != 0 && doc.Value.Number == next {
		m.known[key] = doc
	}
	a := m.answer(res, err)
	if kind == Lock && next != 0 && a.Outcome == Open && a.Told && coordinatorDone(err) {
		// Nobody else deletes this token, so it has never been there; and there is nobody left
		// to write it.
		a.Outcome = Failed
	}
	if kind == Register && a.Outcome == Open && a.Told && a.Seen == old {
		return m.again(ctx, key, old, next, a)
	}
	return a
}

// again writes once more what may have been written, or may be yet, while the row is still
// as it was. A register never holds a number twice, so only one of the two can be applied.
func (m *mapped) again(ctx context.Context, key string, old, next int64, open Answer) Answer {
	a := m.Swap(ctx, Register, key, old, next)
	a.Unknown = true
	switch {
	case a.Outcome == Refused && a.Seen == next:
		a.Outcome = Applied
	case a.Outcome == Refused:
		a.Outcome = Open
	case a.Outcome == Failed:
		return open
	}
	return a
}

// coordinatorDone tells whether the server itself has said that it does not know: then it
// has given up, while a request whose answer got lost may still be executed.
func coordinatorDone(err error) bool {
	var answer gocql.RequestError
	return errors.As(err, &answer)
}

// answer settles what is unknown.
func (m *mapped) answer(res coodie.LWTResult[Cell], err error) Answer {
	a := Answer{Unknown: errors.Is(err, coodie.ErrOutcomeUnknown), Err: err}
	if a.Unknown && m.broken {
		return Answer{Outcome: Failed, Unknown: true, Err: err}
	}
	if a.Unknown {
		res, err = settle(res)
	}
	switch {
	case errors.Is(err, coodie.ErrOutcomeUnknown):
		a.Outcome = Open
	case err != nil:
		a.Outcome = Failed
		return a
	case res.Applied:
		a.Outcome = Applied
		return a
	case a.Unknown:
		a.Outcome = Failed // it was not executed, and never will be
	default:
		a.Outcome = Refused
	}
	if res.Row() == coodie.StateAbsent {
		a.Told = true
	} else if n, p := number.From(res.Existing); p == coodie.StatePresent {
		a.Seen, a.Told = n, true
	}
	return a
}

// settle calls Settle until the row could be read.
func settle(res coodie.LWTResult[Cell]) (coodie.LWTResult[Cell], error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for {
		settled, err := res.Settle(ctx)
		if err == nil || settled.Row() != coodie.StateUnknown || ctx.Err() != nil {
			return settled, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (m *mapped) Add(ctx context.Context, key string) Answer {
	res, err := m.tables[Counter].Find(cellKey.Eq(key)).Mutate(ctx, func(_ context.Context, c *Cell) error {
		c.Number++
		return nil
	}, coodie.OrCreate())
	a := Answer{Unknown: res.Unknown > 0, Err: err}
	switch {
	case err == nil:
		a.Seen, a.Told = res.Value.Number, true
	case errors.Is(err, coodie.ErrOutcomeUnknown) && !m.broken:
		a.Outcome = Open
	default:
		a.Outcome = Failed
	}
	return a
}

func (m *mapped) Acquire(ctx context.Context, name string, ttl time.Duration) (*lease.Lease, Answer) {
	l, err := m.leases.Acquire(ctx, name, "somebody", ttl)
	a := Answer{Unknown: errors.Is(err, coodie.ErrOutcomeUnknown), Err: err}
	switch {
	case err == nil:
		a.Seen, a.Told = l.Token(), true
	case errors.Is(err, lease.ErrHeld):
		a.Outcome = Refused
	case a.Unknown:
		a.Outcome = Open
	default:
		a.Outcome = Failed
	}
	return l, a
}

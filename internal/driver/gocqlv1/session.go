package gocqlv1

import (
	"context"
	"reflect"
	"slices"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// Of returns gocql's session as the seam has it.
func Of(s *gocql.Session) driver.Driver { return of(s, nil) }

func of(s *gocql.Session, observers *observers) session {
	made := session{Session: s, observers: observers, again: againOf(s)}
	if s != nil {
		q := s.Query("")
		made.keyspace = q.Keyspace()
		q.Release()
	}
	return made
}

type session struct {
	*gocql.Session
	observers *observers
	again     again
	keyspace  string
}

func (s session) Send(ctx context.Context, r *driver.Request, used driver.Iter) driver.Iter {
	switch r.Kind {
	case driver.LoggedBatch, driver.UnloggedBatch, driver.CounterBatch:
		return s.sendBatch(ctx, r)
	}
	answer, ok := used.(*rows)
	if !ok {
		answer = new(rows)
	}
	answer.lately.begin(r, s.Session)
	again := s.again.may(r)
	fresh, uses := s.query(ctx, r, answer, again)
	q := fresh
	if ctx != context.Background() {
		q = q.WithContext(ctx) // a copy
	}
	// Not several at once: the values lie in memory that the next call takes over.
	q.Consistency(gocql.Consistency(r.Consistency)).SetSpeculativeExecutionPolicy(gocql.NonSpeculativeExecution{})
	if r.PageSize > 0 {
		q.PageSize(r.PageSize)
	}
	if r.Prefetch != nil {
		q.Prefetch(*r.Prefetch)
	}
	if r.Unpaged {
		q.PageSize(0)
	}
	if r.Metadata || (r.Kind == driver.Read || r.Kind == driver.SerialRead) && !answer.lately.known {
		q.NoSkipMetadata()
	}
	switch r.Kind {
	case driver.Read:
		q.Idempotent(!r.Once).DefaultTimestamp(false)
		if r.Once {
			q.RetryPolicy(never{})
		}
		if r.Page {
			q.PageState(r.PageState) // and no further page
		}
	case driver.Write, driver.TextBatch:
		q.DefaultTimestamp(false).Idempotent(r.Replayable)
		if r.ClientTimestamp {
			q.WithTimestamp(r.Timestamp)
		}
		if !r.Replayable {
			once(q)
		}
	case driver.CAS:
		// gocql caches the result columns of a prepared statement, but those of an LWT
		// change from one execution to the next (CASSANDRA-11099).
		once(q.SerialConsistency(gocql.SerialConsistency(r.Serial)).NoSkipMetadata().DefaultTimestamp(false))
	case driver.SerialRead, driver.Schema:
		once(q.DefaultTimestamp(false))
	}
	watched := r.Watched()
	if watched != nil && s.observers != nil {
		q.Observer(&watching{s.observers, watched})
		watched, again = nil, false
	}
	answer.send(r, q, watched)
	if again && uses < mostUses {
		answer.last = lastQuery{fresh, s.Session, r.Statement, r.Marks, answer.lately.known, uses + 1}
		return answer
	}
	fresh.Release() // gocql copies what it needs for further pages
	return answer
}

// lastQuery is a query that is sent again with other values. That spares 6 allocations and 392 bytes, 15% of what
// gocql takes for an LWT, because a query counts its attempts and their time for each host. The counts go
// on. So it is not for a session whose observer is told of them; what is set for a session later (SetTrace) is heeded
// after mostUses.
type lastQuery struct {
	query            *gocql.Query
	of               *gocql.Session
	statement, marks string
	known            bool // it does not ask for columns: a query cannot stop to
	uses             int
}

const mostUses = 100

// query is r as gocql's query, and how often that has been sent before.
func (s session) query(ctx context.Context, r *driver.Request, a *rows, again bool) (_ *gocql.Query, uses int) {
	args, last := r.Args(r.Values, argument), &a.last
	if last.query != nil {
		q, uses := last.query, last.uses
		same := last.of == s.Session && last.statement == r.Statement && last.marks == r.Marks && last.known == a.lately.known
		if *last = (lastQuery{}); again && same {
			return q.Bind(args...), uses
		}
		q.Release()
	}
	return s.made(ctx, r, args), 0
}

// again says which queries of a session are sent again.
type again struct {
	once  bool // those that are never retried
	other bool // the others: the session has no retry policy, which would count the attempts
}

// againOf is that of a session, of whose observer and policy gocql does not tell. ScyllaDB's fork keeps the memory by itself.
func againOf(s *gocql.Session) (a again) {
	if s == nil || isFork {
		return a
	}
	q := s.Query("")
	defer q.Release()
	none := func(field string) bool {
		f := reflect.ValueOf(q).Elem().FieldByName(field)
		return f.IsValid() && f.IsNil()
	}
	a.once = none("observer")
	a.other = a.once && none("rt")
	return a
}

// may reports whether the request may be sent as a query that was sent before: not a read of many rows, of which gocql asks
// for further pages with it.
func (a again) may(r *driver.Request) bool {
	switch r.Kind {
	case driver.CAS:
		return a.once
	case driver.Write:
		return a.other
	}
	return a.other && r.OneRow && r.Kind == driver.Read
}

// once keeps gocql from sending a statement twice. Idempotent(false) alone does not:
// gocql v1 applies the retry policy without looking at it (gocql #1803). PageState keeps
// it from asking for a further page, for which it would send the whole statement again.
func once(q *gocql.Query) {
	q.RetryPolicy(never{}).Idempotent(false).PageState(nil)
}

// never is a retry policy that says no, also of an LWT (a method that ScyllaDB's fork of
// gocql asks). No policy at all is another thing there: the fork then makes three retries.
type never struct{}

func (never) Attempt(gocql.RetryableQuery) bool     { return false }
func (never) GetRetryType(error) gocql.RetryType    { return gocql.Rethrow }
func (never) AttemptLWT(gocql.RetryableQuery) bool  { return false }
func (never) GetRetryTypeLWT(error) gocql.RetryType { return gocql.Rethrow }

// argument is a value as gocql takes it.
func argument(v *driver.Value) any {
	if v.IsUnset() {
		return gocql.UnsetValue
	}
	return (*value)(v)
}

// value is a driver.Value that gocql encodes.
type value driver.Value

// MarshalCQL implements gocql.Marshaler.
func (v *value) MarshalCQL(info gocql.TypeInfo) ([]byte, error) {
	of := (*driver.Value)(v)
	t, isList := of.Type()
	if of.IsNull() || !isList && same(t, info) || isList && sameElements(t, info) {
		return of.Encode(nil)
	}
	live, err := typeOf(info)
	if err != nil {
		return nil, of.Misfit(info.Type().String(), err)
	}
	return of.Encode(live)
}

func sameElements(elem *codec.Type, info gocql.TypeInfo) bool {
	list, ok := info.(gocql.CollectionType)
	return ok && list.Type() == gocql.TypeList && same(elem, list.Elem)
}

func (s session) AwaitSchema(ctx context.Context) error { return s.AwaitSchemaAgreement(ctx) }

func (s session) Keyspace() string { return s.keyspace }

// Describe is what gocql knows of a keyspace. gocql has another description once it has seen the
// schema change.
func (s session) Describe(name string, tables []string, last driver.Keyspace) (driver.Keyspace, error) {
	if last, ok := last.(described); ok {
		for table := range last.of.Tables {
			tables = append(tables, table)
		}
	}
	m, err := keyspaceMetadata(s.Session, name, slices.Clip(tables))
	if err != nil {
		return nil, err
	}
	return described{m}, nil
}

type described struct{ of *gocql.KeyspaceMetadata }

func (d described) EachColumn(f func(table, column, typ string)) {
	for _, table := range d.of.Tables {
		for _, c := range table.Columns {
			f(table.Name, c.Name, validatorOf(c))
		}
	}
}

func (d described) UserTypes() []driver.UserType { return userTypesOf(d.of) }

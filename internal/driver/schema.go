package driver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
)

// A driver never renews what it knows about a prepared statement: it encodes values for the types
// that the columns had when it prepared the text. If the table is dropped and created again, the
// server forgets the text, but knows it again as soon as any client has prepared it for the new
// table, and then takes the bytes of an int for a float. Protocol 4 gives no sign of it; version 5
// does, with a metadata id (CASSANDRA-10786). A changed text makes a driver prepare the statement
// again, and white space at its end is enough.

// schema is what a sender knows about the types that its statements depend on.
type schema struct {
	generation atomic.Int64 // of the texts
	due        atomic.Int64 // when to look again; 0 before the first call

	mu        sync.Mutex
	keyspaces map[string]*keyspace // "" is the session's
	look      *look
	renewed   map[string]renewal // by text
}

// Keyspace is what a driver knows of a keyspace. Descriptions are compared with ==, and equal as long as
// the driver has learned nothing new.
type Keyspace interface {
	// EachColumn calls f with each column of each table, and its type in CQL.
	EachColumn(f func(table, column, typ string))
	UserTypes() []UserType
}

// UserType is a user-defined type of a keyspace.
type UserType struct {
	Name   string
	Fields []string
	Text   string                                 // of all fields and their types
	Same   func(i int, declared *codec.Type) bool // as field i, as far as the driver knows that
}

// keyspace is what is known of a keyspace.
type keyspace struct {
	declared map[string]declared // by table

	// Of the one goroutine that looks:
	last  Keyspace
	types map[string]string // of columns and of user-defined types, dropped ones as well
}

// declared are the types of a table's columns as a struct has them; nil of others.
type declared func(column string) *codec.Type

// look is one under way, for which calls wait until the end of their patience.
type look struct {
	done     chan struct{}
	patience time.Time
}

type renewal struct {
	at   time.Time
	wait time.Duration
}

const (
	lookEvery     = time.Second // drivers gather schema events for as long
	lookPatience  = lookEvery / 2
	mostKeyspaces = 64
	mostTables    = 256 // of a keyspace
	mostRenewed   = 1000
	mostDropped   = 4096 // columns and types that are no more
	renewWait     = time.Second
	renewMost     = 10 * time.Minute
)

// marks end each statement as it is sent: those of generation 5 are two, of three kinds of white space.
func (s *schema) marks() string {
	g := s.generation.Load()
	if g == 0 {
		return ""
	}
	var marks strings.Builder
	for ; g > 0; g /= 3 {
		marks.WriteByte(" \t\n"[g%3])
	}
	return marks.String()
}

// renew lets a statement whose values do not fit be prepared anew: the columns may have had
// other types when it was prepared. It reports whether that is worth a try. Where the struct is
// wrong it is not, and so the tries become rare.
func (s *schema) renew(statement string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, now := s.renewed[statement], time.Now()
	switch {
	case r.wait > 0 && now.Sub(r.at) < r.wait:
		return false
	case now.Sub(r.at) > renewMost:
		r.wait = 0
	}
	if s.renewed == nil || len(s.renewed) >= mostRenewed {
		s.renewed = map[string]renewal{}
	}
	s.renewed[statement] = renewal{now, min(max(renewWait, 2*r.wait), renewMost)}
	s.generation.Add(1)
	return true
}

// Watch has a sender look whether a table's columns have the types that are declared.
func Watch(s Sender, keyspaceName, table string, types func(column string) *codec.Type) {
	if s := ours(s); s != nil {
		s.schema.mu.Lock()
		defer s.schema.mu.Unlock()
		if k := s.schema.keyspace(keyspaceName); k != nil && len(k.declared) < mostTables {
			k.declared[table] = types
		}
	}
}

// keyspace is the one of that name; nil if there are too many already.
func (s *schema) keyspace(name string) *keyspace {
	k := s.keyspaces[name]
	if k == nil && len(s.keyspaces) < mostKeyspaces {
		if s.keyspaces == nil {
			s.keyspaces = map[string]*keyspace{}
		}
		k = &keyspace{declared: map[string]declared{}, types: map[string]string{}}
		s.keyspaces[name] = k
	}
	return k
}

// watch looks whether the driver has seen the schema change, once a second while there are calls, and
// always before the first call after a pause. The driver then has another description of the keyspace;
// if the type of a column has changed in it, all statements are prepared again. The call waits
// for that, but not long.
func (s *sender) watch(ctx context.Context) {
	now := time.Now()
	switch due := s.schema.due.Load(); {
	case due == 0:
		s.schema.due.CompareAndSwap(0, now.Add(lookEvery).UnixNano())
		return
	case now.UnixNano() < due:
		return
	}
	l := s.looking(now)
	wait := l.patience.Sub(now)
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// looking returns the look that is under way, or begins one.
func (s *sender) looking(now time.Time) *look {
	s.schema.mu.Lock()
	defer s.schema.mu.Unlock()
	if s.schema.look == nil {
		l := &look{done: make(chan struct{}), patience: now.Add(lookPatience)}
		s.schema.look = l
		go func() {
			s.see()
			s.schema.mu.Lock()
			defer s.schema.mu.Unlock()
			s.schema.due.Store(time.Now().Add(lookEvery).UnixNano())
			s.schema.look = nil
			close(l.done)
		}()
	}
	return s.schema.look
}

// see compares each keyspace with what was seen of it. Only one goroutine does.
func (s *sender) see() {
	defer func() { _ = recover() }() // gocql panics on an aggregate without a final function
	s.schema.mu.Lock()
	s.schema.keyspace("")
	all := maps.Clone(s.schema.keyspaces)
	s.schema.mu.Unlock()
	for name, k := range all {
		if name == "" {
			name = s.Keyspace()
		}
		if name == "" {
			continue
		}
		if live, err := s.describe(name, k); err == nil && live != k.last && s.schema.sees(k, live) {
			s.schema.generation.Add(1)
		}
	}
}

// describe is what the driver knows of the keyspace now.
func (s *sender) describe(name string, k *keyspace) (Keyspace, error) {
	s.schema.mu.Lock()
	tables := slices.Collect(maps.Keys(k.declared))
	s.schema.mu.Unlock()
	return s.Describe(name, tables, k.last)
}

// sees takes a description of the keyspace, and reports whether a type in it has changed or, if it is seen for
// the first time, is not the declared one.
func (s *schema) sees(k *keyspace, live Keyspace) (changed bool) {
	s.mu.Lock()
	tables := maps.Clone(k.declared)
	s.mu.Unlock()
	k.last = live
	now := map[string]string{}
	see := func(what, typ string, declared func() bool) {
		if before, known := k.types[what]; known {
			changed = changed || before != typ
		} else {
			changed = changed || !declared()
		}
		k.types[what], now[what] = typ, typ
	}
	users := map[string]*codec.Type{}
	live.EachColumn(func(table, column, typ string) {
		see(table+"\x00"+column, typ, func() bool {
			types := tables[table]
			if types == nil || types(column) == nil {
				return true
			}
			userTypes(users, types(column))
			parsed, err := codec.ParseType(typ)
			return err == nil && types(column).Equal(parsed)
		})
	})
	for _, t := range live.UserTypes() {
		see(t.Name, t.Text, func() bool { return sameFields(users[t.Name], t) })
	}
	if len(k.types) > len(now)+mostDropped {
		k.types = now
	}
	return changed
}

// userTypes collects the user-defined types in t.
func userTypes(found map[string]*codec.Type, t *codec.Type) {
	if t == nil {
		return
	}
	if t.Kind == codec.UDT {
		found[t.Name] = t
	}
	userTypes(found, t.Key)
	userTypes(found, t.Elem)
	for _, e := range t.Elems {
		userTypes(found, e)
	}
	for _, f := range t.Fields {
		userTypes(found, f.Type)
	}
}

// sameFields compares a declared type with a live one.
func sameFields(declared *codec.Type, live UserType) bool {
	if declared == nil {
		return true
	}
	if len(declared.Fields) != len(live.Fields) {
		return false
	}
	for i, f := range declared.Fields {
		if f.Name != live.Fields[i] || !live.Same(i, f.Type) {
			return false
		}
	}
	return true
}

// misfit is the error of a value that does not fit what the server expects, as the driver knows it.
type misfit struct{ error }

func (m *misfit) Unwrap() error { return m.error }

// renew prepares the request's statements anew, if its failure may come of what the driver knows. It
// reports whether that is worth a try.
func (s *sender) renew(r *Request, err error) bool {
	var m *misfit
	var t *TypeError
	return (errors.As(err, &m) || errors.As(err, &t)) && s.schema.renew(r.Statement)
}

// Refresh has the sender prepare its statements again, because the answer to a statement did not
// fit: the schema has changed.
func Refresh(s Sender, statement string) {
	if s := ours(s); s != nil {
		s.schema.renew(statement)
	}
}

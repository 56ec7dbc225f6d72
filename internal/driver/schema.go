package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"
)

// gocql never renews what it knows about a prepared statement: it encodes values for the types
// that the columns had when it prepared the text. If the table is dropped and created again, the
// server forgets the text, but knows it again as soon as any client has prepared it for the new
// table, and then takes the bytes of an int for a float. Protocol 4 gives no sign of it; version 5
// does, with a metadata id (CASSANDRA-10786). A changed text makes gocql prepare the statement
// again, and white space at its end is enough.

// schema is what a sender knows about the types that its statements depend on.
type schema struct {
	generation atomic.Int64 // of the texts
	due        atomic.Int64 // when to look again
	keyspaces  sync.Map     // by name as the requests give it: *keyspace
	number     atomic.Int32 // of these

	mu      sync.Mutex
	look    *look
	renewed map[string]renewal // by text
}

// keyspace is what was seen of a keyspace.
type keyspace struct {
	last  *gocql.KeyspaceMetadata
	types map[string]string // of columns and of user-defined types, dropped ones as well
}

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
	lookEvery     = time.Second // gocql gathers schema events for as long
	lookPatience  = lookEvery / 2
	mostKeyspaces = 64
	mostRenewed   = 1000
	renewWait     = time.Second
	renewMost     = 10 * time.Minute
)

// text is the statement as it is sent: generation 5 is two marks, of three kinds of white space.
func (s *schema) text(statement string) string {
	g := s.generation.Load()
	if g == 0 {
		return statement
	}
	var marks strings.Builder
	marks.WriteString(statement)
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

// watch looks whether gocql has seen the schema change, once a second while there are calls, and
// always before the first call after a pause. gocql then has another description of the keyspace;
// if the type of a column has changed in it, all statements are prepared again. A call waits
// for that, but not long.
func (s *sender) watch(ctx context.Context, name string) {
	now := time.Now()
	_, known := s.schema.keyspaces.Load(name)
	if !known && s.schema.number.Load() < mostKeyspaces {
		if _, known = s.schema.keyspaces.LoadOrStore(name, &keyspace{types: map[string]string{}}); !known {
			s.schema.number.Add(1)
			s.looking(now, 0) // there is nothing to compare with, and so nothing to wait for
			return
		}
	}
	if now.UnixNano() < s.schema.due.Load() {
		return
	}
	l := s.looking(now, lookPatience)
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
func (s *sender) looking(now time.Time, patience time.Duration) *look {
	s.schema.mu.Lock()
	defer s.schema.mu.Unlock()
	if s.schema.look == nil {
		l := &look{done: make(chan struct{}), patience: now.Add(patience)}
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
	changed := false
	s.schema.keyspaces.Range(func(name, seen any) bool {
		if name == "" {
			name = s.Keyspace()
		}
		if name != "" {
			if m, err := s.session.KeyspaceMetadata(name.(string)); err == nil {
				changed = seen.(*keyspace).sees(m) || changed
			}
		}
		return true
	})
	if changed {
		s.schema.generation.Add(1)
	}
}

// sees takes a description of the keyspace, and reports whether a type in it has changed.
func (k *keyspace) sees(m *gocql.KeyspaceMetadata) (changed bool) {
	if m == k.last {
		return false
	}
	k.last = m
	see := func(what, typ string) {
		before, known := k.types[what]
		changed = changed || known && before != typ
		k.types[what] = typ
	}
	for _, table := range m.Tables {
		for _, c := range table.Columns {
			see(table.Name+"\x00"+c.Name, c.Validator)
		}
	}
	for _, t := range m.UserTypes {
		see(t.Name, fmt.Sprint(t.FieldNames, t.FieldTypes))
	}
	return changed
}

// misfit is the error of a value that does not fit what the server expects, as gocql knows it.
type misfit struct{ error }

func (m *misfit) Unwrap() error { return m.error }

// renew prepares the request's statements anew, if its failure may come of what gocql knows, and
// nothing was sent.
func (s *sender) renew(r *Request, err error) bool {
	var m *misfit
	return errors.As(err, &m) && r.frames.n.Load() == 0 && s.schema.renew(r.Statement)
}

// Refresh has the sender prepare its statements again, because the answer to a statement did not
// fit: the schema has changed.
func Refresh(s Sender, statement string) {
	if r, ok := s.(retrying); ok {
		s = r.Sender
	}
	if s, ok := s.(*sender); ok {
		s.schema.renew(statement)
	}
}

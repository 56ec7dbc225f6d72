// Package fake answers requests from memory, for tests of what no server can be made
// to answer.
package fake

import (
	"context"
	"sync"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/driver"
)

// Answer is what a request is answered with.
type Answer struct {
	Columns []gocql.ColumnInfo
	Rows    [][][]byte // nil cells are null
	Err     error
	Panic   any  // gocql panics with this while a row is read
	More    bool // there are pages that are not read
}

// Sender answers every request with Answer(r), or with nothing, and records it.
type Sender struct {
	Answer func(r *driver.Request) Answer

	mu   sync.Mutex
	sent []driver.Request
}

// Column describes a column of a native type.
func Column(name string, typ gocql.Type) gocql.ColumnInfo {
	return gocql.ColumnInfo{Name: name, TypeInfo: driver.NativeType(typ)}
}

// Sent returns the requests so far.
func (s *Sender) Sent() []driver.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]driver.Request(nil), s.sent...)
}

// Last returns the statement of the last request, "" if there was none.
func (s *Sender) Last() string {
	sent := s.Sent()
	if len(sent) == 0 {
		return ""
	}
	return sent[len(sent)-1].Statement
}

// Send implements driver.Sender.
func (s *Sender) Send(_ context.Context, r *driver.Request) driver.Iter {
	s.mu.Lock()
	copied := *r
	copied.Values = append([]any(nil), r.Values...)
	s.sent = append(s.sent, copied)
	s.mu.Unlock()
	if s.Answer == nil {
		return &iter{}
	}
	return &iter{answer: s.Answer(r)}
}

// AwaitSchema implements driver.Sender.
func (s *Sender) AwaitSchema(context.Context) error { return nil }

// Keyspace implements driver.Sender.
func (s *Sender) Keyspace() string { return "test" }

type iter struct {
	answer Answer
	next   int
	err    error
}

func (i *iter) Columns() []gocql.ColumnInfo { return i.answer.Columns }

func (i *iter) Scan(dest ...any) bool {
	if i.answer.Panic != nil {
		panic(i.answer.Panic)
	}
	if i.answer.Err != nil || i.err != nil || i.next >= len(i.answer.Rows) {
		return false
	}
	row := i.answer.Rows[i.next]
	i.next++
	for n, d := range dest {
		u := d.(gocql.Unmarshaler)
		if i.err = u.UnmarshalCQL(i.answer.Columns[n].TypeInfo, row[n]); i.err != nil {
			return false
		}
	}
	return true
}

func (i *iter) PageState() []byte {
	if i.answer.More {
		return []byte("more")
	}
	return nil
}

func (i *iter) Close() error {
	if i.answer.Err != nil {
		return i.answer.Err
	}
	return i.err
}

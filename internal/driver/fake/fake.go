// Package fake answers requests from memory, for tests of what no server can be made
// to answer.
package fake

import (
	"context"
	"sync"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// Answer is what a request is answered with.
type Answer struct {
	Columns []driver.Column
	Rows    [][][]byte // nil cells are null
	Err     error
	Panic   any  // the driver panics with this while a row is read
	More    bool // there are pages that are not read
}

// Sender answers every request with Answer(r), or with nothing, and records it.
type Sender struct {
	Answer func(r *driver.Request) Answer

	mu   sync.Mutex
	sent []driver.Request
}

// Column describes a column of a native type.
func Column(name string, k codec.Kind) driver.Column {
	return driver.Column{Name: name, Type: codec.Native(k)}
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
func (s *Sender) Send(_ context.Context, r *driver.Request, _ driver.Iter) driver.Iter {
	s.mu.Lock()
	copied := *r
	copied.Values = append([]*driver.Value(nil), r.Values...)
	copied.Watcher = nil
	s.sent = append(s.sent, copied)
	s.mu.Unlock()
	if s.Answer == nil {
		return &iter{}
	}
	a := s.Answer(r)
	return &iter{answer: a, columns: driver.ColumnsOf(a.Columns...)}
}

// AwaitSchema implements driver.Sender.
func (s *Sender) AwaitSchema(context.Context) error { return nil }

// Keyspace implements driver.Sender.
func (s *Sender) Keyspace() string { return "test" }

type iter struct {
	answer  Answer
	columns driver.Columns
	next    int
}

func (i *iter) Columns() driver.Columns { return i.columns }

func (i *iter) Next() [][]byte {
	if i.answer.Panic != nil {
		panic(i.answer.Panic)
	}
	if i.answer.Err != nil || i.next >= len(i.answer.Rows) {
		return nil
	}
	i.next++
	return i.answer.Rows[i.next-1]
}

func (i *iter) Turned() bool { return false }

func (i *iter) PageState() []byte {
	if i.answer.More {
		return []byte("more")
	}
	return nil
}

func (i *iter) Close() error { return i.answer.Err }
func (i *iter) Forget()      {}

package slots

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
)

// Pool has the writers of a process. One write is under way at a time for each writer and row:
// a second write of the row takes another writer. The zero value is ready.
type Pool struct {
	mu      sync.Mutex
	writers []*writer
	held    int // rows whose slot is held by a write of unknown outcome
}

type writer struct {
	name string
	busy map[string]bool   // rows of which it has a write under way, or one of unknown outcome
	last map[string]string // what its slots hold in other rows
}

// Limits on what is kept: see Slot.Leave and Slot.Keep.
const (
	maxLast = 1 << 16
	maxHeld = 1 << 12
)

// Slot is one writer's slot in one row, for one write.
type Slot struct {
	Op
	Spoilt bool // a claim without a condition on the slot may still be on its way: the writer never uses it again

	pool *Pool
	of   *writer
	row  string
	open bool
}

// Take begins a write of the row.
func (p *Pool) Take(row string) *Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	var of *writer
	for _, w := range p.writers {
		if !w.busy[row] {
			of = w
			break
		}
	}
	if of == nil {
		of = &writer{name: Unique(), busy: map[string]bool{}, last: map[string]string{}}
		p.writers = append(p.writers, of)
	}
	of.busy[row] = true
	return &Slot{Op: Op{Writer: of.name, ID: Unique(), Old: of.last[row]}, pool: p, of: of, row: row}
}

// Leave ends the write's use of the slot, if its outcome is known. Otherwise nobody uses the slot
// until it is: the next write of the row takes another one.
//
// What is remembered of a slot may be forgotten: the first answer shows it.
func (s *Slot) Leave() {
	p := s.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.of == nil {
		return
	}
	if s.Verdict() == Open {
		if s.InDoubt() || s.Spoilt {
			s.hold()
		} else { // the write itself was not sent
			s.leave(s.Old)
		}
		return
	}
	if s.open {
		s.open = false
		p.held = max(0, p.held-1)
	}
	s.leave(s.Left())
}

func (s *Slot) hold() {
	if s.open {
		return
	}
	s.open = true
	if s.pool.held++; s.pool.held > maxHeld {
		s.pool.writers, s.pool.held = nil, 0 // writers of new names begin with a clean sheet
	}
}

func (s *Slot) leave(last string) {
	w := s.of
	s.of = nil
	delete(w.busy, s.row)
	delete(w.last, s.row)
	if last == "" {
		return
	}
	if len(w.last) >= maxLast {
		for row := range w.last {
			delete(w.last, row)
			break
		}
	}
	w.last[s.row] = last
}

// Unique is a name that nothing ever had: 72 random bits, as 12 letters.
func Unique() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

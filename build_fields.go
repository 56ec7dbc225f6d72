package coodie

import (
	"errors"
	"fmt"
	"sync"

	"github.com/coodie-go/coodie/internal/driver"
)

// A user-defined type that is not frozen can be written field by field, so that fields which only
// the live type has stay as they are. An UPDATE always does. CQL has that in UPDATE alone: once a
// type has grown, what an INSERT would write of such a column goes into a second statement, in one
// batch with the INSERT. Both are of one partition and have one timestamp, so that the server
// carries them out as one write.

// outcomeOfBoth is the error of a write that was sent once more: where the session's retry policy
// had made several attempts, one of the first may have been executed.
func outcomeOfBoth(first, second error) error {
	if second != nil && errors.Is(first, ErrOutcomeUnknown) {
		return first
	}
	return second
}

// divided is the same of the batch, and builds its writes of such a table once more.
func (b *Batch) divided(err error) bool {
	var grown *driver.GrownError
	if !errors.As(err, &grown) {
		return false
	}
	for _, w := range b.writes {
		if w.b.Call.Grown() {
			w.chain.table.schema.Grown.Store(true)
		}
	}
	for _, w := range b.writes {
		if w.rebuild == nil || !w.chain.table.schema.Divides(w.conditional) {
			continue
		}
		w.b.Release()
		w.b = w.rebuild()
		w.statements = w.chain.table.schema.Statements(w.b)
	}
	return true
}

// lost are the columns of which observers have been warned.
type lost struct {
	mu    sync.Mutex
	known map[string]bool
}

// loses warns once for each column of fields that a write has set to null.
func (t *table) loses(fields []driver.Lost) (warning string) {
	if len(fields) == 0 {
		return ""
	}
	t.lost.mu.Lock()
	defer t.lost.mu.Unlock()
	for _, f := range fields {
		if t.lost.known[f.Column] {
			continue
		}
		if t.lost.known == nil {
			t.lost.known = map[string]bool{}
		}
		t.lost.known[f.Column] = true
		warning = warnings(warning, fmt.Sprintf("column %s of %s is written whole, and the field %s of its live type, which the struct lacks, is set to null: "+
			"add it to the struct, write by Mutate, or refuse such writes (WithStrictTypes)", f.Column, t.schema.Name, f.Field))
	}
	return warning
}

// loses warns of what the batch's writes have set to null.
func (b *Batch) loses() (warning string) {
	for _, w := range b.writes {
		warning = warnings(warning, w.chain.table.loses(w.b.Call.Lost()))
	}
	return warning
}

// warnings is both of them, as far as they say anything.
func warnings(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

package coodie

import (
	"fmt"
	"hash/maphash"
	"sync"
)

// manyShapes is how many different statements a table's code may have before an observer
// is warned. It has a handful; more means that columns are chosen by data, or that values
// stand in the text of raw CQL. Each shape is a prepared statement: the servers keep all of
// them in memory, and gocql forgets the oldest from the 1000th on and prepares it again.
const manyShapes = 100

func shapesWarning(of string) string {
	return fmt.Sprintf("more than %d different statements %s: each is prepared apart; keep to fewer combinations of columns, and bind values instead of writing them into the text", manyShapes, of)
}

// manyTexts warns once, when the table has many shapes.
func (t *table) manyTexts() string {
	if t.schema.Texts.Len() > manyShapes && t.warned.CompareAndSwap(false, true) {
		return shapesWarning("on " + t.schema.Name)
	}
	return ""
}

// textCounter are the statements of a DB that no table keeps: those of batches with conditions,
// of which each is prepared as a whole.
type textCounter struct {
	mu   sync.Mutex
	seed maphash.Seed
	seen map[uint64]struct{} // hashes: a text may be long, and hold values
}

// add adds a text, and warns once, when there are many.
func (s *textCounter) add(text, of string) (warning string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) > manyShapes {
		return ""
	}
	if s.seen == nil {
		s.seed, s.seen = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	if s.seen[maphash.String(s.seed, text)] = struct{}{}; len(s.seen) > manyShapes {
		return shapesWarning(of)
	}
	return ""
}

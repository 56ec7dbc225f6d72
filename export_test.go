package coodie

import (
	"time"

	"github.com/coodie-go/coodie/internal/rowqueue"
)

// Queued is how many calls of Mutate are inside or wait for their turn.
func (db *DB) Queued() int { return db.queue.Waiting() }

// SetQueuePatience changes how long a Mutate waits for its turn, until it is called back.
func SetQueuePatience(d time.Duration) (back func()) {
	was := rowqueue.Patience
	rowqueue.Patience = d
	return func() { rowqueue.Patience = was }
}

// verdictOf is a condition's verdict as String has it.
func verdictOf(c JudgedCondition) string {
	c.Text, c.Guard = "", false
	return c.String()[2:]
}

var VerdictOf = verdictOf

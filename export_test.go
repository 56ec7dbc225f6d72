package coodie

import "time"

// Queued is how many calls of Mutate are inside or wait for their turn.
func (db *DB) Queued() (n int) {
	db.queue.mu.Lock()
	defer db.queue.mu.Unlock()
	for _, p := range db.queue.keys {
		n += p.waiting
	}
	return n
}

// SetQueuePatience changes how long a Mutate waits for its turn, until it is called back.
func SetQueuePatience(d time.Duration) (back func()) {
	was := queuePatience
	queuePatience = d
	return func() { queuePatience = was }
}

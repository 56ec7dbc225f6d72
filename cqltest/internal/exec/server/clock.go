package server

import (
	"sync/atomic"
	"time"
)

// clock gives times, and timestamps that never repeat.
type clock struct {
	Source   func() time.Time
	Offset   atomic.Int64
	last     atomic.Int64
	Elements atomic.Int64
}

// Now is the time.
func (c *clock) Now() time.Time { return c.Source().Add(time.Duration(c.Offset.Load())) }

// Timestamp returns microseconds, greater than every one it returned before.
func (c *clock) Timestamp() int64 {
	now := c.Now().UnixMicro()
	for {
		last := c.last.Load()
		next := max(now, last+1)
		if c.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

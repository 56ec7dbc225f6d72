package driver

import (
	"fmt"
	"sync/atomic"
	"time"
)

// RepeatedError is the error of a write that the driver attempted more than once, as the session's
// retry policy asked for. Err is the error of the last attempt. It says nothing about the
// attempts before, one of which may have been executed.
type RepeatedError struct {
	Attempts int
	Err      error
}

func (e *RepeatedError) Error() string {
	return fmt.Sprintf("the session's retry policy made %d attempts; the last one: %v", e.Attempts, e.Err)
}

func (e *RepeatedError) Unwrap() error { return e.Err }

// clock gives client timestamps, each greater than the one before: two writes of one
// goroutine never tie, though they fall into one microsecond or the system's clock is set back.
type clock struct{ last atomic.Int64 }

func (c *clock) next() int64 {
	for {
		last := c.last.Load()
		next := max(time.Now().UnixMicro(), last+1)
		if c.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

// Timestamp is a client timestamp for several requests that belong together; 0 if the sender
// has no clock.
func Timestamp(s Sender) int64 {
	if s := ours(s); s != nil {
		return s.clock.next()
	}
	return 0
}

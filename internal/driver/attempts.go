package driver

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gocql/gocql"
)

// RepeatedError is the error of a write that gocql attempted more than once, as the session's
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

// attempted returns the answer of a request. The error of a write that took several attempts
// is a *RepeatedError.
func attempted(r *Request, answer Iter, attempts int) Iter {
	if attempts > 1 && r.Kind != Read && r.Kind != SerialRead || attempts == 1 && r.Replayable && isFork {
		return repeated{answer, attempts}
	}
	return answer
}

type repeated struct {
	Iter
	attempts int
}

func (r repeated) Close() error {
	err := r.Iter.Close()
	switch {
	case unreachable(err): // which is no attempt, but an earlier one may have been executed
		return &RepeatedError{r.attempts + 1, err}
	case err != nil && r.attempts > 1:
		return &RepeatedError{r.attempts, err}
	}
	return err
}

// never is a retry policy that says no, also of an LWT (a method that ScyllaDB's fork of
// gocql asks). No policy at all is another thing there: the fork then makes three retries.
type never struct{}

func (never) Attempt(gocql.RetryableQuery) bool     { return false }
func (never) GetRetryType(error) gocql.RetryType    { return gocql.Rethrow }
func (never) AttemptLWT(gocql.RetryableQuery) bool  { return false }
func (never) GetRetryTypeLWT(error) gocql.RetryType { return gocql.Rethrow }

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

// frames counts how often gocql has sent a request, or has tried to. Whenever the server
// answers UNPREPARED, gocql prepares the statement and sends it again, by recursion and without
// a limit; so there has to be one here. Two things count: the last value of a call, which
// gocql encodes anew for each frame, and the context of any other request.
type frames struct {
	n     atomic.Int32
	begun bool // the first value has been encoded, the last one has not
}

const (
	mostFrames = 100
	// mostSchemaFrames is for statements after which gocql may wait until the nodes agree on
	// the schema: it asks two of them every 200 ms under the statement's context.
	mostSchemaFrames = 10_000
)

// errUnprepared is how the sending ends.
var errUnprepared = fmt.Errorf("gocql has sent the statement %d times in vain: the server prepares it and then does not know it (UNPREPARED), "+
	"or the session's retry policy does not give up", mostFrames)

func (f *frames) next(most int32) error {
	if f.n.Add(1) > most {
		return errUnprepared
	}
	return nil
}

// none reports whether nothing was sent.
func (f *frames) none() bool { return f.n.Load() == 0 }

// progress begins the count anew.
func (f *frames) progress() {
	if !f.none() {
		f.n.Store(0)
	}
}

// encoded counts by the values of a call. gocql encodes some of them for routing too.
func (f *frames) encoded(first, last bool) error {
	f.begun = f.begun || first
	if !last || !f.begun {
		return nil
	}
	f.begun = false
	return f.next(mostFrames)
}

// counting returns a context by which the frames of a request are counted: gocql asks for Err
// once before each.
func (r *Request) counting(ctx context.Context, f *frames) context.Context {
	if r.Kind == Schema || r.Kind == TextBatch && len(r.Values) == 0 { // raw CQL may change the schema too
		return counting{ctx, f, mostSchemaFrames}
	}
	return counting{ctx, f, mostFrames}
}

type counting struct {
	context.Context
	frames *frames
	most   int32
}

func (c counting) Err() error {
	if err := c.frames.next(c.most); err != nil {
		return err
	}
	return c.Context.Err()
}

// counts reports whether the values of the request count the frames of the rows.
func (r *Request) counts(rows *Rows) bool {
	for _, v := range r.Values {
		if b, ok := v.(*bind); ok {
			return rows == &b.call.rows
		}
	}
	return false
}

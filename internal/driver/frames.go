package driver

import (
	"context"
	"fmt"
	"sync/atomic"
)

// frames counts how often a driver has sent a request, or has tried to. Whenever the server
// answers UNPREPARED, all drivers prepare the statement and send it again, by recursion and without
// a limit; so there has to be one here. Two things count: the last value of a call, which
// they encode anew for each frame, and the context of any other request.
type frames struct {
	n     atomic.Int32
	begun bool // the first value has been encoded, the last one has not
}

const (
	mostFrames = 100
	// mostSchemaFrames is for statements after which a driver may wait until the nodes agree on
	// the schema: it asks two of them every 200 ms under the statement's context.
	mostSchemaFrames = 10_000
)

// errUnprepared is how the sending ends.
var errUnprepared = fmt.Errorf("the driver has sent the statement %d times in vain: the server prepares it and then does not know it (UNPREPARED), "+
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

// encoded counts by the values of a call. A driver encodes some of them for routing too.
func (f *frames) encoded(first, last bool) error {
	f.begun = f.begun || first
	if !last || !f.begun {
		return nil
	}
	f.begun = false
	return f.next(mostFrames)
}

// counting returns a context by which the frames of a request are counted: a driver asks for Err
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
		if v.state != unset && v.call != nil {
			return rows == &v.call.rows
		}
	}
	return false
}

// NextFrame counts a frame of a request whose context counts them: false if there were too many. A
// driver calls it where it sends a frame of which neither a value nor the context tells.
func NextFrame(ctx context.Context) error {
	if c, ok := ctx.(counting); ok {
		return c.frames.next(c.most)
	}
	return nil
}

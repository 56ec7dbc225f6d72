package driver

import (
	"context"
	"time"
)

// Watcher is told what becomes of a request before its answer is read. It is safe for concurrent
// use: a driver may fetch pages in a goroutine of its own.
type Watcher interface {
	Attempted(Attempt)
	// Waited tells of a pause between two attempts.
	Waited(time.Duration)
}

// Attempt is one frame that a driver has sent to a node: a first try, a retry, or a further page.
type Attempt struct {
	Start, End time.Time
	Host       string // address and port; "" if the driver does not tell
	Err        error

	// Several is how many attempts this stands for, if the driver tells of them as one, and of no pages. 0: it is one.
	Several int
}

// Watched tells the Watcher of one request. It outlives the request, whose memory may be used again while the driver
// still fetches a page. Its methods do nothing if it is nil.
type Watched struct {
	to         Watcher
	values     bool // an error's text may quote one
	start, end time.Time
}

// Watched is nil if nobody watches the request.
func (r *Request) Watched() *Watched {
	if r.Watcher == nil {
		return nil
	}
	return &Watched{to: r.Watcher, values: len(r.Values) > 0 || len(r.Entries) > 0, start: time.Now()}
}

// Attempted tells of one attempt, unless it failed before anything was sent.
func (w *Watched) Attempted(start, end time.Time, host string, err error) {
	if w != nil && Sent(err) {
		w.to.Attempted(Attempt{Start: start, End: end, Host: host, Err: w.withhold(err)})
	}
}

// Answered notes that the answer, or its first page, is there.
func (w *Watched) Answered() {
	if w != nil {
		w.end = time.Now()
	}
}

// Ended tells of all attempts as one, if there were any.
func (w *Watched) Ended(host string, attempts int, err error) {
	if w != nil && (attempts > 1 || attempts == 1 && Sent(err)) {
		w.to.Attempted(Attempt{Start: w.start, End: w.end, Host: host, Err: w.withhold(err), Several: attempts})
	}
}

func (w *Watched) withhold(err error) error {
	if err == nil || !w.values {
		return err
	}
	return withoutQuotes(err)
}

// backoff is Backoff, of which the request's Watcher is told.
func (r *Request) backoff(ctx context.Context, attempts int, err error) error {
	if r.Watcher == nil {
		return Backoff(ctx, attempts, err)
	}
	start := time.Now()
	err = Backoff(ctx, attempts, err)
	r.Watcher.Waited(time.Since(start))
	return err
}

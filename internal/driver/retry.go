package driver

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/coodie-go/coodie/internal/pace"
)

// Retry returns a sender that sends a request again, up to retries times, if its failure
// proves that it was not executed and may be gone the next time: see Retryable. In between
// it waits as Backoff does.
func Retry(s Sender, retries int) Sender {
	if r, ok := s.(retrying); ok {
		s = r.Sender
	}
	if s == nil || retries <= 0 {
		return s
	}
	return retrying{s, retries}
}

type retrying struct {
	Sender
	retries int
}

// Backoff waits before a request that failed with err is sent again, or until ctx ends, whose
// error it returns: a random while that grows with the attempts ("full jitter"). Without a
// connection it is never less than half of that, and ten times as long: gocql lets 31 to
// 131 ms pass before it connects again.
func Backoff(ctx context.Context, attempts int, err error) error {
	const most = time.Second
	d, least := min(most, 10*time.Millisecond<<min(attempts, 10)), time.Duration(0)
	if KindOf(err) == KindNoHost {
		d = min(most, 10*d)
		least = d / 2
	}
	return pace.Sleep(ctx, least+rand.N(d-least))
}

// send sends r, and again where the sender says so. The rows are new or reset.
func (r *Rows) send(ctx context.Context, s Sender, request *Request) {
	retries := 0
	if again, ok := s.(retrying); ok {
		s = again.Sender
		if !request.Single {
			retries = again.retries
		}
	}
	for attempt := 1; ; attempt++ {
		r.try(ctx, s, request)
		if f := ours(s); f != nil && r.failed() && r.frames.none() && f.renew(request, r.err) {
			r.reset()
			r.try(ctx, s, request)
		}
		if attempt > retries || !r.failed() || !Retryable(request.Kind, r.err) || request.backoff(ctx, attempt, r.err) != nil {
			return
		}
		r.reset()
	}
}

// failed reports whether the answer is an error already. One without columns has no rows, so
// that nothing is lost by closing it.
func (r *Rows) failed() bool {
	if r.err == nil && r.iter != nil && r.columns.Len() == 0 {
		_ = r.Close()
	}
	return r.err != nil
}

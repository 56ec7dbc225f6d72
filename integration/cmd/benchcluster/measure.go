package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// slice is what one contender did in one of its turns.
type slice struct {
	done      int
	took      time.Duration
	latencies []time.Duration // of what was done
	attempts  int             // writes sent; for contention
	unknown   int             // errors that left the outcome open
}

func (s *slice) perSecond() float64 { return float64(s.done) / s.took.Seconds() }

func (s *slice) add(o slice) {
	s.done += o.done
	s.attempts += o.attempts
	s.unknown += o.unknown
	s.latencies = append(s.latencies, o.latencies...)
}

// work does one thing, again and again until ctx ends; the number is unique in the run.
type work func(ctx context.Context, number int64) (attempts int, err error)

// turn lets n goroutines work for d. An error that was not the context's is counted, and the work goes on.
func turn(ctx context.Context, d time.Duration, n int, numbers func() int64, w work) slice {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var (
		mu    sync.Mutex
		total slice
		group sync.WaitGroup
	)
	start := time.Now()
	for range n {
		group.Go(func() {
			var own slice
			for ctx.Err() == nil {
				begin := time.Now()
				// What has begun is carried through: only the loop looks at the clock.
				attempts, err := w(context.WithoutCancel(ctx), numbers())
				own.attempts += attempts
				if err != nil {
					own.unknown++
					continue
				}
				own.done++
				own.latencies = append(own.latencies, time.Since(begin))
			}
			mu.Lock()
			total.add(own)
			mu.Unlock()
		})
	}
	group.Wait()
	total.took = time.Since(start)
	return total
}

// contender is one way to do the same.
type contender struct {
	name string
	work work
}

// takeTurns measures the contenders round by round, in turns, after a short turn of each
// that does not count.
func takeTurns(ctx context.Context, s settings, clients int, numbers func() int64, contenders []contender) map[string][]slice {
	out := map[string][]slice{}
	for round := -1; round < s.rounds; round++ {
		for i := range contenders {
			// Who goes first changes from round to round.
			c := contenders[(i+max(round, 0))%len(contenders)]
			if round < 0 {
				turn(ctx, s.slice/4, clients, numbers, c.work)
				continue
			}
			out[c.name] = append(out[c.name], turn(ctx, s.slice, clients, numbers, c.work))
		}
	}
	return out
}

func median(values []float64) float64 { return quantile(values, 0.5) }

func quantile[V float64 | time.Duration](values []V, q float64) V {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}

// of applies f to each slice.
func of(all []slice, f func(*slice) float64) []float64 {
	out := make([]float64, len(all))
	for i := range all {
		out[i] = f(&all[i])
	}
	return out
}

// rates are those of a to those of b in the same round.
func rates(a, b []slice) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i].perSecond() / b[i].perSecond()
	}
	return out
}

// merged is all slices as one.
func merged(all []slice) (sum slice) {
	for _, s := range all {
		sum.add(s)
		sum.took += s.took
	}
	return sum
}

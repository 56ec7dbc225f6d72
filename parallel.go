package coodie

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/driver"
)

// PanicError is a panic of the program's own code (a hook, a codec, an observer) in a
// goroutine of a bulk call or of a read of many partitions, where it would otherwise
// end the process.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // of the goroutine
}

func (e *PanicError) Error() string {
	if e.Value == nil {
		return "panic"
	}
	return fmt.Sprintf("panic: %v", e.Value)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// protect makes an error of a panic in f.
func protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return f()
}

// forEach calls do(i) for each i from 0 to n-1, several at a time, at most limit, and returns
// when all have returned.
func forEach(n, limit int, do func(i int)) {
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(n, limit) {
		running.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				do(i)
			}
		})
	}
	running.Wait()
}

// source emits values until it has no more or emit says false. It observes ctx.
type source[V any] func(ctx context.Context, i int, emit func(V) bool) error

// stream is what a source, in a goroutine of its own, has emitted and nobody has taken yet.
type stream[V any] struct {
	batches chan []V
	err     error // valid when batches is closed
}

// interrupted is the end of a context between two statements.
type interrupted struct{ error }

func (e *interrupted) Unwrap() error { return e.error }

// batchLength is how many values go from one goroutine to another at a time, which costs
// as much as decoding a row.
const batchLength = 64

func (s *stream[V]) run(ctx context.Context, i int, from source[V]) {
	defer close(s.batches)
	var batch []V
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		select {
		case s.batches <- batch:
			batch = nil
			return nil
		case <-ctx.Done():
			return &interrupted{driver.Ended(ctx)}
		}
	}
	var stopped error
	err := protect(func() error {
		return from(ctx, i, func(v V) bool {
			if batch == nil {
				batch = make([]V, 0, batchLength)
			}
			if batch = append(batch, v); len(batch) == batchLength {
				stopped = flush()
			}
			return stopped == nil
		})
	})
	if stopped == nil {
		stopped = flush() // what came before an error was read all the same
	}
	if err == nil {
		err = stopped
	}
	s.err = err
}

// inOrder yields what n sources emit: all of the first, then all of the second, and so
// on. Up to limit of them run ahead, each in a goroutine that holds few values; at first
// only some, for the reader may need no more. It ends with the first error, and leaves no goroutine behind.
func inOrder[V any](ctx context.Context, n, some, limit int, from source[V], yield func(V, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	started, ahead := 0, []*stream[V]{}
	for window := min(some, limit); ; window = min(2*window, limit) {
		for ; started < n && len(ahead) < window; started++ {
			s, i := &stream[V]{batches: make(chan []V, 1)}, started
			ahead = append(ahead, s)
			running.Go(func() { s.run(ctx, i, from) })
		}
		if len(ahead) == 0 {
			return
		}
		s := ahead[0]
		ahead = ahead[1:]
		for batch := range s.batches {
			for i := range batch {
				if !yield(batch[i], nil) {
					return
				}
			}
		}
		if s.err != nil {
			var zero V
			yield(zero, s.err)
			return
		}
	}
}

// Package ringscan goes through ranges of tokens, several at once, and knows how far it has come.
package ringscan

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/pace"
	"github.com/coodie-go/coodie/internal/ring"
)

// Scan is a scan under way. Its fields are set before it begins.
type Scan struct {
	Ranges []ring.Range // what is left to handle of each, in the order of the ring
	AtOnce int          // ranges
	Batch  int          // rows that go from one goroutine to another
	Pace   pace.Pace
	Tokens bool // the last cell of each row is the token of its partition
	// Read reads the rows of a range.
	Read func(ctx context.Context, r ring.Range, each func(row codec.Addr, cells [][]byte) bool) error
	// Progress is told of the rows that have been handled, and of what is left, now and then; nil: nobody is.
	Progress func(rows int64, left []ring.Range)

	mu   sync.Mutex
	rows int64
	told int64 // how many rows of these Progress knows of
}

// progressAfter is after how many rows Progress is told within a range.
const progressAfter = 1000

// batch is rows of a range, and how far they bring it.
type batch struct {
	of   int // which range
	upTo int64
	rows []codec.Addr
}

// Each calls f with the rows of all ranges, several at once. The error is the first one; that of a context that has
// ended between two statements is a *fanout.Interrupted, and a panic a *fanout.Panic.
func (s *Scan) Each(ctx context.Context, f func(context.Context, codec.Addr) error) error {
	return s.run(ctx, func(ctx context.Context, b batch) error {
		for _, v := range b.rows {
			if err := driver.Ended(ctx); err != nil {
				return &fanout.Interrupted{Err: err}
			}
			if err := f(ctx, v); err != nil {
				return err
			}
		}
		s.handled(b)
		return nil
	})
}

// Yield yields the rows of all ranges, one after the other. It reports whether the loop broke off.
func (s *Scan) Yield(ctx context.Context, yield func(codec.Addr, error) bool) (stopped bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan batch)
	defer func() { // nobody is left behind
		cancel()
		for range batches {
		}
	}()
	var ended error // valid when batches is closed
	go func() {
		defer close(batches)
		ended = s.run(ctx, func(ctx context.Context, b batch) error {
			select {
			case batches <- b:
				return nil
			case <-ctx.Done():
				return &fanout.Interrupted{Err: driver.Ended(ctx)}
			}
		})
	}()
	for b := range batches {
		for _, v := range b.rows {
			if !yield(v, nil) {
				return true, nil
			}
		}
		s.handled(b)
	}
	return false, ended
}

// Left is what is left of the ranges: all rows before it have been handled.
func (s *Scan) Left() []ring.Range {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.Ranges)
}

// run reads all ranges, several at once, and hands their rows on.
func (s *Scan) run(ctx context.Context, hand func(context.Context, batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first error
	fanout.Each(len(s.Ranges), s.AtOnce, func(i int) {
		err := driver.Ended(ctx)
		if err == nil {
			err = fanout.Protect(func() error { return s.read(ctx, i, hand) })
		} else {
			err = &fanout.Interrupted{Err: err}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil && first == nil {
			first = err
			cancel()
		}
	})
	return first
}

// read reads range i and hands its rows on in batches.
func (s *Scan) read(ctx context.Context, i int, hand func(context.Context, batch) error) error {
	s.mu.Lock()
	r := s.Ranges[i]
	s.mu.Unlock()
	// A token is done when the next one comes: until then it may have more rows.
	b, present, failed := batch{of: i, upTo: r.After}, r.After, error(nil)
	flush := func() error {
		if s.Pace.Wait(ctx, len(b.rows)) != nil {
			return &fanout.Interrupted{Err: fmt.Errorf("waiting for RateLimit: %w", driver.Ended(ctx))}
		}
		err := hand(ctx, b)
		b.rows = make([]codec.Addr, 0, s.Batch)
		return err
	}
	err := s.Read(ctx, r, func(v codec.Addr, cells [][]byte) bool {
		if s.Tokens {
			if cell := cells[len(cells)-1]; len(cell) == 8 {
				if token := int64(binary.BigEndian.Uint64(cell)); token != present {
					b.upTo, present = present, token
				}
			}
		}
		if b.rows = append(b.rows, v); len(b.rows) >= s.Batch {
			failed = flush()
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	b.upTo = r.UpTo
	return flush()
}

// handled notes that all rows of a batch have been handled.
func (s *Scan) handled(b batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.Ranges[b.of]
	r.After = b.upTo
	s.rows += int64(len(b.rows))
	if s.Progress == nil || r.After != r.UpTo && s.rows-s.told < progressAfter {
		return
	}
	s.told = s.rows
	s.Progress(s.rows, slices.Clone(s.Ranges))
}

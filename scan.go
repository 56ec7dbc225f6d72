package coodie

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/pace"
	"github.com/coodie-go/coodie/internal/ring"
)

// Scan reads all rows of the table, in no particular order: see QuerySet.Scan.
func (t *Table[T]) Scan(ctx context.Context, opts ...ScanOption) iter.Seq2[T, error] {
	return t.Find().Scan(ctx, opts...)
}

// ScanParallel calls f with all rows of the table, several at once: see QuerySet.ScanParallel.
func (t *Table[T]) ScanParallel(ctx context.Context, f func(context.Context, T) error, opts ...ScanOption) error {
	return t.Find().ScanParallel(ctx, f, opts...)
}

// Scan reads all rows of the table, or those for which the filters hold (AllowFiltering), in
// no particular order. It cuts the ring of tokens into ranges that lie on one set
// of replicas each, and reads several at once, 8 unless Concurrency says otherwise; each holds a
// page. So it is faster than Iter, and spreads its load over all nodes.
//
// A scan that ended early is continued by ResumeFrom with the Checkpoint of OnProgress
// or of the *ScanError that an error comes as. No row that is there all the time is left out,
// some rows come again; rows that are written meanwhile may or may not be seen.
//
// It reads at the table's consistency, QUORUM by default, also of a WithLWTOnly table; it
// cannot be Linearizable.
func (q *QuerySet[T]) Scan(ctx context.Context, opts ...ScanOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		s, err := (*query)(q).scan(ctx, opts)
		if err == nil {
			var stopped bool
			if stopped, err = s.yield(ctx, yielding(yield)); stopped {
				return
			}
		}
		if err != nil {
			var zero T
			yield(zero, err)
		}
	}
}

// ScanParallel is Scan with a function, which is called from several goroutines at once. The
// first error ends it, of the function as well; it comes as a *ScanError.
func (q *QuerySet[T]) ScanParallel(ctx context.Context, f func(context.Context, T) error, opts ...ScanOption) error {
	s, err := (*query)(q).scan(ctx, opts)
	if err != nil {
		return err
	}
	if f == nil {
		return (*query)(q).chain().usage("scan", "the function is nil")
	}
	return s.parallel(ctx, func(ctx context.Context, v codec.Addr) error { return f(ctx, *codec.As[T](v)) })
}

// ScanOption changes a Scan.
type ScanOption func(*scanSettings)

type scanSettings struct {
	from     Checkpoint
	ranges   int
	rate     float64
	progress func(ScanProgress)
}

// ResumeFrom goes on where the scan that gave the checkpoint had come to.
func ResumeFrom(c Checkpoint) ScanOption { return func(s *scanSettings) { s.from = c } }

// RateLimit reads that many rows a second at most.
func RateLimit(rowsPerSecond float64) ScanOption {
	return func(s *scanSettings) { s.rate = rowsPerSecond }
}

// MinRanges cuts the ring into n ranges at least, 64 by default: as many statements, even
// if the table is empty. The ring has as many as its nodes have tokens anyway.
func MinRanges(n int) ScanOption { return func(s *scanSettings) { s.ranges = n } }

// OnProgress calls f after each range of tokens and each thousand rows or so, one call at a
// time. Scan calls it between two rows, so that it may do what the loop does.
func OnProgress(f func(ScanProgress)) ScanOption {
	return func(s *scanSettings) { s.progress = f }
}

// ScanProgress is how far a scan has come.
type ScanProgress struct {
	Rows int64   // that the loop or function has handled, since the scan or its continuation began
	Done float64 // the share of the ring that is done, from 0 to 1: about that of the rows
	// Checkpoint is where to go on. The loop or function has handled all rows before it.
	Checkpoint Checkpoint
}

// ScanError is a scan that ended early. It unwraps to the reason, and a scan with ResumeFrom
// goes on from its Checkpoint.
type ScanError struct {
	Table      string
	Checkpoint Checkpoint
	Err        error
}

func (e *ScanError) Error() string { return about("scan", e.Table, nil) + ": " + reason(e.Err) }

func (e *ScanError) Unwrap() error { return e.Err }

const (
	scanAtOnce    = 8
	scanRanges    = 64
	scanBatch     = 250  // rows that go from one goroutine to another
	progressAfter = 1000 // rows
)

// scan is a scan under way.
type scan struct {
	chain    chain
	settings scanSettings
	atOnce   int
	batch    int
	pace     pace.Pace

	mu     sync.Mutex
	ranges []ring.Range // what is left to handle of each, in the order of the ring
	rows   int64
	told   int64 // how many rows of these OnProgress knows of
}

// scanned are rows of a range, and how far they bring it.
type scanned struct {
	of   int // which range
	upTo int64
	rows []codec.Addr
}

func (q *query) scan(ctx context.Context, opts []ScanOption) (*scan, error) {
	return q.chain().scan(ctx, opts)
}

func (c chain) scan(ctx context.Context, opts []ScanOption) (*scan, error) {
	const op = "scan"
	s := &scan{chain: c, settings: scanSettings{ranges: scanRanges}, batch: scanBatch}
	for _, o := range opts {
		if o != nil {
			o(&s.settings)
		}
	}
	var err error
	if s.atOnce, err = c.atOnce(op, scanAtOnce); err != nil {
		return nil, err
	}
	from, name := s.settings.from, c.table.schema.Name
	switch {
	case c.spec.Limit != nil:
		return nil, c.usage(op, "a scan takes no Limit; break off the loop")
	case c.spec.Serial:
		return nil, c.usage(op, "a scan cannot be Linearizable: a serial read is of one row")
	case s.settings.ranges < 1:
		return nil, c.usage(op, "MinRanges is at least 1")
	case s.settings.rate < 0:
		return nil, c.usage(op, "RateLimit is more than 0")
	case from.left.Begun && from.left.Table != name:
		return nil, c.usage(op, "the checkpoint is of a scan of "+from.left.Table)
	}
	for i := range c.spec.Where {
		w := &c.spec.Where[i]
		if m := w.Value().Many(); m != nil && m.Token || w.Ref().Column() != nil && slices.Contains(c.table.schema.Meta.Partition, w.Ref().Column()) {
			return nil, c.usage(op, "a scan goes through all partitions by their tokens, and takes no filter on these; use Iter")
		}
	}
	if rate := s.settings.rate; rate > 0 {
		s.batch = max(1, min(scanBatch, int(rate/10)))
		s.pace.Interval = time.Duration(float64(time.Second) / rate)
	}
	s.chain.spec.Sharing, s.chain.spec.Tokens = 1, c.spec.ReadOptions.Plain()
	if err := s.of(ring.All).check(); err != nil {
		return nil, err
	}
	tokens, err := c.table.ring(ctx)
	if err != nil {
		return nil, err
	}
	s.ranges = from.left.Cut(tokens, s.settings.ranges)
	return s, nil
}

// of is the read of a range.
func (s *scan) of(r ring.Range) chain {
	c := s.chain
	c.spec.Where = slices.Concat(c.spec.Where, []stmt.Cond{stmt.TokenCond(cql.Gt, r.After), stmt.TokenCond(cql.Le, r.UpTo)})
	return c
}

// check builds the read, to see whether it can be.
func (c chain) check() error {
	b := c.spec.Query(stmt.ReadRows)
	defer b.Release()
	return usageError(b.Err)
}

// run reads all ranges, several at once, and hands their rows on.
func (s *scan) run(ctx context.Context, hand func(context.Context, scanned) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first error
	fanout.Each(len(s.ranges), s.atOnce, func(i int) {
		err := driver.Ended(ctx)
		if err == nil {
			err = protect(func() error { return s.read(ctx, i, hand) })
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
	return s.failed(first)
}

func (s *scan) failed(err error) error {
	if err == nil {
		return nil
	}
	if stopped, ok := err.(*fanout.Interrupted); ok {
		err = &QueryError{Op: "select", Table: s.chain.table.schema.Name, Err: stopped.Err}
	}
	return &ScanError{Table: s.chain.table.schema.Name, Checkpoint: s.checkpoint(), Err: err}
}

// read reads range i and hands its rows on in batches.
func (s *scan) read(ctx context.Context, i int, hand func(context.Context, scanned) error) error {
	s.mu.Lock()
	r := s.ranges[i]
	s.mu.Unlock()
	// A token is done when the next one comes: until then it may have more rows.
	b, present, failed := scanned{of: i, upTo: r.After}, r.After, error(nil)
	flush := func() error {
		if s.pace.Wait(ctx, len(b.rows)) != nil {
			return &fanout.Interrupted{Err: fmt.Errorf("waiting for RateLimit: %w", driver.Ended(ctx))}
		}
		err := hand(ctx, b)
		b.rows = make([]codec.Addr, 0, s.batch)
		return err
	}
	part := s.of(r)
	err := part.decoded(ctx, s.chain.table.schema.Rooms(), func(v codec.Addr, cells [][]byte) bool {
		if s.chain.spec.Tokens {
			if cell := cells[len(cells)-1]; len(cell) == 8 {
				if token := int64(binary.BigEndian.Uint64(cell)); token != present {
					b.upTo, present = present, token
				}
			}
		}
		if b.rows = append(b.rows, v); len(b.rows) >= s.batch {
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

// parallel calls f with the rows of all ranges.
func (s *scan) parallel(ctx context.Context, f func(context.Context, codec.Addr) error) error {
	return s.run(ctx, func(ctx context.Context, b scanned) error {
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

// yield yields the rows of all ranges. It reports whether the loop broke off.
func (s *scan) yield(ctx context.Context, yield func(codec.Addr, error) bool) (stopped bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan scanned)
	defer func() { // nobody is left behind
		cancel()
		for range batches {
		}
	}()
	var ended error // valid when batches is closed
	go func() {
		defer close(batches)
		ended = s.run(ctx, func(ctx context.Context, b scanned) error {
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
	if failed, ok := ended.(*ScanError); ok {
		failed.Checkpoint = s.checkpoint() // what was on its way has been handled since
	}
	return false, ended
}

// handled notes that all rows of a batch have been handled.
func (s *scan) handled(b scanned) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.ranges[b.of]
	r.After = b.upTo
	s.rows += int64(len(b.rows))
	if s.settings.progress == nil || r.After != r.UpTo && s.rows-s.told < progressAfter {
		return
	}
	s.told = s.rows
	p := ScanProgress{Rows: s.rows, Checkpoint: s.point()}
	p.Done = 1 - p.Checkpoint.left.Share()
	s.settings.progress(p)
}

func (s *scan) checkpoint() Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.point()
}

func (s *scan) point() Checkpoint { return Checkpoint{ring.New(s.chain.table.schema.Name, s.ranges)} }

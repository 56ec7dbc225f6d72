package coodie

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/ringscan"
	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/fanout"
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
	scanAtOnce = 8
	scanRanges = 64
	scanBatch  = 250 // rows that go from one goroutine to another
)

// scan is a scan under way.
type scan struct {
	chain    chain
	settings scanSettings
	ring     ringscan.Scan
}

func (q *query) scan(ctx context.Context, opts []ScanOption) (*scan, error) {
	return q.chain().scan(ctx, opts)
}

func (c chain) scan(ctx context.Context, opts []ScanOption) (*scan, error) {
	const op = "scan"
	s := &scan{chain: c, settings: scanSettings{ranges: scanRanges}}
	for _, o := range opts {
		if o != nil {
			o(&s.settings)
		}
	}
	atOnce, err := c.atOnce(op, scanAtOnce)
	if err != nil {
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
	s.chain.spec.Sharing, s.chain.spec.Tokens = 1, c.spec.ReadOptions.Plain()
	if err := s.of(ring.All).check(); err != nil {
		return nil, err
	}
	tokens, err := c.table.ring(ctx)
	if err != nil {
		return nil, err
	}
	s.ring = ringscan.Scan{
		Ranges: from.left.Cut(tokens, s.settings.ranges), AtOnce: atOnce, Batch: scanBatch, Tokens: s.chain.spec.Tokens,
		Read: func(ctx context.Context, r ring.Range, each func(codec.Addr, [][]byte) bool) error {
			part := s.of(r)
			return part.decoded(ctx, c.table.schema.Rooms(), each)
		},
	}
	if rate := s.settings.rate; rate > 0 {
		s.ring.Batch = max(1, min(scanBatch, int(rate/10)))
		s.ring.Pace.Interval = time.Duration(float64(time.Second) / rate)
	}
	if tell := s.settings.progress; tell != nil {
		s.ring.Progress = func(rows int64, left []ring.Range) {
			p := ScanProgress{Rows: rows, Checkpoint: Checkpoint{ring.New(name, left)}}
			p.Done = 1 - p.Checkpoint.left.Share()
			tell(p)
		}
	}
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

// parallel calls f with the rows of all ranges.
func (s *scan) parallel(ctx context.Context, f func(context.Context, codec.Addr) error) error {
	return s.failed(s.ring.Each(ctx, f))
}

// yield yields the rows of all ranges. It reports whether the loop broke off.
func (s *scan) yield(ctx context.Context, yield func(codec.Addr, error) bool) (stopped bool, err error) {
	stopped, err = s.ring.Yield(ctx, yield)
	return stopped, s.failed(err)
}

func (s *scan) failed(err error) error {
	if err == nil {
		return nil
	}
	name := s.chain.table.schema.Name
	if stopped, ok := err.(*fanout.Interrupted); ok {
		err = &QueryError{Op: "select", Table: name, Err: stopped.Err}
	}
	return &ScanError{Table: name, Checkpoint: Checkpoint{ring.New(name, s.ring.Left())}, Err: panicked(err)}
}

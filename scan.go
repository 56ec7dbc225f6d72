package coodie

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/fanout"
	"github.com/coodie-go/coodie/internal/ring"
	"github.com/coodie-go/coodie/internal/ringscan"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Scan reads all rows of the table, in no particular order: see Query.Scan.
func (t *Table[T]) Scan(ctx context.Context, opts ...ScanOption) iter.Seq2[T, error] {
	return t.Find().Scan(ctx, opts...)
}

// ScanParallel calls f with all rows of the table, several at once: see Query.ScanParallel.
func (t *Table[T]) ScanParallel(ctx context.Context, f func(context.Context, T) error, opts ...ScanOption) error {
	return t.Find().ScanParallel(ctx, f, opts...)
}

// Scan reads all rows of the table, or those for which the filters hold (AllowFiltering), in
// no particular order. It cuts the ring of tokens into ranges that lie on one set
// of replicas each, and reads several at once, 8 unless WithConcurrency says otherwise; each holds a
// page. So it is faster than Iter, and spreads its load over all nodes.
//
// A scan that ended early is continued by ResumeFrom with the Checkpoint of OnProgress
// or of its error, an *Error. No row that is there all the time is left out,
// some rows come again; rows that are written meanwhile may or may not be seen.
//
// It reads at the table's consistency, QUORUM by default, also of a WithLWTOnly table; it
// takes no WithLinearizable.
func (q *Query[T]) Scan(ctx context.Context, opts ...ScanOption) iter.Seq2[T, error] {
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
// first error ends it, of the function as well; it comes as an *Error with the Checkpoint.
func (q *Query[T]) ScanParallel(ctx context.Context, f func(context.Context, T) error, opts ...ScanOption) error {
	s, err := (*query)(q).scan(ctx, opts)
	if err != nil {
		return err
	}
	if f == nil {
		return (*query)(q).call().usage("scan", "the function is nil")
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

const (
	scanAtOnce = 8
	scanRanges = 64
	scanBatch  = 250 // rows that go from one goroutine to another
)

// scan is a scan under way.
type scan struct {
	call     call
	settings scanSettings
	ring     ringscan.Scan
}

func (q *query) scan(ctx context.Context, opts []ScanOption) (*scan, error) {
	return q.call().scan(ctx, opts)
}

func (c call) scan(ctx context.Context, opts []ScanOption) (*scan, error) {
	const op = "scan"
	s := &scan{call: c, settings: scanSettings{ranges: scanRanges}}
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
		return nil, c.usage(op, "a scan takes no WithLinearizable: a serial read is of one row")
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
	s.call.spec.Sharing, s.call.spec.Tokens = 1, c.spec.ReadOptions.Plain()
	if err := s.of(ring.All).check(); err != nil {
		return nil, err
	}
	tokens, err := c.table.ring(ctx)
	if err != nil {
		return nil, err
	}
	s.ring = ringscan.Scan{
		Ranges: from.left.Cut(tokens, s.settings.ranges), AtOnce: atOnce, Batch: scanBatch, Tokens: s.call.spec.Tokens,
		Read: func(ctx context.Context, r ring.Range, each func(codec.Addr, [][]byte) bool) error {
			part := s.of(r)
			if err := part.decoded(ctx, c.table.schema.Rooms(), each); err != nil {
				return scanRead{err}
			}
			return nil
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
func (s *scan) of(r ring.Range) call {
	c := s.call
	c.spec.Where = slices.Concat(c.spec.Where, []stmt.Cond{stmt.TokenCond(cql.Gt, r.After), stmt.TokenCond(cql.Le, r.UpTo)})
	return c
}

// check builds the read, to see whether it can be.
func (c call) check() error {
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

// scanRead is an error of the scan's own read, and not of the program's function.
type scanRead struct{ error }

func (r scanRead) Unwrap() error { return r.error }

func (s *scan) failed(err error) error {
	if err == nil {
		return nil
	}
	name := s.call.table.schema.Name
	come := Checkpoint{ring.New(name, s.ring.Left())}
	if read, ok := err.(scanRead); ok {
		err = read.error
		if e, ok := err.(*Error); ok {
			own := *e
			own.Checkpoint = come
			return &own
		}
	}
	if stopped, ok := err.(*fanout.Interrupted); ok {
		err = queryError("select", name, "", stopped.Err)
	}
	e := &Error{Kind: KindOf(err), Op: "scan", Table: name, Checkpoint: come, Err: panicked(err)}
	if p := find(e.Err, (*Error).isPanic); p != nil {
		e.Kind, e.Stack = p.Kind, p.Stack
	}
	return e
}

// Checkpoint is how far a scan has come: the ranges of tokens that are left, which are no
// more than WithConcurrency and one. It is a small text (MarshalText, so JSON as well) that can
// be kept for as long as one likes: whatever becomes of the cluster, a token stays that of its
// partition. The zero value is the beginning.
type Checkpoint struct{ left ring.Progress }

// Done reports whether the scan has come to its end.
func (c Checkpoint) Done() bool { return c.left.Begun && len(c.left.Left) == 0 }

// String is the checkpoint's text.
func (c Checkpoint) String() string { return c.left.String() }

// MarshalText is the checkpoint's text; "" for the beginning.
func (c Checkpoint) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

var errNoCheckpoint = errors.New("coodie: the text is no checkpoint of a scan")

// UnmarshalText reads what MarshalText wrote.
func (c *Checkpoint) UnmarshalText(text []byte) error {
	left, ok := ring.Parse(string(text))
	if !ok {
		return errNoCheckpoint
	}
	c.left = left
	return nil
}

var tokensCodec = stmt.MustCodec(reflect.TypeFor[[]string](), &codec.Type{Kind: codec.Set, Elem: codec.Native(codec.Text)})

// ring reads the tokens of all nodes. It may leave out a node or have one that is gone, if
// the two statements come to different nodes: that makes ranges only larger or smaller.
func (t *table) ring(ctx context.Context) (tokens []int64, err error) {
	for _, statement := range [...]string{"SELECT tokens, partitioner FROM system.local", "SELECT tokens FROM system.peers"} {
		r := &driver.Request{Kind: driver.Read, Statement: statement, Consistency: driver.One}
		rows := driver.Do(ctx, t.sender, r)
		for err == nil && rows.Next() {
			cells := rows.Cells()
			if len(cells) > 1 && !strings.HasSuffix(string(cells[1]), "Murmur3Partitioner") {
				err = misuse("scan", t.schema.Name, "", "the cluster's partitioner is "+string(cells[1])+
					", and a scan goes by the tokens of Murmur3Partitioner; use Iter", nil)
				break
			}
			var texts []string
			if err = tokensCodec.Decode(codec.At(&texts), cells[0]); err != nil {
				break
			}
			for _, text := range texts {
				token, bad := strconv.ParseInt(text, 10, 64)
				if bad != nil {
					err = fmt.Errorf("coodie: scan %s: the ring has a token %q", t.schema.Name, text)
				}
				tokens = append(tokens, token)
			}
		}
		if failed := rows.Close(); failed != nil {
			return nil, t.failure("scan", r, failed)
		}
	}
	return tokens, err
}

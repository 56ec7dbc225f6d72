package coodie

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// Checkpoint is how far a scan has come: the ranges of tokens that are left, which are no
// more than Concurrency and one. It is a small text (MarshalText, so JSON as well) that can
// be kept for as long as one likes: whatever becomes of the cluster, a token stays that of its
// partition. The zero value is the beginning.
type Checkpoint struct {
	begun bool
	table string
	left  []tokenRange
}

// tokenRange is the tokens t with After < t <= UpTo. The smallest token is none of any
// partition, so that a range can begin with it.
type tokenRange struct{ After, UpTo int64 }

var everything = tokenRange{math.MinInt64, math.MaxInt64}

// newCheckpoint puts ranges together that touch. They are in the order of the ring.
func newCheckpoint(table string, ranges []tokenRange) Checkpoint {
	c := Checkpoint{begun: true, table: table}
	for _, r := range ranges {
		switch last := len(c.left) - 1; {
		case r.After == r.UpTo:
		case last >= 0 && c.left[last].UpTo == r.After:
			c.left[last].UpTo = r.UpTo
		default:
			c.left = append(c.left, r)
		}
	}
	return c
}

// Done reports whether the scan has come to its end.
func (c Checkpoint) Done() bool { return c.begun && len(c.left) == 0 }

// share is how much of the ring is left.
func (c Checkpoint) share() (share float64) {
	for _, r := range c.left {
		share += float64(uint64(r.UpTo-r.After)) / math.MaxUint64
	}
	return share
}

// String is the checkpoint's text.
func (c Checkpoint) String() string {
	if !c.begun {
		return ""
	}
	parts := make([]string, len(c.left))
	for i, r := range c.left {
		parts[i] = strconv.FormatInt(r.After, 10) + ":" + strconv.FormatInt(r.UpTo, 10)
	}
	return "1|" + strings.Join(parts, ",") + "|" + c.table
}

// MarshalText is the checkpoint's text; "" for the beginning.
func (c Checkpoint) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

var errNoCheckpoint = errors.New("coodie: the text is no checkpoint of a scan")

// UnmarshalText reads what MarshalText wrote.
func (c *Checkpoint) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Checkpoint{}
		return nil
	}
	version, rest, ok1 := strings.Cut(string(text), "|")
	list, table, ok2 := strings.Cut(rest, "|")
	if !ok1 || !ok2 || version != "1" || table == "" {
		return errNoCheckpoint
	}
	out := Checkpoint{begun: true, table: table}
	for part := range strings.SplitSeq(list, ",") {
		if list == "" {
			break
		}
		after, upTo, _ := strings.Cut(part, ":")
		from, err1 := strconv.ParseInt(after, 10, 64)
		to, err2 := strconv.ParseInt(upTo, 10, 64)
		if err1 != nil || err2 != nil || from >= to || len(out.left) > 0 && from <= out.left[len(out.left)-1].UpTo {
			return errNoCheckpoint
		}
		out.left = append(out.left, tokenRange{from, to})
	}
	*c = out
	return nil
}

// cut is what is left, in ranges that begin and end at the tokens of the ring, where
// replicas change, and at other places so that the whole ring has n ranges at least.
func (c Checkpoint) cut(ring []int64, n int) (ranges []tokenRange) {
	left := c.left
	if !c.begun {
		left = []tokenRange{everything}
	}
	bounds := append(slices.Clone(ring), everything.After, everything.UpTo)
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	pieces := uint64((n + len(bounds) - 2) / (len(bounds) - 1))
	for i, after := range bounds[:len(bounds)-1] {
		width := uint64(bounds[i+1] - after)
		k := min(pieces, width)
		for j := range k {
			piece := tokenRange{after + int64(width/k*j), after + int64(width/k*(j+1))}
			if j == k-1 {
				piece.UpTo = bounds[i+1]
			}
			for _, l := range left {
				if both := (tokenRange{max(piece.After, l.After), min(piece.UpTo, l.UpTo)}); both.After < both.UpTo {
					ranges = append(ranges, both)
				}
			}
		}
	}
	return ranges
}

var tokensCodec = mustCodec(reflect.TypeFor[[]string](), &codec.Type{Kind: codec.Set, Elem: codec.Native(codec.Text)})

// ring reads the tokens of all nodes. It may leave out a node or have one that is gone, if
// the two statements come to different nodes: that makes ranges only larger or smaller.
func (t *table) ring(ctx context.Context) (tokens []int64, err error) {
	for _, statement := range [...]string{"SELECT tokens, partitioner FROM system.local", "SELECT tokens FROM system.peers"} {
		r := &driver.Request{Kind: driver.Read, Statement: statement, Consistency: gocql.One}
		rows := driver.Do(ctx, t.sender, r)
		for err == nil && rows.Next() {
			cells := rows.Cells()
			if len(cells) > 1 && !strings.HasSuffix(string(cells[1]), "Murmur3Partitioner") {
				err = &UsageError{Op: "scan", Table: t.name, Reason: "the cluster's partitioner is " + string(cells[1]) +
					", and a scan goes by the tokens of Murmur3Partitioner; use Iter"}
				break
			}
			var texts []string
			if err = tokensCodec.Decode(unsafe.Pointer(&texts), cells[0]); err != nil {
				break
			}
			for _, text := range texts {
				token, bad := strconv.ParseInt(text, 10, 64)
				if bad != nil {
					err = fmt.Errorf("coodie: scan %s: the ring has a token %q", t.name, text)
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

// Package ring divides the tokens of a cluster into ranges, and keeps which of them are left.
package ring

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Progress is which tokens of a table are left. The zero value is the beginning.
type Progress struct {
	Begun bool
	Table string
	Left  []Range
}

// Range is the tokens t with After < t <= UpTo. The smallest token is none of any
// partition, so that a range can begin with it.
type Range struct{ After, UpTo int64 }

// All is the whole ring.
var All = Range{math.MinInt64, math.MaxInt64}

// New is the progress with these ranges left, which are in the order of the ring. Those that touch are put together.
func New(table string, ranges []Range) Progress {
	c := Progress{Begun: true, Table: table}
	for _, r := range ranges {
		switch last := len(c.Left) - 1; {
		case r.After == r.UpTo:
		case last >= 0 && c.Left[last].UpTo == r.After:
			c.Left[last].UpTo = r.UpTo
		default:
			c.Left = append(c.Left, r)
		}
	}
	return c
}

// Share is how much of the ring is left.
func (c Progress) Share() (share float64) {
	for _, r := range c.Left {
		share += float64(uint64(r.UpTo-r.After)) / math.MaxUint64
	}
	return share
}

// String is its text; "" of the beginning.
func (c Progress) String() string {
	if !c.Begun {
		return ""
	}
	parts := make([]string, len(c.Left))
	for i, r := range c.Left {
		parts[i] = strconv.FormatInt(r.After, 10) + ":" + strconv.FormatInt(r.UpTo, 10)
	}
	return "1|" + strings.Join(parts, ",") + "|" + c.Table
}

// Parse reads a text that String has made; ok is false of any other.
func Parse(text string) (out Progress, ok bool) {
	if text == "" {
		return Progress{}, true
	}
	version, rest, ok1 := strings.Cut(text, "|")
	list, table, ok2 := strings.Cut(rest, "|")
	if !ok1 || !ok2 || version != "1" || table == "" {
		return Progress{}, false
	}
	out = Progress{Begun: true, Table: table}
	for part := range strings.SplitSeq(list, ",") {
		if list == "" {
			break
		}
		after, upTo, _ := strings.Cut(part, ":")
		from, err1 := strconv.ParseInt(after, 10, 64)
		to, err2 := strconv.ParseInt(upTo, 10, 64)
		if err1 != nil || err2 != nil || from >= to || len(out.Left) > 0 && from <= out.Left[len(out.Left)-1].UpTo {
			return Progress{}, false
		}
		out.Left = append(out.Left, Range{from, to})
	}
	return out, true
}

// Cut is what is left, in ranges that begin and end at the tokens of the ring, where
// replicas change, and at other places so that the whole ring has n ranges at least.
func (c Progress) Cut(ring []int64, n int) (ranges []Range) {
	left := c.Left
	if !c.Begun {
		left = []Range{All}
	}
	bounds := append(slices.Clone(ring), All.After, All.UpTo)
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	pieces := uint64((n + len(bounds) - 2) / (len(bounds) - 1))
	for i, after := range bounds[:len(bounds)-1] {
		width := uint64(bounds[i+1] - after)
		k := min(pieces, width)
		for j := range k {
			piece := Range{after + int64(width/k*j), after + int64(width/k*(j+1))}
			if j == k-1 {
				piece.UpTo = bounds[i+1]
			}
			for _, l := range left {
				if both := (Range{max(piece.After, l.After), min(piece.UpTo, l.UpTo)}); both.After < both.UpTo {
					ranges = append(ranges, both)
				}
			}
		}
	}
	return ranges
}

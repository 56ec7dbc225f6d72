package driver

import (
	"context"
	"encoding/binary"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/codec"
)

// Call is one statement: its encoded values, and the rows of its answer. Everything is
// encoded when it is bound, so that a bad value is an error before anything is sent. The
// zero value is ready, and Reset makes it so again with its memory kept.
type Call struct {
	scratch []byte
	binds   []Value
	values  []*Value
	args    []any // the values as the driver takes them
	rows    Rows

	first, last *Value // of the values that the driver encodes
	column      string // that the next values are for: see For
	use         Use
	lost        []Lost
	strict      bool
	grown       bool
	encoded     atomic.Bool // the driver may have sent a value
}

// Do sends r with the values bound so far, and returns its rows, which the caller must
// Close; they last until Reset. A context that has already ended is a *NotSentError:
// nothing was sent.
func (c *Call) Do(ctx context.Context, s Sender, r *Request) *Rows {
	r.Values, r.args = c.Values(), c.args
	c.rows.send(ctx, s, r)
	c.args = r.args
	return &c.rows
}

// Rebind gives value i, which is not one of a tuple's, another cell of its type; nil is null.
func (c *Call) Rebind(i int, cell []byte) {
	b := &c.binds[i]
	b.start = len(c.scratch)
	c.scratch = append(c.scratch, cell...)
	b.end, b.state, b.codec, b.p = len(c.scratch), set, nil, codec.Addr{}
	if cell == nil {
		b.state = null
	}
}

// Again readies a call whose rows are closed for another Do.
func (c *Call) Again() { c.rows.reset() }

// Reset empties a call whose rows are closed. It reports whether the call may be used again:
// not if the driver may still encode the values for the next page, nor if the call has grown big.
func (c *Call) Reset() (reusable bool) {
	const keep = 64 << 10
	if c.rows.pending || cap(c.scratch) > keep {
		return false
	}
	for i := range c.binds {
		c.binds[i].p = codec.Addr{} // what else the binds and values hold is the call's own
	}
	c.scratch, c.binds, c.values = c.scratch[:0], c.binds[:0], c.values[:0]
	c.column, c.use, c.lost, c.strict, c.grown = "", Compared, nil, false, false
	c.encoded.Store(false)
	c.rows.reset()
	return true
}

// Bind encodes the value at p and returns the marker that stands for it in the statement.
// A null is bound as null, or left unset when asked. A tuple takes a marker per element,
// because drivers count its elements as values of their own; a null tuple is the marker
// "null" and binds nothing.
func (c *Call) Bind(cd *codec.Codec, p codec.Addr, unsetNull bool) (marker string, isNull bool, err error) {
	start := len(c.scratch)
	out, isNull, err := cd.Append(c.scratch, p)
	if err != nil {
		return "", false, err
	}
	c.scratch = out
	return c.bound(cd.Type(), cd, p, start, isNull, unsetNull)
}

// BindCell binds a value of type t that is encoded already, as Bind does; nil is null.
func (c *Call) BindCell(t *codec.Type, cell []byte) (marker string, err error) {
	start := len(c.scratch)
	c.scratch = append(c.scratch, cell...)
	marker, _, err = c.bound(t, nil, codec.Addr{}, start, cell == nil, false)
	return marker, err
}

// bound adds the value of type t that lies in scratch from start on.
func (c *Call) bound(t *codec.Type, cd *codec.Codec, p codec.Addr, start int, isNull, unsetNull bool) (marker string, _ bool, err error) {
	out := c.scratch
	if t.Kind == codec.Tuple {
		if isNull {
			return "null", true, nil
		}
		marker, err = c.bindTuple(t, start, len(out))
		return marker, false, err
	}
	b := Value{call: c, start: start, end: len(out), use: c.use, column: c.column, typ: t, codec: cd, p: p}
	switch {
	case isNull && unsetNull:
		b.state = unset
	case isNull:
		b.state = null
	}
	c.binds = append(c.binds, b)
	return "?", isNull, nil
}

// bindTuple binds the elements of the tuple that lies in scratch from start to end.
func (c *Call) bindTuple(t *codec.Type, start, end int) (marker string, err error) {
	elems, err := codec.Split(nil, c.scratch[start:end], len(t.Elems))
	if err != nil {
		return "", err
	}
	text := []byte{'('}
	for i, e := range elems {
		if i > 0 {
			text = append(text, ", "...)
		}
		start += 4
		switch {
		case t.Elems[i].Kind == codec.Tuple && e == nil:
			text = append(text, "null"...)
		case t.Elems[i].Kind == codec.Tuple:
			nested, err := c.bindTuple(t.Elems[i], start, start+len(e))
			if err != nil {
				return "", err
			}
			text = append(text, nested...)
		default:
			b := Value{call: c, start: start, end: start + len(e), use: c.use, column: c.column, typ: t.Elems[i]}
			if e == nil {
				b.state = null
			}
			c.binds = append(c.binds, b)
			text = append(text, '?')
		}
		start += len(e)
	}
	return string(append(text, ')')), nil
}

// BindList encodes n values of type elem as the one list that IN takes; encode appends
// value i. It reports whether one of them is null.
func (c *Call) BindList(elem *codec.Type, n int, encode func(dst []byte, i int) (out []byte, null bool, err error)) (hasNull bool, err error) {
	start := len(c.scratch)
	c.scratch = binary.BigEndian.AppendUint32(c.scratch, uint32(n))
	for i := range n {
		at := len(c.scratch)
		c.scratch = append(c.scratch, 0, 0, 0, 0)
		out, isNull, err := encode(c.scratch, i)
		if err != nil {
			return false, err
		}
		length := uint32(len(out) - at - 4)
		if isNull {
			out, length, hasNull = out[:at+4], 0xffffffff, true
		}
		binary.BigEndian.PutUint32(out[at:], length)
		c.scratch = out
	}
	c.binds = append(c.binds, Value{call: c, start: start, end: len(c.scratch), column: c.column, typ: elem, list: true})
	return hasNull, nil
}

var (
	intType    = &codec.Type{Kind: codec.Int}
	bigintType = &codec.Type{Kind: codec.BigInt}
)

// BindInt binds a CQL int: a TTL or a limit.
func (c *Call) BindInt(v int32) {
	start := len(c.scratch)
	c.scratch = binary.BigEndian.AppendUint32(c.scratch, uint32(v))
	c.binds = append(c.binds, Value{call: c, start: start, end: len(c.scratch), typ: intType})
}

// BindBigint binds a CQL bigint: a timestamp.
func (c *Call) BindBigint(v int64) {
	start := len(c.scratch)
	c.scratch = binary.BigEndian.AppendUint64(c.scratch, uint64(v))
	c.binds = append(c.binds, Value{call: c, start: start, end: len(c.scratch), typ: bigintType})
}

// BindNull binds null.
func (c *Call) BindNull() { c.binds = append(c.binds, Value{call: c, state: null}) }

// Len is the number of values bound so far.
func (c *Call) Len() int { return len(c.binds) }

// Size is how many bytes the values take that are bound so far.
func (c *Call) Size() int { return len(c.scratch) }

// Cell returns the encoded value i: nil for null and unset. It is valid until Reset.
func (c *Call) Cell(i int) []byte {
	b := &c.binds[i]
	if b.state != set {
		return nil
	}
	return c.scratch[b.start:b.end:b.end]
}

// Filled reports whether every value is one that is neither null nor unset nor empty.
func (c *Call) Filled() bool {
	for i := range c.binds {
		if b := &c.binds[i]; b.state != set || b.start == b.end {
			return false
		}
	}
	return true
}

// Null reports whether value i is null, and not unset.
func (c *Call) Null(i int) bool { return c.binds[i].state == null }

// Unset reports whether value i is left unset.
func (c *Call) Unset(i int) bool { return c.binds[i].state == unset }

// Values returns the values bound so far.
func (c *Call) Values() []*Value {
	c.values, c.first, c.last = c.values[:0], nil, nil
	for i := range c.binds {
		b := &c.binds[i]
		c.values = append(c.values, b)
		if b.state == unset {
			continue
		}
		if c.last = b; c.first == nil {
			c.first = b
		}
	}
	return c.values
}

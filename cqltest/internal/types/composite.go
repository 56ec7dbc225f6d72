package types

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
)

// A composite is encoded as its components, of which the last ones may be missing:
// each the length of its value in two bytes, the value, and one byte that is 0 but in
// the bounds of a slice.

// cutComponent returns the first component of a composite, the byte behind it, and the
// rest; false if it is not whole.
func cutComponent(b []byte) (value []byte, end int8, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(b)) + 2
	if len(b) <= n {
		return nil, 0, nil, false
	}
	return b[2:n], int8(b[n]), b[n+1:], true
}

func (t *Type) compareComposite(a, b []byte) int {
	for _, c := range t.Elems {
		x, xEnd, xRest, ok := cutComponent(a)
		y, yEnd, yRest, also := cutComponent(b)
		if !ok || !also {
			break
		}
		if o := c.Compare(x, y); o != 0 {
			return o
		}
		if xEnd != yEnd {
			return cmp.Compare(xEnd, yEnd)
		}
		a, b = xRest, yRest
	}
	return cmp.Compare(min(len(a), 1), min(len(b), 1))
}

func (t *Type) validateComposite(b []byte) error {
	for i := 0; len(b) > 0; i++ {
		if len(b) < 2 {
			return Invalidf("Not enough bytes to read value size of component %d", i)
		}
		n := int(binary.BigEndian.Uint16(b)) + 2
		switch {
		case len(b) < n:
			return Invalidf("Not enough bytes to read value of component %d", i)
		case len(b) == n:
			return Invalidf("Not enough bytes to read the end-of-component byte of component%d", i)
		case i >= len(t.Elems):
			return outOfRange(i, len(t.Elems))
		}
		if err := t.Elems[i].Validate(b[2:n]); err != nil {
			return err
		}
		b = b[n+1:]
	}
	return nil
}

func outOfRange(i, n int) error {
	return &Error{Code: CodeServer, Message: fmt.Sprintf("java.lang.ArrayIndexOutOfBoundsException: Index %d out of bounds for length %d", i, n)}
}

// compositeFromString reads components that colons part; a colon within one is
// written \\:.
func (t *Type) compositeFromString(s string) ([]byte, error) {
	var out []byte
	const escaped = "\x00"
	if s == "" {
		return []byte{}, nil
	}
	for i, part := range strings.Split(strings.ReplaceAll(s, `\:`, escaped), ":") {
		if i >= len(t.Elems) {
			return nil, outOfRange(i, len(t.Elems))
		}
		v, err := t.Elems[i].FromString(strings.ReplaceAll(part, escaped, ":"))
		if err != nil {
			return nil, err
		}
		out = binary.BigEndian.AppendUint16(out, uint16(len(v)))
		out = append(append(out, v...), 0)
	}
	return out, nil
}

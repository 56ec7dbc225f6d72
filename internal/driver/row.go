package driver

import "encoding/binary"

// Row is memory for the values of a row as a driver scans them. Drivers split a top-level tuple into its elements,
// so that a tuple whose elements are all null cannot be told from a null tuple: it reads as null.
type Row struct {
	raw    [][]byte // the values
	dest   []any    // their targets
	width  int      // how many there are
	parts  []int    // of each column: see Fit; empty if there is no tuple
	joined [][]byte // one cell per column, where there is a tuple
}

// Fit makes room for n columns. Elements is how many values the driver makes of column i, -1 if it makes one;
// target is a scan target that sets the cell without decoding or copying it.
func (r *Row) Fit(n int, elements func(i int) int, target func(cell *[]byte) any) {
	r.width, r.parts = n, r.parts[:0]
	for i := range n {
		if e := elements(i); e >= 0 {
			for len(r.parts) < i {
				r.parts = append(r.parts, -1)
			}
			r.parts = append(r.parts, e)
			r.width += e - 1
		} else if len(r.parts) > 0 {
			r.parts = append(r.parts, -1)
		}
	}
	if r.width <= len(r.raw) {
		return
	}
	r.raw, r.dest = make([][]byte, r.width), make([]any, r.width)
	for i := range r.raw {
		r.dest[i] = target(&r.raw[i])
	}
}

// Targets returns where the driver scans the values to.
func (r *Row) Targets() []any { return r.dest[:r.width] }

// Cells returns the row that was scanned, one cell per column.
func (r *Row) Cells() [][]byte {
	if len(r.parts) == 0 {
		return r.raw[:r.width]
	}
	r.joined = r.joined[:0]
	next := 0
	for _, n := range r.parts {
		if n < 0 {
			r.joined = append(r.joined, r.raw[next])
			next++
			continue
		}
		r.joined = append(r.joined, join(r.raw[next:next+n]))
		next += n
	}
	return r.joined
}

// Forget drops the cells and keeps the memory.
func (r *Row) Forget() {
	clear(r.raw)
	clear(r.joined)
}

// join puts a tuple's elements back into one cell; nil when all are null.
func join(elems [][]byte) []byte {
	var cell []byte
	null := true
	for _, e := range elems {
		if e == nil {
			cell = binary.BigEndian.AppendUint32(cell, 0xffffffff)
			continue
		}
		null = false
		cell = append(binary.BigEndian.AppendUint32(cell, uint32(len(e))), e...)
	}
	if null {
		return nil
	}
	return cell
}

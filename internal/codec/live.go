package codec

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
)

// The type of a live column may know more than the struct declares: ALTER TYPE adds fields
// to a user-defined type. This file deals with cells of such a type.

// ForLive is [For] for the type of a live column: a tuple may have more elements than the
// struct has fields, as a user-defined type may. What the struct lacks is skipped when read
// and null when written.
func ForLive(goType reflect.Type, t *Type) (*Codec, error) { return compiled(goType, t, true) }

// Live returns the codec of the same Go type for the type of a live column: see [ForLive].
func (c *Codec) Live(t *Type) (*Codec, error) {
	if c.scheme == nil {
		return ForLive(c.goType, t)
	}
	return c.scheme.For(c.goType, t)
}

// Lacks names the first field of a live type, or element of a tuple, that t does not have;
// "" if t has all of them.
func (t *Type) Lacks(live *Type) string {
	if t == nil || live == nil || t.Kind != live.Kind || !t.composite() {
		return ""
	}
	if t.Kind != UDT && t.Kind != Tuple {
		if name := t.Key.Lacks(live.Key); name != "" {
			return name
		}
		return t.Elem.Lacks(live.Elem)
	}
	for i := range live.size() {
		part := t.counterpart(live, i)
		if part == nil {
			return live.partName(i)
		}
		if name := part.Lacks(live.part(i)); name != "" {
			return live.partName(i) + "." + name
		}
	}
	return ""
}

// Grew reports whether a type has become newer by ALTER TYPE ADD: what a cell of t begins with, a
// cell of newer begins with as well.
func (t *Type) Grew(newer *Type) bool {
	switch {
	case t.Same(newer):
		return true
	case t == nil || newer == nil || t.Kind != newer.Kind || !t.composite() || !newer.composite() || t.Len != newer.Len || t.size() > newer.size():
		return false
	case t.Kind != UDT && t.Kind != Tuple:
		return t.Elem.Grew(newer.Elem) && (t.Kind != Map || t.Key.Grew(newer.Key))
	}
	for i := range t.size() {
		if t.position(newer, i) != i || !t.part(i).Grew(newer.part(i)) {
			return false
		}
	}
	return t.Kind == UDT || t.size() == newer.size()
}

// composite reports whether the type's cells are made of cells that are known.
func (t *Type) composite() bool {
	return t.Kind >= List && t.Kind <= Vector && (t.Kind != UDT || t.Fields != nil)
}

// size is how many parts a cell of a user-defined type or tuple has.
func (t *Type) size() int { return len(t.Fields) + len(t.Elems) }

// part is the type of part i of a cell.
func (t *Type) part(i int) *Type {
	switch {
	case t.Kind == UDT:
		return t.Fields[i].Type
	case t.Kind == Tuple:
		return t.Elems[i]
	case t.Kind == Map && i%2 == 0:
		return t.Key
	}
	return t.Elem
}

func (t *Type) partName(i int) string {
	if t.Kind == UDT {
		return t.Fields[i].Name
	}
	return fmt.Sprintf("[%d]", i)
}

// counterpart is what t has for part i of another type of its kind; nil if it has nothing.
func (t *Type) counterpart(of *Type, i int) *Type {
	if at := t.position(of, i); at >= 0 {
		return t.part(at)
	}
	return nil
}

// position is where t has part i of another type of its kind; -1 if it does not. Fields meet by name.
func (t *Type) position(of *Type, i int) int {
	switch t.Kind {
	case UDT:
		for at := range t.Fields {
			if t.Fields[at].Name == of.Fields[i].Name {
				return at
			}
		}
		return -1
	case Tuple:
		if i >= len(t.Elems) {
			return -1
		}
	}
	return i
}

// parts cuts a cell of a composite type: into fields, elements, or keys and values in turn.
// Fields that a shorter cell lacks are nil.
func (t *Type) parts(cell []byte) (parts [][]byte, err error) {
	switch t.Kind {
	case UDT, Tuple:
		return Split(nil, cell, t.size())
	case Vector:
		size := fixedSize(t.Elem)
		for range t.Len {
			var part []byte
			if part, cell, err = nextInVector(cell, size); err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		return parts, end(cell)
	}
	each := 1
	if t.Kind == Map {
		each = 2
	}
	n, cell, err := count(cell, 4*each)
	if err != nil {
		return nil, err
	}
	return Split(nil, cell, n*each)
}

// join appends the cell that is made of parts. Those of a set or map are sorted.
func (t *Type) join(dst []byte, parts [][]byte) []byte {
	if t.Kind == Vector {
		varies := fixedSize(t.Elem) == 0
		for _, p := range parts {
			if varies {
				dst = appendUvint(dst, uint64(len(p)))
			}
			dst = append(dst, p...)
		}
		return dst
	}
	n, order := len(parts), (*cellOrder)(nil)
	switch t.Kind {
	case List, Set:
		dst = appendInt(dst, n)
		if t.Kind == Set {
			order = &cellOrder{compare: comparator(t.Elem), cells: 1}
		}
	case Map:
		n /= 2
		dst, order = appendInt(dst, n), &cellOrder{compare: comparator(t.Key), cells: 2}
	}
	start := len(dst)
	for _, p := range parts {
		if p == nil {
			dst = appendNull(dst)
			continue
		}
		dst = append(appendInt(dst, len(p)), p...)
	}
	if order != nil {
		dst, n, _ = order.sort(dst, start, n)
		putInt(dst[start-4:], n)
	}
	return dst
}

// Convert turns a cell of one type into a cell of another, which must be able to hold its
// value. Fields meet by name and elements of tuples in order; those that only the other type
// has are null. Nil is null. The cell comes back as it is where the types are alike.
func Convert(cell []byte, from, to *Type) ([]byte, error) {
	switch {
	case from == nil || to == nil:
		return nil, fail("a CQL type is needed")
	case cell == nil || from.Same(to):
		return cell, nil
	case from.Kind != to.Kind || !from.composite() || !to.composite() || from.Len != to.Len:
		return convertValue(cell, from, to)
	case len(cell) == 0:
		return cell, nil
	}
	parts, err := from.parts(cell)
	if err != nil {
		return nil, asError(err)
	}
	out := make([][]byte, len(parts))
	if from.Kind == UDT || from.Kind == Tuple {
		out = make([][]byte, to.size())
	}
	for i, part := range parts {
		at := to.position(from, i)
		switch {
		case at >= 0:
			if out[at], err = Convert(part, from.part(i), to.part(at)); err != nil {
				return nil, atPart(err, from, i)
			}
		case part != nil:
			return nil, atPart(fail("the live type has no such field"), from, i)
		}
	}
	return to.join([]byte{}, out), nil
}

// convertValue converts by way of the value.
func convertValue(cell []byte, from, to *Type) ([]byte, error) {
	v, err := DecodeAny(from, cell)
	if err != nil {
		return nil, err
	}
	out, null, err := EncodeAny([]byte{}, to, v)
	if err == nil && null {
		err = fail("%s cannot be written as %s", from, to)
	}
	return out, err
}

// atPart adds part i to the path of an error.
func atPart(err error, t *Type, i int) error {
	if t.Kind == UDT {
		return atField(err, t.Fields[i].Name)
	}
	return at(err, "["+strconv.Itoa(i)+"]")
}

// EqualCells reports whether two cells of a type differ in nothing but nulls at the end of a
// user-defined type or tuple, which a cell may leave out. Nil is null. It is not told which
// types have several cells for one value.
func EqualCells(t *Type, a, b []byte) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if bytes.Equal(a, b) {
		return true
	}
	if !t.composite() || len(a) == 0 || len(b) == 0 {
		return false
	}
	x, errX := t.parts(a)
	y, errY := t.parts(b)
	if errX != nil || errY != nil || len(x) != len(y) {
		return false
	}
	for i := range x {
		if !EqualCells(t.part(i), x[i], y[i]) {
			return false
		}
	}
	return true
}

// Merge returns the cell of the live type that a program writes that has changed a value of the
// declared type: cell is as it was read, before how the program would write what it has read,
// and after how it would write it now, both as the live type. What the program has not changed, and
// fields that it does not know, stay as they are in cell.
//
// The elements of a list or set are told by what the declared type knows of them, those of a
// map by their keys. Where that does not say which of them a field belongs to, the error says so.
func Merge(live, declared *Type, cell, before, after []byte) ([]byte, error) {
	switch {
	case bytes.Equal(before, after) && (before == nil) == (after == nil):
		return cell, nil
	case len(cell) == 0 || len(before) == 0 || len(after) == 0, live.Kind != declared.Kind || !live.composite() || !declared.composite():
		return after, nil
	case live.Kind == List || live.Kind == Set || live.Kind == Map:
		return mergeElements(live, declared, cell, before, after)
	}
	cells, err := live.parts(cell)
	if err != nil {
		return nil, asError(err)
	}
	was, err := live.parts(before)
	if err != nil {
		return nil, asError(err)
	}
	is, err := live.parts(after)
	if err != nil {
		return nil, asError(err)
	}
	for i := range cells {
		if d := declared.counterpart(live, i); d != nil {
			if cells[i], err = Merge(live.part(i), d, cells[i], was[i], is[i]); err != nil {
				return nil, atPart(err, live, i)
			}
		}
	}
	return live.join([]byte{}, cells), nil
}

// entries are those of a collection: a key, and in a map its value.
type entries struct {
	live, declared *Type
	cells          [][]byte
	shown          []string // of each entry, what the declared type knows of its key
	hidden         []bool   // there is more in the key, or in the value
	keyHidden      []bool
	each           int
}

func entriesOf(live, declared *Type, cell []byte) (*entries, error) {
	e := &entries{live: live, declared: declared, each: 1}
	if live.Kind == Map {
		e.each = 2
	}
	var err error
	if e.cells, err = live.parts(cell); err != nil {
		return nil, asError(err)
	}
	for i := 0; i < len(e.cells); i += e.each {
		key, hidden, err := mask(live.part(0), declared.part(0), e.cells[i])
		if err != nil {
			return nil, err
		}
		e.shown, e.keyHidden = append(e.shown, string(key)), append(e.keyHidden, hidden)
		if e.each == 2 {
			_, more, err := mask(live.Elem, declared.Elem, e.cells[i+1])
			if err != nil {
				return nil, err
			}
			hidden = hidden || more
		}
		e.hidden = append(e.hidden, hidden)
	}
	return e, nil
}

// find is the first entry from a position on with that key; -1 if there is none.
func (e *entries) find(key string, taken []bool) int {
	for i := range e.shown {
		if !taken[i] && e.shown[i] == key {
			return i
		}
	}
	return -1
}

func mergeElements(live, declared *Type, cell, before, after []byte) ([]byte, error) {
	old, err := entriesOf(live, declared, cell)
	if err != nil {
		return nil, err
	}
	hides := false
	for _, h := range old.hidden {
		hides = hides || h
	}
	if !hides {
		return after, nil
	}
	is, err := entriesOf(live, declared, after)
	if err != nil {
		return nil, err
	}
	was, err := entriesOf(live, declared, before)
	if err != nil {
		return nil, err
	}
	taken, out := make([]bool, len(old.shown)), is.cells
	added := 0
	for i, key := range is.shown {
		at := old.find(key, taken)
		if at < 0 {
			added++
			continue
		}
		taken[at] = true
		out[i*is.each] = old.cells[at*is.each]
		if is.each == 2 {
			var shown []byte // its value before
			if w := was.find(key, make([]bool, len(was.shown))); w >= 0 {
				shown = was.cells[2*w+1]
			}
			if out[2*i+1], err = Merge(live.Elem, declared.Elem, old.cells[2*at+1], shown, out[2*i+1]); err != nil {
				return nil, err
			}
		}
	}
	for i := range taken {
		lost := false
		switch {
		case taken[i]:
		case old.keyHidden[i]:
			lost = added > 0 // it may have become one of those that were added
		case old.hidden[i]:
			lost = was.find(old.shown[i], make([]bool, len(was.shown))) < 0 // it was read as another key
		}
		if lost || !taken[i] && old.twin(i, taken) {
			return nil, errHiddenElement
		}
	}
	return live.join([]byte{}, out), nil
}

// twin reports whether an entry that looks like entry i, but is not like it, was taken in its place.
func (e *entries) twin(i int, taken []bool) bool {
	for j := range taken {
		if taken[j] && e.shown[i] == e.shown[j] && !bytes.Equal(e.cells[i*e.each], e.cells[j*e.each]) {
			return true
		}
	}
	return false
}

var errHiddenElement = fail("an element holds a field that the struct does not know, and which of the changed elements it belongs to cannot be told: " +
	"add the field to the struct, or change the element where its key is known")

// mask is a cell of the live type with null for each field that the declared type lacks;
// hidden if one of these was not null.
func mask(live, declared *Type, cell []byte) (out []byte, hidden bool, err error) {
	if len(cell) == 0 || declared == nil || live.Kind != declared.Kind || !live.composite() || !declared.composite() {
		return cell, false, nil
	}
	parts, err := live.parts(cell)
	if err != nil {
		return nil, false, asError(err)
	}
	for i := range parts {
		d := declared.counterpart(live, i)
		if d == nil {
			hidden = hidden || parts[i] != nil
			parts[i] = nil
			continue
		}
		masked, more, err := mask(live.part(i), d, parts[i])
		if err != nil {
			return nil, false, err
		}
		parts[i], hidden = masked, hidden || more
	}
	return live.join([]byte{}, parts), hidden, nil
}

package exec

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

type filterOp uint8

const (
	opEQ filterOp = iota
	opLT
	opLTE
	opGT
	opGTE
	opIN
	opContains
	opContainsKey
	opEntry
	opLike
	opNearest // the row has a vector
	opPattern // LIKE without an index, of ScyllaDB
)

// expression is one thing that a row has to satisfy to be returned.
type expression struct {
	col   *column
	op    filterOp
	value []byte
	key   []byte   // of opEntry
	list  [][]byte // of opIN

	condition bool // of IF, and not of WHERE
	never     bool // no index holds the value
	like      likeKind
	index     *index // that serves it and changes texts
}

// rowFilter evaluates the restrictions that keys and slices cannot express.
func (x *execution) rowFilter(w *restrictions) ([]expression, error) {
	var out []expression
	add := func(r *restriction) error {
		es, err := x.expressions(w, r)
		if err == nil {
			err = w.checkIndexValues(r, es)
		}
		out = append(out, es...)
		return err
	}
	if w.filterPartition || w.token != nil && !w.partition.empty() {
		for _, r := range w.partition.all() {
			if err := add(r); err != nil {
				return nil, err
			}
		}
	}
	if w.filterClustering {
		position := 0
		for _, r := range w.clustering.all() {
			if filtered(r, position) || w.indexed(r) {
				if err := add(r); err != nil {
					return nil, err
				}
				continue
			}
			if r.kind != sliceRestriction {
				position = r.last().position + 1
			}
		}
	}
	if w.filterOthers {
		for _, r := range w.others.all() {
			if err := add(r); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range out {
		if err := e.validate(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *expression) validate() error {
	if e.op == opIN {
		return nil
	}
	switch {
	case e.value == nil && e.op == opEntry:
		return invalid("Unsupported null map value for column %s", e.col.name)
	case e.op == opEntry && e.key == nil:
		return invalid("Unsupported null map key for column %s", e.col.name)
	case e.op == opEntry && types.IsUnset(e.key):
		return invalid("Unsupported unset map key for column %s", e.col.name)
	case e.op == opEntry && types.IsUnset(e.value):
		return invalid("Unsupported unset map value for column %s", e.col.name)
	case e.value == nil:
		return invalid("Unsupported null value for column %s", e.col.name)
	case types.IsUnset(e.value):
		return invalid("Unsupported unset value for column %s", e.col.name)
	}
	return nil
}

func (x *execution) expressions(w *restrictions, r *restriction) ([]expression, error) {
	col := r.first()
	var out []expression
	switch r.kind {
	case eqRestriction:
		v, err := r.eq.eval(x)
		if err != nil {
			return nil, err
		}
		for i, b := range v {
			out = append(out, expression{col: r.cols[i], op: opEQ, value: b})
		}
		return out, nil
	case inRestriction:
		if len(r.cols) > 1 {
			return nil, invalid("Multicolumn IN filters are not supported")
		}
		tuples, err := x.values(r)
		if err != nil {
			return nil, err
		}
		e := expression{col: col, op: opIN}
		for _, t := range tuples {
			if t[0] == nil {
				break // the server looks no further
			}
			if !types.IsUnset(t[0]) {
				e.list = append(e.list, t[0])
			}
		}
		return []expression{e}, nil
	case sliceRestriction:
		if r.multi {
			return nil, invalid("Multi-column slice restrictions cannot be used for filtering.")
		}
		for _, end := range []struct {
			l           *limit
			open, close filterOp
		}{{r.start, opGT, opGTE}, {r.end, opLT, opLTE}} {
			if end.l == nil {
				continue
			}
			v, err := end.l.value.eval(x)
			if err != nil {
				return nil, err
			}
			op := end.open
			if end.l.inclusive {
				op = end.close
			}
			out = append(out, expression{col: col, op: op, value: v[0]})
		}
		return out, nil
	case nearestRestriction:
		v, err := x.eval(r.nearest)
		return []expression{{col: col, op: opNearest, value: v}}, err
	case likeRestriction:
		if x.server.opts.Dialect == Scylla {
			v, err := x.eval(r.like)
			return []expression{{col: col, op: opPattern, value: v}}, err
		}
		v, err := x.eval(r.like)
		if err != nil {
			return nil, err
		}
		e, err := w.likeExpression(r, v)
		return []expression{e}, err
	}
	for _, part := range []struct {
		terms []terms.Term
		op    filterOp
	}{{r.contains, opContains}, {r.containsKey, opContainsKey}} {
		for _, t := range part.terms {
			v, err := x.eval(t)
			if err != nil {
				return nil, err
			}
			out = append(out, expression{col: col, op: part.op, value: v})
		}
	}
	for i := range r.entryKeys {
		k, err := x.eval(r.entryKeys[i])
		if err != nil {
			return nil, err
		}
		v, err := x.eval(r.entryValues[i])
		if err != nil {
			return nil, err
		}
		out = append(out, expression{col: col, op: opEntry, key: k, value: v})
	}
	return out, nil
}

// holds says whether the row satisfies the expression.
func (e *expression) holds(r *rowView) bool {
	b := r.Column(e.col.index)
	if b == nil || e.never {
		return false
	}
	t := e.col.typ
	if e.index != nil && (e.op == opEQ || e.op == opLike) {
		return e.like.matches(e.index.terms(string(b)), e.index.terms(string(e.value)))
	}
	switch e.op {
	case opNearest:
		return len(b) > 0
	case opPattern:
		return like(string(b), string(e.value))
	case opContains, opContainsKey, opEntry:
		return e.contains(b)
	case opIN:
		return slices.ContainsFunc(e.list, func(v []byte) bool { return t.Compare(b, v) == 0 })
	}
	c := t.Compare(b, e.value)
	switch e.op {
	case opEQ:
		return c == 0
	case opLT:
		return c < 0
	case opLTE:
		return c <= 0
	case opGT:
		return c > 0
	}
	return c >= 0
}

func (e *expression) contains(b []byte) bool {
	t := e.col.typ
	if e.index != nil {
		return slices.ContainsFunc(e.texts(b), func(v []byte) bool {
			return e.like.matches(e.index.terms(string(v)), e.index.terms(string(e.value)))
		})
	}
	// Cassandra looks into a frozen value with Java's equals: the decimals 1.0 and 1.00 differ there.
	equal := func(t *types.Type, a, b []byte) bool { return t.Compare(a, b) == 0 }
	if !t.IsMultiCell() && (e.op == opContains || e.condition) {
		equal = func(_ *types.Type, a, b []byte) bool { return bytes.Equal(a, b) }
	}
	if t.Kind != types.KindMap {
		elems, err := types.UnpackList(b)
		return err == nil && slices.ContainsFunc(elems, func(v []byte) bool { return equal(t.Elem(), v, e.value) })
	}
	pairs, err := types.UnpackMap(b)
	if err != nil {
		return false
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		k, v := pairs[i], pairs[i+1]
		switch {
		case e.op == opContainsKey && equal(t.Key(), k, e.value),
			e.op == opContains && equal(t.Value(), v, e.value),
			e.op == opEntry && equal(t.Key(), k, e.key) && equal(t.Value(), v, e.value):
			return true
		}
	}
	return false
}

// texts are the elements of a collection that CONTAINS looks at, or the keys.
func (e *expression) texts(b []byte) [][]byte {
	if e.col.typ.Kind != types.KindMap {
		elems, _ := types.UnpackList(b)
		return elems
	}
	pairs, _ := types.UnpackMap(b)
	var out [][]byte
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.op == opContainsKey {
			out = append(out, pairs[i])
		} else {
			out = append(out, pairs[i+1])
		}
	}
	return out
}

// matches says whether each of the wanted terms matches one that is there.
func (k likeKind) matches(have, want []string) bool {
	match := [...]func(s, part string) bool{func(s, part string) bool { return s == part }, strings.HasPrefix, strings.HasSuffix, strings.Contains}[k]
	return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(have, func(h string) bool { return match(h, w) })
	})
}

// splitPattern takes the wildcards off a LIKE pattern.
func splitPattern(pattern string) (likeKind, string) {
	kind := likeMatches
	if s, open := strings.CutSuffix(pattern, "%"); open {
		kind, pattern = likePrefix, s
	}
	if s, open := strings.CutPrefix(pattern, "%"); open {
		kind, pattern = kind+likeSuffix, s
	}
	return kind, pattern
}

// likeExpression prepares column LIKE value.
func (w *restrictions) likeExpression(r *restriction, value []byte) (expression, error) {
	if value == nil {
		return expression{}, nullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "value" is null`)
	}
	kind, term := splitPattern(string(value))
	if term == "" {
		return expression{}, invalid("LIKE value can't be empty.")
	}
	e := expression{col: r.first(), op: opLike, value: []byte(term), like: kind}
	for _, ix := range w.table.indexes {
		if ix.serves(r) && ix.supportsLike(kind) {
			e.index = ix
			return e, nil
		}
	}
	return expression{}, invalid("%s %s %s is only supported on properly indexed columns", e.col.name, kind, term)
}

// like matches a pattern of ScyllaDB: % stands for any text, _ for one character, and \
// takes the meaning from what follows.
func like(s, pattern string) bool {
	expr := []byte("(?s)^")
	escaped := false
	for _, c := range pattern {
		switch {
		case escaped:
			expr, escaped = append(expr, regexp.QuoteMeta(string(c))...), false
		case c == '\\':
			escaped = true
		case c == '%':
			expr = append(expr, ".*"...)
		case c == '_':
			expr = append(expr, '.')
		default:
			expr = append(expr, regexp.QuoteMeta(string(c))...)
		}
	}
	if escaped {
		expr = append(expr, `\\`...)
	}
	match, err := regexp.MatchString(string(append(expr, '$')), s)
	return err == nil && match
}

// rowView is a row as expressions and selectors see it: key, static and regular
// columns by their place in the table.
type rowView struct {
	table  *table
	key    [][]byte
	static *store.Row
	row    *store.Row // nil: a partition with nothing but static columns
	now    int64
}

var _ terms.Row = (*rowView)(nil)

// source returns the stored row that holds a static or regular column.
func (r *rowView) source(c *column) *store.Row {
	if c.kind == staticColumn {
		return r.static
	}
	return r.row
}

// Column implements terms.Row.
func (r *rowView) Column(i int) []byte { return r.value(r.table.columns[i]) }

func (r *rowView) value(c *column) []byte {
	switch c.kind {
	case partitionKey:
		return r.key[c.position]
	case clusteringKey:
		if r.row == nil {
			return nil
		}
		return r.row.Clustering[c.position]
	}
	src := r.source(c)
	if src == nil {
		return nil
	}
	if c.typ.IsMultiCell() {
		return packComplex(c.typ, src.Complex(c.id))
	}
	if cell := src.Cell(c.id); cell != nil {
		return cell.Value
	}
	return nil
}

// packComplex encodes the cells of a collection or UDT like a frozen one.
func packComplex(t *types.Type, c *store.Complex) []byte {
	if c == nil || len(c.Cells) == 0 {
		return nil
	}
	var elems [][]byte
	switch t.Kind {
	case types.KindUDT:
		elems = make([][]byte, len(t.Elems))
		for i := range c.Cells {
			f := int(types.DecodeInteger(c.Cells[i].Path))
			if f < len(elems) {
				elems[f] = c.Cells[i].Cell.Value
			}
		}
		return types.PackTuple(elems)
	case types.KindSet:
		for i := range c.Cells {
			elems = append(elems, c.Cells[i].Path)
		}
	case types.KindMap:
		for i := range c.Cells {
			elems = append(elems, c.Cells[i].Path, c.Cells[i].Cell.Value)
		}
	default:
		for i := range c.Cells {
			elems = append(elems, c.Cells[i].Cell.Value)
		}
	}
	return types.PackList(len(c.Cells), elems)
}

// fieldPath is the path of a UDT's field.
func fieldPath(i int) []byte { return []byte{byte(i >> 8), byte(i)} }

// Meta implements terms.Row.
func (r *rowView) Meta(m *terms.Meta) ([]byte, error) {
	c := r.table.columns[m.Column]
	src := r.source(c)
	if src == nil || c.primaryKey() {
		return nil, nil
	}
	if !c.typ.IsMultiCell() {
		cell := src.Cell(c.id)
		if cell == nil {
			return nil, nil
		}
		return r.cellMeta(m.Kind, cell), nil
	}
	return r.complexMeta(m, c, src.Complex(c.id)), nil
}

func (r *rowView) cellMeta(kind terms.MetaKind, cell *store.Cell) []byte {
	if cell == nil {
		return nil
	}
	if kind != terms.TTL {
		return types.EncodeBigint(cell.Timestamp)
	}
	if cell.TTL == 0 {
		return nil
	}
	left := cell.Expires - r.now
	if left < 0 {
		return nil
	}
	return types.EncodeInt(int32(left))
}

// complexMeta answers for a column of many cells: for one of them, or for all
// as a list.
func (r *rowView) complexMeta(m *terms.Meta, c *column, cx *store.Complex) []byte {
	if cx == nil {
		return nil
	}
	if m.Key != nil {
		return r.cellMeta(m.Kind, cx.Find(m.Key))
	}
	if m.Field >= 0 && c.typ.Kind == types.KindUDT {
		return r.cellMeta(m.Kind, cx.Find(fieldPath(m.Field)))
	}
	var list [][]byte
	var newest int64
	found := false
	add := func(cell *store.Cell) {
		list = append(list, r.cellMeta(m.Kind, cell))
		if cell != nil && (!found || cell.Timestamp > newest) {
			newest, found = cell.Timestamp, true
		}
	}
	if c.typ.Kind == types.KindUDT {
		for i := range c.typ.Elems {
			add(cx.Find(fieldPath(i)))
		}
	} else {
		for i := range cx.Cells {
			pc := &cx.Cells[i]
			if m.Slice && (m.From != nil && cx.Compare(pc.Path, m.From) < 0 || m.To != nil && cx.Compare(pc.Path, m.To) > 0) {
				continue
			}
			add(&pc.Cell)
		}
	}
	if m.Kind == terms.MaxWriteTime {
		if !found {
			return nil
		}
		return types.EncodeBigint(newest)
	}
	if len(list) == 0 {
		return nil
	}
	return types.PackList(len(list), list)
}

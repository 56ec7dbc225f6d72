package where

import (
	"bytes"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

type filterOp uint8

const (
	opEQ filterOp = iota
	opLT
	opLTE
	opGT
	OpGTE
	opIN
	OpContains
	OpContainsKey
	opEntry
	opLike
	OpNearest // the row has a vector
	opPattern // LIKE without an index, of ScyllaDB
)

// Expression is one thing that a row has to satisfy to be returned.
type Expression struct {
	Col   *schema.Column
	Op    filterOp
	Value []byte
	key   []byte   // of opEntry
	list  [][]byte // of opIN

	Condition bool // of IF, and not of WHERE
	never     bool // no index holds the value
	exact     bool // an index is searched for the bytes of the value
	like      schema.LikeKind
	index     *schema.Index // that serves it and changes texts
}

// RowFilter evaluates the restrictions that keys and slices cannot express.
func RowFilter(x *server.Execution, w *Restrictions) ([]Expression, error) {
	var out []Expression
	add := func(r *Restriction) error {
		es, err := expressions(x, w, r)
		if err == nil {
			err = w.checkIndexValues(r, es)
		}
		out = append(out, es...)
		return err
	}
	if w.filterPartition || w.Token != nil && !w.Partition.Empty() {
		for _, r := range w.Partition.all() {
			if err := add(r); err != nil {
				return nil, err
			}
		}
	}
	if w.filterClustering {
		position := 0
		for _, r := range w.Clustering.all() {
			if filtered(r, position) || w.indexed(r) {
				if err := add(r); err != nil {
					return nil, err
				}
				continue
			}
			if r.kind != sliceRestriction {
				position = r.last().Position + 1
			}
		}
	}
	if w.filterOthers {
		for _, r := range w.Others.all() {
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

func (e *Expression) validate() error {
	if e.Op == opIN {
		return nil
	}
	switch {
	case e.Value == nil && e.Op == opEntry:
		return protocol.Invalid("Unsupported null map value for column %s", e.Col.Name)
	case e.Op == opEntry && e.key == nil:
		return protocol.Invalid("Unsupported null map key for column %s", e.Col.Name)
	case e.Op == opEntry && types.IsUnset(e.key):
		return protocol.Invalid("Unsupported unset map key for column %s", e.Col.Name)
	case e.Op == opEntry && types.IsUnset(e.Value):
		return protocol.Invalid("Unsupported unset map value for column %s", e.Col.Name)
	case e.Value == nil:
		return protocol.Invalid("Unsupported null value for column %s", e.Col.Name)
	case types.IsUnset(e.Value):
		return protocol.Invalid("Unsupported unset value for column %s", e.Col.Name)
	}
	return nil
}

func expressions(x *server.Execution, w *Restrictions, r *Restriction) ([]Expression, error) {
	col := r.First()
	var out []Expression
	switch r.kind {
	case eqRestriction:
		v, err := r.Eq.eval(x)
		if err != nil {
			return nil, err
		}
		for i, b := range v {
			out = append(out, Expression{Col: r.Cols[i], Op: opEQ, Value: b})
		}
		return out, nil
	case inRestriction:
		if len(r.Cols) > 1 {
			return nil, protocol.Invalid("Multicolumn IN filters are not supported")
		}
		tuples, err := valuesOf(x, r)
		if err != nil {
			return nil, err
		}
		e := Expression{Col: col, Op: opIN}
		for _, t := range tuples {
			if t[0] == nil {
				break // the server looks no further
			}
			if !types.IsUnset(t[0]) {
				e.list = append(e.list, t[0])
			}
		}
		return []Expression{e}, nil
	case sliceRestriction:
		if r.multi {
			return nil, protocol.Invalid("Multi-column slice restrictions cannot be used for filtering.")
		}
		for _, end := range []struct {
			l           *limit
			open, close filterOp
		}{{r.start, opGT, OpGTE}, {r.end, opLT, opLTE}} {
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
			out = append(out, Expression{Col: col, Op: op, Value: v[0]})
		}
		return out, nil
	case nearestRestriction:
		v, err := x.Eval(r.nearest)
		return []Expression{{Col: col, Op: OpNearest, Value: v}}, err
	case likeRestriction:
		if x.Server.Opts.Dialect == protocol.Scylla {
			v, err := x.Eval(r.like)
			return []Expression{{Col: col, Op: opPattern, Value: v}}, err
		}
		v, err := x.Eval(r.like)
		if err != nil {
			return nil, err
		}
		e, err := w.likeExpression(r, v)
		return []Expression{e}, err
	}
	for _, part := range []struct {
		terms []terms.Term
		op    filterOp
	}{{r.contains, OpContains}, {r.containsKey, OpContainsKey}} {
		for _, t := range part.terms {
			v, err := x.Eval(t)
			if err != nil {
				return nil, err
			}
			out = append(out, Expression{Col: col, Op: part.op, Value: v})
		}
	}
	for i := range r.entryKeys {
		k, err := x.Eval(r.entryKeys[i])
		if err != nil {
			return nil, err
		}
		v, err := x.Eval(r.entryValues[i])
		if err != nil {
			return nil, err
		}
		out = append(out, Expression{Col: col, Op: opEntry, key: k, Value: v})
	}
	return out, nil
}

// Holds says whether the row satisfies the expression.
func (e *Expression) Holds(r *RowView) bool {
	b := r.Column(e.Col.Index)
	if b == nil || e.never {
		return false
	}
	t := e.Col.Type
	if e.index != nil && (e.Op == opEQ || e.Op == opLike) {
		return matches(e.like, e.index.Terms(string(b)), e.index.Terms(string(e.Value)))
	}
	switch e.Op {
	case OpNearest:
		return len(b) > 0
	case opPattern:
		return Like(string(b), string(e.Value))
	case OpContains, OpContainsKey, opEntry:
		return e.Contains(b)
	case opIN:
		return slices.ContainsFunc(e.list, func(v []byte) bool { return t.Compare(b, v) == 0 })
	}
	if e.exact && e.Op == opEQ {
		return bytes.Equal(b, e.Value)
	}
	c := t.Compare(b, e.Value)
	switch e.Op {
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

// Contains says whether a collection holds the value, key or entry.
func (e *Expression) Contains(b []byte) bool {
	t := e.Col.Type
	if e.index != nil {
		return slices.ContainsFunc(e.texts(b), func(v []byte) bool {
			return matches(e.like, e.index.Terms(string(v)), e.index.Terms(string(e.Value)))
		})
	}
	// Cassandra looks into a frozen value with Java's equals: the decimals 1.0 and 1.00 differ there.
	equal := func(t *types.Type, a, b []byte) bool { return t.Compare(a, b) == 0 }
	if e.exact || !t.IsMultiCell() && (e.Op == OpContains || e.Condition) {
		equal = func(_ *types.Type, a, b []byte) bool { return bytes.Equal(a, b) }
	}
	if t.Kind != types.KindMap {
		elems, err := types.UnpackList(b)
		return err == nil && slices.ContainsFunc(elems, func(v []byte) bool { return equal(t.Elem(), v, e.Value) })
	}
	pairs, err := types.UnpackMap(b)
	if err != nil {
		return false
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		k, v := pairs[i], pairs[i+1]
		switch {
		case e.Op == OpContainsKey && equal(t.Key(), k, e.Value),
			e.Op == OpContains && equal(t.Value(), v, e.Value),
			e.Op == opEntry && equal(t.Key(), k, e.key) && equal(t.Value(), v, e.Value):
			return true
		}
	}
	return false
}

// texts are the elements of a collection that CONTAINS looks at, or the keys.
func (e *Expression) texts(b []byte) [][]byte {
	if e.Col.Type.Kind != types.KindMap {
		elems, _ := types.UnpackList(b)
		return elems
	}
	pairs, _ := types.UnpackMap(b)
	var out [][]byte
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.Op == OpContainsKey {
			out = append(out, pairs[i])
		} else {
			out = append(out, pairs[i+1])
		}
	}
	return out
}

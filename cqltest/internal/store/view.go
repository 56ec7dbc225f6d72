package store

import (
	"math"

	"github.com/tidwall/btree"
)

// View is a table at one moment. Reading it takes no lock.
type View struct {
	order Order
	tree  *btree.BTreeG[item]
	size  int64
}

// Partition is one partition of a view.
type Partition struct {
	Key   Key
	order Order
	head  *head
	tree  *btree.BTreeG[item]
	rows  []*Row // all of them, if tree is nil
}

// Partition returns the partition with that key, which may be empty.
func (v *View) Partition(key Key) *Partition {
	p := &Partition{Key: key, order: v.order, tree: v.tree}
	if it, ok := v.tree.Get(item{key: &key}); ok {
		p.head = it.head
	}
	return p
}

// Scan calls fn with every partition from the key on (inclusive), in ring
// order, until it returns false. A nil from starts at the beginning.
func (v *View) Scan(from *Key, fn func(*Partition) bool) {
	if from == nil {
		from = &Key{Token: math.MinInt64}
	}
	var p *Partition
	stopped := false
	v.tree.Ascend(item{key: from}, func(it item) bool {
		if p == nil || p.Key != *it.key {
			if p != nil && !fn(p) {
				stopped = true
				return false
			}
			p = &Partition{Key: *it.key, order: v.order}
		}
		if it.row == nil {
			p.head = it.head
		} else {
			p.rows = append(p.rows, it.row)
		}
		return true
	})
	if p != nil && !stopped {
		fn(p)
	}
}

// Static returns the live cells of the static row, or nil if it has none.
func (p *Partition) Static(now int64) *Row {
	if p.head == nil {
		return nil
	}
	return p.head.static.Live(p.head.deletion, now)
}

// Row returns the live row with that full clustering, or nil.
func (p *Partition) Row(clustering [][]byte, now int64) *Row {
	var row *Row
	p.Rows(Exactly(clustering), false, now, func(r *Row) bool {
		row = r
		return false
	})
	return row
}

// Rows calls fn with every live row of the slice, in order or in reverse, until
// it returns false. It says whether it came to the end.
func (p *Partition) Rows(s Slice, reverse bool, now int64, fn func(*Row) bool) bool {
	done := true
	p.raw(s, reverse, func(r *Row) bool {
		if live := r.Live(p.head.deletionOf(p.order, r.Clustering), now); live != nil {
			done = fn(live)
		}
		return done
	})
	return done
}

// raw calls fn with every stored row of the slice.
func (p *Partition) raw(s Slice, reverse bool, fn func(*Row) bool) {
	if p.tree == nil {
		p.buffered(s, reverse, fn)
		return
	}
	if reverse {
		at := item{key: &p.Key, row: &Row{Clustering: s.End.Prefix, edge: s.End.endEdge()}}
		p.tree.Descend(at, func(it item) bool {
			return it.row != nil && *it.key == p.Key && p.order.afterStart(it.row.Clustering, s.Start) && fn(it.row)
		})
		return
	}
	at := item{key: &p.Key, row: &Row{Clustering: s.Start.Prefix, edge: s.Start.startEdge()}}
	p.tree.Ascend(at, func(it item) bool {
		return *it.key == p.Key && p.order.beforeEnd(it.row.Clustering, s.End) && fn(it.row)
	})
}

func (p *Partition) buffered(s Slice, reverse bool, fn func(*Row) bool) {
	n := len(p.rows)
	for i := range p.rows {
		r := p.rows[i]
		if reverse {
			r = p.rows[n-1-i]
		}
		if p.order.Contains(s, r.Clustering) && !fn(r) {
			return
		}
	}
}

// Len returns the number of stored items, tombstones included.
func (v *View) Len() int { return v.tree.Len() }

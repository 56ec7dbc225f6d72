package store

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// Key names a partition: its token, and its serialized partition key.
type Key struct {
	Token int64
	Bytes string
}

// Compare orders keys as the ring does.
func (k Key) Compare(o Key) int {
	if c := cmp.Compare(k.Token, o.Token); c != 0 {
		return c
	}
	return strings.Compare(k.Bytes, o.Bytes)
}

// item is an element of the table's one tree: a partition's head (row nil),
// which sorts before its rows, or a row.
type item struct {
	key  *Key
	head *head
	row  *Row
}

// head holds what belongs to a partition as a whole. Most partitions have none.
type head struct {
	deletion Deletion
	ranges   []RangeTombstone
	static   *Row
}

// deletionOf returns what is deleted of the row with that clustering.
func (h *head) deletionOf(o Order, clustering [][]byte) Deletion {
	if h == nil {
		return Deletion{}
	}
	d := h.deletion
	for i := range h.ranges {
		if rt := &h.ranges[i]; o.Contains(rt.Slice, clustering) {
			d = d.Max(rt.Deletion)
		}
	}
	return d
}

// Update is what one statement, or one batch, writes to one partition.
type Update struct {
	Key      Key
	Deletion Deletion
	Ranges   []RangeTombstone
	Static   *Row
	Rows     []*Row
}

// Table is the data of one table. It is safe for many goroutines.
type Table struct {
	order Order
	forms bool // rows that are equal by the order may be written differently

	mu   sync.Mutex
	tree *btree.BTreeG[item]
	size int64 // of what is in the tree, roughly in bytes
	view *View // of the present state, nil after a write
}

// NewTable returns an empty table whose rows are sorted by order. forms says that
// keys that are equal by the order can be written differently, as 1 and 1.0: a row
// shows its key as who first wrote or deleted it did, for ever.
func NewTable(order Order, forms bool) *Table {
	t := &Table{order: order, forms: forms}
	t.Truncate()
	return t
}

// Order returns the order of the table's rows.
func (t *Table) Order() Order { return t.order }

func (t *Table) less(a, b item) bool {
	if c := a.key.Compare(*b.key); c != 0 {
		return c < 0
	}
	if a.row == nil || b.row == nil {
		return a.row == nil && b.row != nil
	}
	return t.order.comparePivots(pivot{a.row.Clustering, a.row.edge}, pivot{b.row.Clustering, b.row.edge}) < 0
}

// Truncate drops every row.
func (t *Table) Truncate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tree = btree.NewBTreeGOptions(t.less, btree.Options{NoLocks: true})
	t.size = 0
	t.view = nil
}

// View returns the table as it is now.
func (t *Table) View() *View {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.view == nil {
		t.view = &View{order: t.order, tree: t.tree.Copy(), size: t.size}
	}
	return t.view
}

// Restore makes v the table's content. v must come from a table of this order.
func (t *Table) Restore(v *View) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tree, t.size = v.tree.Copy(), v.size
	t.view = nil
}

// Apply merges an update into the table.
func (t *Table) Apply(u *Update) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view = nil
	key := &u.Key
	if u.Deletion.Set || len(u.Ranges) > 0 || u.Static != nil {
		t.applyHead(key, u)
	}
	for _, row := range u.Rows {
		t.applyRow(key, row)
	}
}

// Put stores a row as it is, in place of one with that clustering.
func (t *Table) Put(key Key, row *Row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view = nil
	t.set(item{key: &key, row: row})
}

// Remove takes a row out, leaving no trace.
func (t *Table) Remove(key Key, clustering [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view = nil
	t.delete(item{key: &key, row: &Row{Clustering: clustering}})
}

func (t *Table) applyRow(key *Key, row *Row) {
	old, found := t.tree.Get(item{key: key, row: row})
	if found {
		t.set(item{key: old.key, row: Merge(old.row, row)})
		return
	}
	if !row.empty() {
		t.set(item{key: key, row: Merge(row, nil)})
	}
}

func (t *Table) applyHead(key *Key, u *Update) {
	h := &head{}
	if old, ok := t.tree.Get(item{key: key}); ok {
		*h = *old.head
		key = old.key
	}
	if u.Static != nil {
		h.static = Merge(h.static, u.Static)
	}
	if u.Deletion.Set {
		h.deletion = h.deletion.Max(u.Deletion)
		h.ranges = slices.DeleteFunc(slices.Clone(h.ranges), func(rt RangeTombstone) bool {
			return rt.Deletion.Timestamp <= h.deletion.Timestamp
		})
		h.static = purge(h.static, h.deletion)
		t.sweep(key, All, h.deletion)
	}
	for _, rt := range u.Ranges {
		if t.order.Empty(rt.Slice) || h.deletion.Covers(rt.Deletion.Timestamp) {
			continue
		}
		h.ranges = append(slices.DeleteFunc(slices.Clone(h.ranges), func(old RangeTombstone) bool {
			return old.Deletion.Timestamp <= rt.Deletion.Timestamp && t.order.covers(rt.Slice, old.Slice)
		}), rt)
		t.sweep(key, rt.Slice, rt.Deletion)
	}
	t.set(item{key: key, head: h})
}

// sweep drops what a deletion covers, so that deleted data costs no memory.
func (t *Table) sweep(key *Key, s Slice, d Deletion) {
	var gone, changed []item
	p := &Partition{Key: *key, order: t.order, tree: t.tree}
	p.raw(s, false, func(r *Row) bool {
		left := purge(r, d)
		if left == nil && t.forms {
			left = &Row{Clustering: r.Clustering}
		}
		if left == nil {
			gone = append(gone, item{key: key, row: r})
		} else if left != r {
			changed = append(changed, item{key: key, row: left})
		}
		return true
	})
	for _, it := range gone {
		t.delete(it)
	}
	for _, it := range changed {
		t.set(it)
	}
}

// purge returns what is left of a row under a deletion that is kept elsewhere.
func purge(r *Row, d Deletion) *Row {
	if r == nil {
		return nil
	}
	merged := Merge(r, &Row{Clustering: r.Clustering, Deletion: d})
	if r.Deletion.Set && r.Deletion.Timestamp > d.Timestamp {
		merged.Deletion = r.Deletion
	} else {
		merged.Deletion = Deletion{}
	}
	if !merged.Liveness.Set && !merged.Deletion.Set && len(merged.Columns) == 0 {
		return nil
	}
	return merged
}

func sortSlices(o Order, s []Slice) {
	slices.SortStableFunc(s, o.Compare)
}

// DropColumn forgets the cells of a column that were written up to timestamp.
func (t *Table) DropColumn(id int32, timestamp int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.view = nil
	var changed []item
	t.tree.Scan(func(it item) bool {
		switch {
		case it.row != nil:
			if r := it.row.without(id, timestamp); r != it.row {
				changed = append(changed, item{key: it.key, row: r})
			}
		case it.head.static != nil:
			if r := it.head.static.without(id, timestamp); r != it.head.static {
				h := *it.head
				h.static = r
				changed = append(changed, item{key: it.key, head: &h})
			}
		}
		return true
	})
	for _, it := range changed {
		t.set(it)
	}
}

// without returns the row less the cells of a column up to timestamp.
func (r *Row) without(id int32, timestamp int64) *Row {
	i, ok := r.search(id)
	if !ok {
		return r
	}
	out := *r
	out.Columns = slices.Delete(slices.Clone(r.Columns), i, i+1)
	col := r.Columns[i]
	if col.Complex == nil {
		if col.Cell.Timestamp > timestamp {
			return r
		}
		return &out
	}
	if cx := mergeComplex(col.Complex, nil, Deletion{timestamp, true}); cx != nil {
		out.Columns = slices.Insert(out.Columns, i, Column{ID: id, Complex: cx})
	}
	return &out
}

package store

// What Go takes for a row, and for a cell, besides the bytes of their values.
const (
	rowOverhead  = 160
	cellOverhead = 88
)

// Size is about how many bytes the table's rows take, tombstones included.
func (t *Table) Size() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size
}

// set puts an item into the tree, in place of one that it is equal to.
func (t *Table) set(it item) {
	old, replaced := t.tree.Set(it)
	t.size += it.size()
	if replaced {
		t.size -= old.size()
	}
}

func (t *Table) delete(it item) {
	if old, found := t.tree.Delete(it); found {
		t.size -= old.size()
	}
}

func (it item) size() int64 {
	if it.row != nil {
		return it.row.size() + int64(len(it.key.Bytes))
	}
	n := int64(rowOverhead + len(it.key.Bytes) + len(it.head.ranges)*rowOverhead)
	if it.head.static != nil {
		n += it.head.static.size()
	}
	return n
}

func (r *Row) size() int64 {
	n := rowOverhead
	for _, c := range r.Clustering {
		n += len(c)
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		n += cellOverhead + len(c.Cell.Value)
		if c.Complex == nil {
			continue
		}
		for j := range c.Complex.Cells {
			n += cellOverhead + len(c.Complex.Cells[j].Path) + len(c.Complex.Cells[j].Cell.Value)
		}
	}
	return int64(n)
}

// Adds says whether the update writes anything that is there, and not only gone.
func (u *Update) Adds() bool {
	for _, r := range u.Rows {
		if r.adds() {
			return true
		}
	}
	return u.Static.adds()
}

func (r *Row) adds() bool {
	if r == nil {
		return false
	}
	if r.Liveness.Set {
		return true
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Complex == nil && !c.Cell.Tombstone {
			return true
		}
		if c.Complex != nil {
			for j := range c.Complex.Cells {
				if !c.Complex.Cells[j].Cell.Tombstone {
					return true
				}
			}
		}
	}
	return false
}

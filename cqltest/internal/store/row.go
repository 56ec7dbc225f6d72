package store

import (
	"slices"
	"sort"
)

// Comparator orders the values of one column, or the paths of a complex one.
type Comparator func(a, b []byte) int

// Row is the cells of one clustering, or of a partition's static part.
type Row struct {
	Clustering [][]byte // nil for a static row
	Liveness   Liveness
	Deletion   Deletion
	Columns    []Column // by ID

	edge int8 // of search pivots: before (-1) or after (+1) all rows with the prefix
}

// Column is what a row holds of one column: a Cell, or a Complex if the column
// has one cell an element.
type Column struct {
	ID      int32
	Cell    Cell
	Complex *Complex
}

// Complex is the cells of a non-frozen collection or user-defined type.
type Complex struct {
	Compare  Comparator
	Deletion Deletion
	Cells    []PathCell // by Path
}

// PathCell is one element of a complex column. Path is a list's timeuuid, a
// set's element, a map's key or a field's number.
type PathCell struct {
	Path []byte
	Cell Cell
}

// Find returns the cell at path, or nil.
func (c *Complex) Find(path []byte) *Cell {
	if c == nil {
		return nil
	}
	i, ok := c.search(path)
	if !ok {
		return nil
	}
	return &c.Cells[i].Cell
}

func (c *Complex) search(path []byte) (int, bool) {
	return sort.Find(len(c.Cells), func(i int) int { return c.Compare(path, c.Cells[i].Path) })
}

// put merges one cell in place; for building updates.
func (c *Complex) put(path []byte, cell Cell) {
	i, ok := c.search(path)
	if ok {
		c.Cells[i].Cell = *reconcile(&c.Cells[i].Cell, &cell)
		return
	}
	c.Cells = slices.Insert(c.Cells, i, PathCell{path, cell})
}

// empty says whether the row says nothing, not even that something is gone.
func (r *Row) empty() bool {
	return !r.Liveness.Set && !r.Deletion.Set && !slices.ContainsFunc(r.Columns, func(c Column) bool {
		return c.Complex == nil || c.Complex.Deletion.Set || len(c.Complex.Cells) > 0
	})
}

// Cell returns the cell of a simple column, or nil.
func (r *Row) Cell(id int32) *Cell {
	if col := r.find(id); col != nil && col.Complex == nil {
		return &col.Cell
	}
	return nil
}

// Complex returns the cells of a complex column, or nil.
func (r *Row) Complex(id int32) *Complex {
	if col := r.find(id); col != nil {
		return col.Complex
	}
	return nil
}

func (r *Row) find(id int32) *Column {
	if r == nil {
		return nil
	}
	i, ok := r.search(id)
	if !ok {
		return nil
	}
	return &r.Columns[i]
}

func (r *Row) search(id int32) (int, bool) {
	return sort.Find(len(r.Columns), func(i int) int { return int(id) - int(r.Columns[i].ID) })
}

// Put adds a cell of a simple column to a row that is being built.
func (r *Row) Put(id int32, cell Cell) {
	i, ok := r.search(id)
	if ok {
		r.Columns[i].Cell = *reconcile(&r.Columns[i].Cell, &cell)
		return
	}
	r.Columns = slices.Insert(r.Columns, i, Column{ID: id, Cell: cell})
}

// PutElement adds a cell of a complex column to a row that is being built.
func (r *Row) PutElement(id int32, cmp Comparator, path []byte, cell Cell) {
	r.complex(id, cmp).put(path, cell)
}

// DeleteComplex deletes every element of a complex column written up to
// timestamp, in a row that is being built.
func (r *Row) DeleteComplex(id int32, cmp Comparator, timestamp int64) {
	c := r.complex(id, cmp)
	c.Deletion = c.Deletion.Max(Deletion{timestamp, true})
}

func (r *Row) complex(id int32, cmp Comparator) *Complex {
	i, ok := r.search(id)
	if !ok {
		r.Columns = slices.Insert(r.Columns, i, Column{ID: id, Complex: &Complex{Compare: cmp}})
	}
	return r.Columns[i].Complex
}

// Merge returns the row that results from writing both, with everything gone
// that one of their deletions covers. Neither argument changes; either may be nil.
func Merge(a, b *Row) *Row {
	if a == nil || b == nil {
		r := a
		if r == nil {
			r = b
		}
		if r == nil || !r.shadows() {
			return r
		}
		a, b = r, &Row{Clustering: r.Clustering}
	}
	m := &Row{Clustering: a.Clustering, Deletion: a.Deletion.Max(b.Deletion), Liveness: a.Liveness.merge(b.Liveness)}
	if m.Deletion.Covers(m.Liveness.Timestamp) {
		m.Liveness = Liveness{}
	}
	m.Columns = make([]Column, 0, max(len(a.Columns), len(b.Columns)))
	i, j := 0, 0
	for i < len(a.Columns) || j < len(b.Columns) {
		switch {
		case j == len(b.Columns) || i < len(a.Columns) && a.Columns[i].ID < b.Columns[j].ID:
			m.add(&a.Columns[i], nil)
			i++
		case i == len(a.Columns) || b.Columns[j].ID < a.Columns[i].ID:
			m.add(&b.Columns[j], nil)
			j++
		default:
			m.add(&a.Columns[i], &b.Columns[j])
			i++
			j++
		}
	}
	return m
}

// shadows says whether the row holds deletions that may cover its own cells.
func (r *Row) shadows() bool {
	if r.Deletion.Set {
		return true
	}
	for i := range r.Columns {
		if c := r.Columns[i].Complex; c != nil && c.Deletion.Set && len(c.Cells) > 0 {
			return true
		}
	}
	return false
}

func (r *Row) add(a, b *Column) {
	if a.Complex == nil && (b == nil || b.Complex == nil) {
		c := &a.Cell
		if b != nil {
			c = reconcile(c, &b.Cell)
		}
		if !r.Deletion.Covers(c.Timestamp) {
			r.Columns = append(r.Columns, Column{ID: a.ID, Cell: *c})
		}
		return
	}
	var bc *Complex
	if b != nil {
		bc = b.Complex
	}
	if c := mergeComplex(a.Complex, bc, r.Deletion); c != nil {
		r.Columns = append(r.Columns, Column{ID: a.ID, Complex: c})
	}
}

func mergeComplex(a, b *Complex, row Deletion) *Complex {
	if a == nil {
		a = b
		b = nil
	}
	if b == nil {
		b = &Complex{}
	}
	m := &Complex{Compare: a.Compare, Deletion: a.Deletion.Max(b.Deletion)}
	if row.Set && m.Deletion.Set && m.Deletion.Timestamp <= row.Timestamp {
		m.Deletion = Deletion{}
	}
	covering := m.Deletion.Max(row)
	m.Cells = make([]PathCell, 0, len(a.Cells)+len(b.Cells))
	add := func(p []byte, c *Cell) {
		if !covering.Covers(c.Timestamp) {
			m.Cells = append(m.Cells, PathCell{p, *c})
		}
	}
	i, j := 0, 0
	for i < len(a.Cells) || j < len(b.Cells) {
		order := 0
		switch {
		case j == len(b.Cells):
			order = -1
		case i == len(a.Cells):
			order = 1
		default:
			order = m.Compare(a.Cells[i].Path, b.Cells[j].Path)
		}
		switch {
		case order < 0:
			add(a.Cells[i].Path, &a.Cells[i].Cell)
			i++
		case order > 0:
			add(b.Cells[j].Path, &b.Cells[j].Cell)
			j++
		default:
			add(a.Cells[i].Path, reconcile(&a.Cells[i].Cell, &b.Cells[j].Cell))
			i++
			j++
		}
	}
	if len(m.Cells) == 0 && !m.Deletion.Set {
		return nil
	}
	return m
}

// Live returns what a reader at time now sees of the row when deletion lies over
// it: live cells only. It is nil if the row does not exist.
func (r *Row) Live(deletion Deletion, now int64) *Row {
	if r == nil {
		return nil
	}
	deletion = deletion.Max(r.Deletion)
	marker := r.Liveness.Live(now) && !deletion.Covers(r.Liveness.Timestamp)
	if r.Liveness.Strict && !marker {
		return nil
	}
	if !deletion.Set && r.allLive(now) {
		if marker || len(r.Columns) > 0 {
			return r
		}
		return nil
	}
	live := &Row{Clustering: r.Clustering, Columns: make([]Column, 0, len(r.Columns))}
	if marker {
		live.Liveness = r.Liveness
	}
	for i := range r.Columns {
		col := &r.Columns[i]
		if col.Complex == nil {
			if col.Cell.Live(now) && !deletion.Covers(col.Cell.Timestamp) {
				live.Columns = append(live.Columns, *col)
			}
		} else if c := col.Complex.live(deletion, now); c != nil {
			live.Columns = append(live.Columns, Column{ID: col.ID, Complex: c})
		}
	}
	if !marker && len(live.Columns) == 0 {
		return nil
	}
	return live
}

// allLive says whether every cell is live, so that the row can be shown as it is.
func (r *Row) allLive(now int64) bool {
	if r.Liveness.Set && !r.Liveness.Live(now) {
		return false
	}
	for i := range r.Columns {
		col := &r.Columns[i]
		if col.Complex == nil {
			if !col.Cell.Live(now) {
				return false
			}
			continue
		}
		if col.Complex.Deletion.Set || len(col.Complex.Cells) == 0 {
			return false
		}
		for j := range col.Complex.Cells {
			if !col.Complex.Cells[j].Cell.Live(now) {
				return false
			}
		}
	}
	return true
}

func (c *Complex) live(deletion Deletion, now int64) *Complex {
	deletion = deletion.Max(c.Deletion)
	live := &Complex{Compare: c.Compare}
	for i := range c.Cells {
		if pc := &c.Cells[i]; pc.Cell.Live(now) && !deletion.Covers(pc.Cell.Timestamp) {
			live.Cells = append(live.Cells, *pc)
		}
	}
	if len(live.Cells) == 0 {
		return nil
	}
	return live
}

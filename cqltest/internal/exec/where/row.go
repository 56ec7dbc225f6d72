package where

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// RowView is a row as expressions and selectors see it: key, static and regular
// columns by their place in the table.
type RowView struct {
	Table  *schema.Table
	Key    [][]byte
	Static *store.Row
	Row    *store.Row // nil: a partition with nothing but static columns
	Now    int64
}

var _ terms.Row = (*RowView)(nil)

// source returns the stored row that holds a static or regular column.
func (r *RowView) source(c *schema.Column) *store.Row {
	if c.Kind == schema.StaticColumn {
		return r.Static
	}
	return r.Row
}

// Column implements terms.Row.
func (r *RowView) Column(i int) []byte { return r.Value(r.Table.Columns[i]) }

// Value returns the cell of a column, or nil.
func (r *RowView) Value(c *schema.Column) []byte {
	switch c.Kind {
	case schema.PartitionKey:
		return r.Key[c.Position]
	case schema.ClusteringKey:
		if r.Row == nil {
			return nil
		}
		return r.Row.Clustering[c.Position]
	}
	src := r.source(c)
	if src == nil {
		return nil
	}
	if c.Type.IsMultiCell() {
		return PackComplex(c.Type, src.Complex(c.ID))
	}
	if cell := src.Cell(c.ID); cell != nil {
		return cell.Value
	}
	return nil
}

// PackComplex encodes the cells of a collection or UDT like a frozen one.
func PackComplex(t *types.Type, c *store.Complex) []byte {
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

// FieldPath is the path of a UDT's field.
func FieldPath(i int) []byte { return []byte{byte(i >> 8), byte(i)} }

// Meta implements terms.Row.
func (r *RowView) Meta(m *terms.Meta) ([]byte, error) {
	c := r.Table.Columns[m.Column]
	src := r.source(c)
	if src == nil || c.PrimaryKey() {
		return nil, nil
	}
	if !c.Type.IsMultiCell() {
		cell := src.Cell(c.ID)
		if cell == nil {
			return nil, nil
		}
		return r.cellMeta(m.Kind, cell), nil
	}
	return r.complexMeta(m, c, src.Complex(c.ID)), nil
}

func (r *RowView) cellMeta(kind terms.MetaKind, cell *store.Cell) []byte {
	if cell == nil {
		return nil
	}
	if kind != terms.TTL {
		return types.EncodeBigint(cell.Timestamp)
	}
	if cell.TTL == 0 {
		return nil
	}
	left := cell.Expires - r.Now
	if left < 0 {
		return nil
	}
	return types.EncodeInt(int32(left))
}

// complexMeta answers for a column of many cells: for one of them, or for all
// as a list.
func (r *RowView) complexMeta(m *terms.Meta, c *schema.Column, cx *store.Complex) []byte {
	if cx == nil {
		return nil
	}
	if m.Key != nil {
		return r.cellMeta(m.Kind, cx.Find(m.Key))
	}
	if m.Field >= 0 && c.Type.Kind == types.KindUDT {
		return r.cellMeta(m.Kind, cx.Find(FieldPath(m.Field)))
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
	if c.Type.Kind == types.KindUDT {
		for i := range c.Type.Elems {
			add(cx.Find(FieldPath(i)))
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

// NoNulls refuses a null in a list that is stored element by element, over
// which the server stumbles. A frozen list may hold one.
func NoNulls(list []byte) error {
	elems, err := types.UnpackList(list)
	if err == nil && slices.ContainsFunc(elems, func(e []byte) bool { return e == nil }) {
		return protocol.NullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "value" is null`)
	}
	return err
}

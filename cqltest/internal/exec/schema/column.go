package schema

import (
	"bytes"
	"sort"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// SortColumns sorts columns the way they stand in the table.
func SortColumns(cols []*Column) {
	sort.Slice(cols, func(i, j int) bool { return cols[i].Index < cols[j].Index })
}

// ColumnKind is a column's part in a table.
type ColumnKind uint8

const (
	PartitionKey ColumnKind = iota
	ClusteringKey
	StaticColumn
	RegularColumn
)

func (k ColumnKind) String() string {
	return [...]string{"partition_key", "clustering", "static", "regular"}[k]
}

// Column is a column's definition.
type Column struct {
	Name     string
	Type     *types.Type
	Kind     ColumnKind
	Position int // among its kind's key columns; -1 for others
	Desc     bool
	ID       int32 // the store's name of the column
	Index    int   // place in table.columns
}

// PrimaryKey says whether the column is part of the primary key.
func (c *Column) PrimaryKey() bool { return c.Kind <= ClusteringKey }

// Path orders the cells of a column that has more than one.
func (c *Column) Path() store.Comparator {
	switch c.Type.Kind {
	case types.KindSet, types.KindMap:
		return c.Type.Key().Compare
	}
	return bytes.Compare
}

// CQL returns the column's name as CQL.
func (c *Column) CQL() string { return QuoteIdent(c.Name) }

package protocol

import (
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// ColumnSpec describes a result column or a bind marker.
type ColumnSpec struct {
	Keyspace, Table, Name string
	Type                  *types.Type
}

// StatementInfo says what a statement is, for logs and fault hooks.
type StatementInfo struct {
	Kind        string // select, insert, update, delete, batch, use, create_table, alter_table, drop_table, truncate, …
	Keyspace    string
	Table       string
	Conditional bool
	Counter     bool
}

// ColumnSpecs turns columns into what clients are told of them.
func ColumnSpecs(cols []types.Column) []ColumnSpec {
	out := make([]ColumnSpec, len(cols))
	for i, c := range cols {
		out[i] = ColumnSpec{c.Keyspace, c.Table, c.Name, c.Type}
	}
	return out
}

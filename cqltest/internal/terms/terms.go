// Package terms prepares and evaluates CQL terms: literals, bind markers,
// type hints, function calls, arithmetic, and, in a selection, columns and
// what hangs on them.
//
// Preparation does all the type checking and reports Cassandra's errors;
// evaluation only looks at values.
package terms

import (
	"github.com/coodie-go/coodie/cqltest/internal/funcs"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Scope is what preparation may refer to. One Scope serves one statement: it
// gathers the statement's bind markers.
type Scope struct {
	// Keyspace and Table are the statement's; Keyspace also resolves
	// unqualified types and functions.
	Keyspace, Table string
	// UDT returns a user-defined type, not frozen, or nil.
	UDT types.Lookup
	// Functions returns the user functions of a name in a keyspace; nil if there
	// are none.
	Functions func(keyspace, name string) []*funcs.Function
	// Columns are the table's columns, which a selection may name. A column is
	// known to [Row] by its place here.
	Columns []types.Column
	// IsKey says whether a column is part of the primary key; nil if none is.
	IsKey func(column int) bool
	// PartitionKey lists the partition key's types, for token().
	PartitionKey []*types.Type
	// Markers holds what each bind marker stands for, by marker position. It
	// grows as terms are prepared.
	Markers []types.Column
}

// Env is what evaluation reads.
type Env struct {
	funcs.Env
	// Values holds the bound values by marker position: nil is null,
	// [types.Unset] unset.
	Values [][]byte
	// Row is the current row. Only selections need it.
	Row Row

	aggregates []funcs.Aggregate
}

// Row is one row of the table, as a selection sees it.
type Row interface {
	// Column returns the value of column i of the [Scope], a collection or UDT
	// that is not frozen encoded like a frozen one; nil is null.
	Column(i int) []byte
	// Meta returns the value of writetime(), maxwritetime() or ttl() of
	// a column or of a part of it.
	Meta(m *Meta) ([]byte, error)
}

// MetaKind tells writetime, maxwritetime and ttl apart.
type MetaKind int

// The kinds of [Meta].
const (
	WriteTime MetaKind = iota
	MaxWriteTime
	TTL
)

// Meta is a call of writetime(), maxwritetime() or ttl() on a column, or on
// a part of a column that is not frozen.
type Meta struct {
	Kind   MetaKind
	Column int
	// At most one of the following is set. Field is the position of a UDT
	// field, -1 when none is named; Key is the element of a set or map;
	// From and To bound a slice, nil where open.
	Field    int
	Key      []byte
	Slice    bool
	From, To []byte
}

// Term is a prepared term. It is immutable and safe for concurrent use.
type Term interface {
	// Type is the type of the value.
	Type() *types.Type
	// Eval returns the value: nil for null, [types.Unset] for an unset marker.
	Eval(env *Env) ([]byte, error)
	// Constant says whether the value is the same in every execution.
	Constant() bool
}

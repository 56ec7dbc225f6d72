package protocol

// ResultKind says which of a Result's fields matter.
type ResultKind uint8

// The result kinds.
const (
	Void ResultKind = iota
	Rows
	SetKeyspace
	SchemaChanged
)

// SchemaChange describes one change, for the result and for events.
type SchemaChange struct {
	Change    string // CREATED, UPDATED, DROPPED
	Target    string // KEYSPACE, TABLE, TYPE, FUNCTION, AGGREGATE
	Keyspace  string
	Name      string // empty for KEYSPACE
	Arguments []string
}

// Result is the answer to one statement.
type Result struct {
	Kind        ResultKind
	Columns     []ColumnSpec
	Rows        [][][]byte // a nil cell is null
	PagingState []byte     // nil on the last page
	Warnings    []string
	Keyspace    string        // of SetKeyspace
	Change      *SchemaChange // of SchemaChanged
	Info        StatementInfo
}

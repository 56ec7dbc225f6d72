package schema

import (
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// QuoteIdent is a name as CQL.
func QuoteIdent(name string) string { return cqlparse.QuoteIdentifier(name) }

// TableName names a table that a statement reads or writes, or the functions of a
// name that it calls.
type TableName struct{ Keyspace, Name string }

package cqltest

import (
	"net"
	"slices"
	"strings"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// Kind says what statements do. A statement's own is one of the kinds, together
// with [Conditional] if it is a lightweight transaction; to choose statements,
// kinds are joined with |.
type Kind uint16

// The kinds.
const (
	Select Kind = 1 << iota
	Insert
	Update
	Delete
	Batch    // by a BATCH request or by BEGIN BATCH
	Truncate // TRUNCATE
	Schema   // CREATE, ALTER, DROP
	Other    // roles, permissions, LIST

	// Conditional marks lightweight transactions: IF in an INSERT, UPDATE or
	// DELETE, or anywhere in a batch.
	Conditional

	// Prepare is the preparation of a statement, whatever it does, and Use the
	// choice of a keyspace. Drivers do both behind their users' backs, so they are
	// neither logged nor part of Any.
	Prepare
	Use
)

// Kinds that stand for several.
const (
	Write      = Insert | Update | Delete | Batch
	Any   Kind = Select | Write | Truncate | Schema | Other
)

var kindNames = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "BATCH", "TRUNCATE", "SCHEMA", "OTHER", "CONDITIONAL", "PREPARE", "USE"}

// String returns the names of the kinds in k, joined with |.
func (k Kind) String() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Statement is a statement as a client sent it.
type Statement struct {
	CQL      string // empty for a BATCH request
	Kind     Kind
	Keyspace string
	Table    string // empty if there is none or, in a batch, more than one

	Consistency gocql.Consistency
	// SerialConsistency is zero if the client sent none; the server then uses
	// SERIAL.
	SerialConsistency gocql.SerialConsistency
	// DefaultTimestamp is the client's timestamp in microseconds, nil if it left
	// that to the server.
	DefaultTimestamp *int64
	PageSize         int  // zero: all rows in one page
	NextPage         bool // it asks for a page that is not the first
	SkipMetadata     bool // the client knows the columns and asks to leave them out
	Prepared         bool
	Tracing          bool

	// Client is the address of the connection that the statement came on. The connections
	// of [Server.Dialer] have addresses of their own, too.
	Client net.Addr

	// Names are the values' names, if the client sent named ones.
	Names []string

	// Entries are the statements of a BATCH request. Only CQL, Kind, Keyspace,
	// Table, Prepared and Values are theirs.
	Entries   []Statement
	BatchType gocql.BatchType

	// Faulted says that a fault struck.
	Faulted bool

	values []protocol.Value
	binds  []protocol.ColumnSpec
}

// Conditional says whether s is a lightweight transaction.
func (s Statement) Conditional() bool { return s.Kind&Conditional != 0 }

// Values returns the bound values, decoded as [Server.Rows] decodes columns. A
// null is nil and an unset value [gocql.UnsetValue].
func (s Statement) Values() []any {
	values := make([]any, len(s.values))
	for i, v := range s.values {
		switch v.State {
		case protocol.Unset:
			values[i] = gocql.UnsetValue
		case protocol.Set:
			values[i] = s.decode(i, v.Bytes)
		}
	}
	return values
}

func (s Statement) decode(i int, b []byte) any {
	at := i
	if s.Names != nil {
		at = slices.IndexFunc(s.binds, func(c protocol.ColumnSpec) bool { return c.Name == s.Names[i] })
	}
	if at < 0 || at >= len(s.binds) {
		return b
	}
	v, err := goValue(s.binds[at].Type, b)
	if err != nil {
		return b
	}
	return v
}

// touches says whether s or one of its entries is on a table, given by its name
// or as keyspace.name.
func (s Statement) touches(table string) bool {
	if s.Table == table || s.Keyspace+"."+s.Table == table {
		return true
	}
	return slices.ContainsFunc(s.Entries, func(e Statement) bool { return e.touches(table) })
}

// isSystem says whether s reads what drivers read for their own needs.
func (s Statement) isSystem() bool {
	return s.Keyspace == "system" || strings.HasPrefix(s.Keyspace, "system_")
}

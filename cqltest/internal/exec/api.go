// Package exec prepares and executes CQL statements against the in-memory
// store, answering as Cassandra 5.0 (or, in its dialect, ScyllaDB) does.
//
// An Engine is one node. It knows nothing of the wire: callers hand in CQL text
// and bound values as bytes, and get results or an *Error back.
package exec

import (
	"sync/atomic"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Dialect selects whose answers the engine gives.
type Dialect int

// The dialects.
const (
	Cassandra Dialect = iota
	Scylla
)

// Options configure an Engine. The zero value is usable.
type Options struct {
	Dialect        Dialect
	Now            func() time.Time        // time.Now if nil
	Nodes          []Node                  // one if empty; its address is 127.0.0.1:9042, in datacenter1 and rack1, as far as left empty
	Cluster        bool                    // the nodes are real, and can be down; otherwise the system tables name them, and the first is alone
	ClusterName    string                  // "Test Cluster" if empty
	Authenticator  string                  // class name; "" or AllowAllAuthenticator: none
	Functions      map[string]FunctionBody // of users' functions, by name or keyspace.name
	User, Password string                  // the superuser; cassandra, cassandra if empty
}

// Client is the state of one connection. It belongs to one goroutine at a time.
type Client struct {
	Keyspace        string          // set by USE; wire may set it as well
	User            string          // "anonymous" if empty
	ProtocolVersion int             // 4 if zero
	Node            int             // that it is connected to
	Direct          bool            // its statements need no replicas
	Gone            <-chan struct{} // closed when nobody waits for answers any more; may be nil
	UseWarned       *atomic.Bool    // whether it was warned of USE; shared by copies, nil if it is not to be warned
}

// ValueState tells a value from null and from unset.
type ValueState uint8

// The states of a bound value.
const (
	Set ValueState = iota
	Null
	Unset
)

// Value is one bound value as it came over the wire.
type Value struct {
	Bytes []byte
	State ValueState
}

// Consistency levels as the protocol numbers them.
const (
	Any         uint16 = 0x0000
	One         uint16 = 0x0001
	Two         uint16 = 0x0002
	Three       uint16 = 0x0003
	Quorum      uint16 = 0x0004
	All         uint16 = 0x0005
	LocalQuorum uint16 = 0x0006
	EachQuorum  uint16 = 0x0007
	Serial      uint16 = 0x0008
	LocalSerial uint16 = 0x0009
	LocalOne    uint16 = 0x000A
)

// Params go with one execution.
type Params struct {
	Consistency       uint16
	SerialConsistency uint16 // 0 means SERIAL
	Values            []Value
	Names             []string // as long as Values if values are named, else nil
	PageSize          int      // 0: no paging
	PagingState       []byte
	DefaultTimestamp  *int64
	NowInSeconds      *int64
	Keyspace          string // v5 only: overrides the client's
}

// BatchType is LOGGED, UNLOGGED or COUNTER, numbered as in the protocol.
type BatchType uint8

// The batch types.
const (
	Logged BatchType = iota
	Unlogged
	Counter
)

// BatchEntry is a prepared statement or, if Prepared is nil, CQL text.
type BatchEntry struct {
	Prepared *Prepared
	CQL      string
	Values   []Value
}

// Batch is a protocol-level batch.
type Batch struct {
	Type    BatchType
	Entries []BatchEntry
}

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

// Prepared is the immutable outcome of a PREPARE.
type Prepared struct {
	ID        []byte // MD5 of the text, with the keyspace before it if that matters
	CQL       string
	Keyspace  string // the client's keyspace at the time
	Info      StatementInfo
	Binds     []ColumnSpec // one per bind marker
	PKIndexes []uint16     // which markers make the partition key; nil if unknown
	Columns   []ColumnSpec // nil for statements that answer no rows, and for conditional ones of Cassandra

	stmt       statement
	schema     *schema // it was prepared against
	remembered bool    // by PREPARE
	qualified  bool    // names the keyspace of every table
	tables     []tableName
	called     []tableName // the users' functions it calls
}

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

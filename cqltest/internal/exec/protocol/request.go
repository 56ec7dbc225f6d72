// Package protocol holds the requests and answers of the native protocol as an engine
// sees them: values, results, errors and consistency levels, but no frames.
package protocol

import (
	"sync/atomic"
)

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

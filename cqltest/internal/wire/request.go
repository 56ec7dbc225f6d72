package wire

import (
	"math"
	"strings"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// Params are the parameters of a QUERY, EXECUTE or BATCH.
type Params struct {
	protocol.Params
	SkipMetadata bool
}

// Request is what every statement-bearing request has in common.
type Request struct {
	Params
	Tracing bool
}

// Query is a QUERY request.
type Query struct {
	Request
	CQL string
}

// Prepare is a PREPARE request.
type Prepare struct {
	Tracing  bool
	CQL      string
	Keyspace string // from version 5 on; the connection's if empty
}

// Execute is an EXECUTE request.
type Execute struct {
	Request
	ID []byte
	// MetadataID names, from version 5 on, the result columns that the client knows.
	MetadataID []byte
}

// Batch is a BATCH request.
type Batch struct {
	Request
	Type    protocol.BatchType
	Entries []BatchEntry
}

// BatchEntry is one statement of a batch: prepared if ID is not nil, else CQL.
type BatchEntry struct {
	ID     []byte
	CQL    string
	Values []protocol.Value
}

func (r *reader) query(version int) *Query {
	q := &Query{CQL: r.longString()}
	q.Params = r.params(version)
	return q
}

func (r *reader) prepare(version int) *Prepare {
	p := &Prepare{CQL: r.longString()}
	if version >= 5 && primitive.PrepareFlag(r.int()).Contains(primitive.PrepareFlagWithKeyspace) {
		p.Keyspace = r.string()
	}
	return p
}

func (r *reader) execute(version int) *Execute {
	e := &Execute{ID: r.shortBytes()}
	if version >= 5 {
		e.MetadataID = r.shortBytes()
	}
	e.Params = r.params(version)
	return e
}

func (r *reader) batch(version int) *Batch {
	b := &Batch{Type: protocol.BatchType(r.byte())}
	if b.Type > protocol.Counter {
		r.fail("Invalid BATCH message type %d", int8(b.Type))
	}
	b.Entries = make([]BatchEntry, r.count(5))
	for i := range b.Entries {
		e := &b.Entries[i]
		switch kind := r.byte(); kind {
		case 0:
			e.CQL = r.longString()
		case 1:
			e.ID = r.shortBytes()
		default:
			r.fail("Invalid query kind in BATCH messages. Must be 0 or 1 but got %d", int8(kind))
		}
		if r.err != nil {
			return b
		}
		e.Values, _ = r.values(version, false)
	}
	b.Params = r.params(version)
	return b
}

func (r *reader) params(version int) Params {
	var p Params
	p.Consistency = r.consistency()
	var flags primitive.QueryFlag
	if version >= 5 {
		flags = primitive.QueryFlag(r.int())
	} else {
		flags = primitive.QueryFlag(r.byte())
	}
	if flags.Contains(primitive.QueryFlagValues) {
		p.Values, p.Names = r.values(version, flags.Contains(primitive.QueryFlagValueNames))
	}
	p.SkipMetadata = flags.Contains(primitive.QueryFlagSkipMetadata)
	if flags.Contains(primitive.QueryFlagPageSize) {
		n := r.int()
		if n == 0 && r.err == nil {
			r.fail("The page size cannot be 0")
		}
		p.PageSize = int(max(0, n)) // a negative one asks for all rows
	}
	if flags.Contains(primitive.QueryFlagPagingState) {
		p.PagingState = r.bytes()
	}
	if flags.Contains(primitive.QueryFlagSerialConsistency) {
		p.SerialConsistency = r.consistency()
	}
	if flags.Contains(primitive.QueryFlagDefaultTimestamp) {
		ts := r.long()
		if ts == math.MinInt64 {
			r.fail("Out of bound timestamp, must be in [%d, %d] (got %d)", int64(math.MinInt64+1), int64(math.MaxInt64), ts)
		}
		p.DefaultTimestamp = &ts
	}
	if flags.Contains(primitive.QueryFlagWithKeyspace) {
		p.Keyspace = r.string()
	}
	if flags.Contains(primitive.QueryFlagNowInSeconds) {
		now := int64(r.int())
		p.NowInSeconds = &now
	}
	return p
}

// nodeLocal is NODE_LOCAL, the highest consistency level there is.
const nodeLocal = 0x000B

func (r *reader) consistency() uint16 {
	c := r.short()
	if c > nodeLocal {
		r.fail("Unknown code %d for a consistency level", c)
	}
	return uint16(c)
}

// startup reads the options of a STARTUP, whose names are not case-sensitive.
func (r *reader) startup() map[string]string {
	options := make(map[string]string)
	for k, v := range r.stringMap() {
		options[strings.ToUpper(k)] = v
	}
	return options
}

// credentials splits a SASL PLAIN token: authorization id, user, password.
func credentials(token []byte) (user, password string) {
	parts := strings.Split(string(token), "\x00")
	if len(parts) < 3 {
		return "", ""
	}
	return parts[len(parts)-2], parts[len(parts)-1]
}

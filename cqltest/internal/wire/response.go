package wire

import (
	"cmp"
	"encoding/binary"
	"maps"
	"net"
	"slices"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// Response is the answer to a request.
type Response struct {
	Message  Message
	Warnings []string
	TraceID  *[16]byte

	// Silent sends nothing: the answer was lost.
	Silent bool
}

// Message is the body of a response: one of this package's types.
type Message interface {
	opcode() primitive.OpCode
	append(b []byte, version int) []byte
}

// The messages without results.
type (
	ready        struct{}
	authenticate struct{ class string }
	authSuccess  struct{}
	supported    map[string][]string
	schemaEvent  protocol.SchemaChange
	statusEvent  struct {
		up   bool
		node *net.TCPAddr
	}

	// Error is an ERROR message.
	Error struct{ *protocol.Error }
)

func (ready) opcode() primitive.OpCode        { return primitive.OpCodeReady }
func (authenticate) opcode() primitive.OpCode { return primitive.OpCodeAuthenticate }
func (authSuccess) opcode() primitive.OpCode  { return primitive.OpCodeAuthSuccess }
func (supported) opcode() primitive.OpCode    { return primitive.OpCodeSupported }
func (schemaEvent) opcode() primitive.OpCode  { return primitive.OpCodeEvent }
func (statusEvent) opcode() primitive.OpCode  { return primitive.OpCodeEvent }
func (Error) opcode() primitive.OpCode        { return primitive.OpCodeError }

func (ready) append(b []byte, _ int) []byte          { return b }
func (a authenticate) append(b []byte, _ int) []byte { return appendString(b, a.class) }
func (authSuccess) append(b []byte, _ int) []byte    { return appendBytes(b, nil) }

func (s supported) append(b []byte, _ int) []byte {
	b = appendShort(b, len(s))
	for _, k := range slices.Sorted(maps.Keys(s)) {
		b = appendString(b, k)
		b = appendStringList(b, s[k])
	}
	return b
}

func (e schemaEvent) append(b []byte, version int) []byte {
	b = appendString(b, string(primitive.EventTypeSchemaChange))
	return appendSchemaChange(b, (*protocol.SchemaChange)(&e))
}

func (e statusEvent) append(b []byte, _ int) []byte {
	change := primitive.StatusChangeTypeDown
	if e.up {
		change = primitive.StatusChangeTypeUp
	}
	b = appendString(b, string(primitive.EventTypeStatusChange))
	b = appendString(b, string(change))
	ip := e.node.IP
	if four := ip.To4(); four != nil {
		ip = four
	}
	b = append(append(b, byte(len(ip))), ip...)
	return appendInt(b, e.node.Port)
}

func (e Error) append(b []byte, version int) []byte {
	code, message := e.Code, e.Message
	if version < 4 { // codes that v3 lacks become their nearest relatives
		switch code {
		case protocol.CodeWriteFailure:
			code = protocol.CodeWriteTimeout
		case protocol.CodeReadFailure:
			code = protocol.CodeReadTimeout
		case protocol.CodeFunctionFailure:
			code = protocol.CodeInvalid
		}
	}
	b = appendInt(b, code)
	b = appendString(b, message)
	switch code {
	case protocol.CodeUnavailable:
		b = appendShort(b, int(e.Consistency))
		b = appendInt(b, e.Required)
		b = appendInt(b, e.Alive)
	case protocol.CodeWriteTimeout, protocol.CodeReadTimeout, protocol.CodeCASWriteUnknown,
		protocol.CodeWriteFailure, protocol.CodeReadFailure:
		b = appendShort(b, int(e.Consistency))
		b = appendInt(b, e.Received)
		b = appendInt(b, e.BlockFor)
		if code == protocol.CodeWriteFailure || code == protocol.CodeReadFailure {
			b = appendInt(b, e.NumFailures)
			if version >= 5 { // the nodes that failed, and why
				for i := range e.NumFailures {
					b = append(b, 4, 127, 0, 0, byte(i+1))
					b = appendShort(b, 0)
				}
			}
		}
		switch code {
		case protocol.CodeWriteTimeout, protocol.CodeWriteFailure:
			b = appendString(b, cmp.Or(e.WriteType, "SIMPLE"))
			if version >= 5 && code == protocol.CodeWriteTimeout && e.WriteType == string(primitive.WriteTypeCas) {
				b = appendShort(b, e.Contentions)
			}
		case protocol.CodeReadTimeout, protocol.CodeReadFailure:
			b = append(b, boolByte(e.DataPresent))
		}
	case protocol.CodeFunctionFailure:
		b = appendString(b, e.Keyspace)
		b = appendString(b, e.Function)
		b = appendStringList(b, e.ArgTypes)
	case protocol.CodeAlreadyExists:
		b = appendString(b, e.Keyspace)
		b = appendString(b, e.Table)
	case protocol.CodeUnprepared:
		b = appendShort(b, len(e.UnpreparedID))
		b = append(b, e.UnpreparedID...)
	}
	return b
}

func appendSchemaChange(b []byte, c *protocol.SchemaChange) []byte {
	b = appendString(b, c.Change)
	b = appendString(b, c.Target)
	b = appendString(b, c.Keyspace)
	switch primitive.SchemaChangeTarget(c.Target) {
	case primitive.SchemaChangeTargetKeyspace:
	case primitive.SchemaChangeTargetFunction, primitive.SchemaChangeTargetAggregate:
		b = appendString(b, c.Name)
		b = appendStringList(b, c.Arguments)
	default:
		b = appendString(b, c.Name)
	}
	return b
}

func appendShort(b []byte, n int) []byte { return binary.BigEndian.AppendUint16(b, uint16(n)) }

func appendInt(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

// appendString appends a [string], cut where its 16-bit length ends.
func appendString(b []byte, s string) []byte {
	s = s[:min(len(s), 0xFFFF)]
	b = appendShort(b, len(s))
	return append(b, s...)
}

func appendStringList(b []byte, list []string) []byte {
	b = appendShort(b, len(list))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

// appendBytes appends a [bytes]; nil is null.
func appendBytes(b, v []byte) []byte {
	if v == nil {
		return appendInt(b, -1)
	}
	b = appendInt(b, len(v))
	return append(b, v...)
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

package wire

import (
	"bytes"
	"testing"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

func ptr[T any](v T) *T { return &v }

func TestRequests(t *testing.T) {
	set := func(b ...byte) protocol.Value { return protocol.Value{Bytes: b} }
	all := Params{
		Params: protocol.Params{
			Consistency:       protocol.LocalQuorum,
			SerialConsistency: protocol.LocalSerial,
			Values:            []protocol.Value{set(1, 2), {State: protocol.Null}, {State: protocol.Unset}, set([]byte{}...)},
			PageSize:          50,
			PagingState:       []byte{9, 9},
			DefaultTimestamp:  ptr(int64(-5)),
		},
		SkipMetadata: true,
	}
	allOptions := &message.QueryOptions{
		Consistency: primitive.ConsistencyLevelLocalQuorum,
		PositionalValues: []*primitive.Value{
			primitive.NewValue([]byte{1, 2}), primitive.NewNullValue(), primitive.NewUnsetValue(), primitive.NewValue([]byte{})},
		SkipMetadata:      true,
		PageSize:          50,
		PagingState:       []byte{9, 9},
		SerialConsistency: ptr(primitive.ConsistencyLevelLocalSerial),
		DefaultTimestamp:  ptr(int64(-5)),
	}
	for _, test := range []struct {
		name string
		send message.Message
		want any
	}{
		{"plain query", &message.Query{Query: "SELECT ü", Options: &message.QueryOptions{Consistency: primitive.ConsistencyLevelOne}},
			&Query{CQL: "SELECT ü", Request: Request{Params: Params{Params: protocol.Params{Consistency: protocol.One}}}}},
		{"query with everything", &message.Query{Query: "q", Options: allOptions}, &Query{CQL: "q", Request: Request{Params: all}}},
		{"named values", &message.Query{Query: "q", Options: &message.QueryOptions{NamedValues: map[string]*primitive.Value{"k": primitive.NewValue([]byte{1})}}},
			&Query{CQL: "q", Request: Request{Params: Params{Params: protocol.Params{Values: []protocol.Value{set(1)}, Names: []string{"k"}}}}}},
		{"prepare", &message.Prepare{Query: "q"}, &Prepare{CQL: "q"}},
		{"execute", &message.Execute{QueryId: []byte("id"), Options: allOptions}, &Execute{ID: []byte("id"), Request: Request{Params: all}}},
		{"batch", &message.Batch{
			Type: primitive.BatchTypeUnlogged,
			Children: []*message.BatchChild{
				{Query: "q", Values: []*primitive.Value{primitive.NewValue([]byte{1})}},
				{Id: []byte("id")},
			},
			Consistency:       primitive.ConsistencyLevelQuorum,
			SerialConsistency: ptr(primitive.ConsistencyLevelSerial),
			DefaultTimestamp:  ptr(int64(8)),
		}, &Batch{
			Type:    protocol.Unlogged,
			Entries: []BatchEntry{{CQL: "q", Values: []protocol.Value{set(1)}}, {ID: []byte("id")}},
			Request: Request{Params: Params{Params: protocol.Params{
				Consistency: protocol.Quorum, SerialConsistency: protocol.Serial, DefaultTimestamp: ptr(int64(8))}}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &stub{}
			c := connect(t, newServer(t, h), primitive.ProtocolVersion4)
			require.IsType(t, &message.VoidResult{}, c.ask(test.send))
			require.Equal(t, test.want, h.last())

			payload := func(f *frame.Frame) {
				f.SetCustomPayload(map[string][]byte{"k": {1}, "null": nil})
			}
			require.IsType(t, &message.VoidResult{}, c.ask(test.send, payload), "a custom payload is passed over")
		})
	}
}

// Before v4 there is no unset value: any negative length is null.
func TestNegativeLengthInV3(t *testing.T) {
	r := newReader([]byte{0, 1, 0xFF, 0xFF, 0xFF, 0xFE})
	values, _ := r.values(3, false)
	require.Nil(t, r.err)
	require.Equal(t, []protocol.Value{{State: protocol.Null}}, values)
}

func TestTracingFlag(t *testing.T) {
	h := &stub{}
	c := connect(t, newServer(t, h), primitive.ProtocolVersion4)
	for _, flag := range []byte{0, 2} {
		c.write(rawFrame(primitive.OpCodeQuery, flag, "\x00\x00\x00\x01q\x00\x01\x00"))
		c.receive()
		require.Equal(t, flag == 2, h.last().(*Query).Tracing)
	}
}

func TestMalformedRequests(t *testing.T) {
	long := "\x00\x00\x00\x01q"
	for _, test := range []struct {
		name   string
		opcode primitive.OpCode
		body   string
		want   string
	}{
		{"empty query", primitive.OpCodeQuery, "", "Not enough bytes to read an UTF8 serialized string preceded by its 4 bytes length"},
		{"query longer than its frame", primitive.OpCodeQuery, "\x7F\xFF\xFF\xFFq", "Not enough bytes"},
		{"negative length", primitive.OpCodeQuery, "\xFF\xFF\xFF\xFFq", "Not enough bytes"},
		{"not UTF-8", primitive.OpCodePrepare, "\x00\x00\x00\x02\xC3\x28", "Cannot decode string as UTF8: 'c328'"},
		{"consistency", primitive.OpCodeQuery, long + "\x00\x0C\x00", "Unknown code 12 for a consistency level"},
		{"more values than bytes", primitive.OpCodeQuery, long + "\x00\x01\x01\xFF\xFF", "65535 elements announced"},
		{"value length", primitive.OpCodeQuery, long + "\x00\x01\x01\x00\x01\xFF\xFF\xFF\xFD", "Invalid ByteBuf length -3"},
		{"timestamp", primitive.OpCodeQuery, long + "\x00\x01\x20\x80\x00\x00\x00\x00\x00\x00\x00", "Out of bound timestamp"},
		{"page size", primitive.OpCodeQuery, long + "\x00\x01\x04\x00\x00\x00\x00", "The page size cannot be 0"},
		{"batch type", primitive.OpCodeBatch, "\x03\x00\x00\x00\x01\x00", "Invalid BATCH message type 3"},
		{"batch kind", primitive.OpCodeBatch, "\x00\x00\x01\x02\x00\x00\x00\x00\x00", "Invalid query kind in BATCH messages. Must be 0 or 1 but got 2"},
		{"more statements than bytes", primitive.OpCodeBatch, "\x00\xFF\xFF\x00", "65535 elements announced"},
		{"event type", primitive.OpCodeRegister, "\x00\x01\x00\x01X", "Invalid value 'X' for Type"},
		{"opcode", 0x55, "", "Unknown opcode"},
		{"a response's opcode", primitive.OpCodeResult, "", "Wrong protocol direction (expected RESPONSE, got REQUEST) for opcode 8 (RESULT)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
			c.write(rawFrame(test.opcode, 0, test.body))
			f := c.receive()
			require.EqualValues(t, 1, f.Header.StreamId)
			require.Contains(t, f.Body.Message.(*message.ProtocolError).ErrorMessage, test.want)
			require.IsType(t, &message.VoidResult{}, c.ask(&message.Query{Query: "q"}), "the connection survives")
		})
	}
}

func TestResponseFromClient(t *testing.T) {
	c := connect(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
	c.send(1, &message.Ready{})
	require.Contains(t, c.receive().Body.Message.(*message.ProtocolError).ErrorMessage, "Wrong protocol direction")
}

// A small value must not keep the large frame alive that it came in.
func TestSmallValuesAreCopied(t *testing.T) {
	small, large := []byte("small"), bytes.Repeat([]byte("x"), 1000)
	body := []byte{0, 2}
	body = appendBytes(appendBytes(body, small), large)
	values, _ := newReader(body).values(4, false)
	clear(body)
	require.Equal(t, small, values[0].Bytes)
	require.Equal(t, make([]byte, 1000), values[1].Bytes, "the large one is not")
}

package wire

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/datastax/go-cassandra-native-protocol/datatype"
	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func column(table, name string, typ *types.Type) protocol.ColumnSpec {
	return protocol.ColumnSpec{Keyspace: "ks", Table: table, Name: name, Type: typ}
}

// decode has the protocol library read a response frame.
func decode(t *testing.T, version int, r Response) *frame.Frame {
	t.Helper()
	b := appendFrame(nil, version, 5, &r, nil)
	f, err := frame.NewCodec().DecodeFrame(bytes.NewReader(b))
	require.NoError(t, err)
	require.EqualValues(t, len(b)-headerLength, f.Header.BodyLength)
	return f
}

func TestRows(t *testing.T) {
	columns := []protocol.ColumnSpec{column("t", "a", types.Int), column("t", "b", types.Text)}
	rows := [][][]byte{{{0, 0, 0, 1}, nil}, {{0, 0, 0, 2}, {}}}
	described := []*message.ColumnMetadata{
		{Keyspace: "ks", Table: "t", Name: "a", Type: datatype.Int},
		{Keyspace: "ks", Table: "t", Name: "b", Type: datatype.Varchar},
	}
	for _, test := range []struct {
		name string
		send Result
		want *message.RowsMetadata
	}{
		{"whole", Result{Result: &protocol.Result{Columns: columns}}, &message.RowsMetadata{ColumnCount: 2, Columns: described}},
		{"first page", Result{Result: &protocol.Result{Columns: columns, PagingState: []byte("more")}},
			&message.RowsMetadata{ColumnCount: 2, Columns: described, PagingState: []byte("more")}},
		{"metadata skipped", Result{Result: &protocol.Result{Columns: columns, PagingState: []byte("more")}, SkipMetadata: true},
			&message.RowsMetadata{ColumnCount: 2, PagingState: []byte("more")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.send.Kind, test.send.Rows = protocol.Rows, rows
			for _, version := range []int{3, 4} {
				got := decode(t, version, Response{Message: test.send}).Body.Message.(*message.RowsResult)
				require.Equal(t, rows, got.Data)
				for _, c := range got.Metadata.Columns {
					c.Index = 0
				}
				require.Equal(t, test.want, got.Metadata)
			}
		})
	}
}

// Columns of several tables each name their own.
func TestRowsOfTwoTables(t *testing.T) {
	got := decode(t, 4, Response{Message: Result{Result: &protocol.Result{Kind: protocol.Rows, Columns: []protocol.ColumnSpec{
		column("t", "a", types.Int), column("u", "a", types.Int)}}}}).Body.Message.(*message.RowsResult)
	require.Equal(t, "t", got.Metadata.Columns[0].Table)
	require.Equal(t, "u", got.Metadata.Columns[1].Table)
}

func TestTypes(t *testing.T) {
	address := types.UDT("ks", "address", []string{"street", "no"}, []*types.Type{types.Text, types.Smallint}, true)
	addressType := func(no datatype.DataType) datatype.DataType {
		u, err := datatype.NewUserDefined("ks", "address", []string{"street", "no"}, []datatype.DataType{datatype.Varchar, no})
		require.NoError(t, err)
		return u
	}
	class := func(name string) datatype.DataType {
		return datatype.NewCustom("org.apache.cassandra.db.marshal." + name)
	}
	for _, test := range []struct {
		typ    *types.Type
		v3, v4 datatype.DataType // v4 nil: the same
	}{
		{types.ASCII, datatype.Ascii, nil},
		{types.Bigint, datatype.Bigint, nil},
		{types.Blob, datatype.Blob, nil},
		{types.Boolean, datatype.Boolean, nil},
		{types.Counter, datatype.Counter, nil},
		{types.Decimal, datatype.Decimal, nil},
		{types.Double, datatype.Double, nil},
		{types.Float, datatype.Float, nil},
		{types.Inet, datatype.Inet, nil},
		{types.Int, datatype.Int, nil},
		{types.Text, datatype.Varchar, nil},
		{types.Timestamp, datatype.Timestamp, nil},
		{types.UUID, datatype.Uuid, nil},
		{types.TimeUUID, datatype.Timeuuid, nil},
		{types.Varint, datatype.Varint, nil},
		{types.Date, class("SimpleDateType"), datatype.Date},
		{types.Time, class("TimeType"), datatype.Time},
		{types.Smallint, class("ShortType"), datatype.Smallint},
		{types.Tinyint, class("ByteType"), datatype.Tinyint},
		{types.Duration, class("DurationType"), nil},
		{types.Vector(types.Float, 3), class("VectorType(org.apache.cassandra.db.marshal.FloatType , 3)"), nil},
		{types.Custom("org.example.T"), datatype.NewCustom("org.example.T"), nil},
		{types.List(types.Int, false), datatype.NewList(datatype.Int), nil},
		{types.Set(types.Tinyint, true), datatype.NewSet(class("ByteType")), datatype.NewSet(datatype.Tinyint)},
		{types.Map(types.Text, types.List(types.Int, true), false), datatype.NewMap(datatype.Varchar, datatype.NewList(datatype.Int)), nil},
		{types.Tuple(types.Int, types.Text), datatype.NewTuple(datatype.Int, datatype.Varchar), nil},
		{address, addressType(class("ShortType")), addressType(datatype.Smallint)},
	} {
		t.Run(test.typ.String(), func(t *testing.T) {
			for version, want := range map[int]datatype.DataType{3: test.v3, 4: test.v4} {
				if want == nil {
					want = test.v3
				}
				columns := []protocol.ColumnSpec{column("t", "before", types.Int), column("t", "c", test.typ), column("t", "after", types.Int)}
				got := decode(t, version, Response{Message: Result{Result: &protocol.Result{Kind: protocol.Rows, Columns: columns}}})
				metadata := got.Body.Message.(*message.RowsResult).Metadata
				require.Equal(t, want.AsCql(), metadata.Columns[1].Type.AsCql(), "v%d", version)
				require.Equal(t, "after", metadata.Columns[2].Name)
			}
		})
	}
}

func TestPrepared(t *testing.T) {
	p := &exec.Prepared{
		ID:        []byte("0123456789abcdef"),
		Info:      protocol.StatementInfo{Conditional: true},
		Binds:     []protocol.ColumnSpec{column("t", "a", types.Int), column("t", "b", types.Text)},
		PKIndexes: []uint16{1},
		Columns:   []protocol.ColumnSpec{column("t", "c", types.Int)},
	}
	got := decode(t, 4, Response{Message: Prepared{Prepared: p}}).Body.Message.(*message.PreparedResult)
	require.Equal(t, p.ID, got.PreparedQueryId)
	require.Equal(t, []uint16{1}, got.VariablesMetadata.PkIndices)
	require.Len(t, got.VariablesMetadata.Columns, 2)
	require.Equal(t, "c", got.ResultMetadata.Columns[0].Name)

	got = decode(t, 3, Response{Message: Prepared{Prepared: p}}).Body.Message.(*message.PreparedResult)
	require.Len(t, got.VariablesMetadata.Columns, 2)
	require.Equal(t, "c", got.ResultMetadata.Columns[0].Name)

	p.Columns = nil
	got = decode(t, 4, Response{Message: Prepared{Prepared: p}}).Body.Message.(*message.PreparedResult)
	require.Empty(t, got.ResultMetadata.Columns)

	const flagsAt = headerLength + 4 + 2 + 16
	for mark, want := range map[bool]byte{false: 0, true: 0x80} {
		b := appendFrame(nil, 4, 0, &Response{Message: Prepared{Prepared: p, MarkLWT: mark}}, nil)
		require.Equal(t, want, b[flagsAt]&0x80)
	}
}

func TestErrors(t *testing.T) {
	e := func(code int, change ...func(*protocol.Error)) *protocol.Error {
		e := &protocol.Error{Code: code, Message: "m"}
		for _, fn := range change {
			fn(e)
		}
		return e
	}
	replicas := func(e *protocol.Error) {
		e.Consistency, e.Received, e.BlockFor, e.NumFailures = protocol.Serial, 1, 2, 3
		e.WriteType, e.DataPresent = "CAS", true
	}
	const serial = primitive.ConsistencyLevelSerial
	for _, test := range []struct {
		send   *protocol.Error
		v4, v3 message.Message // v3 nil: the same
	}{
		{e(protocol.CodeServer), &message.ServerError{ErrorMessage: "m"}, nil},
		{e(protocol.CodeProtocol), &message.ProtocolError{ErrorMessage: "m"}, nil},
		{e(protocol.CodeBadCredentials), &message.AuthenticationError{ErrorMessage: "m"}, nil},
		{e(protocol.CodeOverloaded), &message.Overloaded{ErrorMessage: "m"}, nil},
		{e(protocol.CodeBootstrapping), &message.IsBootstrapping{ErrorMessage: "m"}, nil},
		{e(protocol.CodeTruncate), &message.TruncateError{ErrorMessage: "m"}, nil},
		{e(protocol.CodeSyntax), &message.SyntaxError{ErrorMessage: "m"}, nil},
		{e(protocol.CodeUnauthorized), &message.Unauthorized{ErrorMessage: "m"}, nil},
		{e(protocol.CodeInvalid), &message.Invalid{ErrorMessage: "m"}, nil},
		{e(protocol.CodeConfig), &message.ConfigError{ErrorMessage: "m"}, nil},
		{e(protocol.CodeUnavailable, func(e *protocol.Error) { e.Consistency, e.Required, e.Alive = protocol.Serial, 2, 1 }),
			&message.Unavailable{ErrorMessage: "m", Consistency: serial, Required: 2, Alive: 1}, nil},
		{e(protocol.CodeWriteTimeout, replicas),
			&message.WriteTimeout{ErrorMessage: "m", Consistency: serial, Received: 1, BlockFor: 2, WriteType: "CAS"}, nil},
		{e(protocol.CodeReadTimeout, replicas),
			&message.ReadTimeout{ErrorMessage: "m", Consistency: serial, Received: 1, BlockFor: 2, DataPresent: true}, nil},
		{e(protocol.CodeWriteFailure, replicas, func(e *protocol.Error) { e.WriteType = "BATCH" }),
			&message.WriteFailure{ErrorMessage: "m", Consistency: serial, Received: 1, BlockFor: 2, NumFailures: 3, WriteType: "BATCH"},
			&message.WriteTimeout{ErrorMessage: "m", Consistency: serial, Received: 1, BlockFor: 2, WriteType: "BATCH"}},
		{e(protocol.CodeReadFailure, replicas),
			&message.ReadFailure{ErrorMessage: "m", Consistency: serial, Received: 1, BlockFor: 2, NumFailures: 3, DataPresent: true},
			&message.ReadTimeout{ErrorMessage: "m", Consistency: serial, Received: 1, BlockFor: 2, DataPresent: true}},
		{e(protocol.CodeFunctionFailure, func(e *protocol.Error) { e.Keyspace, e.Function, e.ArgTypes = "ks", "f", []string{"int"} }),
			&message.FunctionFailure{ErrorMessage: "m", Keyspace: "ks", Function: "f", Arguments: []string{"int"}},
			&message.Invalid{ErrorMessage: "m"}},
		{e(protocol.CodeAlreadyExists, func(e *protocol.Error) { e.Keyspace, e.Table = "ks", "t" }),
			&message.AlreadyExists{ErrorMessage: "m", Keyspace: "ks", Table: "t"}, nil},
		{e(protocol.CodeUnprepared, func(e *protocol.Error) { e.UnpreparedID = []byte("id") }),
			&message.Unprepared{ErrorMessage: "m", Id: []byte("id")}, nil},
	} {
		if test.v3 == nil {
			test.v3 = test.v4
		}
		require.Equal(t, test.v4, decode(t, 4, Response{Message: Error{test.send}}).Body.Message)
		require.Equal(t, test.v3, decode(t, 3, Response{Message: Error{test.send}}).Body.Message)
	}

	// The library does not know this one.
	b := Error{e(protocol.CodeCASWriteUnknown, replicas)}.append(nil, 4)
	require.Equal(t, []byte{0, 0, 0x17, 0, 0, 1, 'm', 0, 8, 0, 0, 0, 1, 0, 0, 0, 2}, b)
}

func TestOtherResults(t *testing.T) {
	for _, test := range []struct {
		send *protocol.Result
		want message.Message
	}{
		{&protocol.Result{}, &message.VoidResult{}},
		{&protocol.Result{Kind: protocol.SetKeyspace, Keyspace: "ks"}, &message.SetKeyspaceResult{Keyspace: "ks"}},
		{&protocol.Result{Kind: protocol.SchemaChanged}, &message.VoidResult{}}, // CREATE … IF NOT EXISTS of what exists
		{&protocol.Result{Kind: protocol.SchemaChanged, Change: &protocol.SchemaChange{Change: "UPDATED", Target: "TYPE", Keyspace: "ks", Name: "t"}},
			&message.SchemaChangeResult{ChangeType: "UPDATED", Target: "TYPE", Keyspace: "ks", Object: "t"}},
		{&protocol.Result{Kind: protocol.SchemaChanged, Change: &protocol.SchemaChange{Change: "CREATED", Target: "FUNCTION", Keyspace: "ks", Name: "f", Arguments: []string{"int"}}},
			&message.SchemaChangeResult{ChangeType: "CREATED", Target: "FUNCTION", Keyspace: "ks", Object: "f", Arguments: []string{"int"}}},
	} {
		require.Equal(t, test.want, decode(t, 4, Response{Message: Result{Result: test.send}}).Body.Message)
	}
}

func TestWarningsAndTraceID(t *testing.T) {
	id := [16]byte{1, 2, 3}
	r := Response{Message: Result{Result: &protocol.Result{}}, Warnings: []string{"careful"}, TraceID: &id}
	got := decode(t, 4, r)
	require.Equal(t, []string{"careful"}, got.Body.Warnings)
	require.EqualValues(t, id, *got.Body.TracingId)

	got = decode(t, 3, r)
	require.Empty(t, got.Body.Warnings, "v3 has no warnings")
	require.EqualValues(t, id, *got.Body.TracingId)
}

// A text that no [string] can hold is cut, not sent with a wrong length.
func TestLongErrorMessage(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	got := decode(t, 4, Response{Message: Error{&protocol.Error{Code: protocol.CodeInvalid, Message: long}}})
	require.Equal(t, long[:65535], got.Body.Message.(*message.Invalid).ErrorMessage)
}

func TestPanicIsAServerError(t *testing.T) {
	h := &stub{answer: func(context.Context, *Conn, any) Response { panic("boom") }}
	c := connect(t, newServer(t, h), primitive.ProtocolVersion4)
	require.Contains(t, c.ask(&message.Query{Query: "q"}).(*message.ServerError).ErrorMessage, "boom")
	require.IsType(t, &message.ServerError{}, c.ask(&message.Query{Query: "q"}), "the connection survives")
}

package wire

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/datastax/go-cassandra-native-protocol/segment"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// repeating answers each query with its own text.
func repeating() *stub {
	return &stub{answer: func(_ context.Context, _ *Conn, request any) Response {
		rows := &protocol.Result{Kind: protocol.Rows, Columns: []protocol.ColumnSpec{{Keyspace: "ks", Table: "t", Name: "c", Type: types.Text}},
			Rows: [][][]byte{{[]byte(request.(*Query).CQL)}}}
		return Response{Message: Result{Result: rows}}
	}}
}

// Frames of every size come through, packed or not, in segments of the client's choice,
// and answers of several segments are read by the protocol library.
func TestSegments(t *testing.T) {
	for _, name := range []string{"", "lz4"} {
		t.Run("compression "+name, func(t *testing.T) {
			c := dial(t, newServer(t, repeating()), primitive.ProtocolVersion5)
			hello := message.NewStartup()
			if name != "" {
				hello.Options["COMPRESSION"] = name
				c.packing = libCompressor{compressors[name]}
			}
			require.IsType(t, &message.Ready{}, c.ask(hello))
			require.NotNil(t, c.segments)
			for _, n := range []int{1, 100, maxPayload - 100, maxPayload, 3 * maxPayload} {
				for _, size := range []int{segment.MaxPayloadLength, 1000 + n/50} {
					cql := strings.Repeat("select ", n)[:n]
					f := frame.NewFrame(c.version, 1, &message.Query{Query: cql})
					var b bytes.Buffer
					require.NoError(t, c.codec.EncodeFrame(f, &b))
					c.writeSegments(b.Bytes(), size)
					rows := c.receive().Body.Message.(*message.RowsResult)
					require.True(t, cql == string(rows.Data[0][0]), "%d bytes in segments of %d", n, size)
				}
			}

			// Several frames in one segment.
			var b bytes.Buffer
			for stream := range int16(3) {
				require.NoError(t, c.codec.EncodeFrame(frame.NewFrame(c.version, stream, &message.Query{Query: "q"}), &b))
			}
			c.writeSegments(b.Bytes(), segment.MaxPayloadLength)
			seen := map[int16]bool{}
			for range 3 {
				seen[c.receive().Header.StreamId] = true
			}
			require.Len(t, seen, 3)
		})
	}
}

// A segment whose header or payload was changed on its way ends the connection.
func TestCorruptSegments(t *testing.T) {
	for at, part := range map[int]string{0: "header", plainHeader: "its checksum", plainHeader + checksum24 + 4: "payload", -1: "the payload's checksum"} {
		c := connect(t, newServer(t, repeating()), primitive.ProtocolVersion5)
		var b bytes.Buffer
		require.NoError(t, c.codec.EncodeFrame(frame.NewFrame(c.version, 1, &message.Query{Query: "q"}), &b))
		sent := segments{}.append(nil, b.Bytes())
		if at < 0 {
			at += len(sent)
		}
		sent[at] ^= 1
		go c.conn.Write(sent)
		_, err := io.ReadFull(c.conn, make([]byte, 1))
		require.ErrorIs(t, err, io.EOF, part)
	}
}

func TestSnappyIsNotOfVersionFive(t *testing.T) {
	c := dial(t, newServer(t, &stub{}), primitive.ProtocolVersion5)
	refused := c.ask(&message.Startup{Options: map[string]string{"CQL_VERSION": "3.0.0", "COMPRESSION": "snappy"}}).(*message.ProtocolError)
	require.Equal(t, "Snappy compression is not supported in protocol V5", refused.ErrorMessage)
	require.IsType(t, &message.Ready{}, c.ask(message.NewStartup()))
}

func TestAuthenticationInSegments(t *testing.T) {
	s := newServer(t, &stub{})
	s.Authenticator = "org.apache.cassandra.auth.PasswordAuthenticator"
	c := dial(t, s, primitive.ProtocolVersion5)
	require.IsType(t, &message.Authenticate{}, c.ask(message.NewStartup()))
	require.NotNil(t, c.segments)
	require.IsType(t, &message.AuthSuccess{}, c.ask(&message.AuthResponse{Token: []byte("\x00alice\x00secret")}))
	require.IsType(t, &message.VoidResult{}, c.ask(&message.Query{Query: "SELECT"}))
}

// What version 5 adds to requests: a keyspace and a time of their own, and the id of the
// columns that the client knows.
func TestRequestsOfVersionFive(t *testing.T) {
	h := &stub{}
	c := connect(t, newServer(t, h), primitive.ProtocolVersion5)
	now := int32(1234)
	options := &message.QueryOptions{Consistency: primitive.ConsistencyLevelQuorum, PageSize: 5, Keyspace: "other", NowInSeconds: &now,
		PositionalValues: []*primitive.Value{primitive.NewValue([]byte{1})}}
	check := func(p Params) {
		require.Equal(t, protocol.Quorum, p.Consistency)
		require.Equal(t, "other", p.Keyspace)
		require.EqualValues(t, 1234, *p.NowInSeconds)
	}
	c.ask(&message.Query{Query: "q", Options: options})
	q := h.last().(*Query)
	check(q.Params)
	require.Equal(t, 5, q.PageSize)
	require.Equal(t, []protocol.Value{{Bytes: []byte{1}}}, q.Values)

	c.ask(&message.Execute{QueryId: []byte("id"), ResultMetadataId: []byte("columns"), Options: options})
	e := h.last().(*Execute)
	check(e.Params)
	require.Equal(t, []string{"id", "columns"}, []string{string(e.ID), string(e.MetadataID)})

	c.ask(&message.Prepare{Query: "q", Keyspace: "other"})
	require.Equal(t, &Prepare{CQL: "q", Keyspace: "other"}, h.last())
	c.ask(&message.Prepare{Query: "q"})
	require.Equal(t, &Prepare{CQL: "q"}, h.last())

	c.ask(&message.Batch{Children: []*message.BatchChild{{Query: "q"}}, Consistency: primitive.ConsistencyLevelQuorum, Keyspace: "other", NowInSeconds: &now})
	check(h.last().(*Batch).Params)
}

func TestResponsesOfVersionFive(t *testing.T) {
	columns := []protocol.ColumnSpec{{Keyspace: "ks", Table: "t", Name: "c", Type: types.Text}}
	rows := &protocol.Result{Kind: protocol.Rows, Columns: columns, Rows: [][][]byte{{[]byte("v")}}, PagingState: []byte("more")}
	got := decode(t, 5, Response{Message: Result{Result: rows, SkipMetadata: true, MetadataID: []byte("new")}}).Body.Message.(*message.RowsResult)
	require.Equal(t, []string{"new", "more"}, []string{string(got.Metadata.NewResultMetadataId), string(got.Metadata.PagingState)})
	require.Equal(t, "c", got.Metadata.Columns[0].Name, "changed columns are described to a client that skips them")

	p := decode(t, 5, Response{Message: Prepared{Prepared: &exec.Prepared{ID: []byte("id"), Columns: columns}}}).Body.Message.(*message.PreparedResult)
	require.Equal(t, exec.MetadataID(columns), p.ResultMetadataId)

	failed := &protocol.Error{Code: protocol.CodeWriteFailure, Consistency: protocol.One, BlockFor: 1, NumFailures: 1, WriteType: "SIMPLE"}
	require.Len(t, decode(t, 5, Response{Message: Error{failed}}).Body.Message.(*message.WriteFailure).FailureReasons, 1)
	failed = &protocol.Error{Code: protocol.CodeWriteTimeout, Consistency: protocol.One, BlockFor: 1, Contentions: 3, WriteType: "CAS"}
	require.EqualValues(t, 3, decode(t, 5, Response{Message: Error{failed}}).Body.Message.(*message.WriteTimeout).Contentions)
}

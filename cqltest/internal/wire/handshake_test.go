package wire

import (
	"net"
	"testing"

	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

func TestHandshake(t *testing.T) {
	for _, version := range []primitive.ProtocolVersion{primitive.ProtocolVersion3, primitive.ProtocolVersion4, primitive.ProtocolVersion5} {
		t.Run(version.String(), func(t *testing.T) {
			c := dial(t, newServer(t, &stub{}), version)

			supported := c.ask(&message.Options{}).(*message.Supported)
			require.Equal(t, []string{"3/v3", "4/v4", "5/v5"}, supported.Options["PROTOCOL_VERSIONS"])
			require.ElementsMatch(t, []string{"lz4", "snappy"}, supported.Options["COMPRESSION"])

			refused := c.ask(&message.Query{Query: "SELECT"}).(*message.ProtocolError)
			require.Equal(t, "Unexpected message QUERY, expecting STARTUP or OPTIONS", refused.ErrorMessage)

			require.IsType(t, &message.Ready{}, c.ask(message.NewStartup()))
			require.IsType(t, &message.VoidResult{}, c.ask(&message.Query{Query: "SELECT"}))
			require.IsType(t, &message.Supported{}, c.ask(&message.Options{}), "drivers' heartbeat")

			refused = c.ask(message.NewStartup()).(*message.ProtocolError)
			require.Equal(t, "Unexpected message STARTUP, the connection is already initialized", refused.ErrorMessage)
		})
	}
}

func TestStartupRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		options map[string]string
		want    string
	}{
		{"no version", map[string]string{}, "Missing value CQL_VERSION in STARTUP message"},
		{"old version", map[string]string{"CQL_VERSION": "2.0.0"},
			"CQL version 2.0.0 is not supported by the binary protocol (supported version are >= 3.0.0)"},
		{"no version at all", map[string]string{"CQL_VERSION": "x"}, "Invalid version value: x"},
		{"compression", map[string]string{"CQL_VERSION": "3.0.0", "COMPRESSION": "zip"}, "Unknown compression algorithm: zip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
			refused := c.ask(&message.Startup{Options: test.options}).(*message.ProtocolError)
			require.Equal(t, test.want, refused.ErrorMessage)
			require.IsType(t, &message.Ready{}, c.ask(message.NewStartup()), "a client may try again")
		})
	}
}

func TestAuthentication(t *testing.T) {
	h := &stub{}
	s := newServer(t, h)
	s.Authenticator = "org.apache.cassandra.auth.PasswordAuthenticator"
	c := dial(t, s, primitive.ProtocolVersion4)

	asked := c.ask(message.NewStartup()).(*message.Authenticate)
	require.Equal(t, s.Authenticator, asked.Authenticator)
	require.IsType(t, &message.ProtocolError{}, c.ask(&message.Query{Query: "SELECT"}), "not before the password")

	refused := c.ask(&message.AuthResponse{Token: []byte("\x00alice\x00wrong")}).(*message.AuthenticationError)
	require.Equal(t, "Provided username alice and/or password are incorrect", refused.ErrorMessage)
	require.IsType(t, &message.AuthenticationError{}, c.ask(&message.AuthResponse{Token: []byte("nonsense")}))

	require.IsType(t, &message.AuthSuccess{}, c.ask(&message.AuthResponse{Token: []byte("\x00alice\x00secret")}))
	require.IsType(t, &message.VoidResult{}, c.ask(&message.Query{Query: "SELECT"}))
}

// A driver steps down when the error comes in a frame it can read, on stream 0.
func TestVersionRefused(t *testing.T) {
	for version, header := range map[byte][]byte{
		0:  {0x85, 0, 0, 0, 0},
		1:  {0x81, 0, 0, 0},
		2:  {0x82, 0, 0, 0},
		6:  {0x85, 0, 0, 0, 0},
		66: {0x85, 0, 0, 0, 0}, // DSE
	} {
		c := dial(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
		go c.conn.Write([]byte{version, 0, 0, 0, byte(primitive.OpCodeOptions), 0, 0, 0, 0})

		got := make([]byte, 512)
		n, err := c.conn.Read(got)
		require.NoError(t, err)
		require.Equal(t, header, got[:len(header)], "version %d", version)
		require.Contains(t, string(got[:n]), "unsupported protocol version")
		require.Contains(t, string(got[:n]), "supported versions are (3/v3, 4/v4, 5/v5)")
	}
}

// As with a real server, the connection can go on in a version that is served.
func TestVersionRefusedThenServed(t *testing.T) {
	c := dial(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
	frame := rawFrame(primitive.OpCodeOptions, 0, "skipped")
	frame[0] = 6
	go c.conn.Write(frame)
	c.version = primitive.ProtocolVersion5
	require.IsType(t, &message.ProtocolError{}, c.receive().Body.Message)
	c.version = primitive.ProtocolVersion4
	require.IsType(t, &message.Ready{}, c.ask(message.NewStartup()))
}

// ScyllaDB serves version 4 at most.
func TestVersionFiveRefused(t *testing.T) {
	s := newServer(t, &stub{})
	s.MaxVersion = 4
	c := dial(t, s, primitive.ProtocolVersion4)
	frame := rawFrame(primitive.OpCodeOptions, 0, "skipped")
	frame[0] = 5
	go c.conn.Write(frame)
	require.Contains(t, c.receive().Body.Message.(*message.ProtocolError).ErrorMessage, "supported versions are (3/v3, 4/v4)")
	require.Equal(t, []string{"3/v3", "4/v4"}, c.ask(&message.Options{}).(*message.Supported).Options["PROTOCOL_VERSIONS"])
}

// Without authentication a client that offers its password is let in.
func TestAuthResponseUnasked(t *testing.T) {
	c := connect(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
	require.IsType(t, &message.AuthSuccess{}, c.ask(&message.AuthResponse{Token: []byte("x")}))
}

func TestVersionChangesMidway(t *testing.T) {
	c := connect(t, newServer(t, &stub{}), primitive.ProtocolVersion4)
	c.version = primitive.ProtocolVersion3
	refused := c.ask(&message.Query{Query: "SELECT"}).(*message.ProtocolError)
	require.Contains(t, refused.ErrorMessage, "Got 3/v3 but previous messages on this connection had version 4/v4")
}

func TestEvents(t *testing.T) {
	s := newServer(t, &stub{})
	deaf := connect(t, s, primitive.ProtocolVersion4)
	c := connect(t, s, primitive.ProtocolVersion4)
	require.IsType(t, &message.Ready{}, c.ask(&message.Register{EventTypes: []primitive.EventType{
		primitive.EventTypeSchemaChange, primitive.EventTypeStatusChange, primitive.EventTypeTopologyChange}}))

	s.Publish(protocol.SchemaChange{Change: "CREATED", Target: "TABLE", Keyspace: "ks", Name: "t"})
	s.Publish(protocol.SchemaChange{Change: "DROPPED", Target: "KEYSPACE", Keyspace: "ks"})

	s.PublishStatus(false, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3), Port: 9042})

	first := c.receive()
	require.EqualValues(t, -1, first.Header.StreamId)
	require.Equal(t, &message.SchemaChangeEvent{ChangeType: "CREATED", Target: "TABLE", Keyspace: "ks", Object: "t"}, first.Body.Message)
	require.Equal(t, &message.SchemaChangeEvent{ChangeType: "DROPPED", Target: "KEYSPACE", Keyspace: "ks"}, c.receive().Body.Message)
	down := c.receive().Body.Message.(*message.StatusChangeEvent)
	require.Equal(t, primitive.StatusChangeTypeDown, down.ChangeType)
	require.Equal(t, "127.0.0.3:9042", down.Address.String())

	require.IsType(t, &message.VoidResult{}, deaf.ask(&message.Query{Query: "SELECT"}), "no event where none was asked for")

	c.write(rawFrame(primitive.OpCodeRegister, 0, "\x00\x01\x00\x0Dschema_change"))
	require.IsType(t, &message.Ready{}, c.receive().Body.Message, "registering twice is harmless")
}

package wire

import (
	"maps"
	"strconv"
	"strings"

	"github.com/datastax/go-cassandra-native-protocol/primitive"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// cqlVersion is Cassandra 5.0's.
const cqlVersion = "3.4.7"

func isHandshake(op primitive.OpCode) bool {
	switch op {
	case primitive.OpCodeStartup, primitive.OpCodeOptions, primitive.OpCodeAuthResponse, primitive.OpCodeRegister:
		return true
	}
	return false
}

// handshake answers what precedes statements, and REGISTER.
func (c *Conn) handshake(h header, r *reader) Message {
	if err := c.expect(h.opcode); err != nil {
		return Error{err}
	}
	switch h.opcode {
	case primitive.OpCodeOptions:
		return c.server.supported()
	case primitive.OpCodeStartup:
		return c.startup(r.startup())
	case primitive.OpCodeAuthResponse:
		return c.authenticate(r.bytes())
	case primitive.OpCodeRegister:
		return c.registerFor(r)
	}
	return Error{unknownOpcode(h.opcode)}
}

func unknownOpcode(op primitive.OpCode) *protocol.Error {
	if op.IsResponse() {
		return protocolError("Wrong protocol direction (expected RESPONSE, got REQUEST) for opcode %d (%s)", op, opcodeName(op))
	}
	return protocolError("Unknown opcode %d", op)
}

// expect checks the request against the stage of the handshake.
func (c *Conn) expect(op primitive.OpCode) *protocol.Error {
	name := opcodeName(op)
	switch c.stage {
	case established:
		if op != primitive.OpCodeStartup && op != primitive.OpCodeOptions {
			return protocolError("Unexpected message %s, expecting STARTUP or OPTIONS", name)
		}
	case authenticating:
		if op != primitive.OpCodeAuthResponse {
			return protocolError("Unexpected message %s, expecting SASL_RESPONSE", name)
		}
	case isReady:
		if op == primitive.OpCodeStartup {
			return protocolError("Unexpected message STARTUP, the connection is already initialized")
		}
	}
	return nil
}

// opcodeName names an opcode as the protocol's specification does.
func opcodeName(op primitive.OpCode) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(op.String(), "OpCode "), " [")
	return strings.ReplaceAll(name, " ", "_")
}

func (s *Server) supported() supported {
	m := supported{
		"CQL_VERSION":       {cqlVersion},
		"COMPRESSION":       {"snappy", "lz4"},
		"PROTOCOL_VERSIONS": s.versions(),
	}
	maps.Copy(m, s.Supported)
	return m
}

func (c *Conn) startup(options map[string]string) Message {
	version, ok := options["CQL_VERSION"]
	if !ok {
		return Error{protocolError("Missing value CQL_VERSION in STARTUP message")}
	}
	major, err := strconv.Atoi(strings.Split(version, ".")[0])
	if err != nil {
		return Error{protocolError("Invalid version value: %s", version)}
	}
	if major < 3 {
		return Error{protocolError("CQL version %s is not supported by the binary protocol (supported version are >= 3.0.0)", version)}
	}
	if name, ok := options["COMPRESSION"]; ok && name != "" {
		z := compressors[strings.ToLower(name)]
		if z == nil {
			return Error{protocolError("Unknown compression algorithm: %s", name)}
		}
		if c.version >= 5 && z != compressors["lz4"] {
			return Error{protocolError("Snappy compression is not supported in protocol V5")}
		}
		c.mu.Lock()
		c.compressor = z
		c.mu.Unlock()
	}
	c.options = options
	if c.server.Authenticator != "" {
		c.stage = authenticating
		return authenticate{c.server.Authenticator}
	}
	c.stage = isReady
	return ready{}
}

func (c *Conn) authenticate(token []byte) Message {
	if c.server.Authenticator == "" {
		return authSuccess{}
	}
	user, password := credentials(token)
	if err := c.server.Handler.Authenticate(user, password); err != nil {
		return Error{&protocol.Error{Code: protocol.CodeBadCredentials, Message: err.Error()}}
	}
	c.mu.Lock()
	c.client.User = user
	c.mu.Unlock()
	c.stage = isReady
	return authSuccess{}
}

// registerFor starts events. The topology never changes here.
func (c *Conn) registerFor(r *reader) Message {
	for _, name := range r.stringList() {
		switch kind := primitive.EventType(strings.ToUpper(name)); kind {
		case primitive.EventTypeSchemaChange, primitive.EventTypeTopologyChange, primitive.EventTypeStatusChange:
			c.register(kind)
		default:
			return Error{protocolError("Invalid value '%s' for Type", name)}
		}
	}
	return ready{}
}

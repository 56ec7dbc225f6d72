package diff

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
	"github.com/datastax/go-cassandra-native-protocol/segment"
)

const requestTimeout = 60 * time.Second

// A Client speaks the native protocol over one connection, one request at a
// time, and returns what the server sent as it came.
type Client struct {
	conn     net.Conn
	codec    frame.Codec
	version  primitive.ProtocolVersion
	segments segment.Codec // from version 5 on, once it is started
	pending  bytes.Buffer  // of what came in segments
}

// A LoginError is a server's answer to a name or password that it does not take.
type LoginError struct{ Answer *frame.Frame }

func (e *LoginError) Error() string { return fmt.Sprintf("login refused: %v", e.Answer.Body.Message) }

// Dial connects and starts up in a version of the protocol, and logs in if the server
// asks for it.
func Dial(ctx context.Context, addr string, version primitive.ProtocolVersion, user, password string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, codec: frame.NewCodec(), version: version}
	f, err := c.Do(message.NewStartup())
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("startup: %w", err)
	}
	if version >= primitive.ProtocolVersion5 {
		c.segments = segment.NewCodec()
	}
	if _, ok := f.Body.Message.(*message.Authenticate); ok {
		if f, err = c.Do(&message.AuthResponse{Token: []byte("\x00" + user + "\x00" + password)}); err != nil {
			conn.Close()
			return nil, fmt.Errorf("login: %w", err)
		}
	}
	switch f.Body.Message.(type) {
	case *message.Ready, *message.AuthSuccess:
		return c, nil
	}
	conn.Close()
	return nil, &LoginError{f}
}

// Do sends a request and waits for its answer. After an error the connection
// is of no further use.
func (c *Client) Do(msg message.Message) (*frame.Frame, error) {
	if err := c.conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
		return nil, err
	}
	f := frame.NewFrame(c.version, 1, msg)
	if c.segments == nil {
		if err := c.codec.EncodeFrame(f, c.conn); err != nil {
			return nil, err
		}
		return c.codec.DecodeFrame(c.conn)
	}
	var b bytes.Buffer
	if err := c.codec.EncodeFrame(f, &b); err != nil {
		return nil, err
	}
	for whole := b.Len() <= segment.MaxPayloadLength; b.Len() > 0; {
		s := &segment.Segment{Header: &segment.Header{IsSelfContained: whole}, Payload: &segment.Payload{UncompressedData: b.Next(segment.MaxPayloadLength)}}
		if err := c.segments.EncodeSegment(s, c.conn); err != nil {
			return nil, err
		}
	}
	return c.codec.DecodeFrame((*segmented)(c))
}

// segmented reads the frames that segments carry.
type segmented Client

func (c *segmented) Read(p []byte) (int, error) {
	for c.pending.Len() == 0 {
		s, err := c.segments.DecodeSegment(c.conn)
		if err != nil {
			return 0, err
		}
		c.pending.Write(s.Payload.UncompressedData)
	}
	return c.pending.Read(p)
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

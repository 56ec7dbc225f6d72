package diff

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/datastax/go-cassandra-native-protocol/frame"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
)

const (
	version        = primitive.ProtocolVersion4
	requestTimeout = 20 * time.Second
)

// A Client speaks the native protocol over one connection, one request at a
// time, and returns what the server sent as it came.
type Client struct {
	conn  net.Conn
	codec frame.Codec
}

// Dial connects and starts up.
func Dial(ctx context.Context, addr string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, codec: frame.NewCodec()}
	f, err := c.Do(message.NewStartup())
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("startup: %w", err)
	}
	if _, ok := f.Body.Message.(*message.Ready); !ok {
		conn.Close()
		return nil, fmt.Errorf("startup: answered %v", f.Body.Message)
	}
	return c, nil
}

// Do sends a request and waits for its answer. After an error the connection
// is of no further use.
func (c *Client) Do(msg message.Message) (*frame.Frame, error) {
	if err := c.conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
		return nil, err
	}
	if err := c.codec.EncodeFrame(frame.NewFrame(version, 1, msg), c.conn); err != nil {
		return nil, err
	}
	return c.codec.DecodeFrame(c.conn)
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

package cqltest_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/coodie-go/coodie/cqltest"
)

// FuzzServer sends arbitrary bodies of every request, after a handshake, to a
// server with a table in it. It must answer something, and go on.
func FuzzServer(f *testing.F) {
	long := func(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s }
	const (
		query, prepare, execute, batch = 7, 9, 10, 13
		one                            = "\x00\x01"
	)
	f.Add(uint8(query), long("SELECT * FROM app.locks")+one+"\x00")
	f.Add(uint8(query), long("INSERT INTO app.locks (name) VALUES (?) IF NOT EXISTS")+one+"\x01\x00\x01\x00\x00\x00\x01a")
	f.Add(uint8(query), long("SELECT * FROM app.locks")+one+"\x0C\x00\x00\x00\x01\x00\x00\x00\x03abc")
	f.Add(uint8(prepare), long("UPDATE app.locks SET owner = ? WHERE name = ?"))
	f.Add(uint8(execute), "\x00\x02id"+one+"\x00")
	f.Add(uint8(batch), "\x00\x00\x01\x00"+long("DELETE FROM app.locks WHERE name = ''")+"\x00\x00"+one+"\x00")

	srv, err := cqltest.Run(cqltest.WithPipe(), cqltest.WithKeyspace("app"), cqltest.WithSchema(locks))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(srv.Close)
	start := srv.Snapshot()

	f.Fuzz(func(t *testing.T, opcode uint8, body string) {
		defer srv.Restore(start)
		conn, err := srv.Dialer().DialContext(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		if op, _ := ask(t, conn, 1, "\x00\x01\x00\x0BCQL_VERSION\x00\x053.0.0"); op != 2 {
			t.Fatalf("STARTUP answered %d", op)
		}
		if _, answer := ask(t, conn, opcode, body); bytes.Contains(answer, []byte("cqltest: internal error")) {
			t.Fatalf("%s", answer)
		}
		if op, _ := ask(t, conn, query, long("SELECT key FROM system.local")+one+"\x00"); op != 8 {
			t.Fatalf("afterwards a SELECT answered %d", op)
		}
	})
}

func ask(t *testing.T, conn net.Conn, opcode uint8, body string) (uint8, []byte) {
	t.Helper()
	frame := binary.BigEndian.AppendUint32([]byte{4, 0, 0, 1, opcode}, uint32(len(body)))
	if _, err := conn.Write(append(frame, body...)); err != nil {
		t.Fatal(err)
	}
	for {
		header := make([]byte, 9)
		if _, err := io.ReadFull(conn, header); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, binary.BigEndian.Uint32(header[5:]))
		if _, err := io.ReadFull(conn, answer); err != nil {
			t.Fatal(err)
		}
		if binary.BigEndian.Uint16(header[2:]) == 1 { // else an event
			return header[4], answer
		}
	}
}

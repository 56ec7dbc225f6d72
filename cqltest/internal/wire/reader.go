package wire

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// reader takes a body apart. After its first error it returns zero values, so
// that a decoder checks once, at its end. Nothing is allocated for a count or a
// length that the bytes at hand cannot satisfy. What it returns as []byte
// aliases the body, but see value.
type reader struct {
	b    []byte
	size int // of the whole body
	err  *protocol.Error
}

func newReader(body []byte) *reader { return &reader{b: body, size: len(body)} }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = protocolError(format, args...)
	}
	r.b = nil
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail("Truncated message: %d bytes are missing", n-len(r.b))
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) short() int {
	if b := r.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int() int32 {
	if b := r.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) long() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// count reads the number of elements of a list, each of at least size bytes.
func (r *reader) count(size int) int {
	n := r.short()
	if n*size > len(r.b) {
		r.fail("Truncated message: %d elements announced, %d bytes left", n, len(r.b))
		return 0
	}
	return n
}

func (r *reader) string() string {
	if len(r.b) < 2 {
		return r.text(-1, 2)
	}
	return r.text(r.short(), 2)
}

func (r *reader) longString() string {
	if len(r.b) < 4 {
		return r.text(-1, 4)
	}
	return r.text(int(r.int()), 4)
}

// text reads a string whose length took that many bytes.
func (r *reader) text(n, lengthBytes int) string {
	if n < 0 || n > len(r.b) {
		r.fail("Not enough bytes to read an UTF8 serialized string preceded by its %d bytes length", lengthBytes)
		return ""
	}
	b := r.take(n)
	if !utf8.Valid(b) {
		r.fail("Cannot decode string as UTF8: '%x'; java.nio.charset.MalformedInputException: Input length = 1", b[:min(len(b), 1000)])
		return ""
	}
	return string(b)
}

// bytes reads a [bytes]; a negative length is nil.
func (r *reader) bytes() []byte {
	n := r.int()
	if n < 0 {
		return nil
	}
	return r.take(int(n))
}

func (r *reader) shortBytes() []byte { return r.take(r.short()) }

func (r *reader) stringList() []string {
	n := r.count(2)
	list := make([]string, n)
	for i := range list {
		list[i] = r.string()
	}
	return list
}

func (r *reader) stringMap() map[string]string {
	n := r.count(4)
	m := make(map[string]string, n)
	for range n {
		k := r.string()
		m[k] = r.string()
	}
	return m
}

// skipBytesMap passes over a custom payload.
func (r *reader) skipBytesMap() {
	for range r.count(6) {
		r.take(r.short())
		r.bytes()
	}
}

// value reads a [value]. Values are kept, as cells: a small one is copied lest
// it keep a large body alive.
func (r *reader) value(version int) protocol.Value {
	switch n := r.int(); {
	case n >= 0:
		b := r.take(int(n))
		if r.size > 512 && int(n) < r.size/4 {
			b = append([]byte{}, b...)
		}
		return protocol.Value{Bytes: b}
	case n == -1 || version < 4: // v3 knows no unset: every negative length is null
		return protocol.Value{State: protocol.Null}
	case n == -2:
		return protocol.Value{State: protocol.Unset}
	default:
		r.fail("Invalid ByteBuf length %d", n)
		return protocol.Value{}
	}
}

// values reads the values of a statement, with their names if named says so.
func (r *reader) values(version int, named bool) (values []protocol.Value, names []string) {
	size := 4
	if named {
		size += 2
	}
	n := r.count(size)
	if n == 0 {
		return nil, nil
	}
	values = make([]protocol.Value, n)
	if named {
		names = make([]string, n)
	}
	for i := range values {
		if named {
			names[i] = r.string()
		}
		values[i] = r.value(version)
	}
	return values, names
}

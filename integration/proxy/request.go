package proxy

import (
	"encoding/binary"
	"regexp"
	"strings"
	"sync"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Kind says what a request does.
type Kind uint8

// The kinds. A request has one of them, and Conditional besides if it is an LWT.
const (
	Read  Kind = 1 << iota
	Write      // INSERT, UPDATE, DELETE and batches
	// Conditional marks lightweight transactions, however they are sent.
	Conditional
	Other    // schema, roles, what cannot be parsed, and statements whose text is not known
	Prepare  // the preparation of a statement
	Internal // what drivers send for their own needs: queries on system tables, USE, DESCRIBE
	Control  // OPTIONS, STARTUP, AUTH_RESPONSE, REGISTER

	// Any is every statement that a program sends.
	Any = Read | Write | Other
)

// Request is one request of a client.
type Request struct {
	Kind   Kind
	CQL    string   // of a batch, its statements joined by "; "
	Values [][]byte // bound to it, encoded; nil is null, or unset. Those of a batch are in its statements' order
}

const headerSize = 9 // version, flags, stream, opcode, length

// The opcodes that matter here.
const (
	opError   = 0x00
	opStartup = 0x01
	opQuery   = 0x07
	opResult  = 0x08
	opPrepare = 0x09
	opExecute = 0x0a
	opBatch   = 0x0d
)

// frame is a whole frame with its header.
type frame []byte

func (f frame) version() byte { return f[0] & 0x7f }
func (f frame) flags() byte   { return f[1] }
func (f frame) stream() int16 { return int16(binary.BigEndian.Uint16(f[2:])) }
func (f frame) opcode() byte  { return f[4] }
func (f frame) body() body    { return body(f[headerSize:]) }

// texts knows the texts of prepared statements by their ids.
type texts struct{ sync.Map }

func (t *texts) get(id []byte) (string, bool) {
	text, ok := t.Load(string(id))
	if !ok {
		return "", false
	}
	return text.(string), true
}

// request reads what a client asks for.
func (t *texts) request(f frame) Request {
	b := f.body()
	if f.flags()&flagPayload != 0 {
		b.skipPayload()
	}
	switch f.opcode() {
	case opQuery:
		text := string(b.take(b.long()))
		return Request{kindOf(text), text, b.parameters()}
	case opPrepare:
		return Request{Kind: Prepare, CQL: string(b.take(b.long()))}
	case opExecute:
		text, ok := t.get(b.take(b.short()))
		if !ok {
			return Request{Kind: Other}
		}
		return Request{kindOf(text), text, b.parameters()}
	case opBatch:
		return t.batch(b)
	}
	return Request{Kind: Control}
}

func (t *texts) batch(b body) Request {
	r := Request{Kind: Write}
	b.take(1) // logged, unlogged, counter
	var all []string
	for range b.short() {
		text := ""
		if prepared := b.take(1); len(prepared) == 1 && prepared[0] == 1 {
			text, _ = t.get(b.take(b.short()))
		} else {
			text = string(b.take(b.long()))
		}
		all = append(all, text)
		r.Kind |= kindOf(text) & Conditional
		r.Values = append(r.Values, b.values(false)...)
	}
	r.CQL = strings.Join(all, "; ")
	return r
}

// learn keeps the id that the server has given the text.
func (t *texts) learn(text string, answer frame) {
	b := answer.body()
	if answer.opcode() != opResult {
		return
	}
	if answer.flags()&flagTracing != 0 {
		b.take(16)
	}
	if answer.flags()&flagWarning != 0 {
		for range b.short() {
			b.take(b.short())
		}
	}
	if answer.flags()&flagPayload != 0 {
		b.skipPayload()
	}
	const prepared = 4
	if b.long() == prepared {
		t.Store(string(b.take(b.short())), text)
	}
}

const (
	flagCompressed = 0x01
	flagTracing    = 0x02
	flagPayload    = 0x04
	flagWarning    = 0x08
)

// body is read from its start; past its end everything is empty.
type body []byte

func (b *body) take(n int) []byte {
	if n < 0 || n > len(*b) {
		n = len(*b)
	}
	out := (*b)[:n]
	*b = (*b)[n:]
	return out
}

func (b *body) short() int {
	if x := b.take(2); len(x) == 2 {
		return int(binary.BigEndian.Uint16(x))
	}
	return 0
}

func (b *body) long() int {
	if x := b.take(4); len(x) == 4 {
		return int(int32(binary.BigEndian.Uint32(x)))
	}
	return 0
}

// parameters reads the values among the parameters of a QUERY or EXECUTE.
func (b *body) parameters() [][]byte {
	const hasValues, named = 0x01, 0x40
	b.short() // consistency
	flags := b.take(1)
	if len(flags) == 0 || flags[0]&hasValues == 0 {
		return nil
	}
	return b.values(flags[0]&named != 0)
}

func (b *body) values(named bool) (out [][]byte) {
	for range b.short() {
		if named {
			b.take(b.short())
		}
		var v []byte
		if n := b.long(); n >= 0 {
			v = b.take(n)
		}
		out = append(out, v)
	}
	return out
}

func (b *body) skipPayload() {
	for range b.short() {
		b.take(b.short())
		if n := b.long(); n > 0 {
			b.take(n)
		}
	}
}

var internal = regexp.MustCompile(`(?i)\b(FROM|INTO|UPDATE)\s+"?system(_\w+)?"?\s*\.`)

// kinds remembers what texts were found to be: an application sends few.
var kinds sync.Map

func kindOf(text string) Kind {
	if kind, ok := kinds.Load(text); ok {
		return kind.(Kind)
	}
	kind := classify(text)
	kinds.Store(text, kind)
	return kind
}

func classify(text string) Kind {
	if internal.MatchString(text) || strings.HasPrefix(text, "USE ") || strings.HasPrefix(text, "DESCRIBE ") {
		return Internal
	}
	s, err := cqlparse.Parse(text)
	if err != nil {
		return Other
	}
	kind := Other
	switch s.(type) {
	case *cqlparse.Select:
		return Read
	case *cqlparse.Batch, *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete:
		kind = Write
	}
	if cqlparse.HasCondition(s) {
		kind |= Conditional
	}
	return kind
}

// refused is why a client is refused.
type refused string

func (e refused) Error() string { return string(e) }

const (
	otherVersion refused = "Invalid or unsupported protocol version; supported versions are (3/v3, 4/v4)" // drivers look for these words
	compressed   refused = "the proxy reads frames without compression only"
)

// refusal is an ERROR frame of version 4 that says why.
func refusal(stream int16, err error) frame {
	const protocolError = 0x000a
	text := err.Error()
	out := frame{0x84, 0, byte(uint16(stream) >> 8), byte(stream), opError}
	out = binary.BigEndian.AppendUint32(out, uint32(4+2+len(text)))
	out = binary.BigEndian.AppendUint32(out, protocolError)
	out = binary.BigEndian.AppendUint16(out, uint16(len(text)))
	return append(out, text...)
}

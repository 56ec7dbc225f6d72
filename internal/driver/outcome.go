package driver

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
)

// ErrorKind says why a request failed; what to do about it is its Advice. Whether a write
// may have been executed is another question: see Unknown.
type ErrorKind uint8

// The kinds of error.
const (
	KindNone        ErrorKind = iota // no error
	KindOther                        // none of the others
	KindNoHost                       // no node could be reached
	KindUnavailable                  // too few replicas are up, or a node has too much to do
	KindTimeout                      // too slow: the replicas, the network, or the context's deadline
	KindConnection                   // the connection broke
	KindCanceled                     // the caller's context was cancelled
	KindClosed                       // the session has been closed
	KindSyntax                       // the statement is no CQL
	KindInvalid                      // the server refuses the statement as it stands
	KindAuth                         // a wrong password, or a missing permission
	KindFailure                      // a node failed while it executed the statement
	KindUsage                        // the program is wrong; nothing was sent, or the struct does not fit
	KindDecode                       // the struct cannot hold the answer
	KindHook                         // a hook of the struct returned an error
	KindPageToken                    // no page begins at the token
	KindNotFound                     // no row matches
	KindMultiple                     // several rows match where one was expected
	KindNotApplied                   // the condition of an LWT did not hold
	KindContended                    // others wrote the row at each attempt
)

var kinds = [...]struct{ name, advice string }{
	KindNone:        {"none", ""},
	KindOther:       {"other", ""},
	KindNoHost:      {"no host", "no node can be reached: check the contact points, the port, TLS, and that the nodes are up"},
	KindUnavailable: {"unavailable", "too few nodes can take it now: try again later, and less at a time"},
	KindTimeout:     {"timeout", "it took too long: look for load and for contention on one partition, or allow more time"},
	KindConnection:  {"connection", "the connection broke: see whether the node is up; the session connects again by itself"},
	KindCanceled:    {"canceled", ""},
	KindClosed:      {"closed", "the session has been closed: share one DB, and close it last"},
	KindSyntax:      {"syntax", "the server does not understand the statement: check raw CQL, and the server's version"},
	KindInvalid:     {"invalid", "the server refuses the statement as it stands: sending it again does not help"},
	KindAuth:        {"auth", "check the cluster config's Authenticator, and what the role has been granted"},
	KindFailure:     {"failure", "a node failed while it executed the statement: its log says why"},
	KindUsage:       {"usage", ""},
	KindDecode:      {"decode", ""},
	KindHook:        {"hook", ""},
	KindPageToken:   {"page token", ""},
	KindNotFound:    {"not found", ""},
	KindMultiple:    {"multiple", "First reads one of the rows, and All reads all of them"},
	KindNotApplied:  {"not applied", ""},
	KindContended:   {"contended", "too many writers want the same row: try again later, or allow more attempts (MaxAttempts)"},
}

func (k ErrorKind) String() string {
	if int(k) >= len(kinds) {
		return kinds[KindOther].name
	}
	return kinds[k].name
}

// Advice is what to do about an error of this kind, whatever its cause; "" if the error itself
// says it. The text of an error has the advice for its cause.
func (k ErrorKind) Advice() string {
	if int(k) >= len(kinds) {
		return ""
	}
	return kinds[k].advice
}

// meaning is what an error tells. This table and the next are the only place where errors
// are judged; the reasons are those of the native protocol specification, section 9, and
// of what Cassandra 5.0 does between a Paxos proposal and its commit.
type meaning struct {
	kind ErrorKind
	// definite proves that nothing was written.
	definite bool
	// transient: it may be gone on the next attempt, if that is allowed: see Retryable.
	transient bool
	// free: the server chooses the text, which may quote a value: see withhold.
	free bool
	// advice is better than that of the kind.
	advice string
}

// The codes of the server's errors that are named elsewhere: native protocol specification, section 9.
const (
	codeServer      = 0x0000
	codeProtocol    = 0x000A
	codeUnavailable = 0x1000
	codeSyntax      = 0x2000
	codeConfig      = 0x2300
)

// rateLimit begins ScyllaDB's message to a driver that has not negotiated its own code for it, which comes as an error of
// the configuration; it ends with who rejected the request. See its docs/dev/protocol-extensions.md.
const rateLimit = "Per-partition rate limit reached"

// codes are the server's errors. A code that is not here is of KindOther and proves nothing.
var codes = [...]struct {
	code int
	meaning
}{
	{codeServer, meaning{kind: KindFailure, free: true}},
	{codeProtocol, meaning{kind: KindInvalid, definite: true, free: true}},
	{0x0100, meaning{kind: KindAuth, definite: true}},                                  // bad credentials
	{codeUnavailable, meaning{kind: KindUnavailable, definite: true, transient: true}}, // see beforeProposal
	{0x1001, meaning{kind: KindUnavailable, transient: true}},                          // overloaded: Cassandra checks for hint overload in the commit, after the proposal was accepted
	{0x1002, meaning{kind: KindUnavailable, definite: true, transient: true}},          // bootstrapping
	{0x1003, meaning{kind: KindFailure, free: true}},                                   // truncate
	{0x1100, meaning{kind: KindTimeout}},                                               // write timeout
	{0x1200, meaning{kind: KindTimeout}},                                               // read timeout
	{0x1300, meaning{kind: KindFailure}},                                               // read failure
	{0x1400, meaning{kind: KindInvalid, definite: true, free: true}},                   // function failure
	{0x1500, meaning{kind: KindFailure}},                                               // write failure
	{0x1600, meaning{kind: KindFailure}},                                               // CDC write failure
	{0x1700, meaning{kind: KindTimeout}},                                               // CAS write unknown
	{codeSyntax, meaning{kind: KindSyntax, definite: true, free: true}},
	{0x2100, meaning{kind: KindAuth, definite: true}},                     // unauthorized
	{0x2200, meaning{kind: KindInvalid, definite: true, free: true}},      // invalid
	{codeConfig, meaning{kind: KindInvalid, definite: true, free: true}},  // config; see rateLimit
	{0x2400, meaning{kind: KindInvalid, definite: true, advice: there}},   // already exists
	{0x2500, meaning{kind: KindInvalid, definite: true, transient: true}}, // unprepared
	{0xF000, meaning{kind: KindUnavailable}},                              // ScyllaDB's rate limit: some replicas may have taken the write
}

// meaningOf is what is known of the server's error of that code.
func meaningOf(code int) (m meaning, known bool) {
	for i := range codes {
		if codes[i].code == code {
			return codes[i].meaning, true
		}
	}
	return m, false
}

// limited reports whether it is ScyllaDB's rate limit: see rateLimit.
func (e *ServerError) limited() bool {
	return e.Code == codeConfig && strings.HasPrefix(e.Message, rateLimit)
}

// sentinels are errors of Go and of the seam. Those of a driver are in its Foreign.
var sentinels = []Sentinel{
	{Err: ErrPlanned, Kind: KindUsage, Definite: true},
	{Err: ErrNoLogin, Kind: KindAuth, Definite: true},
	{Err: ErrNoName, Kind: KindNoHost, Definite: true, Advice: noName},
	{Err: errUnprepared, Kind: KindFailure, Definite: true}, // the server executed none of the requests
	{Err: errClosed, Kind: KindConnection},
	{Err: context.DeadlineExceeded, Kind: KindTimeout},
	{Err: context.Canceled, Kind: KindCanceled},
	{Err: io.EOF, Kind: KindConnection},
	{Err: io.ErrUnexpectedEOF, Kind: KindConnection},
	{Err: io.ErrClosedPipe, Kind: KindConnection},
	{Err: net.ErrClosed, Kind: KindConnection},
}

// judge looks err up: first what the server said, which may be wrapped by what the driver
// made of it.
func judge(err error) meaning {
	if err == nil {
		return meaning{definite: true}
	}
	m := meaning{kind: KindOther}
	var network net.Error
	var ended *EndedError
	if errors.As(err, &ended) {
		m = *find(sentinels, ended.err).meaning()
	} else if answer, ok := answerOf(err); ok {
		if known, ok := meaningOf(answer.Code); ok {
			m = known
		}
		if answer.limited() {
			m = meaning{kind: KindUnavailable, definite: strings.HasSuffix(answer.Message, "rejected by coordinator"), transient: true}
		}
	} else if found := sentinel(err); found != nil {
		m = *found
	} else if found := handshake(err); found != nil {
		m = *found
	} else if slices.ContainsFunc(broken[:], func(text string) bool { return strings.Contains(err.Error(), text) }) {
		m.kind = KindConnection
	} else if errors.As(err, &network) {
		m.kind = KindConnection
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			m.kind = KindNoHost
		} else if network.Timeout() {
			m.kind = KindTimeout
		}
	}
	var notSent *NotSentError
	if errors.As(err, &notSent) {
		m.definite = true
	}
	var several *RepeatedError
	if errors.As(err, &several) {
		m.definite = false // of an attempt before the last one
	}
	if mayHaveRun(err) && notSent == nil {
		m.definite = false
	}
	return m
}

func sentinel(err error) *meaning {
	found := find(sentinels, err)
	for i := 0; i < len(drivers) && found == nil; i++ {
		if found = find(drivers[i].Sentinels, err); found == nil && drivers[i].Unreached != nil && drivers[i].Unreached(err) {
			return &meaning{kind: KindNoHost, definite: true, transient: true}
		}
	}
	if found == nil {
		return nil
	}
	return found.meaning()
}

func (s *Sentinel) meaning() *meaning {
	return &meaning{kind: s.Kind, definite: s.Definite, transient: s.Transient, advice: s.Advice}
}

// broken are the texts of the drivers for a connection that broke within an answer, or did not answer at all; they have no error for it.
var broken = [...]string{"unable to read frame body", "heartbeat failed"}

func find(in []Sentinel, err error) *Sentinel {
	for i := range in {
		if errors.Is(err, in[i].Err) {
			return &in[i]
		}
	}
	return nil
}

// KindOf says why a request failed.
func KindOf(err error) ErrorKind { return judge(err).kind }

// Unknown reports whether a request that failed with err may have been executed. It
// errs on the side of true: only what proves that nothing was written is definite.
// A read has no outcome to be unsure of.
func Unknown(kind Kind, err error) bool {
	if err == nil || kind == Read || kind == SerialRead {
		return false
	}
	return !judge(err).definite || !beforeProposal(kind, err)
}

// Sent reports whether a request that ended with err may have been sent: what the program refuses,
// and what finds no connection, was not.
func Sent(err error) bool {
	if err == nil || errors.Is(err, errUnprepared) {
		return true
	}
	_, answered := answerOf(err)
	return answered || !judge(err).definite
}

// Retryable reports whether a request that failed with err was certainly not executed, and
// may succeed if it is sent again as it is.
func Retryable(kind Kind, err error) bool {
	return err != nil && !Unknown(kind, err) && judge(err).transient
}

// beforeProposal reports whether an Unavailable was raised before anything was written:
// for a plain write always; for a CAS only at the serial consistency, since the commit
// checks its own consistency after the proposal was accepted. A logged batch is checked
// as a whole first; the partitions of another batch one after the other. It is true of
// every other error.
func beforeProposal(kind Kind, err error) bool {
	answer, ok := answerOf(err)
	if !ok || answer.Code != codeUnavailable && !answer.limited() {
		return true
	}
	switch kind {
	case UnloggedBatch, CounterBatch, TextBatch:
		return false
	case CAS:
		if answer.limited() {
			return true // it is found out before the first round
		}
	default:
		return true
	}
	c := SerialConsistency(answer.Consistency)
	return c == Serial || c == LocalSerial
}

// Answered reports whether err came from the server, which has then given up. A request
// without an answer may still lie with a node that stands still, and be executed when
// that goes on.
// Of several attempts only the last one is known.
func Answered(err error) bool {
	var several *RepeatedError
	_, ok := answerOf(err)
	return ok && !errors.As(err, &several)
}

// Acks is what the server said of a write that timed out or failed: the kind of write,
// the replicas that had answered, and those that were needed.
func Acks(err error) (writeType string, received, required int) {
	answer, ok := answerOf(err)
	if !ok {
		return "", 0, 0
	}
	return answer.WriteType, answer.Received, answer.Required
}

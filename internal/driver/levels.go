package driver

import (
	"fmt"
	"strings"
)

// Consistency is the level of a request, as the native protocol numbers it.
type Consistency uint16

// The levels.
const (
	Any         Consistency = 0x00
	One         Consistency = 0x01
	Two         Consistency = 0x02
	Three       Consistency = 0x03
	Quorum      Consistency = 0x04
	All         Consistency = 0x05
	LocalQuorum Consistency = 0x06
	EachQuorum  Consistency = 0x07
	LocalOne    Consistency = 0x0A
)

// SerialConsistency is the level of a request's Paxos round.
type SerialConsistency uint16

// The levels of a Paxos round.
const (
	Serial      SerialConsistency = 0x08
	LocalSerial SerialConsistency = 0x09
)

var levels = [...]string{"ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL", "LOCAL_ONE"}

func (c Consistency) String() string {
	if int(c) >= len(levels) {
		return fmt.Sprintf("UNKNOWN_CONS_0x%x", uint16(c))
	}
	return levels[c]
}

func (s SerialConsistency) String() string { return Consistency(s).String() }

// IsSyntax reports whether the server has refused the statement's syntax.
func IsSyntax(err error) bool {
	answer, ok := answerOf(err)
	return ok && answer.Code == codeSyntax
}

// RefusesPageState reports whether the server could not read its paging state: it is another
// version's, or somebody has changed it, which only a token without a key allows.
func RefusesPageState(err error) bool {
	answer, ok := answerOf(err)
	if !ok {
		return false
	}
	says := func(text string) bool { return strings.Contains(answer.Message, text) }
	switch answer.Code {
	case codeProtocol:
		return true
	case codeServer: // what some damage makes Cassandra's decoder throw
		return says("VIntCoding") || says("in-memory buffer")
	}
	return says("paging state")
}

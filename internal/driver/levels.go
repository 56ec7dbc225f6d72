package driver

import (
	"strings"

	"github.com/gocql/gocql"
)

// Consistency is the level of a request; SerialConsistency is the level of its Paxos round.
type (
	Consistency       = gocql.Consistency
	SerialConsistency = gocql.SerialConsistency
)

// The levels that the mapper itself chooses or refuses.
const (
	Any         = gocql.Any
	One         = gocql.One
	Quorum      = gocql.Quorum
	LocalQuorum = gocql.LocalQuorum

	Serial      = gocql.Serial
	LocalSerial = gocql.LocalSerial
)

// IsSyntax reports whether the server has refused the statement's syntax.
func IsSyntax(err error) bool {
	answer, ok := answerOf(err)
	return ok && answer.Code() == gocql.ErrCodeSyntax
}

// RefusesPageState reports whether the server could not read its paging state: it is another
// version's, or somebody has changed it, which only a token without a key allows.
func RefusesPageState(err error) bool {
	answer, ok := answerOf(err)
	if !ok {
		return false
	}
	says := func(text string) bool { return strings.Contains(answer.Message(), text) }
	switch answer.Code() {
	case gocql.ErrCodeProtocol:
		return true
	case gocql.ErrCodeServer: // what some damage makes Cassandra's decoder throw
		return says("VIntCoding") || says("in-memory buffer")
	}
	return says("paging state")
}

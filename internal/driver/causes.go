package driver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// cause is a message of the server that is known. What it shows quotes no value.
type cause struct {
	text   *regexp.Regexp
	shown  string // in terms of text's groups; "" is the whole message, all of which text matches
	advice string // "" is that of the error's kind
}

// Advice that several causes share.
const (
	NameKeyspace = "create the keyspace, or name another one in the cluster config or by WithKeyspace"
	makeTable    = "Schema(…).Create makes the table; WithTable and WithKeyspace name another one"
	compare      = "the struct and the table differ: Schema(…).Verify compares them"
	narrow       = "filter by the whole partition key, and by clustering columns in their order; or index the column; or AllowFiltering, " +
		"if the server may read and drop rows"
	addIndex   = "the column needs an index (tag index=) that can do this"
	fewerAtOne = "write fewer or smaller values at a time; SaveAll sends each row by itself"
	setValue   = "set the value, which the server does not take as null here"
	fitJSON    = "write the value as the column's type has it in JSON"
	makeTypes  = "Create makes the struct's user-defined types; Verify compares them"
	there      = "it exists already: Verify compares it with the struct"
)

// ofRaw is what to say of raw CQL, which no struct stands behind, instead of the advice.
func ofRaw(advice string) (other string, ok bool) {
	switch advice {
	case compare:
		return "", true
	case makeTable:
		return "create the table, or name its keyspace in the statement", true
	case makeTypes:
		return "create the user-defined type first", true
	case there:
		return "it exists already", true
	}
	return advice, false
}

// messages are those of Cassandra 5.0 and ScyllaDB for which there is better advice than that
// of their kind, or that can come once values have been sent and then quote none. NAME is a name of
// the schema. TestCauses (integration/mapper) has them from a server.
var messages = [...]struct{ text, shown, advice string }{
	{`^[Kk]eyspace '?NAME'? (does not|doesn't) exist$`, "", NameKeyspace},
	{`^Can't find a keyspace '?NAME'?$`, "", NameKeyspace},
	{`^(No keyspace has been specified|No keyspace specified)[\w ,.]*$`, "", NameKeyspace},
	{`^([Tt]able|[Cc]olumn family) '?NAME'? (does not|doesn't) exist$`, "", makeTable},
	{`^unconfigured (table|columnfamily) NAME$`, "", makeTable},
	{`^(Cannot find|Couldn't find) table '?NAME'?( in keyspace '?NAME'?)?$`, "", makeTable},
	{`^(Unknown|Undefined) type '?NAME'?$`, "", makeTypes},
	{`^Undefined column name NAME( in table NAME)?$`, "", compare},
	{`^Undefined name NAME in (selection|where) clause[\w ':]*$`, "", compare},
	{`^(Unknown identifier|Unrecognized name) '?NAME'?$`, "", compare},
	{`^Some (partition key|clustering keys?) parts are missing: [\w", ]+$`, "", compare},
	{`^Missing mandatory PRIMARY KEY part NAME$`, "", compare},
	{`^PRIMARY KEY part NAME found in SET part$`, "", compare},
	{`^Cannot execute this query as it might involve data filtering[\w ,.]*$`, "", narrow},
	{`^(PRIMARY KEY|Clustering) column "?NAME"? cannot be restricted[\w"(), -]*$`, "", narrow},
	{`^Predicates on non-primary-key columns \(NAME\) are not yet supported[\w -]*$`, "", narrow},
	{`^ANN ordering by vector requires the column to be indexed[\w .]*$`, "", addIndex},
	{`^LIKE restriction is only supported on properly indexed columns\. NAME LIKE \? is not valid\.$`, "", addIndex},
	{`^ORDER BY [\w -]*only supported[\w ,.-]*$`, "", narrow},

	{`^Expected [\w ]*bytes?[\w ]* \(\d+\)$`, "", compare},
	{`^(String didn't validate|The data cannot be deserialized as a (list|set|map))\.?$`, "", compare},
	{`^(Not enough bytes to read|Invalid remaining data after end of)[\w ]*$`, "", compare},
	{`^Error decoding JSON value for (NAME): `, "the JSON value of column $1 does not fit its type", fitJSON},
	{`^Could not decode JSON string`, "the server cannot read the JSON object", ""},
	{`^JSON values map contains unrecognized column: `, "the JSON object has a member that is no column of the table", compare},
	{`^Invalid (null|unset) (value|map key|set element|element|list)( (in|for|of) [\w ',\[\]()]+)?$`, "", setValue},
	{`^Null value read when not allowed$`, "", setValue},
	{`^Invalid version for TimeUUID type`, "a timeuuid column takes no UUID of another version than 1", "make it with coodie.NewTimeUUID, or store a random UUID in a uuid column"},
	{`^Key may not be empty$`, "", "set the partition key"},
	{`^Key length of \d+ is longer than maximum of \d+$`, "", "a key has at most 65535 bytes: store a hash of it, or split it"},
	{`^A TTL must be greater or equal to 0`, "a TTL must be greater than or equal to 0", ""},
	{`^ttl is too large\.`, "the TTL is too large", ""},
	{`^(LIMIT|PER PARTITION LIMIT) must be strictly positive$`, "", ""},
	{`^List index -?\d+ (out of bound, list has size \d+)$`, "list index $1", "read the list first: the index must exist"},
	{`^Attempted to (set|delete) an element[\w ]* list which is null$`, "", "set the list before its elements"},
	{`^Batch too large$`, "", fewerAtOne},
	{`^Cannot mix [A-Z a-z]+$`, "", ""},
	{`^Batch with conditions cannot span multiple (partitions|tables)$`, "", ""},
	{`^Invalid amount of bind variables$`, "", ""},
	{`^Invalid value for the paging state$`, "", "begin with the first page"},
	{`^(Guardrail \w+) violated`, "$1 violated", "the server's configuration (cassandra.yaml) forbids it"},
}

// causes are the messages, compiled when one is first looked for.
var causes = sync.OnceValue(func() []cause {
	all := make([]cause, len(messages))
	for i, m := range messages {
		all[i] = cause{regexp.MustCompile(strings.ReplaceAll(m.text, "NAME", name)), m.shown, m.advice}
	}
	return all
})

// NAME in the text of a cause, as far as it needs no backslashes.
const name = `[\w".$]+`

// causeOf is what is known of a message, nil if nothing is.
func causeOf(message string) *cause {
	all := causes()
	for i := range all {
		if all[i].text.MatchString(message) {
			return &all[i]
		}
	}
	return nil
}

// show is the message as it may be shown.
func (c *cause) show(message string) string {
	if c.shown == "" {
		return message
	}
	return string(c.text.ExpandString(nil, c.shown, message, c.text.FindStringSubmatchIndex(message)))
}

// withheld is an error whose text may quote a bound value. It prints what certainly quotes none, and
// unwraps to the error as the driver made it.
type withheld struct {
	err  error
	text string
}

func (e *withheld) Error() string { return e.text }
func (e *withheld) Unwrap() error { return e.err }

// withhold is the error of r without what may quote a value: the text that a server chose once
// values had been sent, unless it is a known one. What it says when it prepares a statement knows
// no value; neither do codes whose texts are fixed.
func withhold(r *Request, err error) error {
	if err == nil {
		return nil
	}
	return withoutValues(r, err)
}

// withoutValues is withhold of an error. Apart, since it allocates.
func withoutValues(r *Request, err error) error {
	if several, ok := err.(*RepeatedError); ok {
		return &RepeatedError{several.Attempts, withhold(r, several.Err)}
	}
	if !r.encoded() {
		return err
	}
	return withoutQuotes(err)
}

// withoutQuotes is withhold of the error of a request that has sent a value.
func withoutQuotes(err error) error {
	answer, ok := answerOf(err)
	if !ok {
		return err
	}
	m, ok := meaningOf(answer.Code)
	if ok && !m.free {
		return err
	}
	text := fmt.Sprintf("the server's message (code 0x%04x) is left out, because it may quote a bound value: errors.As finds the driver's error, which has it",
		answer.Code)
	if c := causeOf(answer.Message); c != nil {
		text = c.show(answer.Message)
	}
	return &withheld{err, text}
}

// encoded reports whether the driver has encoded a value of the request, and may have sent it.
func (r *Request) encoded() bool {
	if encoded(r.Values) {
		return true
	}
	for i := range r.Entries {
		if encoded(r.Entries[i].Values) {
			return true
		}
	}
	return false
}

func encoded(values []*Value) bool { return slices.ContainsFunc(values, (*Value).wasEncoded) }

// AdviceOnRaw is Advice for a statement that is raw CQL.
func AdviceOnRaw(err error) string {
	advice := Advice(err)
	if other, ok := ofRaw(advice); ok {
		return other
	}
	return advice
}

// Advice is what to do about an error: by its cause as far as that is known, or else by its kind;
// "" if the error itself says it.
func Advice(err error) string {
	m := judge(err)
	if m.advice != "" {
		return m.advice
	}
	if answer, ok := answerOf(err); ok {
		if c := causeOf(answer.Message); c != nil && c.advice != "" {
			return c.advice
		}
	}
	return m.kind.Advice()
}

// handshake judges what goes wrong before a connection speaks CQL.
func handshake(err error) *meaning {
	var (
		name      *net.DNSError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		untrusted *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return &meaning{kind: KindNoHost, advice: noName}
	case errors.As(err, &record):
		return &meaning{kind: KindConnection, advice: "the node does not speak TLS on this port: leave out SslOpts, or use the port that does"}
	case errors.As(err, &untrusted), errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return &meaning{kind: KindConnection, advice: "the node's certificate is not trusted: check CaPath and Config.ServerName in SslOpts, and the certificate's names and dates"}
	case errors.As(err, &alert):
		return &meaning{kind: KindConnection, advice: "the node refused the TLS handshake: check the certificate and key in SslOpts"}
	}
	return nil
}

const noName = "no node can be reached: check the contact points' names, and DNS"

// Package rawcql says of a statement that a program wrote itself what it does, and refuses what its call is not for.
package rawcql

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/replay"
)

// Call is how a statement is called.
type Call uint8

// The calls.
const (
	Exec Call = iota
	Rows
	CAS
)

// Effect is what a statement does, as observers are told.
type Effect uint8

// The effects.
const (
	OfKind Effect = iota // the class's Kind says it
	Reads
	Writes
	LWT
	DDL
)

// Statement is a text with what is known of its call.
type Statement struct {
	Text    string
	Args    []any
	Call    Call
	LWTOnly bool // no plain writes
	Stamped bool // it gets a client timestamp
}

// Class is how a statement is sent.
type Class struct {
	Kind   driver.Kind
	Effect Effect
	Reason replay.Reason // whether it may be sent twice
	Table  string        // for messages; "" if it has none or several
}

// Redact replaces passwords in a text by '***'.
func Redact(text string) string { return cqlparse.Redact(text) }

// redacted is an error of the parser, which quotes the text, without passwords.
func redacted(err error) error {
	var e *cqlparse.Error
	if !errors.As(err, &e) {
		return err
	}
	return &cqlparse.Error{Pos: e.Pos, Msg: Redact(e.Msg)}
}

// Refusal says why a statement is not sent.
type Refusal struct {
	Table, Reason string
	Err           error
}

// Judge parses the text, and refuses what its call is not for.
func (s *Statement) Judge() (Class, *Refusal) {
	parsed, err := cqlparse.Parse(s.Text)
	if err != nil {
		if all, _ := cqlparse.ParseScript(s.Text); len(all) > 1 {
			return Class{}, &Refusal{Reason: "Raw takes one statement; send each by a Raw of its own, or as BEGIN BATCH … APPLY BATCH"}
		}
		return Class{}, &Refusal{Reason: "the CQL is not understood; if it is right for your server, Unparsed sends it as it is", Err: redacted(err)}
	}
	c := Class{Kind: driver.Schema, Table: tableOf(parsed)}
	refuse := func(reason string) (Class, *Refusal) { return Class{}, &Refusal{Table: c.Table, Reason: reason} }
	if n := len(parsed.Header().Markers); n != len(s.Args) {
		return refuse(fmt.Sprintf("the statement has %d markers and got %d values", n, len(s.Args)))
	}
	cas, rows := cqlparse.HasCondition(parsed), false
	switch of := parsed.(type) {
	case *cqlparse.Use:
		return Class{}, &Refusal{Reason: "USE changes one of the session's many connections; name the keyspace in the statement, or in the cluster config"}
	case *cqlparse.Select, *cqlparse.Describe, *cqlparse.ListPermissions, *cqlparse.ListRoles, *cqlparse.ListUsers:
		c.Kind, rows = driver.Read, true
	case *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete:
		c.Kind = driver.Write
	case *cqlparse.Truncate:
		c.Kind, c.Effect = driver.TextBatch, DDL // many partitions, one after the other
	case *cqlparse.Batch:
		if c.Kind = driver.TextBatch; of.Type == cqlparse.LoggedBatch {
			c.Kind = driver.Write
		}
	}
	switch {
	case cas && s.Call != CAS:
		return refuse("the statement has a condition, and its answer says whether it was applied: use CAS")
	case s.Call == CAS && !cas:
		return refuse("CAS is for statements with a condition (IF); use Exec or Rows")
	case s.Call == Exec && rows:
		return refuse("Exec would throw the rows away; use Rows")
	case s.Call == Rows && !rows:
		return refuse("the statement answers no rows; use Exec")
	case !cas && !rows && c.Kind != driver.Schema && s.LWTOnly:
		return refuse("the DB is for LWTs only (WithLWTOnly): a plain write could hide or undo one that was applied")
	case cas:
		c.Kind, c.Reason = driver.CAS, replay.Conditional
		return c, nil
	}
	c.Reason = replay.Of(parsed, replay.Facts{Stamped: s.Stamped, List: s.mayBeList})
	if c.Reason == replay.Same && !s.Stamped && !replay.Stamped(parsed) {
		c.Reason = replay.Reordered
	}
	return c, nil
}

// ifWord finds what a server may take for the word IF. It begins a word, or comes right after the
// end of a number, which it needs no space after: 1IF, 0xabIF, 1.e3IF, 2µsIF, PT2HIF, -NaNIF, a UUID and IF.
// Anywhere else in a word it is a part of a name. It finds too much in strings and quoted names, which
// are not told from the rest: how they end may be what the parser did not understand.
var ifWord = regexp.MustCompile(`(?i)(?:\b|\b[0-9]\w*|\bPT?[0-9]\w*|-[0-9a-f]{12}|[0-9]\.E[0-9]+|µS|-NAN|-INFINITY)IF\b`)

// sentWord finds the first word of a text, after spaces and comments.
var sentWord = regexp.MustCompile(`^(?:\s|(?:--|//)[^\r\n]*[\r\n]|(?s:/\*.*?\*/))*(\w+)`)

var (
	schemaWords = []string{"CREATE", "ALTER", "DROP", "GRANT", "REVOKE"}
	readWords   = []string{"SELECT", "LIST", "DESCRIBE", "DESC"}
)

// Guess is what is done with a text that is not understood.
func (s *Statement) Guess() (Class, *Refusal) {
	first := firstWord(s.Text)
	c := Class{Kind: driver.TextBatch, Effect: Writes, Reason: replay.Unparsed}
	switch {
	case s.Call == CAS:
		c.Kind, c.Effect = driver.CAS, LWT
		return c, nil
	case slices.Contains(schemaWords, first):
		c.Kind, c.Effect = driver.Schema, DDL
		return c, nil
	case first == "TRUNCATE":
		c.Effect = DDL
	case slices.Contains(readWords, first):
		c.Effect = Reads
	}
	switch {
	case MayHaveCondition(s.Text):
		return Class{}, &Refusal{Reason: "a text that is not parsed may have a condition where it has the word IF: use CAS, or bind the value that holds the word"}
	case s.Call == Rows:
		c.Kind = driver.Read
		if c.Effect == Reads {
			c.Effect = OfKind // a plain read or a linearizable one
		}
	}
	return c, nil
}

// MayHaveCondition reports whether a server may find a condition in a text that is not understood.
func MayHaveCondition(text string) bool {
	return firstWord(text) != "SELECT" && ifWord.MatchString(text)
}

func firstWord(text string) string {
	if m := sentWord.FindStringSubmatch(text); m != nil {
		return strings.ToUpper(m[1])
	}
	return ""
}

// mayBeList reports whether the marker's value may be stored as a list.
func (s *Statement) mayBeList(m *cqlparse.Marker) bool {
	t := reflect.TypeOf(s.Args[m.Index])
	if t == nil {
		return false
	}
	if codec.Marshals(t) {
		return true
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return t.Elem().Kind() != reflect.Uint8
	}
	return false
}

// tableOf names the statement's table, for messages; "" if it has none or several.
func tableOf(s cqlparse.Statement) string {
	var name cqlparse.QualifiedName
	switch s := s.(type) {
	case *cqlparse.Select:
		name = s.From
	case *cqlparse.Insert:
		name = s.Table
	case *cqlparse.Update:
		name = s.Table
	case *cqlparse.Delete:
		name = s.Table
	case *cqlparse.Truncate:
		name = s.Table
	case *cqlparse.Batch:
		for i, one := range s.Statements {
			if other := tableOf(one); i > 0 && other != tableOf(s.Statements[0]) {
				return ""
			}
		}
		if len(s.Statements) > 0 {
			return tableOf(s.Statements[0])
		}
	}
	if name.IsZero() {
		return ""
	}
	if name.Keyspace.IsZero() {
		return name.Name.Name
	}
	return name.Keyspace.Name + "." + name.Name.Name
}

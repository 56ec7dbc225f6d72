package coodie

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/replay"
)

// rawCall is how a raw statement is called.
type rawCall uint8

const (
	rawExec rawCall = iota
	rawRows
	rawCAS
)

// rawStatement is one that may be sent.
type rawStatement struct {
	db       *DB
	settings settings
	table    string
	request  driver.Request
	kind     EventKind
}

// prepare checks the statement, and makes the request of it.
func (r Raw) prepare(call rawCall) (*rawStatement, error) {
	if r.db == nil || r.db.sender == nil {
		return nil, r.usage("", "Raw needs a DB on a live session: coodie.New(session)", nil)
	}
	p := &rawStatement{db: r.db, settings: r.db.defaults}
	s := &p.settings
	if err := s.resolve(); err != nil {
		return nil, r.usage("", "", err)
	}
	q := &p.request
	*q = driver.Request{
		Statement: r.text, PageSize: s.pageSize, Serial: s.serial, Metadata: true, ClientTimestamp: s.clientTimestamp,
	}
	if r.pageSize != 0 {
		q.PageSize = r.pageSize
	}
	reason := replay.Unparsed
	var err error
	if r.unparsed {
		q.Kind, p.kind, err = r.guess(call)
	} else {
		q.Kind, reason, err = r.judge(call, p)
	}
	if err != nil {
		return nil, err
	}
	if reason = stmt.Decide(reason, stmt.Said(r.idempotence), stmt.Said(s.idempotence)); reason == replay.Conditional && r.idempotence == Idempotent {
		return nil, r.usage(p.table, stmt.ErrLWTIdempotent, nil)
	}
	q.Replayable, q.Once, q.Reason = reason.Safe(), !reason.Safe(), reason.String()
	q.Consistency = s.consistency
	if q.Kind == driver.CAS {
		q.Consistency = s.commit
	}
	if reason := r.level(q, s); reason != "" {
		return nil, r.usage(p.table, reason, nil)
	}
	if p.kind == EventOther {
		p.kind = eventKind(q.Kind)
	}
	for _, v := range r.args {
		q.Values = append(q.Values, driver.Arg(v))
	}
	return p, nil
}

// level sets the consistency, and says what is wrong with the one that was asked for.
func (r Raw) level(q *driver.Request, s *settings) string {
	switch c := r.consistency; {
	case r.linearizable && c != nil:
		return "a linearizable read is at the serial consistency of the DB (WithSerialConsistency) and takes no other"
	case r.linearizable && q.Kind != driver.Read:
		return "only a SELECT is Linearizable; a condition makes a write linearizable"
	case r.linearizable:
		q.Kind, q.Consistency = driver.SerialRead, Consistency(s.serial)
	case c == nil:
	case stmt.SerialLevel(*c):
		return "SERIAL and LOCAL_SERIAL are set by WithSerialConsistency, and read by Linearizable"
	case *c == driver.Any && q.Kind != driver.Write:
		return "consistency ANY is for plain writes"
	default:
		q.Consistency = *c
	}
	if r.pageSize < 0 {
		return fmt.Sprintf("page size %d is negative", r.pageSize)
	}
	return ""
}

// judge parses the text, and refuses what call is not for.
func (r Raw) judge(call rawCall, p *rawStatement) (driver.Kind, replay.Reason, error) {
	stmt, err := cqlparse.Parse(r.text)
	if err != nil {
		if all, _ := cqlparse.ParseScript(r.text); len(all) > 1 {
			return 0, 0, r.usage("", "Raw takes one statement; send each by a Raw of its own, or as BEGIN BATCH … APPLY BATCH", nil)
		}
		return 0, 0, r.usage("", "the CQL is not understood; if it is right for your server, Unparsed sends it as it is", err)
	}
	p.table = tableOf(stmt)
	if n := len(stmt.Header().Markers); n != len(r.args) {
		return 0, 0, r.usage(p.table, fmt.Sprintf("the statement has %d markers and got %d values", n, len(r.args)), nil)
	}
	cas := cqlparse.HasCondition(stmt)
	kind, rows := driver.Schema, false
	switch s := stmt.(type) {
	case *cqlparse.Use:
		return 0, 0, r.usage("", "USE changes one of the session's many connections; name the keyspace in the statement, or in the cluster config", nil)
	case *cqlparse.Select, *cqlparse.Describe, *cqlparse.ListPermissions, *cqlparse.ListRoles, *cqlparse.ListUsers:
		kind, rows = driver.Read, true
	case *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete:
		kind = driver.Write
	case *cqlparse.Truncate:
		kind, p.kind = driver.TextBatch, EventDDL // many partitions, one after the other
	case *cqlparse.Batch:
		if kind = driver.TextBatch; s.Type == cqlparse.LoggedBatch {
			kind = driver.Write
		}
	}
	switch {
	case cas && call != rawCAS:
		return 0, 0, r.usage(p.table, "the statement has a condition, and its answer says whether it was applied: use CAS", nil)
	case call == rawCAS && !cas:
		return 0, 0, r.usage(p.table, "CAS is for statements with a condition (IF); use Exec or Rows", nil)
	case call == rawExec && rows:
		return 0, 0, r.usage(p.table, "Exec would throw the rows away; use Rows", nil)
	case call == rawRows && !rows:
		return 0, 0, r.usage(p.table, "the statement answers no rows; use Exec", nil)
	case !cas && !rows && kind != driver.Schema && p.settings.lwtOnly:
		return 0, 0, r.usage(p.table, "the DB is for LWTs only (WithLWTOnly): a plain write could hide or undo one that was applied", nil)
	case cas:
		return driver.CAS, replay.Conditional, nil
	}
	reason := replay.Of(stmt, replay.Facts{Stamped: p.settings.clientTimestamp, List: r.mayBeList})
	if reason == replay.Same && !p.settings.clientTimestamp && !replay.Stamped(stmt) {
		reason = replay.Reordered
	}
	return kind, reason, nil
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

// guess is what is done with a text that is not understood, and the kind of its event if the
// request does not tell it.
func (r Raw) guess(call rawCall) (driver.Kind, EventKind, error) {
	first := ""
	if m := sentWord.FindStringSubmatch(r.text); m != nil {
		first = strings.ToUpper(m[1])
	}
	kind := EventWrite
	switch {
	case call == rawCAS:
		return driver.CAS, EventLWT, nil
	case slices.Contains(schemaWords, first):
		return driver.Schema, EventDDL, nil
	case first == "TRUNCATE":
		kind = EventDDL
	case slices.Contains(readWords, first):
		kind = EventOther // a plain read or a linearizable one
	}
	switch {
	case first != "SELECT" && ifWord.MatchString(r.text):
		return 0, 0, r.usage("", "a text that is not parsed may have a condition where it has the word IF: use CAS, or bind the value that holds the word", nil)
	case call == rawRows:
		return driver.Read, kind, nil
	case kind == EventOther:
		kind = EventRead
	}
	return driver.TextBatch, kind, nil
}

// mayBeList reports whether the marker's value may be stored as a list.
func (r Raw) mayBeList(m *cqlparse.Marker) bool {
	t := reflect.TypeOf(r.args[m.Index])
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

func (r Raw) usage(table, reason string, err error) error {
	return &UsageError{Op: opRaw, Table: table, Reason: reason, Err: err}
}

// errTuple is gocql's error of a tuple that was bound to one marker.
var errTuple = regexp.MustCompile(`gocql: expected \d+ values send got \d+`)

func (p *rawStatement) failure(err error) error {
	var notSent *driver.NotSentError
	var several *driver.RepeatedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &several):
		return failure(opRaw, p.table, &p.request, err)
	case errTuple.MatchString(err.Error()):
		return &UsageError{Op: opRaw, Table: p.table, Reason: "a tuple column takes a marker for each element: (?, ?)", Err: err}
	case errors.As(err, &notSent) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		return &UsageError{Op: opRaw, Table: p.table, Reason: "a value does not fit", Err: err}
	}
	return failure(opRaw, p.table, &p.request, err)
}

package coodie

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/replay"
)

// Raw is a statement in CQL, for what the mapper has no words for: see DB.Raw. It is an
// immutable value.
type Raw struct {
	db           *DB
	text         string
	args         []any
	consistency  *gocql.Consistency
	pageSize     int
	idempotence  Idempotence
	linearizable bool
	unparsed     bool
}

// Raw is one statement in CQL, Cassandra's or ScyllaDB's, with its values in the order of
// its markers. It sends nothing until Exec, Rows or CAS.
//
//	err := db.Raw("TRUNCATE events").Exec(ctx)
//	for row, err := range db.Raw("SELECT k, v FROM t WHERE token(k) > ?", from).Rows(ctx) { … }
//	res, err := db.Raw("UPDATE t SET v = ? WHERE k = ? IF v = ?", 2, "a", 1).CAS(ctx)
//
// The text is parsed before anything is sent: a condition under Exec or Rows, whose answer
// would be lost, is a *UsageError, and so are a CAS without one, several statements at once, and
// another number of values than of markers. nil is null, gocql.UnsetValue leaves unset. The value of a tuple
// column is written (?, ?), with a value for each element.
//
// The options of the DB hold: consistencies, page size, client timestamps, idempotence
// (see WithIdempotence for what is inferred of a text), retries, observers.
func (db *DB) Raw(statement string, args ...any) Raw {
	return Raw{db: db, text: statement, args: slices.Clone(args)}
}

// Consistency is the statement's own; of a CAS, what it commits at.
func (r Raw) Consistency(c gocql.Consistency) Raw {
	r.consistency = &c
	return r
}

// Linearizable makes a SELECT read at the DB's serial consistency. The server does so for
// one partition only.
func (r Raw) Linearizable() Raw {
	r.linearizable = true
	return r
}

// PageSize is how many rows are fetched at a time.
func (r Raw) PageSize(rows int) Raw {
	r.pageSize = rows
	return r
}

// Idempotent decides whether the session's retry policy may send the statement again: see
// WithIdempotence. A conditional statement cannot be declared idempotent.
func (r Raw) Idempotent(is bool) Raw {
	r.idempotence = declared(is)
	return r
}

// Unparsed sends the text although the parser does not understand it. Nothing is
// checked then but that a write under Exec has no word IF in it, anywhere; and it
// is not idempotent.
func (r Raw) Unparsed() Raw {
	r.unparsed = true
	return r
}

// Exec executes the statement: a write without a condition, a batch of them, a change of
// the schema. An error says as ever whether it may have been executed.
func (r Raw) Exec(ctx context.Context) error {
	p, err := r.prepare(rawExec)
	if err != nil {
		return err
	}
	rows, start := p.do(ctx)
	err = p.failure(rows.Close())
	p.tell(ctx, Done, err, start)
	return err
}

// Rows reads the rows of a SELECT, page by page. After an error, which comes with an empty
// Row, it ends. Breaking off early closes the query.
func (r Raw) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		p, err := r.prepare(rawRows)
		if err != nil {
			yield(Row{}, err)
			return
		}
		rows, start := p.do(ctx)
		stopped := false
		for !stopped && rows.Next() {
			stopped = !yield(newRow(p.table, rows.Columns(), rows.Cells(), -1), nil)
		}
		err = p.failure(rows.Close())
		p.tell(ctx, Done, err, start)
		if err != nil && !stopped {
			yield(Row{}, err)
		}
	}
}

// RawResult is the answer of Raw.CAS. A refused statement is a result, not an error.
type RawResult struct {
	// Applied says whether the condition held and the statement was executed.
	Applied bool
	// Existing is what the server sent of what refused it: one row, none where Cassandra
	// finds no row, or of a batch several. Nil if it was applied.
	Existing []Row
	// Previous is what ScyllaDB sends along of the rows as they were before an applied
	// statement; all null where none was. Nil on Cassandra.
	Previous []Row
}

// CAS executes a conditional statement or a batch with a condition, once, as every
// conditional write: at the DB's serial consistency, never handed to a retry policy. An
// unknown outcome is an *OutcomeUnknownError; there is no Settle, for only the caller
// knows what the statement would have left behind.
func (r Raw) CAS(ctx context.Context) (RawResult, error) {
	var res RawResult
	p, err := r.prepare(rawCAS)
	if err != nil {
		return res, err
	}
	rows, start := p.do(ctx)
	var answer batchAnswer
	if err = p.failure(answer.read(rows)); err == nil {
		res.Applied = answer.applied
		if answer.broken != nil {
			err = &DecodeError{Table: p.table, Err: answer.broken}
		}
		for _, line := range answer.lines {
			if len(line.columns) == 1 {
				continue
			}
			row := newRow(p.table, line.columns, line.cells, line.at)
			if res.Applied {
				res.Previous = append(res.Previous, row)
			} else {
				res.Existing = append(res.Existing, row)
			}
		}
	}
	outcome := Refused
	if res.Applied {
		outcome = Applied
	}
	p.tell(ctx, outcome, err, start)
	return res, err
}

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
		q.Kind, err = r.guess(call)
	} else {
		q.Kind, reason, err = r.judge(call, p)
	}
	if err != nil {
		return nil, err
	}
	if reason = decide(reason, r.idempotence, s.idempotence); reason == replay.Conditional && r.idempotence == Idempotent {
		return nil, r.usage(p.table, errLWTIdempotent, nil)
	}
	q.Replayable, q.Once, q.Reason = reason.Safe(), !reason.Safe(), reason.String()
	q.Consistency = s.consistency
	if q.Kind == driver.CAS {
		q.Consistency = s.commit
	}
	if reason := r.level(q, s); reason != "" {
		return nil, r.usage(p.table, reason, nil)
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
		q.Kind, q.Consistency = driver.SerialRead, gocql.Consistency(s.serial)
	case c == nil:
	case serialLevel(*c):
		return "SERIAL and LOCAL_SERIAL are set by WithSerialConsistency, and read by Linearizable"
	case *c == gocql.Any && q.Kind != driver.Write:
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
		kind = driver.TextBatch // many partitions, one after the other
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

var (
	ifWord   = regexp.MustCompile(`(?i)\bIF\b`)
	sentWord = regexp.MustCompile(`(?i)^\s*(\w+)`)
)

// guess is what is done with a text that is not understood.
func (r Raw) guess(call rawCall) (driver.Kind, error) {
	first := ""
	if m := sentWord.FindStringSubmatch(r.text); m != nil {
		first = strings.ToUpper(m[1])
	}
	switch {
	case call == rawCAS:
		return driver.CAS, nil
	case slices.Contains([]string{"CREATE", "ALTER", "DROP", "GRANT", "REVOKE"}, first):
		return driver.Schema, nil
	case first != "SELECT" && ifWord.MatchString(r.text):
		return 0, r.usage("", "a text that is not parsed may have a condition where it has the word IF: use CAS, or bind the value that holds the word", nil)
	case call == rawRows:
		return driver.Read, nil
	}
	return driver.TextBatch, nil
}

// mayBeList reports whether the marker's value may be stored as a list.
func (r Raw) mayBeList(m *cqlparse.Marker) bool {
	t := reflect.TypeOf(r.args[m.Index])
	if t == nil {
		return false
	}
	if t.Implements(reflect.TypeFor[gocql.Marshaler]()) {
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
	return &UsageError{Op: "raw", Table: table, Reason: reason, Err: err}
}

// errTuple is gocql's error of a tuple that was bound to one marker.
var errTuple = regexp.MustCompile(`gocql: expected \d+ values send got \d+`)

func (p *rawStatement) failure(err error) error {
	var notSent *driver.NotSentError
	switch {
	case err == nil:
		return nil
	case errTuple.MatchString(err.Error()):
		return &UsageError{Op: "raw", Table: p.table, Reason: "a tuple column takes a marker for each element: (?, ?)", Err: err}
	case errors.As(err, &notSent) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		return &UsageError{Op: "raw", Table: p.table, Reason: "a value does not fit", Err: err}
	}
	return failure("raw", p.table, &p.request, err)
}

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

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/rawcql"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Raw is a statement in CQL, for what the mapper has no words for: see DB.Raw. It is an
// immutable value.
type Raw struct {
	db       *DB
	text     string
	args     []any
	told     stmt.Told
	unparsed bool
}

// Raw is one statement in CQL, Cassandra's or ScyllaDB's, with its values in the order of
// its markers. It sends nothing until Exec, Rows or CAS.
//
//	err := db.Raw("TRUNCATE events").Exec(ctx)
//	for row, err := range db.Raw("SELECT k, v FROM t WHERE token(k) > ?", from).Rows(ctx) { … }
//	res, err := db.Raw("UPDATE t SET v = ? WHERE k = ? IF v = ?", 2, "a", 1).CAS(ctx)
//
// The text is parsed before anything is sent: a condition under Exec or Rows, whose answer
// would be lost, is an error of KindUsage, and so are a CAS without one, several statements at once, and
// another number of values than of markers. nil is null, Unset leaves unset. The value of a tuple
// column is written (?, ?), with a value for each element.
//
// The statements of a raw BEGIN BATCH are not compared with each other, as those of a Batch are:
// they share one timestamp, so a delete among them wins over a write of the same row.
//
// The options of the DB hold: consistencies, page size, client timestamps, idempotence
// (see WithIdempotent for what is inferred of a text), retries, observers.
func (db *DB) Raw(statement string, args ...any) Raw {
	return Raw{db: db, text: statement, args: slices.Clone(args)}
}

// With sets how this statement is sent: WithConsistency (of a CAS, what it commits at), WithTimeout, WithPageSize,
// WithPrefetch, WithIdempotent, and WithLinearizable, which makes a SELECT read at the DB's serial
// consistency; the server does so for one partition only. A conditional statement cannot be declared
// idempotent. What the text says itself, a TTL or a timestamp, is no option: an error of KindUsage.
func (r Raw) With(opts ...CallOption) Raw {
	tell(&r.told, opts)
	return r
}

// Unparsed sends the text although the parser does not understand it. The only check left is
// that a text under Exec or Rows has no word IF in it, unless its first word is SELECT, CREATE, ALTER,
// DROP, GRANT or REVOKE. The word counts in a string or comment too, and right after a number, where CQL
// needs no space. The text is not idempotent.
func (r Raw) Unparsed() Raw {
	r.unparsed = true
	return r
}

// Exec executes the statement: a write without a condition, a batch of them, a change of
// the schema. An error says as ever whether it may have been executed.
func (r Raw) Exec(ctx context.Context) error {
	p, err := r.prepare(rawcql.Exec)
	if err != nil {
		return err
	}
	ctx, cancel := p.within(ctx)
	defer cancel()
	rows, w := p.do(ctx)
	defer w.left(nil)
	err = p.failure(rows.Close())
	p.tell(w, rows, OutcomeDone, err)
	return err
}

// Rows reads the rows of a SELECT, page by page. After an error, which comes with an empty
// Row, it ends. Breaking off early closes the query.
func (r Raw) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		p, err := r.prepare(rawcql.Rows)
		if err != nil {
			yield(Row{}, err)
			return
		}
		ctx, done := within(ctx, r.told.Per)
		defer done()
		ctx, cancel := context.WithCancel(ctx) // ends the request for a page that nobody waits for
		defer cancel()
		rows, w := p.do(ctx)
		defer w.left(func(e *Event) { e.Rows = rows.Read() })
		stopped := false
		for !stopped && rows.Next() {
			at := w.leave()
			stopped = !yield(newRow(p.table, rows.Columns(), rows.Cells(), -1), nil)
			w.returned(at)
		}
		err = p.failure(rows.Close())
		p.tell(w, rows, OutcomeDone, err)
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
// unknown outcome is an error that matches ErrOutcomeUnknown; there is no Settle, for only the caller
// knows what the statement would have left behind.
func (r Raw) CAS(ctx context.Context) (RawResult, error) {
	var res RawResult
	p, err := r.prepare(rawcql.CAS)
	if err != nil {
		return res, err
	}
	ctx, cancel := p.within(ctx)
	defer cancel()
	rows, w := p.do(ctx)
	defer w.left(nil)
	var got answer.Batch
	if err = p.failure(got.Read(rows)); err == nil {
		res.Applied = got.Applied
		if got.Broken != nil {
			err = decodeError(p.table, "", "", got.Broken)
		}
		for _, line := range got.Lines {
			if line.Columns.Len() == 1 {
				continue
			}
			row := newRow(p.table, line.Columns, line.Cells, line.At)
			if res.Applied {
				res.Previous = append(res.Previous, row)
			} else {
				res.Existing = append(res.Existing, row)
			}
		}
	}
	p.tell(w, rows, decided(res.Applied), err)
	return res, err
}

// rawStatement is one that may be sent.
type rawStatement struct {
	db       *DB
	settings settings
	table    string
	request  driver.Request
	kind     EventKind
	per      *stmt.CallOptions
}

// within is the context of a statement that is answered at once.
func (p *rawStatement) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.per != nil && p.per.Timeout != nil {
		return within(ctx, p.per)
	}
	return p.settings.withDeadline(ctx)
}

// prepare checks the statement, and makes the request of it.
func (r Raw) prepare(call rawcql.Call) (*rawStatement, error) {
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
	if per := r.told.Per; per != nil {
		if per.PageSize != nil {
			q.PageSize = *per.PageSize
		}
		p.per = per
		q.Prefetch = per.Prefetch
	}
	text := rawcql.Statement{Text: r.text, Args: r.args, Call: call, LWTOnly: s.lwtOnly, Stamped: s.clientTimestamp}
	judge := text.Judge
	if r.unparsed {
		judge = text.Guess
	}
	class, refused := judge()
	if refused != nil {
		return nil, r.usage(refused.Table, refused.Reason, refused.Err)
	}
	q.Kind, p.table, p.kind = class.Kind, class.Table, effects[class.Effect]
	reason := class.Reason
	if reason = stmt.Decide(reason, r.told.Idempotence, s.idempotence); reason == replay.Conditional && r.told.Idempotence == stmt.Idempotent {
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

// level sets the consistency, and says what is wrong with what was asked for.
func (r Raw) level(q *driver.Request, s *settings) string {
	t := &r.told
	if t.Per == nil {
		return ""
	}
	switch c := t.Per.Consistency; {
	case t.TTL != nil || t.Timestamp != nil || t.Per.UsingTimeout != nil || t.Per.BypassCache:
		return "a raw statement says its USING clause and BYPASS CACHE itself"
	case t.OmitNil || t.Peek || t.Concurrency != 0:
		return "a raw statement takes no WithOmitNil, WithPeekFirst or WithConcurrency: they are for the mapper's own"
	case t.Per.Refused() != "":
		return t.Per.Refused()
	case t.Per.RefusedPaging() != "":
		return t.Per.RefusedPaging()
	case t.Serial && c != nil:
		return "a linearizable read is at the serial consistency of the DB (WithSerialConsistency) and takes no other"
	case t.Serial && q.Kind != driver.Read:
		return "only a SELECT is WithLinearizable; a condition makes a write linearizable"
	case t.Serial:
		q.Kind, q.Consistency = driver.SerialRead, driver.Consistency(s.serial)
	case c == nil:
	case *c == driver.Any && q.Kind != driver.Write:
		return "consistency ANY is for plain writes"
	default:
		q.Consistency = *c
	}
	return ""
}

func (r Raw) usage(table, reason string, err error) error {
	return misuse(opRaw, table, "", reason, err)
}

// errTuple is gocql's error of a tuple that was bound to one marker.
var errTuple = regexp.MustCompile(`gocql: expected \d+ values send got \d+`)

// shown is the text for errors and observers: without the password of a role.
func (p *rawStatement) shown() string {
	if p.table != "" { // a role has none
		return p.request.Statement
	}
	return rawcql.Redact(p.request.Statement)
}

func (p *rawStatement) failure(err error) error {
	if err == nil {
		return nil
	}
	request := p.request
	request.Statement = p.shown()
	var notSent *driver.NotSentError
	var several *driver.RepeatedError
	switch {
	case errors.As(err, &several):
		return failure(opRaw, p.table, &request, err)
	case errTuple.MatchString(err.Error()):
		return misuse(opRaw, p.table, "", "a tuple column takes a marker for each element: (?, ?)", err)
	case errors.As(err, &notSent) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		return misuse(opRaw, p.table, "", "a value does not fit", err)
	}
	return failure(opRaw, p.table, &request, err)
}

// effects are the kinds of the events of raw statements.
var effects = map[rawcql.Effect]EventKind{
	rawcql.OfKind: EventOther, rawcql.Reads: EventRead, rawcql.Writes: EventWrite, rawcql.LWT: EventLWT, rawcql.DDL: EventDDL,
}

// Row is one row of a raw answer. Its values are taken by the names of the columns, since
// their order is the server's affair.
type Row struct {
	table   string
	columns driver.Columns
	cells   answer.Cells
}

// newRow keeps the cells without the one at without; -1: all.
func newRow(table string, columns driver.Columns, cells [][]byte, without int) Row {
	if without >= 0 {
		columns = columns.Without(without)
	}
	return Row{table, columns, answer.Pack(nil, cells, without)}
}

// Columns are the names of the row's columns, in the order of the server.
func (r Row) Columns() []string {
	names := make([]string, r.columns.Len())
	for i := range r.columns.Len() {
		names[i] = r.columns.Name(i)
	}
	return names
}

// State says whether the row has the column, and whether it is null.
func (r Row) State(column string) State {
	if i := r.columns.Index(column); i >= 0 {
		return State(answer.StateOf(r.cells.At(i)))
	}
	return StateUnknown
}

// Get sets what dest points to, of any Go type that can hold the column's CQL type: null
// sets zero, and a nil pointer where dest points to a pointer. A column that the row lacks, or
// a type that does not fit, is an error of KindDecode.
func (r Row) Get(column string, dest any) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return r.broken(column, "", fmt.Errorf("Get needs a pointer to set, and got a %T", dest))
	}
	i := r.columns.Index(column)
	if i < 0 {
		return r.broken(column, "", fmt.Errorf("the answer has no such column, but %q", r.Columns()))
	}
	return r.decode(i, v.Elem(), "")
}

// Scan sets the fields of the struct that dest points to: those whose name, by `cql` tag or
// in snake_case, is a column of the row. Columns that the struct lacks are passed over, and
// so are fields that the row lacks.
func (r Row) Scan(dest any) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return r.broken("", "", fmt.Errorf("Scan needs a pointer to a struct, and got a %T", dest))
	}
	v = v.Elem()
	for i := range r.columns.Len() {
		if index, ok := codec.FieldNamed(v.Type(), r.columns.Name(i)); ok {
			if err := r.decode(i, v.FieldByIndex(index), v.Type().FieldByIndex(index).Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Map is the values by column name, of the natural Go types of their CQL types; nil is null. Of two columns of
// one name it has the last.
func (r Row) Map() (map[string]any, error) {
	m := make(map[string]any, r.columns.Len())
	for i := range r.columns.Len() {
		name := r.columns.Name(i)
		m[name] = nil
		if r.cells.At(i) == nil {
			continue
		}
		t, err := r.columns.Type(i)
		if err == nil {
			m[name], err = codec.DecodeAny(t, r.cells.At(i))
		}
		if err != nil {
			return nil, r.broken(name, "", err)
		}
	}
	return m, nil
}

// decode sets v, which is settable, from cell i.
func (r Row) decode(i int, v reflect.Value, field string) error {
	t, err := r.columns.Type(i)
	if err == nil {
		var c *codec.Codec
		if c, err = codec.For(v.Type(), t); err == nil {
			err = c.Decode(codec.AddrOf(v.Addr()), r.cells.At(i))
		}
	}
	if err != nil {
		return r.broken(r.columns.Name(i), field, err)
	}
	return nil
}

func (r Row) broken(column, field string, err error) error {
	return decodeError(r.table, column, field, err)
}

// do sends the statement.
func (p *rawStatement) do(ctx context.Context) (*driver.Rows, *watch) {
	var w *watch
	if p.settings.watches(ctx) {
		keyspace, _, qualified := strings.Cut(p.table, ".")
		if !qualified {
			keyspace = p.db.sender.Keyspace()
		}
		ctx, w = begin(ctx, p.settings.observers, Event{Op: opRaw, Kind: p.kind, Keyspace: keyspace, Table: p.table, Statement: p.shown()}, &p.request)
	}
	return driver.Do(ctx, driver.Retry(p.db.sender, p.settings.retries), &p.request), w
}

// tell tells the observers of the DB how the statement has ended.
func (p *rawStatement) tell(w *watch, rows *driver.Rows, outcome Outcome, err error) {
	w.end(outcome, err, func(e *Event) {
		if p.kind == EventRead || p.kind == EventSerialRead {
			e.Rows = rows.Read()
		}
		e.Warning = p.db.texts.add(p.request.Statement, "as raw CQL")
	})
}

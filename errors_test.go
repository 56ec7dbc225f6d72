package coodie_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/observe"
	"github.com/coodie-go/coodie/recipes/claim"
	"github.com/coodie-go/coodie/recipes/lease"
	"github.com/coodie-go/coodie/recipes/machine"
	recorded "github.com/coodie-go/coodie/recipes/once"
	"github.com/coodie-go/coodie/recipes/saga"
)

// Told is a row of which nothing may be told.
type Told struct {
	K       string     `cql:"k,partition"`
	C       int        `cql:"c,clustering"`
	N       int        `cql:"n"`
	S       string     `cql:"s"`
	L       []string   `cql:"l"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

var (
	toldK = coodie.Col(func(t *Told) *string { return &t.K })
	toldC = coodie.Col(func(t *Told) *int { return &t.C })
	toldN = coodie.Col(func(t *Told) *int { return &t.N })
	toldS = coodie.Col(func(t *Told) *string { return &t.S })
	toldL = coodie.Col(func(t *Told) *[]string { return &t.L })
)

// The values of toldRow, as they could show.
var secrets = []string{"s3cret", "k3y", "48151623", "1928374655", "733363726574", "0wner"}

func toldRow() Told {
	return Told{K: "k3y", C: 1928374655, N: 48151623, S: "s3cret", L: []string{"s3cret"}}
}

// journal collects what observers are told, from many goroutines.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.text.Reset()
	return j.text.String()
}

// TestNoValueIsTold: whatever fails, and however much of it the server quotes, no text of an error,
// an event or a log line holds a bound value.
func TestNoValueIsTold(t *testing.T) {
	ctx := t.Context()
	told := new(journal)
	logs := observe.Log(slog.New(slog.NewJSONHandler(told, &slog.HandlerOptions{Level: slog.LevelDebug})))
	events := coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		fmt.Fprintf(told, "%v %+v\n", e, e)
		if e.Err != nil {
			fmt.Fprintf(told, "%v %+v\n", e.Err, e.Err)
		}
	})
	srv, session := patient(t)
	db := coodie.New(session, coodie.WithObserver(logs), coodie.WithObserver(events))
	table, err := coodie.Open[Told](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	doc := func() *coodie.Document[Told] { return table.New(toldRow()) }
	find := func() *coodie.QuerySet[Told] { return table.Find(toldK.Eq("k3y"), toldC.Eq(1928374655)) }
	object := json.RawMessage(`{"k": "k3y", "c": 1928374655, "n": "s3cret", "s": "s3cret"}`)
	change := func(_ context.Context, r *Told) error { r.N, r.S = 48151623, "s3cret"; return nil }
	batch := func(add func(*coodie.Batch)) error {
		b := db.Batch()
		add(b)
		return b.Exec(ctx)
	}
	leases, err := lease.Open(db)
	require.NoError(t, err)
	claims, err := claim.Open(db)
	require.NoError(t, err)
	keys, err := recorded.Open(db)
	require.NoError(t, err)
	for _, create := range []func(context.Context) error{leases.Create, claims.Create, keys.Create} {
		require.NoError(t, create(ctx))
	}
	type state string
	rules := machine.New(func(r *Told) *string { return &r.S }, machine.Rules[string, state]{"idle": {"start": "s3cret"}})
	unsettled := func(res coodie.LWTResult[Told], err error) error {
		require.Error(t, err)
		_, settled := res.Settle(ctx)
		return errors.Join(err, settled, res.Err())
	}

	calls := map[string]func() error{
		"insert":         func() error { return unsettled(doc().Insert(ctx)) },
		"peek":           func() error { return second(doc().With(coodie.WithPeekFirst()).Insert(ctx)) },
		"save":           func() error { return doc().Save(ctx) },
		"update":         func() error { return doc().Update(ctx, toldN.Set(48151623), toldS.Set("s3cret")) },
		"append":         func() error { return find().Update(ctx, coodie.Append(toldL, "s3cret")) },
		"list index":     func() error { return find().Update(ctx, coodie.At(toldL, 1928374655).Set("s3cret")) },
		"delete":         func() error { return doc().Delete(ctx) },
		"delete columns": func() error { return doc().DeleteColumns(ctx, toldS) },
		"range":          func() error { return table.Find(toldK.Eq("k3y")).Delete(ctx) },
		"if":             func() error { return unsettled(doc().If(toldS.Eq("s3cret")).Update(ctx, toldN.Set(48151623))) },
		"if exists":      func() error { return unsettled(find().IfExists().Delete(ctx)) },
		"replace":        func() error { return second(doc().If(toldN.In(48151623)).Replace(ctx)) },
		"get":            func() error { return second(find().Get(ctx)) },
		"linearizable":   func() error { return second(find().With(coodie.WithLinearizable()).Get(ctx)) },
		"one":            func() error { return second(table.Find(toldK.Eq("k3y")).One(ctx)) },
		"in":             func() error { return second(table.Find(toldK.In("k3y", "s3cret")).All(ctx)) },
		"count":          func() error { return second(table.Find(toldK.Eq("k3y")).Count(ctx)) },
		"exists":         func() error { return second(find().Exists(ctx)) },
		"values":         func() error { return second(coodie.Values(find(), toldS).First(ctx)) },
		"json":           func() error { return second(find().JSON().One(ctx)) },
		"filtered":       func() error { return second(table.Find(toldS.Eq("s3cret")).AllowFiltering().All(ctx)) },
		"save json":      func() error { return table.Find().SaveJSON(ctx, object) },
		"create json":    func() error { return second(table.Find().IfNotExists().CreateJSON(ctx, object)) },
		"mutate":         func() error { return second(find().Mutate(ctx, change, coodie.OrCreate())) },
		"save all":       func() error { return table.SaveAll(ctx, []Told{toldRow(), toldRow()}) },
		"insert all":     func() error { return second(table.InsertAll(ctx, []Told{toldRow(), toldRow()})) },
		"delete all":     func() error { return table.DeleteAll(ctx, []Told{toldRow()}) },
		"get many":       func() error { return second(table.GetMany(ctx, []Told{toldRow()})) },
		"batch": func() error {
			return batch(func(b *coodie.Batch) { doc().SaveIn(b); find().DeleteColumnsIn(b, toldS) })
		},
		"batch of JSON": func() error { return batch(func(b *coodie.Batch) { table.Find().SaveJSONIn(b, object) }) },
		"conditional batch": func() error {
			b := db.Batch()
			h := doc().If(toldS.Eq("s3cret")).UpdateIn(b, toldN.Set(48151623))
			err := b.Exec(ctx)
			_, own := h.Result()
			return errors.Join(err, own)
		},
		"raw": func() error {
			return db.Raw("UPDATE told SET s = ? WHERE k = ? AND c = ?", "s3cret", "k3y", 1928374655).Exec(ctx)
		},
		"raw rows": func() error {
			for _, err := range db.Raw("SELECT s FROM told WHERE k = ?", "k3y").Rows(ctx) {
				return err
			}
			return nil
		},
		"raw CAS": func() error {
			return second(db.Raw("UPDATE told SET s = ? WHERE k = ? AND c = ? IF s = ?", "s3cret", "k3y", 1928374655, "s3cret").CAS(ctx))
		},
		"lease": func() error { return second(leases.Acquire(ctx, "k3y", "0wner", time.Minute)) },
		"claim": func() error { return claims.Do(ctx, "k3y", "0wner", func(context.Context) error { return nil }) },
		"once": func() error {
			return second(keys.Do(ctx, "k3y", func(context.Context) ([]byte, error) { return []byte("s3cret"), nil }))
		},
		"machine": func() error { return second(rules.Fire(ctx, find(), "start")) },
	}
	failsWith := func(does string, call func() error) {
		told.take()
		err := call()
		require.Error(t, err, does)
		said := fmt.Sprintf("%s %s\n%v\n%+v", told.take(), err.Error(), err, err)
		for _, secret := range secrets {
			require.NotContains(t, said, secret, does)
		}
	}

	quoting := "s3cret, k3y, 1928374655, 48151623, 0x733363726574, 0wner"
	for cause, step := range map[string]cqltest.Step{
		"invalid":  cqltest.Invalid("Invalid STRING constant (" + quoting + ")"),
		"server":   cqltest.ServerError("java.lang.RuntimeException: " + quoting),
		"syntax":   cqltest.SyntaxError("line 1:0 no viable alternative at input '" + quoting + "'"),
		"config":   cqltest.ConfigError(quoting),
		"truncate": cqltest.TruncateError(quoting),
		"protocol": cqltest.ProtocolError(quoting),
		"decoding": cqltest.Invalid("Error decoding JSON value for n: Expected an int value, but got a String: " + quoting),
		"timeout":  cqltest.WriteTimeout("CAS"),
	} {
		fault := srv.Fault(cqltest.On(cqltest.Any), step)
		for name, call := range calls {
			failsWith(cause+": "+name, call)
		}
		fault.Remove()
	}

	// What the server and coodie refuse by themselves, and what is an answer.
	for name, call := range map[string]func() error{
		"JSON of another type": func() error { return table.Find().SaveJSON(ctx, object) },
		"JSON with a bad key":  func() error { return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": "k3y", "c": "s3cret"}`)) },
		"JSON with another member": func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": "k3y", "c": 1928374655, "s3cret": 1}`))
		},
		"no JSON":             func() error { return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": "s3cret`)) },
		"batch of JSON":       calls["batch of JSON"],
		"not found":           func() error { return second(find().Get(ctx)) },
		"not found by Mutate": func() error { return second(find().Mutate(ctx, change)) },
		"not applied": func() error {
			res, err := find().If(toldS.Eq("s3cret")).Update(ctx, toldN.Set(48151623))
			return errors.Join(err, res.Err())
		},
		"raw of another type": func() error {
			return db.Raw("UPDATE told SET n = ? WHERE k = ? AND c = ?", "s3cret", "k3y", 1928374655).Exec(ctx)
		},
		"raw out of range": func() error {
			return db.Raw("UPDATE told SET n = ? WHERE k = ? AND c = ?", int64(4815162342_48151623), "k3y", 1928374655).Exec(ctx)
		},
		"raw TTL": func() error {
			return db.Raw("UPDATE told USING TTL ? SET n = 1 WHERE k = 'a' AND c = 1", -1928374655).Exec(ctx)
		},
		"raw JSON": func() error { return db.Raw("INSERT INTO told JSON ?", string(object)).Exec(ctx) },
		"raw fromJson": func() error {
			return db.Raw("UPDATE told SET n = fromJson(?) WHERE k = 'a' AND c = 1", `"s3cret"`).Exec(ctx)
		},
		"a list's index": calls["list index"],
		"a transition": func() error {
			require.NoError(t, table.New(Told{K: "k3y", C: 1928374655, S: "s3cret"}).Save(ctx))
			_, err := rules.Fire(ctx, find(), "0wner")
			require.NoError(t, doc().Delete(ctx))
			return err
		},
		"another key": func() error {
			return second(find().Mutate(ctx, func(_ context.Context, r *Told) error { r.K = "s3cret"; return nil }, coodie.OrCreate()))
		},
		"ended": func() error {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			return table.SaveAll(ended, []Told{toldRow()})
		},
	} {
		failsWith(name, call)
	}
}

// TestErrorsNameTheRow: an error of a call for one row names the table and the columns of its key,
// and holds the key for the program.
func TestErrorsNameTheRow(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	db := coodie.New(session)
	table, err := coodie.Open[Told](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	row, doc := table.Find(toldK.Eq("k3y"), toldC.Eq(1928374655)), table.New(toldRow())
	key := coodie.Key{{Column: "k", Value: "k3y"}, {Column: "c", Value: 1928374655}}
	invalid := cqltest.Invalid("no")
	unknown := cqltest.WriteTimeout("SIMPLE")
	nothing := func(context.Context, *Told) error { return nil }
	for _, tt := range []struct {
		name, says string
		step       *cqltest.Step
		call       func() error
		kind       coodie.ErrorKind
	}{
		{"get", "coodie: select told (k, c): not found", nil, func() error { return second(row.Get(ctx)) }, coodie.KindNotFound},
		{"one", "coodie: select told (k, c): not found", nil, func() error { return second(row.One(ctx)) }, coodie.KindNotFound},
		{"values", "coodie: select told (k, c): not found", nil, func() error { return second(coodie.Values(row, toldS).First(ctx)) }, coodie.KindNotFound},
		{"mutate", "coodie: mutate told (k, c): not found", nil, func() error { return second(row.Mutate(ctx, nothing)) }, coodie.KindNotFound},
		{"attempts", "coodie: mutate told (k, c): Mutate needs", nil, func() error { return second(row.Mutate(ctx, nil)) }, coodie.KindUsage},
		{"read", "coodie: select told (k, c): ", &invalid, func() error { return second(row.Get(ctx)) }, coodie.KindInvalid},
		{"exists", "coodie: select told (k, c): ", &invalid, func() error { return second(row.Exists(ctx)) }, coodie.KindInvalid},
		{"save", "coodie: insert told (k, c): ", &invalid, func() error { return doc.Save(ctx) }, coodie.KindInvalid},
		{"update", "coodie: update told (k, c): ", &invalid, func() error { return row.Update(ctx, toldN.Set(1)) }, coodie.KindInvalid},
		{"delete", "coodie: delete told (k, c): ", &invalid, func() error { return row.Delete(ctx) }, coodie.KindInvalid},
		{"insert", "coodie: insert told (k, c): ", &invalid, func() error { return second(doc.Insert(ctx)) }, coodie.KindInvalid},
		{"JSON", "coodie: insert told (k, c): ", &invalid, func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": "k3y", "c": 1928374655}`))
		}, coodie.KindInvalid},
		{"unknown", "coodie: update told (k, c): outcome unknown", &unknown, func() error { return row.Update(ctx, toldN.Set(1)) }, coodie.KindTimeout},
		{"usage", "coodie: update told (k, c): ", nil, func() error { return row.Update(ctx) }, coodie.KindUsage},
		{"batch", "coodie: update told (k, c): ", nil, func() error {
			b := db.Batch()
			doc.UpdateIn(b)
			return b.Exec(ctx)
		}, coodie.KindUsage},
	} {
		var fault *cqltest.Fault
		if tt.step != nil {
			fault = srv.Fault(cqltest.On(cqltest.Any, "told"), *tt.step)
		}
		err := tt.call()
		if fault != nil {
			fault.Remove()
		}
		require.Error(t, err, tt.name)
		require.True(t, strings.HasPrefix(err.Error(), tt.says), "%s: %v", tt.name, err)
		require.Equal(t, tt.kind, coodie.KindOf(err), "%s: %v", tt.name, err)
		require.Equal(t, key, reflect.ValueOf(err).Elem().FieldByName("Key").Interface(), tt.name)
	}

	var missing *coodie.Error
	require.ErrorAs(t, second(row.Get(ctx)), &missing)
	require.Equal(t, coodie.KindNotFound, missing.Kind)
	require.ErrorIs(t, missing, coodie.ErrNotFound)
	for c := range 2 {
		require.NoError(t, table.New(Told{K: "k3y", C: c}).Save(ctx))
	}
	_, err = table.Find(toldK.Eq("k3y")).One(ctx)
	var several *coodie.Error
	require.ErrorAs(t, err, &several)
	require.Equal(t, coodie.KindMultiple, several.Kind)
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))
	require.ErrorContains(t, err, "coodie: select told (k): several rows")
	require.Equal(t, coodie.KindMultiple, coodie.KindOf(err))

	res, err := row.IfExists().Delete(ctx)
	require.NoError(t, err)
	require.EqualError(t, res.Err(), "coodie: delete told (k, c): not applied: the row does not exist")
	require.Equal(t, coodie.KindNotApplied, coodie.KindOf(res.Err()))

	// An item that was never sent has its key, too.
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range []error{
		table.SaveAll(ended, []Told{toldRow()}), table.DeleteAll(ended, []Told{toldRow()}),
		second(table.InsertAll(ended, []Told{toldRow()})), second(table.GetMany(ended, []Told{toldRow()})),
	} {
		var bulk *coodie.BulkError
		require.ErrorAs(t, err, &bulk)
		require.ErrorIs(t, bulk.Errs[0], coodie.ErrNotSent)
		var query *coodie.Error
		require.ErrorAs(t, bulk.Errs[0], &query)
		require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
		require.Equal(t, key, query.Key)
		require.ErrorContains(t, err, " told (k, c): ")
	}
}

// TestAdviceFitsTheCall: raw CQL has no struct to compare a table with, and a JSON value that does not
// fit says nothing of the struct.
func TestAdviceFitsTheCall(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	db := coodie.New(session)
	table, err := coodie.Open[Told](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	object := `{"k": "k", "c": 1, "n": "s3cret"}`
	save := func() error { return table.New(toldRow()).Save(ctx) }
	saveJSON := func() error { return table.Find().SaveJSON(ctx, json.RawMessage(object)) }
	create := func() error { return second(table.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(object))) }
	raw := func() error { return db.Raw("INSERT INTO told JSON ?", object).Exec(ctx) }
	const fits = "; write the value as the column's type has it in JSON"
	for _, tt := range []struct {
		name, message string
		call          func() error
		says, not     string
	}{
		{"column", "Undefined column name n in table app.told", save, "Verify compares", "raw"},
		{"raw column", "Undefined column name n in table app.told", raw, "Undefined column name n", "struct"},
		{"raw table", "table told does not exist", raw, "create the table", "WithTable"},
		{"JSON column", `JSON values map contains unrecognized column: s3cret`, saveJSON, "the JSON object has a member that is no column of the table [", "s3cret"},
		{"raw JSON column", `JSON values map contains unrecognized column: s3cret`, raw, "the JSON object has a member that is no column of the table", "s3cret"},
		{"JSON", "Error decoding JSON value for n: no int", saveJSON, fits, "Verify"},
		{"JSON of an LWT", "Error decoding JSON value for n: no int", create, fits, "Verify"},
		{"raw JSON", "Error decoding JSON value for n: no int", raw, fits, "Verify"},
	} {
		fault := srv.Fault(cqltest.On(cqltest.Any, "told"), cqltest.Invalid(tt.message))
		err := tt.call()
		fault.Remove()
		require.ErrorContains(t, err, tt.says, tt.name)
		require.NotContains(t, err.Error(), tt.not, tt.name)
	}
}

// errorTypes are the exported error types that this module's packages for users declare.
func errorTypes(t *testing.T) (types []string) {
	t.Helper()
	method := regexp.MustCompile(`(?m)^func \(e \*([A-Z]\w*)(?:\[[\w, ]+\])?\) Error\(\) string`)
	for _, pattern := range []string{"*.go", "recipes/*/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			pkg := "coodie"
			if dir := filepath.Dir(file); dir != "." {
				pkg = filepath.Base(dir)
			}
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range method.FindAllStringSubmatch(string(source), -1) {
				types = append(types, "*"+pkg+"."+m[1])
			}
		}
	}
	require.NotEmpty(t, types)
	return types
}

// TestErrorsHaveNoHoles: the text of an error of which nothing is known is a sentence all the same.
func TestErrorsHaveNoHoles(t *testing.T) {
	tried := map[string]bool{}
	for _, err := range []error{
		&coodie.Error{Kind: coodie.KindNotFound}, &coodie.Error{Kind: coodie.KindMultiple}, &coodie.Error{Kind: coodie.KindUsage}, &coodie.Error{}, &coodie.Error{Unknown: true},
		&coodie.Error{Kind: coodie.KindDecode}, coodie.LWTResult[Told]{Existing: &coodie.Existing[Told]{}}.Err(), &coodie.Error{Kind: coodie.KindNotApplied}, &coodie.Error{Kind: coodie.KindContended}, &coodie.BulkError{}, &coodie.SchemaError{},
		&coodie.MismatchError{}, &coodie.Error{Kind: coodie.KindHook}, &coodie.Error{Kind: coodie.KindPageToken}, &coodie.Error{Op: "connect"}, &coodie.Error{Stack: []byte("s")},
		&coodie.Error{Op: "scan"},
		&lease.HeldError{}, &lease.LostError{}, &claim.TakenError{}, &recorded.StartedError{}, &recorded.FailedError{}, &recorded.NotRecordedError{},
		&machine.TransitionError[string, string]{}, &saga.FailedError{}, &saga.UnfinishedError{}, &saga.CompensationError{},
		&coodie.Error{Kind: coodie.KindUsage, Op: "raw"}, &coodie.Error{Op: "raw", Err: errors.New("no")}, &coodie.Error{Kind: coodie.KindDecode, Column: "c"},
		coodie.ErrNotFound, coodie.ErrNotApplied, coodie.ErrOutcomeUnknown, coodie.ErrContended, coodie.ErrCannotGuard,
	} {
		text := err.Error()
		require.NotEmpty(t, text, "%T", err)
		require.NotRegexp(t, `  | :|::|: :|:\s*$|: ;|<nil>|\(\)|^\W|\s$`, text, "%T", err)
		tried[strings.SplitN(reflect.TypeOf(err).String(), "[", 2)[0]] = true
		_ = coodie.KindOf(err)
	}
	require.EqualError(t, &coodie.Error{Kind: coodie.KindNotApplied}, "coodie: not applied")
	require.EqualError(t, coodie.LWTResult[Told]{Existing: &coodie.Existing[Told]{}}.Err(), "coodie: not applied: no cause is known")
	for _, name := range errorTypes(t) {
		require.True(t, tried[name], "%s is not tried", name)
	}
	require.Equal(t, "no key", coodie.Key(nil).String())
	key := coodie.Key{{Column: "k", Value: "s3cret"}}
	text, err := json.Marshal(key)
	require.NoError(t, err)
	require.Equal(t, `"(k)"`, string(text))
	require.Equal(t, "(k) (k) (k) (k)", fmt.Sprintf("%v %+v %#v %x", key, key, key, key))
	require.Equal(t, "other", coodie.ErrorKind(200).String())
	require.Empty(t, coodie.ErrorKind(200).Advice())
}

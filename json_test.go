package coodie_test

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Stop is a row with a key of two columns, a name of mixed case and a static column.
type Stop struct {
	Line   string         `cql:"line,partition"`
	No     int            `cql:"no,clustering"`
	Owner  *string        `cql:"owner,static"`
	Name   *string        `cql:"stopName"`
	Zones  []string       `cql:"zones"`
	Lifts  map[string]int `cql:"lifts"`
	Opened time.Time      `cql:"opened"`
}

var (
	stopLine = coodie.Col(func(s *Stop) *string { return &s.Line })
	stopNo   = coodie.Col(func(s *Stop) *int { return &s.No })
)

// TestJSONStatements: what is sent, with the row spelled out in the struct's order.
func TestJSONStatements(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	stops := open[Stop](t, session)
	const row = ` { "no":1, "line" : "U1", "\"stopName\"":"Zoo", "ZONES":["a"], "lifts":null }`
	for _, tt := range []struct {
		name, cql, value string
		call             func() error
	}{
		{
			"create", "INSERT INTO stop JSON ? DEFAULT UNSET IF NOT EXISTS", `{"line":"U1","no":1,"\"stopName\"":"Zoo","zones":["a"]}`,
			func() error { return second(stops.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(row))) },
		},
		{
			"create with TTL", "INSERT INTO stop JSON ? DEFAULT UNSET IF NOT EXISTS USING TTL ?", `{"line":"U1","no":1,"\"stopName\"":"Zoo","zones":["a"]}`,
			func() error {
				return second(stops.Find().IfNotExists().With(coodie.WithTTL(time.Hour)).CreateJSON(ctx, json.RawMessage(row)))
			},
		},
		{
			"save", "INSERT INTO stop JSON ? DEFAULT UNSET",
			`{"line":"U1","no":1,"owner":null,"\"stopName\"":"Zoo","zones":["a"],"lifts":null,"opened":null}`,
			func() error { return stops.Find().SaveJSON(ctx, json.RawMessage(row)) },
		},
		{
			"save, omitting nil", "INSERT INTO stop JSON ? DEFAULT UNSET", `{"line":"U1","no":1,"\"stopName\"":"Zoo","zones":["a"]}`,
			func() error { return stops.Find().With(coodie.WithOmitNil()).SaveJSON(ctx, json.RawMessage(row)) },
		},
		{
			"save with TTL and timestamp", "INSERT INTO stop JSON ? DEFAULT UNSET USING TTL ? AND TIMESTAMP ?", `{"line":"U1","no":1,"\"stopName\"":"Zoo","zones":["a"]}`,
			func() error {
				return stops.Find().With(coodie.WithOmitNil(), coodie.WithTTL(time.Hour), coodie.WithTimestamp(time.UnixMicro(5))).SaveJSON(ctx, json.RawMessage(row))
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv.ResetLog()
			require.NoError(t, tt.call())
			log := srv.Log()
			require.Len(t, log, 1)
			require.Equal(t, tt.cql, log[0].CQL)
			require.Equal(t, tt.value, log[0].Values()[0])
		})
	}
}

// TestSaveJSONIsSave: the same row, saved from a struct and from JSON, and the same again with
// nulls where values were.
func TestSaveJSONIsSave(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	stops := open[Stop](t, session)
	srv.MustExec("ALTER TABLE app.stop ADD later text")
	name, owner := "Zoo", "city"
	full := Stop{Name: &name, Owner: &owner, Zones: []string{"a", "b"}, Lifts: map[string]int{"x": 1}, Opened: time.UnixMilli(1_000_000_000_007).UTC()}
	const fullJSON = `"no": 1, "owner": "city", "\"stopName\"": "Zoo", "zones": ["a", "b"], "lifts": {"x": 1}, "opened": "2001-09-09 01:46:40.007Z"`
	for _, tt := range []struct {
		name    string
		omitNil bool
		row     Stop
		json    string
	}{
		{"all columns", false, full, fullJSON},
		{"left out", false, Stop{}, `"no": 1`},
		{"null", false, Stop{}, `"no": 1, "owner": null, "\"stopName\"": null, "zones": null, "lifts": null, "opened": null`},
		{"left out, omitted", true, Stop{}, `"no": 1`},
		{"null, omitted", true, Stop{}, `"no": 1, "owner": null, "\"stopName\"": null, "zones": null, "lifts": null, "opened": null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, line := range []string{"A", "B"} {
				row := full
				row.Line, row.No = line, 1
				require.NoError(t, stops.New(row).Save(ctx))
				srv.MustExec("UPDATE app.stop SET later = 'kept' WHERE line = '" + line + "' AND no = 1")
			}
			a, b := stops.New(tt.row), stops.Find()
			a.Value.Line, a.Value.No = "A", 1
			save := a.Save
			if tt.omitNil {
				save, b = a.With(coodie.WithOmitNil()).Save, b.With(coodie.WithOmitNil())
			}
			require.NoError(t, save(ctx))
			require.NoError(t, b.SaveJSON(ctx, json.RawMessage(`{"line": "B", `+tt.json+`}`)))

			saved, err := stops.Find(stopLine.Eq("A"), stopNo.Eq(1)).Get(ctx)
			require.NoError(t, err)
			fromJSON, err := stops.Find(stopLine.Eq("B"), stopNo.Eq(1)).Get(ctx)
			require.NoError(t, err)
			fromJSON.Line = "A"
			require.Equal(t, saved, fromJSON)
			var later string
			require.NoError(t, session.Query("SELECT later FROM app.stop WHERE line = 'B'").Scan(&later))
			require.Equal(t, "kept", later, "a column that the struct lacks is nobody's business")
		})
	}
}

// TestCreateJSON: refused as Create is, applied with what the object says, and what JSON reads can be written back.
func TestCreateJSON(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	stops := open[Stop](t, session)
	create := stops.Find().IfNotExists()
	res, err := create.CreateJSON(ctx, json.RawMessage(`{"line": "U1", "no": 1, "owner": "city"}`))
	require.NoError(t, err)
	require.True(t, res.Applied)

	res, err = create.CreateJSON(ctx, json.RawMessage(`{"line": "U1", "no": 1, "owner": "me"}`))
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, "city", *res.Existing.Value.Owner)
	require.ErrorIs(t, res.Err(), coodie.ErrNotApplied)

	res, err = create.With(coodie.WithPeekFirst()).CreateJSON(ctx, json.RawMessage(`{"line": "U1", "no": 1, "owner": "me"}`))
	require.NoError(t, err)
	require.True(t, res.Peeked)
	require.Equal(t, "city", *res.Existing.Value.Owner)

	res, err = create.CreateJSON(ctx, json.RawMessage(`{"line": "U1", "no": 2, "owner": null, "\"stopName\"": "Zoo"}`))
	require.NoError(t, err)
	require.True(t, res.Applied)
	two, err := stops.Find(stopLine.Eq("U1"), stopNo.Eq(2)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, "city", *two.Owner, "null is left unset: it deletes no static column")

	raw, err := stops.Find(stopLine.Eq("U1"), stopNo.Eq(2)).JSON().One(ctx)
	require.NoError(t, err)
	_, err = stops.Find(stopLine.Eq("U1"), stopNo.Eq(2)).IfExists().Delete(ctx)
	require.NoError(t, err)
	res, err = create.CreateJSON(ctx, raw)
	require.NoError(t, err)
	require.True(t, res.Applied)
	again, err := stops.Find(stopLine.Eq("U1"), stopNo.Eq(2)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, two, again)
}

// TestJSONUsage: what cannot be right is refused before anything is sent, and no message has a value.
func TestJSONUsage(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	stops := open[Stop](t, session)
	srv.ResetLog()
	for row, want := range map[string]string{
		``:                                             "the row is no JSON",
		`{"line": "secret", `:                          "the row is no JSON: there is a mistake at byte 19",
		`{"line": "secret", "no": 1} x`:                "the row is no JSON: there is a mistake at byte",
		"{\"line\": \"\xff\", \"no\": 1}":              "not valid UTF-8",
		`[{"line": "secret", "no": 1}]`:                "no JSON object",
		`null`:                                         "no JSON object",
		`"secret"`:                                     "no JSON object",
		`{"line": "secret"}`:                           "column no: a clustering column cannot be null, nor left out",
		`{"line": null, "no": 1}`:                      "column line: a partition key column cannot be null, nor left out",
		`{"line": "", "no": 1}`:                        "column line: the partition key cannot be empty",
		`{"line": "secret", "no": "x"}`:                "column no: a JSON value for int is a whole number in its range",
		`{"line": "secret", "no": 1.5}`:                "column no: a JSON value for int is a whole number in its range",
		`{"line": "secret", "no": 1e10}`:               "column no: a JSON value for int is a whole number in its range",
		`{"line": 7, "no": 1}`:                         "column line: a JSON value for text is a string",
		`{"line": "l", "no": 1, "secret": 2}`:          `member 3 of the object is no column of coodie_test.Stop, which has line, no, `,
		`{"line": "l", "no": 1, "stopName": "secret"}`: `the key "stopName" means column stopname, as CQL has it: write "\"stopName\"" for the column of mixed case`,
		`{"line": "l", "no": 1, "Line": "secret"}`:     "column line is there twice",
		`{"line": "l", "no": 1, "no": 1}`:              "column no is there twice",
	} {
		for name, err := range map[string]error{
			"create": second(stops.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(row))),
			"save":   stops.Find().SaveJSON(ctx, json.RawMessage(row)),
		} {
			var usage *coodie.Error
			require.ErrorAs(t, err, &usage, "%s %s", name, row)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.ErrorContains(t, err, want, "%s %s", name, row)
			require.NotContains(t, err.Error(), "secret")
		}
	}
	row := json.RawMessage(`{"line": "l", "no": 1}`)
	for name, call := range map[string]func() error{
		"filters": func() error { return stops.Find(stopLine.Eq("l")).SaveJSON(ctx, row) },
		"TTL":     func() error { return stops.Find().With(coodie.WithTTL(-time.Second)).SaveJSON(ctx, row) },
		"timestamp of an LWT": func() error {
			return second(stops.Find().With(coodie.WithTimestamp(time.Now())).IfNotExists().CreateJSON(ctx, row))
		},
		"idempotent LWT": func() error {
			return second(stops.Find().With(coodie.WithIdempotent(true)).IfNotExists().CreateJSON(ctx, row))
		},
		"zero value":    func() error { return new(coodie.QuerySet[Stop]).SaveJSON(ctx, row) },
		"zero creation": func() error { return second(new(coodie.InsertWrite[Stop]).CreateJSON(ctx, row)) },
	} {
		var usage *coodie.Error
		require.ErrorAs(t, call(), &usage, name)
		require.Equal(t, coodie.KindUsage, usage.Kind)
	}
	require.Empty(t, srv.Log())
}

// TestJSONOfTheTable: the rules of a table hold for JSON rows.
func TestJSONOfTheTable(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	usage := func(err error, want string) {
		t.Helper()
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.ErrorContains(t, err, want)
	}

	locks := open[DeployLock](t, session, coodie.WithLWTOnly())
	row := json.RawMessage(`{"service": "api"}`)
	srv.ResetLog()
	usage(locks.Find().SaveJSON(ctx, row), "LWTs only")
	require.Empty(t, srv.Log())
	res, err := locks.Find().IfNotExists().CreateJSON(ctx, row)
	require.NoError(t, err)
	require.True(t, res.Applied)

	type Hit struct {
		Page string `cql:"page,partition"`
		N    int64  `cql:"n,type=counter"`
	}
	hits := open[Hit](t, session)
	usage(hits.Find().SaveJSON(ctx, json.RawMessage(`{"page": "/", "n": 1}`)), "counters")

	// Whatever the object says, the write has an attempt id of its own, and the first version.
	type Versioned struct {
		K       int        `cql:"k,partition"`
		Version int64      `cql:"version,version"`
		Attempt gocql.UUID `cql:"attempt,attempt"`
	}
	versions := open[Versioned](t, session)
	other := "11111111-1111-4111-8111-111111111111"
	versioned := json.RawMessage(`{"k": 1, "version": 7, "attempt": "` + other + `"}`)
	usage(versions.Find().SaveJSON(ctx, versioned), "counts versions")
	applied, err := versions.Find().IfNotExists().CreateJSON(ctx, versioned)
	require.NoError(t, err)
	require.True(t, applied.Applied)
	got, err := versions.Find().One(ctx)
	require.NoError(t, err)
	require.Greater(t, got.Version, int64(7), "its first version is the time")
	require.NotEqual(t, other, got.Attempt.String())
	require.NotZero(t, got.Attempt)

	// Hooks and defaults are a struct's.
	users := open[hookedUser](t, session)
	require.NoError(t, users.Find().SaveJSON(ctx, json.RawMessage(`{"email": " X "}`)))
	user, err := users.Find().One(ctx)
	require.NoError(t, err)
	require.Equal(t, " X ", user.Email)
}

// TestCreateJSONUnknown: the error has the key, and Settle finds the write by its attempt id.
func TestCreateJSONUnknown(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	claims := open[Claim](t, session)
	srv.Fault(cqltest.On(cqltest.Conditional, "claim").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	res, err := claims.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(`{"name": "a", "owner": "ann"}`))
	var unknown *coodie.Error
	require.ErrorAs(t, err, &unknown)
	require.True(t, unknown.Unknown)
	require.Equal(t, coodie.Key{{Column: "name", Value: "a"}}, unknown.Key)
	res, err = res.Settle(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)

	srv.Fault(cqltest.On(cqltest.Insert, "claim").Nth(1), cqltest.Apply, cqltest.WriteTimeout("SIMPLE"))
	err = claims.Find().SaveJSON(ctx, json.RawMessage(`{"name": "b"}`))
	require.ErrorAs(t, err, &unknown)
	require.True(t, unknown.Unknown)
	require.Equal(t, coodie.Key{{Column: "name", Value: "b"}}, unknown.Key)
}

// TestJSONInBatches: JSON rows stand in a batch as others do, each with its own result.
func TestJSONInBatches(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	db := coodie.New(session)
	stops, err := coodie.Open[Stop](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, stops).Create(ctx))
	try := func() (*coodie.Handle[Stop], *coodie.Handle[Stop], error) {
		batch := db.Batch()
		one := stops.Find().IfNotExists().CreateJSONIn(batch, json.RawMessage(`{"line": "U1", "no": 1}`))
		two := stops.Find().IfNotExists().CreateJSONIn(batch, json.RawMessage(`{"line": "U1", "no": 2}`))
		stops.Find().SaveJSONIn(batch, json.RawMessage(`{"line": "U1", "no": 3}`))
		return one, two, batch.Exec(ctx)
	}
	one, _, err := try()
	require.NoError(t, err)
	res, err := one.Result()
	require.NoError(t, err)
	require.True(t, res.Applied)
	n, err := stops.Find(stopLine.Eq("U1")).Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, n)

	_, err = stops.Find(stopLine.Eq("U1"), stopNo.Eq(1)).IfExists().Delete(ctx)
	require.NoError(t, err)
	one, two, err := try()
	require.NoError(t, err)
	res, err = one.Result()
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, coodie.StateAbsent, res.Row())
	res, err = two.Result()
	require.NoError(t, err)
	require.Equal(t, 2, res.Existing.Value.No)

	// Two partitions beside a condition are refused before sending, whatever tells them.
	batch := db.Batch()
	stops.Find().IfNotExists().CreateJSONIn(batch, json.RawMessage(`{"line": "U1", "no": 1}`))
	stops.Find().SaveJSONIn(batch, json.RawMessage(`{"line": "U2", "no": 1}`))
	var usage *coodie.Error
	require.ErrorAs(t, batch.Exec(ctx), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)

	batch = db.Batch()
	stops.Find().SaveJSONIn(batch, json.RawMessage(`[]`))
	require.ErrorAs(t, batch.Exec(ctx), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
}

// Keys has a key of each native type.
type Keys struct {
	Text      string        `cql:"text,partition"`
	ASCII     string        `cql:"ascii,clustering,type=ascii"`
	Boolean   bool          `cql:"boolean,clustering"`
	Tiny      int8          `cql:"tiny,clustering"`
	Small     int16         `cql:"small,clustering"`
	Int       int           `cql:"int,clustering"`
	Big       int64         `cql:"big,clustering"`
	Varint    *big.Int      `cql:"varint,clustering"`
	Float     float32       `cql:"float,clustering"`
	Double    float64       `cql:"double,clustering"`
	Decimal   *inf.Dec      `cql:"decimal,clustering"`
	UUID      gocql.UUID    `cql:"uuid,clustering"`
	TimeUUID  gocql.UUID    `cql:"timeuuid,clustering,type=timeuuid"`
	Timestamp time.Time     `cql:"timestamp,clustering"`
	Date      coodie.Date   `cql:"date,clustering"`
	Time      time.Duration `cql:"time,clustering,type=time"`
	Blob      []byte        `cql:"blob,clustering"`
	Inet      netip.Addr    `cql:"inet,clustering"`
	Attempt   gocql.UUID    `cql:"attempt,attempt"`
}

// TestJSONKeys: the row is found by the key that was read from the object, so that key is what
// the server has read too. What the server's zone or rounding would decide is refused.
func TestJSONKeys(t *testing.T) {
	ctx := t.Context()
	srv, session := patient(t)
	table := open[Keys](t, session)
	values := map[string]string{
		"text": `"a\"\u00e9"`, "ascii": `"a"`, "boolean": `true`, "tiny": `-7`, "small": `"300"`, "int": `70000`,
		"big": `9007199254740993`, "varint": `-170141183460469231731687303715884105728`, "float": `0.1`, "double": `1e-3`,
		"decimal": `"1.50"`, "uuid": `"5F0c7e0a-3b3e-4f6a-9f0e-0d9d5d9a1b2c"`, "timeuuid": `"8e14e760-7fa8-11eb-bc66-000000000001"`,
		"timestamp": `"2006-01-02 15:04:05.678Z"`, "date": `"2006-01-02"`, "time": `"15:04:05.000000006"`,
		"blob": `"0xCAfe"`, "inet": `"::ffff:10.0.0.1"`,
	}
	object := func(changed, to string) json.RawMessage {
		row := map[string]json.RawMessage{}
		for name, v := range values {
			row[name] = json.RawMessage(v)
		}
		if changed != "" {
			row[changed] = json.RawMessage(to)
		}
		raw, err := json.Marshal(row)
		require.NoError(t, err)
		return raw
	}
	for _, tt := range []struct{ column, value string }{
		{"", ""},
		{"int", `"-5"`}, {"big", `"12"`}, {"float", `16777217`}, {"float", `"1.5"`}, {"double", `3`}, {"boolean", `"false"`},
		{"timestamp", `"2006-01-02T15:04:05.678+02:00"`}, {"timestamp", `"2006-01-02 15:04:05+0200"`}, {"timestamp", `"2006-01-02 15:04Z"`},
		{"timestamp", `1136214245679`}, {"time", `"15:04:05"`}, {"inet", `"2001:db8::1"`}, {"blob", `"0x"`},
	} {
		srv.Fault(cqltest.On(cqltest.Conditional, "keys").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
		res, err := table.Find().IfNotExists().CreateJSON(ctx, object(tt.column, tt.value))
		var unknown *coodie.Error
		require.ErrorAs(t, err, &unknown, tt.column+tt.value)
		require.True(t, unknown.Unknown)
		require.Len(t, unknown.Key, 18)
		res, err = res.Settle(ctx)
		require.NoError(t, err, tt.column+tt.value)
		require.True(t, res.Applied)
		srv.ClearFaults()
	}
	srv.ResetLog()
	for _, tt := range []struct{ column, value string }{
		{"ascii", `1`}, {"boolean", `1`}, {"tiny", `128`}, {"small", `40000`}, {"int", `2147483648`}, {"big", `1.0`}, {"varint", `1e3`},
		{"float", `true`}, {"decimal", `1.50`}, {"decimal", `"1E+3"`}, {"uuid", `"5f0c7e0a3b3e4f6a9f0e0d9d5d9a1b2c"`}, {"timeuuid", `7`},
		{"timestamp", `"2006-01-02 15:04:05"`}, {"timestamp", `"2006-01-02"`}, {"date", `12345`}, {"time", `"25:00:00"`},
		{"blob", `"cafe"`}, {"inet", `"localhost"`}, {"inet", `"fe80::1%eth0"`}, {"text", `{}`},
	} {
		var usage *coodie.Error
		err := table.Find().SaveJSON(ctx, object(tt.column, tt.value))
		require.ErrorAs(t, err, &usage, tt.column+tt.value)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, tt.column, usage.Column)
	}
	require.Empty(t, srv.Log())

	type Odd struct {
		K []string `cql:"k,partition"`
	}
	var usage *coodie.Error
	err := open[Odd](t, session).Find().SaveJSON(ctx, json.RawMessage(`{"k": ["a"]}`))
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.ErrorContains(t, err, "only native types are")
}

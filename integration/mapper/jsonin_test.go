package mapper_test

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
)

// A row leaves the same columns behind, saved from a struct and from JSON, whatever was there.
func TestSaveJSONIsSave(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := create[Thing](t, s)
	execute(t, s, "ALTER TABLE thing ADD later text")
	ctx := t.Context()
	whole := full("p")
	const wholeJSON = `"owner": "ann", "mark": 1, "n": 5, "name": "bob", "tags": ["a", "b", "a"], "labels": ["x", "y"], "attrs": {"k": 1, "l": 2},
		"addr": {"street": null, "city": "rome"}, "home": {"city": "rome"}, "fixed": ["f"], "pair": [1, "x"], "data": {"a": "b"}`
	for _, tt := range []struct {
		name    string
		omitNil bool
		row     Thing
		json    string
	}{
		{"left out", false, Thing{Mark: 2}, `"mark": 2`},
		{"null", false, Thing{Mark: 2}, `"mark": 2, "owner": null, "n": null, "tags": null, "addr": null, "pair": null`},
		{"left out, omitted", true, Thing{Mark: 2}, `"mark": 2`},
		{"null, omitted", true, Thing{Mark: 2}, `"mark": 2, "owner": null, "n": null, "tags": null, "addr": null, "pair": null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"struct", "json"} {
				whole.P = name
				require.NoError(t, table.New(whole).Save(ctx))
				execute(t, s, "UPDATE thing SET later = 'kept' WHERE p = ? AND c = 1", name)
			}
			doc, rows := table.New(tt.row), table.Find()
			doc.Value.P, doc.Value.C = "struct", 1
			save := doc.Save
			if tt.omitNil {
				save, rows = doc.With(coodie.WithOmitNil()).Save, rows.With(coodie.WithOmitNil())
			}
			require.NoError(t, save(ctx))
			require.NoError(t, rows.SaveJSON(ctx, json.RawMessage(`{"p": "json", "c": 1, `+tt.json+`}`)))
			want, err := table.Find(p.Eq("struct"), c.Eq(1)).Get(ctx)
			require.NoError(t, err)
			got, err := table.Find(p.Eq("json"), c.Eq(1)).Get(ctx)
			require.NoError(t, err)
			got.P = "struct"
			require.Equal(t, want, got)
			var later string
			scan(t, s, "SELECT later FROM thing WHERE p = 'json'", &later)
			require.Equal(t, "kept", later)
		})
	}

	require.NoError(t, table.Find().SaveJSON(ctx, json.RawMessage(`{"p": "all", "c": 1, `+wholeJSON+`}`)))
	all, err := table.Find(p.Eq("all"), c.Eq(1)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, "rome", *all.Home.City)
	require.Equal(t, Pair{1, ptr("x")}, *all.Pair)
	require.Equal(t, map[string]string{"a": "b"}, all.Data)

	// What JSON reads can be written back.
	raw, err := table.Find(p.Eq("all"), c.Eq(1)).JSON().One(ctx)
	require.NoError(t, err)
	require.NoError(t, table.Find(p.Eq("all"), c.Eq(1)).Delete(ctx))
	res, err := table.Find().IfNotExists().With(coodie.WithTTL(time.Hour)).CreateJSON(ctx, raw)
	require.NoError(t, err)
	require.True(t, res.Applied)
	again, err := table.Find(p.Eq("all"), c.Eq(1)).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, all, again)
	var ttl int
	scan(t, s, "SELECT ttl(mark) FROM thing WHERE p = 'all'", &ttl)
	require.InDelta(t, 3600, ttl, 60)

	// Refused, with the row; and what the server cannot read is a definite error.
	res, err = table.Find().IfNotExists().CreateJSON(ctx, raw)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, "ann", *res.Existing.Value.Owner)
	require.Equal(t, again, res.Existing.Value)
	_, err = table.Find().IfNotExists().CreateJSON(ctx, json.RawMessage(`{"p": "bad", "c": 1, "mark": "x"}`))
	require.Equal(t, coodie.KindInvalid, coodie.KindOf(err))
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.ErrorAs(t, err, new(*coodie.Error))
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

// The key that coodie reads from the object is the one that the server reads: Settle finds the
// row of a write whose commit nobody has acknowledged.
func TestJSONKeys(t *testing.T) {
	t.Parallel()
	s := connect(t)
	var peers int
	scan(t, s, "SELECT count(*) FROM system.peers", &peers)
	if peers > 1 {
		t.Skip("the keyspace has three replicas")
	}
	create[Keys](t, s)
	table := open[Keys](t, s, coodie.WithCommitConsistency(coodie.Three))
	ctx := t.Context()
	for _, tt := range []struct{ column, value string }{
		{"", ""},
		{"text", `"a\"\u00e9\ud83d\ude00"`},
		{"int", `"-5"`}, {"big", `"12"`}, {"small", `"301"`}, {"float", `16777217`}, {"float", `"1.5"`}, {"float", `0.30000001192092896`},
		{"double", `3`}, {"double", `"2e-3"`}, {"boolean", `"false"`}, {"varint", `"5"`}, {"decimal", `"-0.10"`},
		{"timestamp", `"2006-01-02T15:04:05.678+02:00"`}, {"timestamp", `"2006-01-02 15:04:05+0200"`}, {"timestamp", `"2006-01-02 15:04Z"`},
		{"timestamp", `"2006-01-02T15:04:05Z"`}, {"timestamp", `"2006-01-02 15:04-07:00"`}, {"timestamp", `1136214245679`},
		{"date", `"1066-10-14"`}, {"time", `"15:04:05"`}, {"time", `"15:04:05.1"`}, {"inet", `"2001:db8::1"`}, {"inet", `"::ffff:10.0.0.1"`}, {"blob", `"0x"`},
	} {
		row := map[string]json.RawMessage{}
		for name, v := range map[string]string{
			"text": `"a"`, "ascii": `"a"`, "boolean": `true`, "tiny": `-7`, "small": `300`, "int": `70000`,
			"big": `9007199254740993`, "varint": `-170141183460469231731687303715884105728`, "float": `0.1`, "double": `1e-3`,
			"decimal": `"1.50"`, "uuid": `"5F0c7e0a-3b3e-4f6a-9f0e-0d9d5d9a1b2c"`, "timeuuid": `"8e14e760-7fa8-11eb-bc66-000000000001"`,
			"timestamp": `"2006-01-02 15:04:05.678Z"`, "date": `"2006-01-02"`, "time": `"15:04:05.000000006"`,
			"blob": `"0xCAfe"`, "inet": `"10.0.0.2"`,
		} {
			row[name] = json.RawMessage(v)
		}
		if tt.column != "" {
			row[tt.column] = json.RawMessage(tt.value)
		}
		raw, err := json.Marshal(row)
		require.NoError(t, err)
		res, err := table.Find().IfNotExists().CreateJSON(ctx, raw)
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown, tt.column+tt.value)
		res, err = res.Settle(ctx)
		require.NoError(t, err, tt.column+tt.value)
		require.True(t, res.Applied)
	}
}

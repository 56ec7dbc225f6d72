package mapper_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Caused is a table of the test's own.
type Caused struct {
	K string      `cql:"k,partition"`
	C int         `cql:"c,clustering"`
	D int         `cql:"d,clustering"`
	N int         `cql:"n"`
	S string      `cql:"s"`
	L []string    `cql:"l"`
	T *gocql.UUID `cql:"t,type=timeuuid"`
}

// Extended is Caused with a column that the table lacks.
type Extended struct {
	Caused
	Extra int `cql:"extra"`
}

// TestCauses: the advice fits what the server says, and of its texts those that quote a bound value
// are left out.
func TestCauses(t *testing.T) {
	ctx := t.Context()
	session := connect(t)
	db := over(t, session)
	table, err := coodie.Open[Caused](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(ctx))
	extended := open[Extended](t, session, coodie.WithTable("caused"))
	k := coodie.Col(func(r *Caused) *string { return &r.K })
	c := coodie.Col(func(r *Caused) *int { return &r.C })
	d := coodie.Col(func(r *Caused) *int { return &r.D })
	s := coodie.Col(func(r *Caused) *string { return &r.S })
	l := coodie.Col(func(r *Caused) *[]string { return &r.L })
	row := table.Find(k.Eq("s3cret"), c.Eq(48151623), d.Eq(1))
	like := []string{"LIKE", "needs an index", "!Verify"}
	if six(t, session) { // filters it
		like = []string{"LIKE", "AllowFiltering", "!Verify"}
	}
	raw := func(text string, args ...any) func() error {
		return func() error { return db.Raw(text, args...).Exec(ctx) }
	}
	rows := func(text string, args ...any) func() error {
		return func() error {
			for _, err := range db.Raw(text, args...).Rows(ctx) {
				return err
			}
			return nil
		}
	}
	const key = " WHERE k = ? AND c = 1 AND d = 1"
	for _, tt := range []struct {
		name string
		call func() error
		says []string // "!" before what the text must not say
	}{
		{"missing keyspace", func() error {
			_, err := open[Caused](t, session, coodie.WithKeyspace("no_such_keyspace")).Find(k.Eq("s3cret")).All(ctx)
			return err
		}, []string{"no_such_keyspace", "create the keyspace", "!Verify"}},
		{"missing keyspace of a CREATE", func() error {
			return coodie.Schema(db, open[Caused](t, session, coodie.WithKeyspace("no_such_keyspace"))).Create(ctx)
		}, []string{"no_such_keyspace", "create the keyspace", "!Verify"}},
		{"missing table", func() error {
			_, err := open[Caused](t, session, coodie.WithTable("no_such_table")).Find(k.Eq("s3cret")).All(ctx)
			return err
		}, []string{"no_such_table", ".Create makes the table", "!Verify"}},
		{"unknown column", func() error { return extended.New(Extended{Caused: Caused{K: "s3cret"}}).Save(ctx) }, []string{"extra", "Verify compares"}},
		{"unknown column of a SELECT", func() error { _, err := extended.Find().All(ctx); return err }, []string{"extra", "Verify compares"}},
		{"filtering", func() error { _, err := table.Find(s.Eq("s3cret")).All(ctx); return err }, []string{"data filtering", "or AllowFiltering", "!Verify"}},
		{"key columns out of order", rows("SELECT * FROM caused WHERE k = ? AND d = ?", "s3cret", 48151623), []string{`"d" cannot be restricted`, "in their order", "!Verify"}},
		{"LIKE without an index", rows("SELECT * FROM caused WHERE s LIKE ?", "s3cret"), like},
		{"JSON of another type", func() error {
			return table.Find().SaveJSON(ctx, json.RawMessage(`{"k": "s3cret", "c": 48151623, "d": 1, "n": "s3cret"}`))
		}, []string{"caused (k, c, d): the JSON value of column n does not fit its type", "as the column's type has it", "!Verify"}},
		{"raw JSON of another type", raw("INSERT INTO caused JSON ?", `{"k": "a", "c": 1, "d": 1, "n": "s3cret"}`), []string{"the JSON value of column n", "!Verify"}},
		{"raw JSON of an unknown column", raw("INSERT INTO caused JSON ?", `{"k": "a", "c": 1, "d": 1, "s3cret": 1}`), []string{"a member that is no column", "!Verify"}},
		{"raw, unknown column", raw("UPDATE caused SET extra = 1"+key, "a"), []string{"extra", "!Verify"}},
		{"raw JSON", raw("INSERT INTO caused JSON ?", `{"k": "s3cret"`), []string{"the server cannot read the JSON object"}},
		{"fromJson", raw("UPDATE caused SET n = fromJson(?)"+key, `"s3cret"`, "a"), []string{"0x", "left out"}},
		{"TTL", raw("UPDATE caused USING TTL ? SET n = 1"+key, -48151623, "a"), []string{"a TTL must be"}},
		{"a literal of another type", raw("UPDATE caused SET n = 'x'"+key, "s3cret"), []string{"Invalid STRING constant (x)"}},
		{"null key", raw("UPDATE caused SET n = 1"+key, nil), []string{"Invalid null value", "column k", "set the value"}},
		{"random UUID as a timeuuid", raw("UPDATE caused SET t = ?"+key, gocql.MustRandomUUID(), "s3cret"), []string{"no UUID of another version", "coodie.NewTimeUUID"}},
		{"null list", func() error { return row.Update(ctx, coodie.At(l, 48151623).Set("s3cret")) }, []string{"list which is null", "set the list before"}},
		{"list index", func() error {
			if err := row.Update(ctx, l.Set([]string{"s3cret"})); err != nil {
				return err
			}
			return row.Update(ctx, coodie.At(l, 48151623).Set("s3cret"))
		}, []string{"out of bound, list has size 1"}},
		{"long key", func() error { return table.New(Caused{K: strings.Repeat("s3cret", 15000)}).Save(ctx) }, []string{"Key length of 90000", "hash"}},
		{"big batch", func() error {
			batch := db.Batch(coodie.MaxBytes(1 << 20))
			table.New(Caused{K: "s3cret", S: strings.Repeat("s3cret", 15000)}).SaveIn(batch)
			table.New(Caused{K: "other"}).SaveIn(batch)
			return batch.Exec(ctx)
		}, []string{"Batch too large", "SaveAll", "!Verify"}},
		{"exists", raw("CREATE TABLE caused (k int PRIMARY KEY)"), []string{"it exists already", "!Verify"}},
		{"limit", rows("SELECT * FROM caused WHERE k = ? LIMIT ?", "s3cret", -48151623), []string{"must be strictly positive"}},
		{"unknown type", raw("CREATE TABLE other (k int PRIMARY KEY, u no_such_type)"), []string{"no_such_type", "create the user-defined type first", "!Verify"}},
		{"syntax", raw("UPDATE caused SET n n = ?"+key, 48151623, "s3cret"), []string{"not understood"}},
		{"unparsed", func() error { return db.Raw("SELECTED ?", "s3cret").Unparsed().Exec(ctx) }, []string{"SELECTED", "!Verify"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.call()
			require.Error(t, err)
			t.Log(err)
			for _, says := range tt.says {
				if not, ok := strings.CutPrefix(says, "!"); ok {
					require.NotContains(t, err.Error(), not)
				} else {
					require.ErrorContains(t, err, says)
				}
			}
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "48151623")
		})
	}

	// Whoever wants to know gets it from the driver's error.
	err = table.Find().SaveJSON(context.Background(), json.RawMessage(`{"k": "a", "c": 1, "d": 1, "n": "s3cret"}`))
	var answer gocql.RequestError
	require.ErrorAs(t, err, &answer)
	require.Contains(t, answer.Message(), "s3cret")
}

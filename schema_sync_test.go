package coodie

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

type ddlPlain struct {
	ID   int `cql:",partition"`
	Note string
}

type ddlKeys struct {
	C2  string    `cql:"c2,clustering=2"`
	P2  int       `cql:"p2,partition=2"`
	C1  time.Time `cql:"c1,clustering=1,desc"`
	P1  string    `cql:"p1,partition=1"`
	S   string    `cql:"s,static"`
	Reg int       `cql:"reg"`
}

type ddlAscending struct {
	P int `cql:"p,partition"`
	A int `cql:"a,clustering,asc"`
	B int `cql:"b,clustering"`
}

type ddlQuoted struct {
	Order   int    `cql:"order,partition"`
	Mixed   string `cql:"mixedCase,clustering,desc"`
	Odd     string `cql:"a \"b\",static"`
	Default int
}

type ddlCity struct {
	Name string
	Tags []string
}

type ddlAddress struct {
	Street string
	City   ddlCity         `cql:"City"`
	Past   map[int]ddlCity `cql:"past"`
}

func (ddlAddress) UDTName() string { return "Address" }

type ddlNested struct {
	K       int                   `cql:"k,partition"`
	Home    ddlAddress            `cql:"home"`
	Work    *ddlAddress           `cql:"work,frozen"`
	All     []ddlAddress          `cql:"all"`
	ByCity  map[string][]ddlCity  `cql:"by_city"`
	Pair    ddlPair               `cql:"pair,tuple"`
	Vector  [3]float32            `cql:"vector"`
	Vectors map[string][2]float64 `cql:"vectors"`
}

type ddlPair struct {
	N    int
	City ddlCity
}

type ddlFrozenKeys struct {
	Tags  []string       `cql:"tags,partition"`
	Attrs map[string]int `cql:"attrs,clustering"`
	City  ddlCity        `cql:"city,clustering"`
	Set   []int          `cql:"set,clustering,set,desc"`
	Fixed []string       `cql:"fixed,frozen"`
}

type ddlTypes struct {
	K  gocql.UUID      `cql:"k,partition,type=timeuuid"`
	D  Date            `cql:"d"`
	T  time.Duration   `cql:"t,type=time"`
	Du gocql.Duration  `cql:"du"`
	L  []*int          `cql:"l"`
	S  map[string]bool `cql:"s,type=map<ascii, boolean>"`
	V  []float32       `cql:"v,type=vector<float, 5>"`
	By []byte          `cql:"by"`
}

type ddlCounter struct {
	K string `cql:"k,partition"`
	N int64  `cql:"n,type=counter"`
}

// TestCreateCQL: the statements of every kind of table, and that they are CQL.
func TestCreateCQL(t *testing.T) {
	const (
		city    = `CREATE TYPE IF NOT EXISTS ddl_city (name text, tags frozen<list<text>>)`
		address = `CREATE TYPE IF NOT EXISTS "Address" (street text, "City" frozen<ddl_city>, past frozen<map<int, frozen<ddl_city>>>)`
	)
	for _, tt := range []struct {
		name string
		cql  func(...TableOption) ([]string, error)
		opts []TableOption
		want []string
	}{
		{"plain", createCQL[ddlPlain], nil, []string{
			`CREATE TABLE IF NOT EXISTS ddl_plain (id int, note text, PRIMARY KEY (id))`}},
		{"names by option", createCQL[ddlPlain], []TableOption{WithKeyspace("Shop"), WithTable("table")}, []string{
			`CREATE TABLE IF NOT EXISTS "Shop"."table" (id int, note text, PRIMARY KEY (id))`}},
		{"keys by position, order, static", createCQL[ddlKeys], nil, []string{
			`CREATE TABLE IF NOT EXISTS ddl_keys (c2 text, p2 int, c1 timestamp, p1 text, s text STATIC, reg int, PRIMARY KEY ((p1, p2), c1, c2)) WITH CLUSTERING ORDER BY (c1 DESC, c2 ASC)`}},
		{"ascending is the default", createCQL[ddlAscending], nil, []string{
			`CREATE TABLE IF NOT EXISTS ddl_ascending (p int, a int, b int, PRIMARY KEY (p, a, b))`}},
		{"quoted names", createCQL[ddlQuoted], nil, []string{
			`CREATE TABLE IF NOT EXISTS ddl_quoted ("order" int, "mixedCase" text, "a ""b""" text STATIC, "default" int, PRIMARY KEY ("order", "mixedCase")) WITH CLUSTERING ORDER BY ("mixedCase" DESC)`}},
		{"types within types, each after those it uses", createCQL[ddlNested], nil, []string{city, address,
			`CREATE TABLE IF NOT EXISTS ddl_nested (k int, home "Address", work frozen<"Address">, all list<frozen<"Address">>, ` +
				`by_city map<text, frozen<list<frozen<ddl_city>>>>, pair tuple<int, frozen<ddl_city>>, vector vector<float, 3>, ` +
				`vectors map<text, vector<double, 2>>, PRIMARY KEY (k))`}},
		{"types in the table's keyspace", createCQL[ddlFrozenKeys], []TableOption{WithKeyspace("ks")}, []string{
			`CREATE TYPE IF NOT EXISTS ks.ddl_city (name text, tags frozen<list<text>>)`,
			`CREATE TABLE IF NOT EXISTS ks.ddl_frozen_keys (tags frozen<list<text>>, attrs frozen<map<text, int>>, city frozen<ddl_city>, "set" frozen<set<int>>, fixed frozen<list<text>>, ` +
				`PRIMARY KEY (tags, attrs, city, "set")) WITH CLUSTERING ORDER BY (attrs ASC, city ASC, "set" DESC)`}},
		{"types by tag", createCQL[ddlTypes], nil, []string{
			`CREATE TABLE IF NOT EXISTS ddl_types (k timeuuid, d date, t time, du duration, l list<int>, s map<ascii, boolean>, v vector<float, 5>, "by" blob, PRIMARY KEY (k))`}},
		{"counters", createCQL[ddlCounter], nil, []string{
			`CREATE TABLE IF NOT EXISTS ddl_counter (k text, n counter, PRIMARY KEY (k))`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.cql(tt.opts...)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			for _, statement := range got {
				_, err := cqlparse.ParseAs(cqlparse.Cassandra, statement)
				require.NoError(t, err, statement)
			}
		})
	}
}

func createCQL[T any](opts ...TableOption) ([]string, error) {
	table, err := Open[T](newDB(&fake.Sender{}, nil), opts...)
	if err != nil {
		return nil, err
	}
	return Schema(nil, table).CQL(), nil
}

// TestBuildsEnd: Sync does not wait forever for an index, and says which one it is.
func TestBuildsEnd(t *testing.T) {
	err := awaitBuilt(context.Background(), "app", 20*time.Millisecond, func(time.Duration) (string, error) { return "index users_name", nil })
	require.EqualError(t, err, "coodie: sync app: index users_name is not built yet: Sync has waited for 20ms; the server goes on, and another Sync waits again")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err = awaitBuilt(ctx, "app", time.Hour, func(time.Duration) (string, error) { return "view by_name", nil })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	left := 3
	require.NoError(t, awaitBuilt(context.Background(), "app", time.Hour, func(time.Duration) (string, error) {
		if left--; left == 0 {
			return "", nil
		}
		return "index users_name", nil
	}))
}

// disagreeing is a session whose nodes disagree on the schema from the nth question on.
type disagreeing struct {
	fake.Sender
	agree int
}

func (s *disagreeing) AwaitSchema(context.Context) error {
	if s.agree--; s.agree < 0 {
		return errors.New("cluster schema versions not consistent")
	}
	return nil
}

// Sync sends nothing while the nodes disagree, and nothing more once they do.
func TestSyncDisagreement(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		agree, done int
		refuse      bool
	}{
		"before the first statement": {0, 0, false},
		"after the first":            {1, 1, false},
		"after the last":             {3, 3, false},
		"after another process":      {1, 1, true}, // the statement fails, and its effect is there
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sender := &disagreeing{agree: tt.agree}
			statements := 0
			sender.Answer = func(r *driver.Request) fake.Answer {
				if r.Kind == driver.Schema {
					statements++
					if tt.refuse {
						return fake.Answer{Err: errors.New("refused")}
					}
				}
				if tt.refuse && statements > 0 && strings.Contains(r.Statement, "system_schema.types") {
					return fake.Answer{
						Columns: []driver.Column{fake.Column("type_name", codec.Text), {Name: "field_names", Type: &codec.Type{Kind: codec.List, Elem: codec.Native(codec.Text)}}, {Name: "field_types", Type: &codec.Type{Kind: codec.List, Elem: codec.Native(codec.Text)}}},
						Rows:    [][][]byte{{[]byte("ddl_city"), {0, 0, 0, 0}, {0, 0, 0, 0}}},
					}
				}
				if strings.HasSuffix(r.Statement, "FROM system.local") || strings.HasSuffix(r.Statement, "FROM system.peers") {
					n := map[bool]byte{true: 1, false: 2}[strings.HasSuffix(r.Statement, "system.local")]
					return fake.Answer{
						Columns: []driver.Column{fake.Column("address", codec.Inet), fake.Column("schema_version", codec.UUID)},
						Rows:    [][][]byte{{{10, 0, 0, n}, append(make([]byte, 15), n)}},
					}
				}
				return fake.Answer{}
			}
			table, err := Open[ddlNested](newDB(sender, nil), WithKeyspace("app"))
			require.NoError(t, err)
			done, err := Schema(nil, table).Sync(t.Context())
			require.ErrorContains(t, err, "the nodes do not agree on the schema: 10.0.0.1 with version 00000000-0000-0000-0000-000000000001; "+
				"10.0.0.2 with version 00000000-0000-0000-0000-000000000002; see whether a node is down, and try again: cluster schema versions not consistent")
			var of *Error
			require.ErrorAs(t, err, &of)
			require.False(t, of.Unknown, "the statement was executed")
			require.Len(t, done, tt.done)
			if !tt.refuse {
				require.Equal(t, tt.done, statements)
			}
		})
	}
}

// Sync sends nothing under a context that has ended, and says so.
func TestSyncTooLate(t *testing.T) {
	sender := &disagreeing{agree: 9}
	sender.Answer = func(*driver.Request) fake.Answer { return fake.Answer{Err: errors.New("it was sent")} }
	table, err := Open[ddlNested](newDB(sender, nil), WithKeyspace("app"))
	require.NoError(t, err)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	done, err := Schema(nil, table).Sync(ctx)
	require.ErrorIs(t, err, ErrNotSent)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, done)
}

// An option that the server takes and does not keep is altered once, and then reported.
func TestSyncOptionNotKept(t *testing.T) {
	t.Parallel()
	sender := new(fake.Sender)
	altered := 0
	sender.Answer = func(r *driver.Request) fake.Answer {
		switch {
		case r.Kind == driver.Schema:
			altered++
		case strings.Contains(r.Statement, "system_schema.tables"):
			return fake.Answer{
				Columns: []driver.Column{fake.Column("table_name", codec.Text), fake.Column("cdc", codec.Boolean)},
				Rows:    [][][]byte{{[]byte("ddl_plain"), {0}}},
			}
		case strings.Contains(r.Statement, "system_schema.columns"):
			row := func(name, kind, typ string) [][]byte {
				return [][]byte{[]byte("ddl_plain"), []byte(name), []byte(kind), []byte("none"), []byte(typ), {0, 0, 0, 0}}
			}
			return fake.Answer{
				Columns: []driver.Column{
					fake.Column("table_name", codec.Text), fake.Column("column_name", codec.Text), fake.Column("kind", codec.Text),
					fake.Column("clustering_order", codec.Text), fake.Column("type", codec.Text), fake.Column("position", codec.Int),
				},
				Rows: [][][]byte{row("id", "partition_key", "int"), append(row("note", "regular", "text")[:5], []byte{255, 255, 255, 255})},
			}
		}
		return fake.Answer{}
	}
	table, err := Open[ddlPlain](newDB(sender, nil), WithKeyspace("app"), WithProperty("cdc", true))
	require.NoError(t, err)
	done, err := Schema(nil, table).Sync(t.Context())
	var mismatch *MismatchError
	require.ErrorAs(t, err, &mismatch)
	require.Len(t, mismatch.Differences, 1)
	require.Equal(t, "app.ddl_plain: option cdc: true in the struct, false on the server", mismatch.Differences[0].String())
	require.Contains(t, mismatch.Differences[0].Reason, "does not keep the value")
	require.Empty(t, done)
	require.Equal(t, 1, altered)
}

// It is altered once also if Sync has more to do meanwhile, such as a column that another process takes away.
func TestSyncOptionNotKeptMeanwhile(t *testing.T) {
	t.Parallel()
	sender := new(fake.Sender)
	var altered []string
	read := 0
	sender.Answer = func(r *driver.Request) fake.Answer {
		switch {
		case r.Kind == driver.Schema:
			altered = append(altered, r.Statement)
		case strings.Contains(r.Statement, "system_schema.tables"):
			return fake.Answer{
				Columns: []driver.Column{fake.Column("table_name", codec.Text), fake.Column("cdc", codec.Boolean)},
				Rows:    [][][]byte{{[]byte("ddl_plain"), {0}}},
			}
		case strings.Contains(r.Statement, "system_schema.columns"):
			read++
			rows := [][][]byte{{[]byte("ddl_plain"), []byte("id"), []byte("partition_key"), []byte("none"), []byte("int"), {0, 0, 0, 0}}}
			if read != 2 {
				rows = append(rows, [][]byte{[]byte("ddl_plain"), []byte("note"), []byte("regular"), []byte("none"), []byte("text"), {255, 255, 255, 255}})
			}
			return fake.Answer{
				Columns: []driver.Column{
					fake.Column("table_name", codec.Text), fake.Column("column_name", codec.Text), fake.Column("kind", codec.Text),
					fake.Column("clustering_order", codec.Text), fake.Column("type", codec.Text), fake.Column("position", codec.Int),
				},
				Rows: rows,
			}
		}
		return fake.Answer{}
	}
	table, err := Open[ddlPlain](newDB(sender, nil), WithKeyspace("app"), WithProperty("cdc", true))
	require.NoError(t, err)
	done, err := Schema(nil, table).Sync(t.Context())
	var mismatch *MismatchError
	require.ErrorAs(t, err, &mismatch)
	require.Len(t, mismatch.Differences, 1)
	require.Contains(t, mismatch.Differences[0].Reason, "does not keep the value")
	require.Len(t, done, 1)
	require.Equal(t, "note", done[0].Name)
	require.Len(t, altered, 2)
}

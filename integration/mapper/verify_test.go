package mapper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Event is verified against tables that differ from it.
type Event struct {
	Tenant string   `cql:"tenant,partition"`
	Day    int      `cql:"day,partition"`
	At     int64    `cql:"at,clustering,desc"`
	Seq    int      `cql:"seq,clustering"`
	Owner  *string  `cql:"owner,static"`
	Tags   []string `cql:"tags,set"`
	Place  *Spot    `cql:"place"`
}

// Spot is its user-defined type.
type Spot struct {
	Name *string
	Code int
}

func TestCreateAndVerify(t *testing.T) {
	t.Parallel()
	s := connect(t)
	table := open[Event](t, s)
	ctx := t.Context()
	require.ErrorContains(t, table.Verify(ctx), "the table does not exist")
	require.NoError(t, table.CreateTable(ctx))
	require.NoError(t, table.CreateTable(ctx), "what is there is left alone")
	require.NoError(t, table.Verify(ctx))

	execute(t, s, "ALTER TABLE event ADD more text")
	execute(t, s, "ALTER TYPE spot ADD more text")
	require.NoError(t, table.Verify(ctx), "columns and fields that only the table has are fine")

	all := create[Types](t, s)
	require.NoError(t, all.Verify(ctx))
	require.NoError(t, create[Thing](t, s).Verify(ctx))
	require.NoError(t, create[Quoted](t, s).Verify(ctx))
	require.NoError(t, create[Counts](t, s).Verify(ctx))

	elsewhere := over(t, session(t, ""), coodie.WithKeyspace(s.Query("").Keyspace()))
	qualified, err := coodie.Open[Event](elsewhere)
	require.NoError(t, err)
	require.NoError(t, qualified.Verify(ctx))
	lost, err := coodie.Open[Event](over(t, session(t, "")))
	require.NoError(t, err)
	requireUsage(t, lost.Verify(ctx))
}

// Quoted has names that CQL wants quoted.
type Quoted struct {
	Key    string `cql:"Key,partition"`
	Select int    `cql:"select,clustering"`
	Odd    *Odd   `cql:"a b"`
}

func (Quoted) TableName() string { return "Order" }

// Odd is a user-defined type with names that CQL wants quoted.
type Odd struct {
	From *string `cql:"from"`
	Case *int    `cql:"Case"`
}

func (Odd) UDTName() string { return "Odd" }

// The cases go in order: each finds the user-defined types that those before it have made.
func TestVerifyDifferences(t *testing.T) {
	t.Parallel()
	s := connect(t)
	keyspace := s.Query("").Keyspace()
	const spot = "CREATE TYPE spot (name text, code int)"
	for _, tt := range []struct {
		name  string
		setup []string
		want  []string
	}{
		{"missing table", nil, []string{"the table does not exist in keyspace " + keyspace + "; CreateTable makes it"}},
		{
			"missing type", []string{"CREATE TABLE @ (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place text, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"},
			[]string{
				"column place (field Place): spot in the struct, text in the table",
				"type spot: the keyspace has no such user-defined type",
			},
		},
		{
			"other fields", []string{"CREATE TYPE spot (name ascii)", "CREATE TABLE @ (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"},
			[]string{
				"type spot: field name is text in the struct, ascii in the live type",
				"type spot: the live type has no field code",
			},
		},
		{
			"missing column", []string{"DROP TABLE other_fields", "DROP TYPE spot", spot, "CREATE TABLE @ (tenant text, day int, at bigint, seq int, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"},
			[]string{"column owner (field Owner): the table has no such column"},
		},
		{
			"other types", []string{"CREATE TABLE @ (tenant ascii, day int, at timestamp, seq int, owner text STATIC, tags list<text>, place frozen<spot>, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC)"},
			[]string{
				"column tenant (field Tenant): text in the struct, ascii in the table",
				"column at (field At): bigint in the struct, timestamp in the table",
				"column tags (field Tags): set<text> in the struct, list<text> in the table",
				"column place (field Place): spot in the struct, frozen<spot> in the table",
			},
		},
		{
			"other key", []string{"CREATE TABLE @ (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY (tenant, at, day)) WITH CLUSTERING ORDER BY (at DESC, day ASC)"},
			[]string{
				"column day (field Day): partition key in the struct, clustering in the table",
				"column seq (field Seq): clustering in the struct, regular in the table",
			},
		},
		{
			"other order of the key", []string{"CREATE TABLE @ (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((day, tenant), seq, at)) WITH CLUSTERING ORDER BY (seq ASC, at DESC)"},
			[]string{
				"column tenant (field Tenant): number 1 of the partition key columns in the struct, number 2 in the table",
				"column day (field Day): number 2 of the partition key columns in the struct, number 1 in the table",
				"column at (field At): number 1 of the clustering columns in the struct, number 2 in the table",
				"column seq (field Seq): number 2 of the clustering columns in the struct, number 1 in the table",
			},
		},
		{
			"other clustering order", []string{"CREATE TABLE @ (tenant text, day int, at bigint, seq int, owner text STATIC, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at ASC, seq DESC)"},
			[]string{
				"column at (field At): clustering order is asc in the table",
				"column seq (field Seq): clustering order is desc in the table",
			},
		},
		{
			"a key column more, and static not", []string{"CREATE TABLE @ (tenant text, day int, at bigint, seq int, more int, owner text, tags set<text>, place spot, PRIMARY KEY ((tenant, day), at, seq, more)) WITH CLUSTERING ORDER BY (at DESC, seq ASC, more ASC)"},
			[]string{
				"column owner (field Owner): static in the struct, regular in the table",
				"column more: part of the table's primary key, but the struct has no field for it",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := strings.ReplaceAll(strings.ReplaceAll(tt.name, " ", "_"), ",", "")
			for _, statement := range tt.setup {
				execute(t, s, strings.ReplaceAll(statement, "@", name))
			}
			err := open[Event](t, s, coodie.WithTable(name)).Verify(t.Context())
			var mismatch *coodie.MismatchError
			require.ErrorAs(t, err, &mismatch)
			require.Equal(t, tt.want, mismatch.Differences)
			require.EqualError(t, err, "coodie: table "+keyspace+"."+name+" differs from its struct:\n\t"+strings.Join(tt.want, "\n\t"))
		})
	}
}

// A table that is not what the struct says: a typed error, nothing written, never bytes
// of one type stored as another.
func TestWritingToAnotherType(t *testing.T) {
	t.Parallel()
	s := connect(t)
	execute(t, s, "CREATE TABLE t (k int PRIMARY KEY, v double, x int)")
	table := open[Simple](t, s)
	_, err := table.New(Simple{K: 1, V: ptr(1)}).Insert(t.Context())
	var usage *coodie.Error
	require.ErrorAs(t, err, &usage, "an int is no double: %v", err)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "v", usage.Column)
	require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
	var count int
	scan(t, s, "SELECT count(*) FROM t", &count)
	require.Zero(t, count)

	execute(t, s, "INSERT INTO t (k, v, x) VALUES (1, 1.5, 2)")
	_, err = table.Find(simpleK.Eq(1)).Get(t.Context())
	var decode *coodie.Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, coodie.KindDecode, decode.Kind)
	require.Equal(t, "V", decode.Field)

	execute(t, s, "CREATE TABLE wide (k int PRIMARY KEY, v bigint, x varint)")
	wide := open[Simple](t, s, coodie.WithTable("wide"))
	res, err := wide.New(Simple{K: 1, V: ptr(-1), X: ptr(300)}).Insert(t.Context())
	require.NoError(t, err, "a field that fits the live type is encoded for it")
	require.True(t, res.Applied)
	got, err := wide.Find(simpleK.Eq(1)).Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, Simple{K: 1, V: ptr(-1), X: ptr(300)}, got)
	var v int64
	scan(t, s, "SELECT v FROM wide WHERE k = 1", &v)
	require.EqualValues(t, -1, v)
}

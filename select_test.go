package coodie

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// Doc has a vector.
type Doc struct {
	ID   string      `cql:"id,partition"`
	N    int         `cql:"n,clustering"`
	Text string      `cql:"text"`
	Vec  []float32   `cql:"vec,type=vector<float, 3>"`
	Arr  *[2]float32 `cql:"arr"`
}

var (
	docText = Col(func(d *Doc) *string { return &d.Text })
	docVec  = Col(func(d *Doc) *[]float32 { return &d.Vec })
	docArr  = NullCol(func(d *Doc) **[2]float32 { return &d.Arr })
)

type namedPlace struct {
	Name  string
	Place int64
}

type eachStat struct {
	Tenant string
	N      int64 `cql:"n"`
	Last   *time.Time
	Wrote  *time.Time
}

// drain reads a selection to its end.
func drain[T, V any](s *Selection[T, V]) error {
	_, err := s.All(context.Background())
	return err
}

func TestSelectStatements(t *testing.T) {
	things, thingsSent := answering[Everything](t, applied)
	docs, docsSent := answering[Doc](t, applied)
	q := things.Find()
	row := q.Filter(tenant.Eq("t"), id.Eq(1), at.Eq(epoch), seq.Eq(2))
	d := docs.Find()
	v := []float32{1, 2, 3}
	for _, tt := range []struct {
		call func() error
		want string
	}{
		{func() error { return drain(Values(q, name)) }, `SELECT name, at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, AnyCol(things, "mixedCase"))) }, `SELECT "mixedCase", at AS "[row]" FROM everything`},
		{func() error { return drain(Values(row, Entry(attrs, "a"))) }, "SELECT attrs[?] FROM everything WHERE tenant = ? AND id = ? AND at = ? AND seq = ?"},
		{func() error { return drain(Values(q, city)) }, `SELECT addr.city, at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, Count[Everything]())) }, "SELECT count(at) FROM everything"},
		{func() error { return drain(Values(q, Count(name))) }, "SELECT count(name) FROM everything"},
		{func() error { return drain(Values(q, Sum(sel))) }, `SELECT sum("select") FROM everything`},
		{func() error { return drain(Values(q, Avg(Cast[float64](seq)))) }, "SELECT avg(CAST(seq AS double)) FROM everything"},
		{func() error { return drain(Values(q, Min(at))) }, "SELECT min(at) FROM everything"},
		{func() error { return drain(Values(q, Nullable(Max(name)))) }, "SELECT max(name) FROM everything"},
		{func() error { return drain(Values(q, Sum(AnyCol(things, "seq")))) }, "SELECT sum(seq) FROM everything"},
		{func() error { return drain(Values(q, Cast[string](seq))) }, "SELECT CAST(seq AS text) FROM everything"},
		{func() error { return drain(Values(q, WriteTime(name))) }, `SELECT writetime(name), at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, WriteTime(tags))) }, `SELECT maxwritetime(tags), at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, TTL(AnyCol(things, "name")))) }, `SELECT ttl(name), at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, WriteTime(city))) }, `SELECT writetime(addr.city), at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, Call[[]int64]("writetime", attrs))) }, `SELECT writetime(attrs), at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, Token[Everything]())) }, "SELECT token(tenant, id) FROM everything"},
		{func() error { return drain(Values(q.Distinct(), Token[Everything]())) }, "SELECT DISTINCT token(tenant, id) FROM everything"},
		{func() error { return drain(Values(q, ToJSON(attrs))) }, `SELECT tojson(attrs), at AS "[row]" FROM everything`},
		{func() error { return drain(Values(q, Call[string]("my_ks.Shout", name, Cast[string](seq)))) }, `SELECT my_ks."Shout"(name, CAST(seq AS text)), at AS "[row]" FROM everything`},
		{func() error {
			return drain(Values(q.GroupBy(tenant, id).PerPartitionLimit(1).Limit(3), Count[Everything]()))
		},
			`SELECT count(at), at AS "[row]" FROM everything GROUP BY tenant, id PER PARTITION LIMIT ?`},
		{func() error {
			return drain(Project[eachStat](q.GroupBy(tenant, id), As(Count[Everything](), "n"), As(Max(at), "last"), As(WriteTime(name), "wrote")))
		},
			`SELECT tenant, count(at) AS n, max(at) AS last, writetime(name) AS wrote, at AS "[row]" FROM everything GROUP BY tenant, id`},
		{func() error { return drain(Project[namedPlace](q.Limit(2), As(Token[Everything](), "place"))) }, `SELECT name, token(tenant, id) AS place, at AS "[row]" FROM everything`},
		{func() error { return drain(q.JSON()) }, "SELECT JSON " + allOfEverything + " FROM everything"},
		{func() error { return drain(q.Only(name, seq).Limit(1).JSON()) }, `SELECT JSON name, seq, at AS "[row]" FROM everything`},
		{func() error { return drain(q.Distinct().JSON()) }, "SELECT JSON DISTINCT tenant, id, owner FROM everything"},

		{func() error { return drain(Values(d.OrderBy(ANN(docVec, v)).Limit(3), docText)) }, "SELECT text FROM doc ORDER BY vec ANN OF ? LIMIT ?"},
		{func() error {
			return drain(Values(d.OrderBy(ANN(AnyCol(docs, "vec"), any(v))).Limit(3), Cosine(docVec, v)))
		}, "SELECT similarity_cosine(vec, ?) FROM doc ORDER BY vec ANN OF ? LIMIT ?"},
		{func() error {
			return drain(Values(d.OrderBy(ANN(docArr, [2]float32{1, 2})).Limit(1000), Euclidean(docArr, [2]float32{1, 2})))
		}, "SELECT similarity_euclidean(arr, ?) FROM doc ORDER BY arr ANN OF ? LIMIT ?"},
		{func() error { return drain(Values(d, DotProduct(AnyCol(docs, "vec"), any(v)))) }, "SELECT similarity_dot_product(vec, ?) FROM doc"},
	} {
		require.NoError(t, tt.call(), tt.want)
		sent := thingsSent
		if strings.Contains(tt.want, "FROM doc") {
			sent = docsSent
		}
		last := sent.Sent()[len(sent.Sent())-1]
		require.Equal(t, tokens(tt.want), tokens(last.Statement))
		require.Equal(t, strings.Count(tt.want, "?"), len(last.Values), tt.want)
		require.Equal(t, strings.Contains(tt.want, "ANN"), last.Unpaged, tt.want)
		require.Equal(t, driver.Read, last.Kind)
		_, err := cqlparse.Parse(last.Statement)
		require.NoError(t, err, last.Statement)
	}
}

// Null is the zero value, or nil where a pointer takes it; cells are read as the server
// says they are.
func TestSelectedValues(t *testing.T) {
	ctx := context.Background()
	configs := func(info codec.Kind, cells ...[]byte) *Table[AppConfig] {
		a := fake.Answer{Columns: []driver.Column{fake.Column("x", info)}}
		for _, c := range cells {
			a.Rows = append(a.Rows, [][]byte{c})
		}
		table, err := Open[AppConfig](newDB(&fake.Sender{Answer: func(*driver.Request) fake.Answer { return a }}, nil))
		require.NoError(t, err)
		return table
	}
	ints := configs(codec.Int, num(7), nil).Find()
	got, err := Values(ints, version).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []int{7, 0}, got)
	pointers, err := Values(ints, Nullable(Max(version))).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []*int{ptr(7), nil}, pointers)
	dynamic, err := Values(ints, AnyCol(configs(codec.Int), "version")).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []any{7, nil}, dynamic)

	// A live column that has grown to a bigint.
	big := []byte{0, 0, 0, 0, 0, 0, 0, 9}
	got, err = Values(configs(codec.BigInt, big).Find(), version).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []int{9}, got)

	times, err := Values(configs(codec.BigInt, big, nil).Find(), WriteTime(value)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []time.Time{time.UnixMicro(9).UTC(), {}}, times)
	nullable, err := Values(configs(codec.BigInt, big, nil).Find(), Nullable(WriteTime(value))).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []*time.Time{ptr(time.UnixMicro(9).UTC()), nil}, nullable)
	ttls, err := Values(configs(codec.Int, num(60), nil).Find(), TTL(value)).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{time.Minute, 0}, ttls)

	_, err = Values(configs(codec.Text, []byte("x")).Find(), version).First(ctx)
	var decode *Error
	require.ErrorAs(t, err, &decode)
	require.Equal(t, KindDecode, decode.Kind)
	_, err = Values(configs(codec.Int, []byte("xxxxx")).Find(), TTL(value)).First(ctx)
	require.ErrorAs(t, err, &decode)
	require.Equal(t, KindDecode, decode.Kind)
	_, err = Values(configs(codec.Int).Find(), version).First(ctx)
	require.ErrorIs(t, err, ErrNotFound)

	_, err = Values(ints, version).One(ctx)
	require.Equal(t, KindMultiple, KindOf(err))
	one, err := Values(ints, Sum(version)).First(ctx)
	require.NoError(t, err)
	require.Equal(t, 7, one)
	for range Values(ints, version).Iter(ctx) {
		break
	}
}

func TestSelectionsRefused(t *testing.T) {
	ctx := context.Background()
	things, sent := answering[Everything](t, applied)
	docs, docsSent := answering[Doc](t, applied)
	q := things.Find()
	d := docs.Find()
	v := []float32{1, 2, 3}
	first := func(_ any, err error) error { return err }
	type bad struct {
		Name string
		Nope int
	}
	type mistyped struct{ Name int }
	type one struct{ N int64 }
	for _, tt := range []struct {
		name, column, says string
		err                error
	}{
		{"unknown column", "nope", "no such column", drain(Values(q, AnyCol(things, "nope")))},
		{"unknown column of a function", "nope", "no such column", drain(Values(q, Sum(AnyCol(things, "nope"))))},
		{"nil", "", "zero value", drain(Values[Everything, int](q, nil))},
		{"zero function", "", "zero value", drain(Values(q, new(Func[Everything, int])))},
		{"zero selection", "", "zero value", drain(new(Selection[Everything, int]))},
		{"zero query", "", "zero value", drain(Values(new(QuerySet[Everything]), name))},
		{"projection of a zero query", "", "zero value", drain(Project[one](new(QuerySet[Everything])))},
		{"sum of text", "name", "of numbers", drain(Values(q, Sum(name)))},
		{"average of times", "at", "of numbers", drain(Values(q, Avg(at)))},
		{"cast to a list", "name", "native types", drain(Values(q, Cast[[]string](name)))},
		{"writetime of a key", "at", "key column", drain(Values(q, WriteTime(at)))},
		{"TTL of a key", "tenant", "key column", drain(Values(q, TTL(tenant)))},
		{"TTL of a collection", "tags", `Call[[]*int]("ttl", column)`, drain(Values(q, TTL(tags)))},
		{"count of two columns", "", "one column", drain(Values(q, Count[Everything](name, seq)))},
		{"writetime of an element", "attrs", `Call[[]int64]("writetime", column)`, drain(Values(q, WriteTime(Entry(attrs, "a"))))},
		{"TTL of an element", "attrs", `Call[[]*int]("ttl", column)`, drain(Values(q, TTL(Entry(attrs, "a"))))},
		{"writetime of a function", "", "is of a column", drain(Values(q, WriteTime(Max(name))))},
		{"element of a list", "tags", "select the list", drain(Values(q, At(tags, 0)))},
		{"limit of an aggregate", "", "takes no limit", drain(Values(q.Limit(3), Sum(seq)))},
		{"limit of an aggregate per partition", "", "takes no limit", drain(Values(q.PerPartitionLimit(3), Sum(seq)))},
		{"linearizable aggregate", "", "only Get", drain(Values(q.With(WithLinearizable()), Sum(seq)))},
		{"distinct writetime of a row", "name", "partition key and static", drain(Values(q.Distinct(), WriteTime(name)))},
		{"distinct without its key", "tenant", "whole partition key", drain(Values(q.Distinct(), owner))},
		{"field without a column", "nope", "neither a column", drain(Project[bad](q))},
		{"field of another type", "name", "text", drain(Project[mistyped](q))},
		{"expression without a field", "m", "no such column", drain(Project[one](q, As(Sum(seq), "n"), As(Max(seq), "m")))},
		{"expression without a name", "", "by As", drain(Project[one](q, Sum(seq)))},
		{"two of a name", "n", "two expressions", drain(Project[one](q, As(Sum(seq), "n"), As(Max(seq), "n")))},
		{"expression that is wrong", "n", "of numbers", drain(Project[one](q, As(Sum(name), "n")))},
		{"function of another type than its field", "n", "text", drain(Project[one](q, As(Cast[string](seq), "n")))},
		{"nothing to project into", "", "no field", drain(Project[struct{}](q))},
		{"not a vector", "text", "likeness", drain(Values(d, Cosine(Col(func(d *Doc) *string { return &d.Text }), "x")))},
		{"ANN of no vector", "text", "likeness", first(d.OrderBy(ANN(AnyCol(docs, "text"), "x")).Limit(1).All(ctx))},
		{"ANN without a limit", "vec", "Limit", first(d.OrderBy(ANN(docVec, v)).All(ctx))},
		{"ANN of too many", "vec", "Limit", first(d.OrderBy(ANN(docVec, v)).Limit(1001).All(ctx))},
		{"ANN and another order", "vec", "order of its own", first(d.OrderBy(ANN(docVec, v), Asc(AnyCol(docs, "n"))).Limit(3).All(ctx))},
		{"ANN per partition", "vec", "no PerPartitionLimit", first(d.OrderBy(ANN(docVec, v)).PerPartitionLimit(1).Limit(3).All(ctx))},
		{"ANN of null", "vec", "null", first(d.OrderBy(ANN(docVec, nil)).Limit(3).All(ctx))},
		{"ANN of another dimension", "vec", "vector", first(d.OrderBy(ANN(docVec, v[:2])).Limit(3).All(ctx))},
		{"similarity to null", "vec", "null", drain(Values(d, Cosine(AnyCol(docs, "vec"), nil)))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var usage *Error
			require.ErrorAs(t, tt.err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.Contains(t, tt.err.Error(), tt.says)
			require.Equal(t, tt.column, usage.Column)
		})
	}
	var schema *SchemaError
	require.ErrorAs(t, drain(Project[int](q)), &schema)
	require.Empty(t, sent.Last())
	require.Empty(t, docsSent.Last())
}

// On a table for LWTs only, reads by key are serial, and aggregates are not.
func TestSelectionsOfLWTOnlyTables(t *testing.T) {
	configs, sent := answering[AppConfig](t, applied, WithLWTOnly())
	q := configs.Find(key.Eq("k"))
	require.NoError(t, drain(Values(q, value)))
	require.NoError(t, drain(Values(q, Max(version))))
	require.NoError(t, drain(Project[AppConfig](q.GroupBy(key))))
	require.Equal(t, driver.SerialRead, sent.Sent()[0].Kind)
	require.Equal(t, driver.Read, sent.Sent()[1].Kind)
	require.Equal(t, driver.Quorum, sent.Sent()[1].Consistency)
}

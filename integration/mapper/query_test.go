package mapper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Sale has a composite partition key and two clustering columns of different order.
type Sale struct {
	Shop   string         `cql:"shop,partition"`
	Year   int            `cql:"year,partition"`
	Day    int            `cql:"day,clustering,desc"`
	Seq    int            `cql:"seq,clustering"`
	Owner  *string        `cql:"owner,static"`
	Item   *string        `cql:"item"`
	Price  *int           `cql:"price"`
	Weight float64        `cql:"weight"`
	Tags   []string       `cql:"tags,set"`
	Counts map[string]int `cql:"counts"`
	Vec    *[3]float32    `cql:"vec"`
}

var (
	shop   = coodie.Col(func(s *Sale) *string { return &s.Shop })
	year   = coodie.Col(func(s *Sale) *int { return &s.Year })
	onDay  = coodie.Col(func(s *Sale) *int { return &s.Day })
	saleNo = coodie.Col(func(s *Sale) *int { return &s.Seq })
	boss   = coodie.NullCol(func(s *Sale) **string { return &s.Owner })
	item   = coodie.NullCol(func(s *Sale) **string { return &s.Item })
	price  = coodie.NullCol(func(s *Sale) **int { return &s.Price })
	weight = coodie.Col(func(s *Sale) *float64 { return &s.Weight })
	kinds  = coodie.Col(func(s *Sale) *[]string { return &s.Tags })
	counts = coodie.Col(func(s *Sale) *map[string]int { return &s.Counts })
)

// sales makes the table with three partitions; two of one year lie on three days each. Its indexes
// come before the rows: SASI finds no row that the memtable held before.
func sales(t *testing.T, indexes ...string) (*gocql.Session, *coodie.Table[Sale]) {
	t.Helper()
	s := connect(t)
	table := create[Sale](t, s)
	for _, cql := range indexes {
		execute(t, s, cql)
	}
	built(t, s)
	for _, shop := range []string{"a", "b"} {
		for day := 1; day <= 3; day++ {
			for seq := 1; seq <= 2; seq++ {
				sale := Sale{Shop: shop, Year: 1, Day: day, Seq: seq, Owner: ptr("owner of " + shop), Weight: float64(day) / 2}
				if seq == 1 {
					sale.Item, sale.Price = ptr(strings.Repeat("x", day)), ptr(10*day)
					sale.Tags, sale.Counts = []string{"t", fmt.Sprint(day)}, map[string]int{"n": day}
					sale.Vec = &[3]float32{float32(day), 1, 0}
				}
				require.NoError(t, table.New(sale).With(coodie.WithOmitNil()).Save(t.Context()))
			}
		}
	}
	require.NoError(t, table.New(Sale{Shop: "c", Year: 2, Day: 9, Seq: 9}).With(coodie.WithOmitNil()).Save(t.Context()))
	return s, table
}

// places is where the rows lie: shop, day and number.
func places(t *testing.T, q coodie.Readable[Sale]) (out []string) {
	t.Helper()
	rows, err := q.Reads().All(t.Context())
	require.NoError(t, err)
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s%d%d", r.Shop, r.Day, r.Seq))
	}
	return out
}

func TestQueryFilters(t *testing.T) {
	t.Parallel()
	s, table := sales(t, "CREATE INDEX ON sale (price) USING 'sai'",
		"CREATE CUSTOM INDEX ON sale (item) USING 'org.apache.cassandra.index.sasi.SASIIndex' WITH OPTIONS = {'mode': 'CONTAINS'}")
	a := table.Find(shop.Eq("a"), year.Eq(1))
	at := func(day, seq int) Sale { return Sale{Day: day, Seq: seq} }
	token := coodie.Token[Sale]()
	var tokenOfA int64
	scan(t, s, "SELECT token(shop, year) FROM sale WHERE shop = 'a' AND year = 1 LIMIT 1", &tokenOfA)

	for _, tt := range []struct {
		name  string
		query coodie.Readable[Sale]
		want  string
	}{
		{"=", a.Filter(onDay.Eq(2)), "a21 a22"},
		{"IN a clustering column", a.Filter(onDay.In(3, 1)), "a31 a32 a11 a12"},
		{"IN and =", a.Filter(onDay.Eq(3), saleNo.In(1, 2)), "a31 a32"},
		{">", a.Filter(onDay.Gt(2)), "a31 a32"},
		{">= and <", a.Filter(onDay.Ge(2), onDay.Lt(3)), "a21 a22"},
		{"<=", a.Filter(onDay.Le(1)), "a11 a12"},
		{"= on an indexed column", table.Find(price.Eq(20), shop.Eq("b"), year.Eq(1)), "b21"},
		{"> on an indexed column", a.Filter(price.Gt(10)), "a31 a21"},
		{"CONTAINS", a.Filter(coodie.Contains(kinds, "2")).AllowFiltering(), "a21"},
		{"CONTAINS a value", a.Filter(coodie.ContainsValue(counts, 3)).AllowFiltering(), "a31"},
		{"CONTAINS KEY", a.Filter(coodie.ContainsKey(counts, "n")).AllowFiltering(), "a31 a21 a11"},
		{"a map's value", a.Filter(coodie.Entry(counts, "n").Eq(1)).AllowFiltering(), "a11"},
		{"a static column", table.Find(boss.Eq("owner of b"), onDay.Eq(1)).AllowFiltering(), "b11 b12"},
		{"filtering", a.Filter(weight.Ge(1), weight.Lt(1.5)).AllowFiltering(), "a21 a22"},
		{"IN, filtering", a.Filter(weight.In(0.5, 1.5)).AllowFiltering(), "a31 a32 a11 a12"},
		{"by name", table.Find(coodie.AnyCol(table, "shop").Eq("a"), coodie.AnyCol(table, "year").In(1, 2), coodie.AnyCol(table, "day").Ge(3)), "a31 a32"},
		{"LIKE", a.Filter(coodie.Like(item, "xx%")), "a31 a21"},
		{"LIKE by name", a.Filter(coodie.Like(coodie.AnyCol(table, "item"), "%xxx%")), "a31"},
		{"several columns >", a.Filter(coodie.Cols(onDay, saleNo).Gt(at(2, 1))), "a31 a32 a22"},
		{"several columns >=", a.Filter(coodie.Cols(onDay, saleNo).Ge(at(2, 1)), coodie.Cols(onDay).Lt(at(3, 0))), "a21 a22"},
		{"several columns <", a.Filter(coodie.Cols(onDay, saleNo).Lt(at(2, 2))), "a21 a11 a12"},
		{"several columns <=", a.Filter(coodie.Cols(coodie.AnyCol(table, "day"), saleNo).Le(at(1, 2))), "a11 a12"},
		{"several columns =", a.Filter(coodie.Cols(onDay, saleNo).Eq(at(2, 2))), "a22"},
		{"several columns IN", a.Filter(coodie.Cols(onDay, saleNo).In(at(1, 2), at(3, 1), at(7, 7))), "a31 a12"},
		{"the rest of the columns", a.Filter(onDay.Eq(2), coodie.Cols(saleNo).Gt(at(0, 1))), "a22"},
		{"token =", table.Find(token.Eq(tokenOfA), onDay.Eq(1)).AllowFiltering(), "a11 a12"},
		{"token >= and <=", table.Find(token.Ge(tokenOfA), token.Le(tokenOfA)).Limit(2), "a31 a32"},
		{"token > and <", table.Find(token.Gt(tokenOfA-1), token.Lt(tokenOfA+1)).Limit(1), "a31"},
		{"token of a row", table.Find(coodie.TokenUpTo(Sale{Shop: "a", Year: 1}), token.Ge(tokenOfA)).Limit(1), "a31"},
		{"nothing after it", table.Find(coodie.TokenAfter(Sale{Shop: "a", Year: 1}), token.Le(tokenOfA)), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := func() string { return strings.Join(places(t, tt.query), " ") }
			got := read()
			// While Cassandra flushes the table, SASI loses sight of its rows for a moment.
			for end := time.Now().Add(20 * time.Second); strings.HasPrefix(tt.name, "LIKE") && got != tt.want && time.Now().Before(end); got = read() {
				time.Sleep(50 * time.Millisecond)
			}
			require.Equal(t, tt.want, got)
		})
	}

	// Paging by hand: what comes after the last row, in the partition's mixed order.
	var read []string
	rest := a.OrderBy(coodie.Desc(onDay)).Limit(2)
	for page := rest; ; {
		rows, err := page.All(t.Context())
		require.NoError(t, err)
		if len(rows) == 0 {
			break
		}
		read = append(read, places(t, page)...)
		last := rows[len(rows)-1]
		if page = rest.Filter(onDay.Eq(last.Day), saleNo.Gt(last.Seq)); len(places(t, page)) == 0 {
			page = rest.Filter(onDay.Lt(last.Day))
		}
	}
	require.Equal(t, "a31 a32 a21 a22 a11 a12", strings.Join(read, " "))

	// A range of several columns can be deleted, too.
	require.NoError(t, a.Filter(coodie.Cols(onDay, saleNo).Ge(at(2, 2))).Delete(t.Context()))
	require.Equal(t, "a21 a11 a12", strings.Join(places(t, a), " "))
}

// What the server says to filters that this library refuses or leaves to it.
func TestQueryFiltersOfTheServer(t *testing.T) {
	t.Parallel()
	s, table := sales(t)
	version := 0
	if six(t, s) {
		version = 1
	}
	for statement, says := range map[string][2]string{ // by 5.0, and by 6: "" if it takes it
		"SELECT * FROM sale WHERE price IS NOT NULL ALLOW FILTERING": {"Unsupported restriction", "Unsupported restriction"},
		"SELECT * FROM sale WHERE price != 3 ALLOW FILTERING":        {`Unsupported "!=" relation`, ""},
		"SELECT * FROM sale WHERE price = null ALLOW FILTERING":      {"Unsupported null value", "Invalid null value"},
		"SELECT * FROM sale WHERE counts['n'] > 0 ALLOW FILTERING":   {"Only EQ relations are supported on map entries", "> cannot be used with counts['n'] relations"},
	} {
		if err := s.Query(statement).Exec(); says[version] == "" {
			require.NoError(t, err, statement)
		} else {
			require.ErrorContains(t, err, says[version])
		}
	}
	for name, query := range map[string]coodie.Readable[Sale]{
		"not a key":               table.Find(price.Eq(10)),
		"part of a key":           table.Find(shop.Eq("a")),
		"no partition key":        table.Find(onDay.Eq(1)),
		"a column is passed over": table.Find(shop.Eq("a"), year.Eq(1), saleNo.Eq(1)),
	} {
		_, err := query.Reads().All(t.Context())
		var refused *coodie.Error
		require.True(t, errors.As(err, &refused), "%s: %v", name, err)
		require.Regexp(t, "ALLOW FILTERING|preceding column", err.Error(), name)
		_, err = query.Reads().AllowFiltering().All(t.Context())
		require.NoError(t, err, name)
	}
}

func TestQueryOrder(t *testing.T) {
	t.Parallel()
	_, table := sales(t)
	a := table.Find(shop.Eq("a"), year.Eq(1))
	for _, tt := range []struct {
		name  string
		query coodie.Readable[Sale]
		want  string
	}{
		{"declared", a.OrderBy(coodie.Desc(onDay), coodie.Asc(saleNo)), "a31 a32 a21 a22 a11 a12"},
		{"reversed", a.OrderBy(coodie.Asc(onDay), coodie.Desc(saleNo)), "a12 a11 a22 a21 a32 a31"},
		{"reversed by the first alone", a.OrderBy(coodie.Asc(coodie.AnyCol(table, "day"))).Limit(3), "a12 a11 a22"},
		{"within a day", a.Filter(onDay.Eq(1)).OrderBy(coodie.Desc(saleNo)), "a12 a11"},
		{"first", a.OrderBy(coodie.Asc(onDay)).Limit(1), "a12"},
		{"over partitions", table.Find(shop.In("a", "b"), year.Eq(1), onDay.In(1, 3)).OrderBy(coodie.Asc(onDay)), "a12 a11 b12 b11 a32 a31 b32 b31"},
		{"per partition", table.Find(shop.In("a", "b"), year.Eq(1)).PerPartitionLimit(1), "a31 b31"},
		{"per partition and in all", table.Find(shop.In("a", "b"), year.Eq(1)).PerPartitionLimit(2).Limit(3), "a31 a32 b31"},
		{"groups", a.GroupBy(onDay), "a31 a21 a11"},
		{"groups of partitions", table.Find(shop.In("a", "b"), year.Eq(1)).GroupBy(shop, year), "a31 b31"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, strings.Join(places(t, tt.query), " "))
		})
	}
	first, err := a.OrderBy(coodie.Asc(onDay)).First(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, first.Day)
}

func TestQueryColumns(t *testing.T) {
	t.Parallel()
	_, table := sales(t)
	ctx := t.Context()
	row := table.Find(shop.Eq("a"), year.Eq(1), onDay.Eq(2), saleNo.Eq(1))

	got, err := row.Only(item, boss).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Sale{Item: ptr("xx"), Owner: ptr("owner of a")}, got)

	got, err = row.Defer(counts, kinds, coodie.AnyCol(table, "vec"), coodie.AnyCol(table, "owner")).Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Sale{Shop: "a", Year: 1, Day: 2, Seq: 1, Item: ptr("xx"), Price: ptr(20), Weight: 1}, got)

	parts, err := table.Find().Distinct().All(ctx)
	require.NoError(t, err)
	require.ElementsMatch(t, []Sale{
		{Shop: "a", Year: 1, Owner: ptr("owner of a")}, {Shop: "b", Year: 1, Owner: ptr("owner of b")}, {Shop: "c", Year: 2},
	}, parts)
	parts, err = table.Find(shop.In("a", "b"), year.Eq(1)).Distinct().Only(year, shop).Limit(1).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Sale{{Shop: "a", Year: 1}}, parts)

	n, err := table.Find(shop.Eq("a"), year.Eq(1)).OrderBy(coodie.Asc(onDay)).Only(item).Count(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 6, n)
}

package coodie

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
	"github.com/coodie-go/coodie/internal/driver"
)

const allOfEverything = `tenant, id, at, seq, owner, name, tags, labels, attrs, addr, fixed, "select", "mixedCase", pair`

// everyQuery is each thing a read can be told, and the statement that it makes.
func everyQuery(things *Table[Everything]) []struct {
	query Readable[Everything]
	want  string
} {
	const all = "SELECT " + allOfEverything + " FROM everything"
	token := Token[Everything]()
	row := Everything{Tenant: "t", ID: 1, At: epoch, Seq: 2}
	q := things.Find()
	partition := q.Filter(tenant.Eq("t"), id.Eq(1))
	const inPartition = " WHERE tenant = ? AND id = ?"
	return []struct {
		query Readable[Everything]
		want  string
	}{
		{q, all},
		{partition, all + inPartition},
		{partition.Filter(at.Gt(epoch), at.Le(epoch)), all + inPartition + " AND at > ? AND at <= ?"},
		{partition.Filter(at.Ge(epoch), at.Lt(epoch)), all + inPartition + " AND at >= ? AND at < ?"},
		{q.Filter(tenant.In("a", "b"), id.In(1)), all + " WHERE tenant = ? AND id = ?"},
		{partition.Filter(name.Eq("a"), Contains(tags, "b"), Contains(labels, "c"), ContainsValue(attrs, 1), ContainsKey(attrs, "d"), Entry(attrs, "e").Eq(2)).AllowFiltering(),
			all + inPartition + " AND name = ? AND tags CONTAINS ? AND labels CONTAINS ? AND attrs CONTAINS ? AND attrs CONTAINS KEY ? AND attrs[?] = ? ALLOW FILTERING"},
		{q.Filter(Like(name, "a%")), all + " WHERE name LIKE ?"},
		{q.Filter(AnyCol(things, "tenant").Eq("t"), AnyCol(things, "id").In(1, 2), Like(AnyCol(things, "name"), "%a"), AnyCol(things, "tags").Contains("x")),
			all + " WHERE tenant = ? AND id = ? AND name LIKE ? AND tags CONTAINS ?"},
		{q.Filter(token.Gt(1), token.Le(2)), all + " WHERE token(tenant, id) > ? AND token(tenant, id) <= ?"},
		{q.Filter(token.Ge(1), token.Lt(2)), all + " WHERE token(tenant, id) >= ? AND token(tenant, id) < ?"},
		{q.Filter(token.Eq(1)), all + " WHERE token(tenant, id) = ?"},
		{q.Filter(TokenAfter(row), TokenUpTo(row)), all + " WHERE token(tenant, id) > token(?, ?) AND token(tenant, id) <= token(?, ?)"},
		{partition.Filter(Cols(at, seq).Gt(row)), all + inPartition + " AND (at, seq) > (?, ?)"},
		{partition.Filter(Cols(at, seq).Ge(row), Cols(at).Lt(row)), all + inPartition + " AND (at, seq) >= (?, ?) AND (at) < (?)"},
		{partition.Filter(Cols(at, seq).Le(row)), all + inPartition + " AND (at, seq) <= (?, ?)"},
		{partition.Filter(Cols(at, seq).Eq(row)), all + inPartition + " AND (at, seq) = (?, ?)"},
		{partition.Filter(Cols(AnyCol(things, "at"), seq).In(row, row, row)), all + inPartition + " AND (at, seq) IN ?"},

		{partition.OrderBy(Asc(at)), all + inPartition + " ORDER BY at ASC"},
		{partition.OrderBy(Desc(at), Asc(seq)), all + inPartition + " ORDER BY at DESC, seq ASC"},
		{partition.OrderBy(Asc(at), Desc(AnyCol(things, "seq"))), all + inPartition + " ORDER BY at ASC, seq DESC"},
		{partition.Filter(at.Eq(epoch)).OrderBy(Desc(seq)), all + inPartition + " AND at = ? ORDER BY seq DESC"},
		{q.Filter(tenant.Eq("t"), id.In(1, 2)).OrderBy(Asc(AnyCol(things, "at"))).Limit(3), all + " WHERE tenant = ? AND id IN ? ORDER BY at ASC LIMIT ?"},
		{partition.OrderBy(Asc(at)).OrderBy(Desc(at)), all + inPartition + " ORDER BY at DESC"},
		{q.Limit(5).PerPartitionLimit(2), all + " PER PARTITION LIMIT ?"}, // counted here: a partition without rows is one line,
		{q.Only(name, tenant), `SELECT name, tenant, at AS "[row]" FROM everything`},
		{q.Only(owner, tenant), "SELECT owner, tenant FROM everything"},
		{q.Only(name, at), "SELECT name, at FROM everything"},
		{q.Filter(tenant.Eq("t"), id.In(1, 2)).OrderBy(Asc(at)).Only(name), `SELECT name, at AS "[row]" FROM everything WHERE tenant = ? AND id IN ? ORDER BY at ASC`},
		{partition.Filter(at.Gt(epoch)).Only(name), "SELECT name FROM everything" + inPartition + " AND at > ?"},
		{q.Defer(name).Only(AnyCol(things, "mixedCase")), `SELECT "mixedCase", at AS "[row]" FROM everything`},
		{q.Only(name).Defer(tenant, id, at, seq, tags, labels, attrs, addr, fixed, sel, mixed), `SELECT owner, name, pair, at AS "[row]" FROM everything`},
		{q.Distinct(), "SELECT DISTINCT tenant, id, owner FROM everything"},
		{q.Distinct().Only(id, tenant).Limit(2), "SELECT DISTINCT id, tenant FROM everything LIMIT ?"},
		{q.Distinct().Defer(owner).Filter(token.Gt(1)), "SELECT DISTINCT tenant, id FROM everything WHERE token(tenant, id) > ?"},
		{q.GroupBy(tenant, id), all + " GROUP BY tenant, id"},
		{q.GroupBy(tenant, id, at).PerPartitionLimit(1), all + " GROUP BY tenant, id, at PER PARTITION LIMIT ?"},
		{partition.GroupBy(at), all + inPartition + " GROUP BY at"},
		{partition.Filter(at.Eq(epoch)).GroupBy(seq), all + inPartition + " AND at = ? GROUP BY seq"},
		{q.Filter(name.Eq("x")).AllowFiltering().Limit(1), all + " WHERE name = ? LIMIT ? ALLOW FILTERING"},
	}
}

func TestQueryStatements(t *testing.T) {
	ctx := context.Background()
	things, sent := answering[Everything](t, applied)
	for _, tt := range everyQuery(things) {
		_, err := tt.query.Reads().All(ctx)
		require.NoError(t, err, tt.want)
		last := sent.Sent()[len(sent.Sent())-1]
		require.Equal(t, tokens(tt.want), tokens(last.Statement))
		require.Equal(t, strings.Count(tt.want, "?"), len(last.Values), tt.want)
		require.Equal(t, driver.Read, last.Kind)
		_, err = cqlparse.Parse(last.Statement)
		require.NoError(t, err, last.Statement)
	}
}

// A query is a value: what is made of a shared prefix leaves the prefix alone.
func TestQueriesShareNothing(t *testing.T) {
	ctx := context.Background()
	things, sent := answering[Everything](t, applied)
	base := things.Find(tenant.Eq("t"), id.Eq(1)).OrderBy(Asc(at)).Only(name)
	_ = base.OrderBy(Desc(at)).Defer(name).Limit(3).Distinct().AllowFiltering().GroupBy(at).PerPartitionLimit(1)
	_, err := base.All(ctx)
	require.NoError(t, err)
	require.Equal(t, tokens(`SELECT name, at AS "[row]" FROM everything WHERE tenant = ? AND id = ? ORDER BY at ASC`), tokens(sent.Last()))
	_, err = base.Defer(name).Distinct().OrderBy(Asc(at)).Count(ctx)
	require.Error(t, err)
	_, err = base.Count(ctx)
	require.NoError(t, err, "an order and columns do not concern a count")
	require.Equal(t, tokens("SELECT count(at) FROM everything WHERE tenant = ? AND id = ?"), tokens(sent.Last()))
	// The statement's memory is used again: the table's own columns must not be written to.
	_, err = things.Find().All(ctx)
	require.NoError(t, err)
	require.Equal(t, tokens("SELECT "+allOfEverything+" FROM everything"), tokens(sent.Last()))
}

// What the server cannot page is asked for as one page.
func TestUnpaged(t *testing.T) {
	ctx := context.Background()
	things, sent := answering[Everything](t, applied, WithPageSize(7))
	for _, tt := range []struct {
		query   Readable[Everything]
		unpaged bool
	}{
		{things.Find(tenant.Eq("t"), id.In(1, 2)).OrderBy(Asc(at)), true},
		{things.Find(tenant.Eq("t"), id.In(1, 2)), false},
		{things.Find(tenant.Eq("t"), id.Eq(1), at.In(epoch)).OrderBy(Asc(at)), false},
		{things.Find(tenant.Eq("t"), id.Eq(1)).OrderBy(Asc(at)), false},
	} {
		_, err := tt.query.Reads().All(ctx)
		require.NoError(t, err)
		last := sent.Sent()[len(sent.Sent())-1]
		require.Equal(t, tt.unpaged, last.Unpaged, last.Statement)
	}
}

// TestQueriesRefused: each is refused with an error of KindUsage that says what to do.
func TestQueriesRefused(t *testing.T) {
	ctx := context.Background()
	things, sent := answering[Everything](t, applied)
	hits, hitsSent := answering[Hits](t, applied)
	q := things.Find()
	partition := things.Find(tenant.Eq("t"), id.Eq(1))
	row := Everything{Tenant: "t", ID: 1, At: epoch, Seq: 2}
	all := func(q Readable[Everything]) error { _, err := q.Reads().All(ctx); return err }
	err := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name, column, says string
		err                error
	}{
		{"not equal", "name", "no !=", all(q.Filter(name.Ne("a")))},
		{"not null", "name", "MATERIALIZED VIEW", all(q.Filter(name.IsNotNull()))},
		{"null", "name", "cannot ask for null", all(q.Filter(name.IsNull()))},
		{"null by name", "select", "cannot ask for null", all(q.Filter(AnyCol(things, "select").In(1, nil)))},
		{"null key", "at", "cannot be null", all(partition.Filter(at.Eq(time.Time{})))},
		{"list element", "tags", "Contains", all(q.Filter(At(tags, 0).Eq("a")))},
		{"range of a map's value", "attrs", "by Eq only", all(q.Filter(Entry(attrs, "a").Gt(1)))},
		{"like of a number", "seq", "compares text", all(q.Filter(Like(seq, "1%")))},
		{"like as a condition", "name", "LIKE is for Find", err(partition.Filter(at.Eq(epoch), seq.Eq(1)).If(Like(name, "a%")).Delete(ctx))},
		{"several columns as a condition", "", "belongs into Find", err(partition.Filter(at.Eq(epoch), seq.Eq(1)).If(Cols(at, seq).Gt(row)).Delete(ctx))},
		{"several columns of no key", "name", "clustering columns", all(partition.Filter(Cols(name).Gt(row)))},
		{"several columns, wrong order", "at", "order of the key", all(partition.Filter(Cols(seq, at).Gt(row)))},
		{"several columns, part of one", "attrs", "clustering columns", all(partition.Filter(Cols[Everything](Entry(attrs, "a")).Gt(row)))},
		{"several columns, nil", "", "nil column", all(partition.Filter(Cols(at, nil).Gt(row)))},
		{"several columns, unknown", "nope", "no such column", all(partition.Filter(Cols(at, AnyCol(things, "nope")).Gt(row)))},
		{"several columns, null", "at", "cannot be null", all(partition.Filter(Cols(at, seq).Gt(Everything{})))},
		{"several columns in nothing", "", "never holds", all(partition.Filter(Cols(at, seq).In()))},
		{"several columns in null", "at", "cannot be null", all(partition.Filter(Cols(at, seq).In(row, Everything{})))},
		{"token in a write", "", "SELECT only", q.Filter(Token[Everything]().Gt(1)).Delete(ctx)},
		{"order of a regular column", "name", "only clustering columns", all(partition.OrderBy(Asc(name)))},
		{"order of a part", "attrs", "whole columns", all(partition.OrderBy(Asc(Entry(attrs, "a"))))},
		{"order without a partition", "tenant", "within a partition", all(q.OrderBy(Asc(at)))},
		{"order with half of a partition", "id", "within a partition", all(q.Filter(tenant.Eq("t")).OrderBy(Asc(at)))},
		{"order skips a column", "seq", "are missing", all(partition.OrderBy(Asc(seq)))},
		{"order twice", "at", "each once", all(partition.OrderBy(Asc(at), Asc(at)))},
		{"order half reversed", "seq", "not in part", all(partition.OrderBy(Asc(at), Asc(seq)))},
		{"order of an unknown column", "nope", "no such column", all(partition.OrderBy(Asc(AnyCol(things, "nope"))))},
		{"zero order", "", "not a column", all(partition.OrderBy(Order[Everything]{}))},
		{"only of a part", "attrs", "whole columns", all(q.Only(Entry(attrs, "a")))},
		{"only nil", "", "nil column", all(q.Only(nil))},
		{"defer of all", "", "leaves no column", err(hits.Find().Defer(AnyCol(hits, "page"), AnyCol(hits, "n")).All(ctx))},
		{"defer of an unknown column", "nope", "no such column", all(q.Defer(AnyCol(things, "nope")))},
		{"distinct of a regular column", "name", "only the partition key and static", all(q.Distinct().Only(tenant, id, name))},
		{"distinct of half a key", "id", "whole partition key", all(q.Distinct().Only(tenant))},
		{"distinct by a clustering column", "at", "filters are on", all(partition.Filter(at.Gt(epoch)).Distinct())},
		{"distinct by several columns", "", "filters are on", all(partition.Filter(Cols(at, seq).Gt(row)).Distinct())},
		{"distinct, limited per partition", "", "no PerPartitionLimit", all(q.Distinct().PerPartitionLimit(1))},
		{"group by half a partition", "id", "as a whole", all(q.GroupBy(tenant))},
		{"group by half a partition, the rest given", "id", "as a whole", all(q.Filter(id.Eq(1)).GroupBy(tenant))},
		{"group in another order", "id", "in their order", all(q.GroupBy(id, tenant))},
		{"group by a regular column", "name", "in their order", all(q.GroupBy(tenant, id, name))},
		{"group leaves one out", "seq", "are missing", all(partition.GroupBy(seq))},
		{"per partition limit", "", "at least 1", all(q.PerPartitionLimit(0))},
		{"count of groups", "", "Count is of all rows", err(q.GroupBy(tenant, id).Count(ctx))},
		{"count of partitions", "", "Count is of all rows", err(q.Distinct().Count(ctx))},
		{"conditional write with columns", "", "options of a read", err(partition.Only(name).IfExists().Delete(ctx))},
		{"create with columns", "", "options of a read", err(q.Only(name).IfNotExists().Create(ctx, row))},
		{"mutate with a part", "attrs", "whole columns", err(partition.Filter(at.Eq(epoch), seq.Eq(1)).Only(Entry(attrs, "a")).Mutate(ctx, func(context.Context, *Everything) error { return nil }))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var usage *Error
			require.ErrorAs(t, tt.err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.Contains(t, tt.err.Error(), tt.says)
			if tt.column != "" {
				require.Equal(t, tt.column, usage.Column)
			}
		})
	}
	require.Empty(t, sent.Last())
	require.Empty(t, hitsSent.Last())
}

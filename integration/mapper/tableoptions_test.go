package mapper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// Indexed has an index of every kind.
type Indexed struct {
	P     string            `cql:"p,partition"`
	Q     int               `cql:"q,partition,index"`
	C     int               `cql:"c,clustering,desc,index=sai"`
	Owner *string           `cql:"owner,static,index"`
	Email string            `cql:"eMail,index=name=by_email"`
	Name  string            `cql:"name,index=sai case_sensitive=false normalize=true"`
	Tags  []string          `cql:"tags,set,index"`
	Words []string          `cql:"words,index=sai"`
	Attrs map[string]string `cql:"attrs,index=keys,index=entries,index=sai values name=Attrs"`
	Fixed []int             `cql:"fixed,frozen,index=full"`
	Home  *Address          `cql:"home,frozen,index"`
	Vec   *[3]float32       `cql:"vec,index=sai similarity_function=dot_product"`
}

func TestIndexes(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	table := create[Indexed](t, s)
	require.NoError(t, coodie.Schema(nil, table).Create(ctx), "what is there is left alone")
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
	stored := Indexed{
		P: "p", Q: 1, C: 2, Owner: ptr("ann"), Email: "a@x", Name: "Ada", Tags: []string{"t"}, Words: []string{"w"},
		Attrs: map[string]string{"k": "v"}, Fixed: []int{1, 2}, Home: rome(), Vec: &[3]float32{1, 0, 0},
	}
	built(t, s)
	require.NoError(t, table.New(stored).Save(ctx))
	for name, filter := range map[string]coodie.Cond[Indexed]{
		"partition key column": coodie.AnyCol(table, "q").Eq(1), "clustering column": coodie.AnyCol(table, "c").Eq(2), "static": coodie.AnyCol(table, "owner").Eq("ann"),
		"by name": coodie.AnyCol(table, "eMail").Eq("a@x"), "without case": coodie.AnyCol(table, "name").Eq("aDA"),
		"set": coodie.AnyCol(table, "tags").Contains("t"), "list, SAI": coodie.AnyCol(table, "words").Contains("w"),
		"keys": coodie.AnyCol(table, "attrs").ContainsKey("k"), "values, SAI": coodie.AnyCol(table, "attrs").Contains("v"),
		"full": coodie.AnyCol(table, "fixed").Eq([]int{1, 2}), "frozen type": coodie.AnyCol(table, "home").Eq(*rome()),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := table.Find(filter).All(ctx)
			require.NoError(t, err)
			require.Equal(t, []Indexed{stored}, got)
		})
	}

	for _, index := range []string{"by_email", "indexed_c_idx", "indexed_attrs_keys_idx"} {
		execute(t, s, "DROP INDEX "+index)
	}
	execute(t, s, "CREATE INDEX ON indexed (c)")
	var mismatch *coodie.MismatchError
	require.ErrorAs(t, coodie.Schema(nil, table).Verify(ctx), &mismatch)
	indexed := s.Query("").Keyspace() + ".indexed: index "
	require.Equal(t, []string{
		indexed + "indexed_c_idx (field C): storage-attached index on indexed(c) in the struct, index on indexed(c) on the server",
		indexed + "by_email (field Email) is missing on the server: index on indexed(eMail)",
		indexed + "indexed_attrs_keys_idx (field Attrs) is missing on the server: index on indexed(keys(attrs))",
	}, told(mismatch.Differences))
	execute(t, s, "DROP INDEX indexed_c_idx")
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
}

func TestTableOptions(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	opts := []coodie.TableOption{
		coodie.WithDefaultTTL(time.Hour), coodie.WithProperty("comment", "Ann's table"),
		coodie.WithProperty("compaction", map[string]string{"class": "LeveledCompactionStrategy", "sstable_size_in_mb": "100"}),
		coodie.WithProperty("gc_grace_seconds", 3600), coodie.WithProperty("bloom_filter_fp_chance", 0.05), coodie.WithProperty("cdc", false),
		coodie.WithProperty("speculative_retry", "99p"), coodie.WithProperty("caching", map[string]string{"keys": "ALL", "rows_per_partition": "NONE"}),
	}
	table := create[Simple](t, s, opts...)
	require.NoError(t, coodie.Schema(nil, table).Verify(ctx))
	var comment string
	var grace int
	compaction := map[string]string{}
	keyspace := s.Query("").Keyspace()
	require.NoError(t, s.Query("SELECT comment, gc_grace_seconds, compaction FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 't'", keyspace).
		Scan(&comment, &grace, &compaction))
	require.Equal(t, "Ann's table", comment)
	require.Equal(t, 3600, grace)
	require.Equal(t, "100", compaction["sstable_size_in_mb"])

	ttl := func(k int) (ttl *int) {
		t.Helper()
		require.NoError(t, s.Query("SELECT TTL(v) FROM t WHERE k = ?", k).Scan(&ttl))
		return ttl
	}
	require.NoError(t, failure(table.New(Simple{K: 1, V: ptr(1)}).Insert(ctx)))
	require.InDelta(t, 3600, *ttl(1), 60, "an LWT has the table's TTL")
	require.NoError(t, failure(table.New(Simple{K: 2, V: ptr(1)}).IfExists().Update(ctx, simpleV.Set(1))))
	require.NoError(t, table.New(Simple{K: 2, V: ptr(1)}).With(coodie.WithTTL(time.Minute)).Save(ctx))
	require.InDelta(t, 60, *ttl(2), 30, "another one")
	require.NoError(t, table.New(Simple{K: 3, V: ptr(1)}).With(coodie.WithTTL(0)).Save(ctx))
	require.Nil(t, ttl(3), "TTL(0) is none, whatever the table's")
	require.NoError(t, failure(table.Find(simpleK.Eq(1)).IfExists().With(coodie.WithTTL(0)).Update(ctx, simpleV.Set(2))))
	require.Nil(t, ttl(1))

	other, err := coodie.Open[Simple](over(t, s), coodie.WithDefaultTTL(2*time.Hour))
	require.NoError(t, err)
	var mismatch *coodie.MismatchError
	require.ErrorAs(t, coodie.Schema(nil, other).Verify(ctx), &mismatch)
	require.Equal(t, []string{keyspace + ".t: option default_time_to_live: 7200 in the struct, 3600 on the server"}, told(mismatch.Differences))
	require.NoError(t, coodie.Schema(nil, open[Simple](t, s)).Verify(ctx), "who says nothing takes what is there")
}

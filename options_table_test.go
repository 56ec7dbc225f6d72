package coodie

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

type indexed struct {
	P     string            `cql:"p,partition"`
	Q     int               `cql:"q,partition,index"`
	C     int               `cql:"c,clustering,desc,index=sai"`
	S     string            `cql:"s,static,index"`
	Email string            `cql:"eMail,index=name=by_email"`
	Name  string            `cql:"name,index=sai case_sensitive=false normalize=true"`
	Tags  []string          `cql:"tags,set,index"`
	Attrs map[string]string `cql:"attrs,index=keys,index=entries,index=sai values name=Attrs"`
	Fixed []int             `cql:"fixed,frozen,index=full"`
	Home  ddlCity           `cql:"home,frozen,index"`
	Vec   [3]float32        `cql:"vec,index=sai similarity_function=dot_product"`
}

// TestCreateIndexesAndOptions: what follows the columns, and that it is CQL.
func TestCreateIndexesAndOptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		cql  func(...TableOption) ([]string, error)
		opts []TableOption
		want []string
	}{
		{"indexes", createCQL[indexed], []TableOption{WithTable("things")}, []string{
			`CREATE TYPE IF NOT EXISTS ddl_city (name text, tags frozen<list<text>>)`,
			`CREATE TABLE IF NOT EXISTS things (p text, q int, c int, s text STATIC, "eMail" text, name text, tags set<text>, attrs map<text, text>, ` +
				`fixed frozen<list<int>>, home frozen<ddl_city>, vec vector<float, 3>, PRIMARY KEY ((p, q), c)) WITH CLUSTERING ORDER BY (c DESC)`,
			`CREATE INDEX IF NOT EXISTS things_q_idx ON things (q)`,
			`CREATE INDEX IF NOT EXISTS things_c_idx ON things (c) USING 'sai'`,
			`CREATE INDEX IF NOT EXISTS things_s_idx ON things (s)`,
			`CREATE INDEX IF NOT EXISTS by_email ON things ("eMail")`,
			`CREATE INDEX IF NOT EXISTS things_name_idx ON things (name) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false', 'normalize': 'true'}`,
			`CREATE INDEX IF NOT EXISTS things_tags_values_idx ON things (values(tags))`,
			`CREATE INDEX IF NOT EXISTS things_attrs_keys_idx ON things (keys(attrs))`,
			`CREATE INDEX IF NOT EXISTS things_attrs_entries_idx ON things (entries(attrs))`,
			`CREATE INDEX IF NOT EXISTS "Attrs" ON things (values(attrs)) USING 'sai'`,
			`CREATE INDEX IF NOT EXISTS things_fixed_full_idx ON things (full(fixed))`,
			`CREATE INDEX IF NOT EXISTS things_home_idx ON things (home)`,
			`CREATE INDEX IF NOT EXISTS things_vec_idx ON things (vec) USING 'sai' WITH OPTIONS = {'similarity_function': 'dot_product'}`,
		}},
		{"options", createCQL[ddlPlain], []TableOption{
			WithDefaultTTL(90*time.Minute + time.Millisecond), WithProperty("comment", "Ann's"),
			WithProperty("compaction", map[string]string{"class": "LeveledCompactionStrategy", "sstable_size_in_mb": "160", "a": "b"}),
			WithProperty("gc_grace_seconds", 3600), WithProperty("bloom_filter_fp_chance", 0.01), WithProperty("cdc", false),
			WithProperty("speculative_retry", "99p"), WithProperty("caching", map[string]string{"keys": "ALL"}),
		}, []string{`CREATE TABLE IF NOT EXISTS ddl_plain (id int, note text, PRIMARY KEY (id)) WITH default_time_to_live = 5401 AND comment = 'Ann''s'` +
			` AND compaction = {'class': 'LeveledCompactionStrategy', 'a': 'b', 'sstable_size_in_mb': '160'} AND gc_grace_seconds = 3600` +
			` AND bloom_filter_fp_chance = 0.01 AND cdc = false AND speculative_retry = '99p' AND caching = {'keys': 'ALL'}`}},
		{"options beside an order", createCQL[ddlQuoted], []TableOption{WithProperty("comment", "x"), WithKeyspace("ks")}, []string{
			`CREATE TABLE IF NOT EXISTS ks.ddl_quoted ("order" int, "mixedCase" text, "a ""b""" text STATIC, "default" int, PRIMARY KEY ("order", "mixedCase"))` +
				` WITH CLUSTERING ORDER BY ("mixedCase" DESC) AND comment = 'x'`}},
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

func TestTableOptionMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, says string
		opts       []TableOption
	}{
		{"negative TTL", "20 years", []TableOption{WithDefaultTTL(-1)}},
		{"long TTL", "20 years", []TableOption{WithDefaultTTL(21 * 365 * 24 * time.Hour)}},
		{"twice", "comment is given twice", []TableOption{WithProperty("comment", "a"), WithProperty("comment", "b")}},
		{"one with an option of its own", "WithDefaultTTL", []TableOption{WithProperty("default_time_to_live", 1)}},
		{"value of no type", "none of string", []TableOption{WithProperty("gc_grace_seconds", time.Second)}},
		{"name that is none", "not the name", []TableOption{WithProperty("a = 1 AND b", 1)}},
		{"no class", "\"class\"", []TableOption{WithProperty("compaction", map[string]string{"sstable_size_in_mb": "100"})}},
		{"no map", "\"class\"", []TableOption{WithProperty("compaction", "LeveledCompactionStrategy")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := createCQL[ddlPlain](tt.opts...)
			var schema *SchemaError
			require.ErrorAs(t, err, &schema)
			require.ErrorContains(t, err, tt.says)
		})
	}
	_, err := createCQL[ddlCounter](WithDefaultTTL(time.Hour))
	require.ErrorContains(t, err, "counters take no TTL")
}

package ddl

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/meta"
)

// reserved are the words that Cassandra 5.0 or ScyllaDB reserves, has reserved, or lists as reserved without quoting them.
var reserved = []string{
	"add", "all", "allow", "alter", "and", "any", "apply", "asc", "authorize", "batch", "begin", "between", "by", "columnfamily", "create",
	"default", "delete", "desc", "describe", "drop", "each_quorum", "entries", "execute", "exists", "false", "from", "full", "grant", "if", "in", "index", "inet",
	"infinity", "insert", "into", "is", "keyspace", "keyspaces", "limit", "local_one", "local_quorum", "materialized", "mbean", "mbeans", "modify", "nan", "norecursive",
	"not", "null", "of", "on", "one", "or", "order", "partition", "password", "per", "primary", "quorum", "rename", "replace", "revoke", "schema",
	"scylla_clustering_bound", "scylla_counter_shard_list", "scylla_timeuuid_list_index", "select", "set", "table", "three", "to", "token", "true", "truncate",
	"two", "unlogged", "unset", "update", "use", "using", "values", "keys", "view", "where", "with",
}

// A server quotes the column of an index or not, as it likes: a tag means the same column.
func TestIndexTargets(t *testing.T) {
	odd := []string{"plain", "Mixed", "a b", `tick"`, `"`, `"x"`, "keys(a)", `keys("a")`, "full(", "a)", "1st", "größe", `{"pk":["a"]}`}
	for _, name := range slices.Concat(reserved, odd) {
		c := &meta.Column{Name: name}
		for _, part := range []string{"", "keys", "values", "entries", "full"} {
			ix := &meta.Index{Target: part}
			texts := []string{TargetText(part, name), target(ix, `"`+quotesDoubled(name)+`"`)}
			if slices.Contains(reserved, name) {
				texts = append(texts, target(ix, name))
			}
			for _, text := range texts {
				l := LiveIndex{Table: "t", Kind: "COMPOSITES", Options: map[string]string{"target": text}}
				require.True(t, l.is("t", c, ix), text)
				require.True(t, l.covers(name), text)
				require.False(t, l.is("t", &meta.Column{Name: name + "2"}, ix), text)
				require.False(t, l.is("u", c, ix), text)
				require.False(t, l.is("t", c, &meta.Index{Target: map[string]string{"keys": "values"}[part] + "x"}), text)
			}
		}
	}
	local := LiveIndex{Table: "t", Options: map[string]string{"target": `{"pk":["a"],"ck":["b"]}`}}
	require.False(t, local.covers("a"))
}

func quotesDoubled(name string) string {
	quoted := cql.Quote(name + " ") // with quotes in any case
	return quoted[1 : len(quoted)-2]
}

// Servers quote the columns of a view's filter as they like, too.
func TestConjuncts(t *testing.T) {
	for _, name := range reserved {
		require.Equal(t, conjuncts(cql.Quote(name)+" IS NOT NULL AND k IS NOT NULL"), conjuncts("k IS NOT NULL and  "+name+" IS NOT NULL"))
	}
	require.Equal(t, conjuncts("state = 'open' AND n > 1"), conjuncts(`"n">1 AND "state"='open'`))
	require.NotEqual(t, conjuncts("state = 'open'"), conjuncts("state = 'shut'"))
	require.NotEqual(t, conjuncts(`"State" IS NOT NULL`), conjuncts(`state IS NOT NULL`))
}

func TestForeign(t *testing.T) {
	columns := func(names ...string) map[string]LiveColumn {
		m := map[string]LiveColumn{}
		for _, name := range names {
			m[name] = LiveColumn{Name: name, Kind: "regular"}
		}
		return m
	}
	history := columns("name", "version", "fence", "revision", "title", "checksum", "state", "done", "pending", "sums")
	live := &Live{
		Types: map[string]*codec.Type{},
		Tables: map[string]*LiveTable{
			"t":                  {Name: "t"},
			"by_state":           {Name: "by_state"},                                          // a table named like an index
			"by_name":            {Name: "by_name", ViewOf: "t"},                              // a view named like one
			"by_state_index":     {Name: "by_state_index"},                                    // a table named like the view of an index
			"by_name_index":      {Name: "by_name_index", ViewOf: "t", Columns: columns("k")}, // and a view
			"by_owner_index":     {Name: "by_owner_index", ViewOf: "t", Columns: columns("idx_token")},
			"local_index":        {Name: "local_index", ViewOf: "t", Columns: columns("k")},
			"other_index":        {Name: "other_index", ViewOf: "u", Columns: columns("idx_token")},
			"t_scylla_cdc_log":   {Name: "t_scylla_cdc_log", Columns: columns("cdc$stream_id", "cdc$time")},
			"own_scylla_cdc_log": {Name: "own_scylla_cdc_log", Columns: columns("k")},
			"steps":              {Name: "steps", Columns: history},
			"steps_lease":        {Name: "steps_lease"},
			"my_lease":           {Name: "my_lease", Columns: history},
			"own_lease":          {Name: "own_lease", Columns: columns("name")},
		},
		Indexes: map[string]LiveIndex{
			"by_state": {Table: "t", Options: map[string]string{"target": "state"}},
			"by_name":  {Table: "t", Options: map[string]string{"target": "name"}},
			"by_owner": {Table: "t", Options: map[string]string{"target": "owner"}},
			"local":    {Table: "t", Options: map[string]string{"target": `{"pk":["k"],"ck":["a"]}`}},
			"other":    {Table: "t", Options: map[string]string{"target": "other"}},
		},
	}
	var foreign []string
	for name := range live.Tables {
		if live.Foreign(name) {
			foreign = append(foreign, name)
		}
	}
	slices.Sort(foreign)
	require.Equal(t, []string{"by_owner_index", "local_index", "my_lease", "steps", "steps_lease", "t_scylla_cdc_log"}, foreign)
}

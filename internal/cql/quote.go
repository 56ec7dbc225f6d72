package cql

import "strings"

// reserved are the keywords that Cassandra 5.0 and ScyllaDB do not accept as plain identifiers.
var reserved = map[string]bool{}

func init() {
	for _, word := range strings.Fields(`
		add allow alter and any apply asc authorize batch begin by columnfamily create
		default delete desc describe drop each_quorum entries execute false from full grant if in
		index inet infinity insert into is keyspace keyspaces limit local_one local_quorum
		materialized mbean mbeans modify nan norecursive not null of on one or order partition
		password per primary quorum rename replace revoke schema scylla_clustering_bound
		scylla_counter_shard_list scylla_timeuuid_list_index select set table three to token
		true truncate two unlogged unset update use using view where with`) {
		reserved[word] = true
	}
}

// Quote renders an identifier, in double quotes where CQL needs them: anything that is
// not lower-case letters, digits and underscores starting with a letter, or is reserved.
func Quote(name string) string {
	if plain(name) && !reserved[name] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// TableName renders a table's name, qualified when a keyspace is given.
func TableName(keyspace, table string) string {
	if keyspace == "" {
		return Quote(table)
	}
	return Quote(keyspace) + "." + Quote(table)
}

package cqlparse

import "strings"

// reserved are the words that Cassandra 5.0 does not take as identifiers
// unless quoted. All its other keywords are.
var reserved = wordSet(`
	ADD ALLOW ALTER AND APPLY ASC AUTHORIZE BATCH BEGIN BY COLUMNFAMILY CREATE
	DEFAULT DELETE DESC DESCRIBE DROP ENTRIES EXECUTE FROM FULL GRANT IF IN
	INDEX INFINITY INSERT INTO IS KEYSPACE LIMIT MATERIALIZED MBEAN MBEANS
	MODIFY NAN NORECURSIVE NOT NULL OF ON OR ORDER PRIMARY RENAME REPLACE
	REVOKE SCHEMA SELECT SET TABLE TO TOKEN TRUNCATE UNLOGGED UNSET UPDATE USE
	USING VIEW WHERE WITH`)

// IsReserved reports whether word, in any case, is a reserved word of CQL.
func IsReserved(word string) bool { return reserved[strings.ToUpper(word)] }

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

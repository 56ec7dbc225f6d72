// Package cqlparse is the lexer, parser, syntax tree and printer of CQL: the
// grammar of Cassandra 5.0 with ScyllaDB's additions.
//
// [Parse] reads one statement, [ParseScript] a file of them. Both answer a
// tree in which unquoted names are already lower-cased, strings are unescaped,
// bind markers are numbered, and every node knows its [Pos]. [Print] is the
// way back: Parse(Print(s)) gives s again.
//
// The package knows syntax only. It never looks at a schema, so it accepts
// most statements that a server would refuse for their meaning. The exceptions
// are those that Cassandra's own parser objects to, such as a WITH that names
// a property twice.
//
// Errors are worded as Cassandra 5.0.6 words them, since a server answers with
// them. With the dialect [Cassandra], the text is refused that it refuses.
//
// Beyond Cassandra 5.0, these are understood: USING TIMEOUT, BYPASS CACHE,
// PRUNE MATERIALIZED VIEW, local indexes, LIKE and NOT IN as conditions, and
// BETWEEN, NOT IN and NOT CONTAINS in WHERE. These are not: ScyllaDB's service
// levels, MUTATION_FRAGMENTS and SALTED HASH, and Cassandra 5.1's constraints,
// CREATE TABLE … LIKE and generated passwords.
package cqlparse

// Package cqlparse is the lexer, parser, syntax tree and printer of CQL: the
// grammar of Cassandra 5.0 with ScyllaDB's additions.
//
// [Parse] reads one statement, [ParseScript] a file of them. Both answer a
// tree in which unquoted names are already lower-cased, strings are unescaped,
// bind markers are numbered, and every node knows its [Pos]. [Print] is the
// way back: Parse(Print(s)) gives s again.
//
// The package knows syntax only. It never looks at a schema, so it accepts
// every statement that a server would refuse for its meaning.
package cqlparse

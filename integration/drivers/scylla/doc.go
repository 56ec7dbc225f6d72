// Package scylla checks that ScyllaDB's fork of gocql can work with the embedded
// server, and that package cqltest builds where the fork has taken gocql's
// place, as ScyllaDB's users have it.
package scylla

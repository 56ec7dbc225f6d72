// Package scylla tests the mapper and package cqltest where ScyllaDB's fork has taken
// gocql's place by a replace, as ScyllaDB's users have it, and has the program of a new user. Its workspaces, go.work and
// v1.17.3.work, take in the root too: make forks runs the mapper's own tests there.
package scylla

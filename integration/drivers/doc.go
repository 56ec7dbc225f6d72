// Package drivers checks that clients other than gocql v1 can work with the
// embedded server: the Apache driver, Python's, and cqlsh. ScyllaDB's fork of
// gocql takes gocql's place in the build, so it has a module of its own below.
package drivers

// Package drivers checks that Go drivers other than gocql v1 can work with the
// embedded server. ScyllaDB's fork of gocql takes gocql's place in the build, so
// it has a module of its own below.
package drivers

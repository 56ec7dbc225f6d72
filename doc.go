// Package coodie is an object mapper for Apache Cassandra and ScyllaDB whose
// first-class subject is the lightweight transaction.
package coodie

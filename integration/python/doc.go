// Package python checks coodie and cqltest against what Python users run: its
// Cassandra driver and cqlsh work with the embedded server, and Python's coodie
// leaves the same rows on a real Cassandra as this one.
package python

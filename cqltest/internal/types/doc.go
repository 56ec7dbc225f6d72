// Package types holds the CQL data types and their values as Cassandra 5.0
// treats them: names, the native protocol's binary encoding, validation,
// ordering, literal and JSON text, and partitioner tokens.
//
// A value is a []byte in the encoding of native protocol v3 and later. Nil is
// null; an empty, non-nil slice is the empty value, which many types accept
// and which differs from null. [Unset] stands for a bind variable that was
// not set.
package types

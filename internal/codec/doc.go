// Package codec turns Go values into native-protocol v4 cells and back,
// keeping null, empty and missing apart.
//
// A [Codec] is compiled once for a Go type and a CQL type; then it reads and
// writes memory by offset, without reflection and without boxing. The package
// sends nothing and knows no statement.
package codec

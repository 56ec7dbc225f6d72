// Package answer reads what a server answers: the rows of a read into structs, the one row of a conditional write, the
// lines of a conditional batch. A Row keeps the cells as they came, with the types that the server named, so that a guard
// compares what is stored, and a write keeps what the struct does not know.
//
// Rows and fields are handled by their address; no type parameter comes here.
package answer

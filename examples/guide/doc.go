// Package guide is the guide of Python's coodie in Go: a file of examples for each of its
// pages, run on the embedded server. docs/parity.md says where the rest has gone.
package guide

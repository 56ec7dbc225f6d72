// Package house holds tests of the repository as a whole: which room imports which, what does not compile,
// that its documents have the programs they show, and that calls leave nothing behind.
package house

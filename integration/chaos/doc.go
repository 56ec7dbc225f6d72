// Package chaos drives lightweight transactions on a cluster that is being broken, and
// checks that every answer they gave was true.
//
// A workload (registers, locks, counters, leases) sends operations through a [Client],
// and writes down when each was called, when it returned and what it answered: the
// history. Meanwhile the nemesis pauses nodes, kills and restarts them, cuts connections
// and eats answers. In the end every row is read at SERIAL, and for each row the package linear
// looks for an order of its operations that explains all answers. An operation whose
// outcome nobody knows may have taken effect at any time after its call, or never.
//
// The tests run a short form; `make chaos` runs the long one, with plain gocql beside
// coodie, whose violations show that the checker sees.
package chaos

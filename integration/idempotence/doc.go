// Package idempotence compares what coodie infers of a statement's idempotence with
// what others do: see docs/idempotence.md.
package idempotence

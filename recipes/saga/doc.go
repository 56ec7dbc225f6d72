// Package saga runs a sequence of steps that no single lightweight transaction can hold, and
// completes or undoes it even if processes die on the way: a saga of actions and compensations.
//
//	orders, err := saga.Open(db, "order", []saga.Step[Order]{
//		{Name: "reserve", Do: reserveStock, Undo: releaseStock},
//		{Name: "charge", Do: chargeCard, Undo: refundCard},
//		{Name: "ship", Do: ship},
//	})
//	…
//	order, err := orders.Run(ctx, "order-17", Order{Item: "lamp", Price: 40})
//
// # Steps must be idempotent
//
// An action or a compensation may run more than once: because its error is retried, or because
// the process died after the action and before the record of it. Both get a stable idempotency key,
// Call.Key, made of the saga, its id and the step. The same key must have the same effect
// once: pass it on to the payment service, or store it beside the row that the step writes with an LWT
// (recipes/once can help).
//
// A compensation also runs for an action that failed, or that was perhaps never begun, because
// nobody can tell how far it came. Where there is nothing to undo it must succeed and, if a late action
// could still arrive, keep it from taking effect.
//
// # What is promised
//
// A saga that Run has stored ends in one of two ways: every action has succeeded
// (StateCompleted), or one has failed for good and the compensations of that step and of all steps before it
// have succeeded, in reverse order (StateCompensated). It needs a process that calls Recover from time to time.
//
// There is no isolation: others see what the first steps have done before the last ones.
//
// # One worker at a time
//
// A worker claims a saga for Lease and renews the claim with each record of progress. The context of a
// step ends before the claim does. A worker that is stopped for longer, and goes on after another
// has taken over, is fenced: its records are refused and it gets ErrFenced. An
// action that is under way at that moment can only be fenced where it writes: Call.Fence grows with each
// takeover, so let the write keep the greatest one that it has seen.
//
// # The row
//
//	name text, id text, steps frozen<list<text>>, data text, state text, step int, failed_step text,
//	failure text, compensation_failure text, started timestamp, fence bigint, run_id uuid,
//	revision bigint, worker uuid, PRIMARY KEY ((name, id))
//
// All writes are LWTs. The worker has a TTL, and everything else stays until the saga has ended; then the
// row is written once more, with Keep as its TTL.
package saga

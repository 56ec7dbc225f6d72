// Package claim keeps a value unique across a table of entities that is keyed by something
// else: an e-mail address has one user.
//
//	emails, err := claim.Open(db, coodie.WithTable("emails"))
//	…
//	err = emails.Do(ctx, "ann@example.org", userID, func(ctx context.Context) error {
//		res, err := users.New(User{ID: userID, Email: "ann@example.org"}).Insert(ctx)
//		return cmp.Or(err, res.Err())
//	})
//
// No LWT spans two partitions, so this takes three: the value is reserved in a table
// keyed by it, the entity is written, the reservation is confirmed. Do is the three;
// Move changes an entity's value; Reserve, Confirm and Release are the parts.
//
// # What is promised
//
// A value has one owner at a time, reserved or confirmed. A reservation does not end by
// itself: its owner may have written the entity and died before confirming, and if
// somebody else got the value then, there would be two entities. An unconfirmed claim means:
// the entity tells.
//
// # Recovery
//
// The same owner calls Do again: what it has reserved is its own. For an owner that does not
// come back, Resolve and Repair ask a function whether the entity holds the value. The answer
// must be final. If it only looked, the owner, being slow and not dead, could write the
// entity a moment later. So a no comes from a write that bars the entity's: an
// `INSERT … IF NOT EXISTS` of an empty entity of that id, or one more version of the row.
// No clock is part of this. How long to wait before asking is a matter of politeness.
//
// # The row
//
//	value text PRIMARY KEY, owner text, claim_id uuid, confirmed boolean, since timestamp, attempt uuid
//
// Every write is made under the condition that the attempt id is still that of the last one, so
// that a request that was held up somewhere cannot undo a later one.
package claim

// Package once runs a piece of work at most once for each idempotency key, and gives its
// result to everybody who comes with the same key.
//
//	keys, err := once.Open(db)
//	…
//	receipt, err := keys.Do(ctx, "charge/"+requestID, func(ctx context.Context) ([]byte, error) {
//		return charge(ctx, amount)
//	})
//
// # What is promised
//
// The function of a key is begun at most once as long as the key is kept, however many callers
// come, in whatever processes, whatever answers get lost and whoever dies.
//
// The other side of at most once: if the process dies in the middle, nobody knows how far the
// work has come, and it is not done again. Whoever comes next gets a *StartedError. It
// takes somebody who can find out, by looking at what the work does or by a rule such as "it
// never takes longer than an hour", to say Finish or Forget.
//
// # The row
//
//	key text PRIMARY KEY, run_id uuid, started timestamp, finished boolean, result blob, failure text
//
// All columns are written together, with one TTL, and end together.
package once

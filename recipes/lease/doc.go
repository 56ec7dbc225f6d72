// Package lease grants named leases with fencing tokens: locks that end by themselves when
// their holder is gone.
//
//	leases, err := lease.Open(db)
//	…
//	err = leases.Do(ctx, "reindex", hostname, 30*time.Second, func(ctx context.Context, l *lease.Lease) error {
//		return reindex(ctx, l.Token()) // ctx ends when the lease can no longer be vouched for
//	})
//
// Do waits for the lease, renews it, and releases it. Acquire, Renew, KeepAlive and
// Release are its parts.
//
// # What is promised
//
//   - One holder at a time, as long as the servers' clocks differ by no more than
//     MaxClockSkew: while a Lease is Valid, nobody else's is, in any process.
//   - Each grant of a name has a greater Token than all before it, whatever the clocks
//     do, and also after the lease has ended or was released.
//   - Only the holder releases or renews: never the lease of somebody else, be it of an owner
//     of the same name.
//
// # What is not, and what to do
//
// No lease can keep a holder from being late: a process that is stopped, or swapped
// out, between looking at Valid and writing, writes after its lease has ended. What must
// not happen twice needs the token: whatever the lease protects keeps the greatest
// token that it has seen and refuses a smaller one. In a table of coodie that is one
// more condition:
//
//	res, err := doc.If(fence.Le(l.Token())).Update(ctx, fence.Set(l.Token()), …)
//
// # Time
//
// The servers end a lease, by the TTL of its columns, and the holder counts for itself: from
// before the request was sent, on its own monotonic clock, and on the wall clock too, which
// tells that the machine was asleep. Client clocks are never compared with anybody
// else's. A server's TTL has whole seconds and is judged by the clock of whichever node
// coordinates the next request; so the TTL is made longer than the time that the
// holder vouches for, by MaxClockSkew and up to two seconds for the rounding. That is how
// much longer others wait for a holder that died.
//
// # The row
//
//	name text PRIMARY KEY, fence bigint, owner text, grant_id uuid, renewals bigint
//
// The last three have the TTL, always all of them, and end together. The token, fence, is written
// with TTL 0: it stays behind when the lease ends. So a row is never deleted, and names should be
// few or come again. Every write of a holder has the condition that the one before
// it is still the last (grant_id, renewals); a request that was held up somewhere can
// therefore not undo a later one. A write whose outcome is unknown is asked again
// under the same condition, which settles it.
package lease

// Package explore runs a test again and again, and each time lets something else go wrong: one
// lightweight transaction (LWT), write, read or connection of the test fails in one way. Then it
// combines two faults, within a budget. What the test asserts has to hold each time.
//
//	func TestLock(t *testing.T) {
//		explore.Run(t, func(x *explore.T) {
//			alice := NewLocks(x.Session("alice"))
//			held, _ := alice.Acquire(x.Context(), "job")
//			x.Check(func() { // runs when everything has been healed
//				rows := x.Server().MustRows("SELECT owner FROM locks WHERE name = 'job'")
//				if !held && len(rows) > 0 {
//					x.Errorf("the lock is held by %v, who does not know", rows[0]["owner"])
//				}
//			})
//		}, explore.With(cqltest.WithSchema(schema)))
//	}
//
// If a run fails, exploring ends. The test fails with the schedule of faults in words ("alice's 1st
// LWT on locks was applied, and its answer was lost"), what was asserted, what was sent, and a line
// that runs this schedule alone.
//
// # The test's function
//
// The function is called once for each run, with an empty server. It must behave the same each
// time: a schedule names statements by client, kind, table and number. Clients that run at the same
// time keep numbers of their own, so give each a session of its own. Operations may fail, because
// of the faults; the function goes on as the program would, and asserts what must hold
// nevertheless.
//
// [T] is a testing.TB, and so fits testify and helpers of your own.
//
// # Other clients
//
// Many mistakes need a second client that acts between two statements. [T.Meanwhile] registers what
// it does; explore runs it before each statement in turn, as if it were a fault.
//
// # Time
//
// Each run has a testing/synctest bubble and a server that is reached over pipes. Timeouts, backoff
// and TTLs take no time. Go's race detector crashes now and then in a bubble
// (https://github.com/golang/go/issues/78156), and ScyllaDB's fork of gocql does not work in several
// bubbles. With either of them Run skips the test, unless it explores in [RealTime].
//
// # Limits
//
// The server is cqltest: replicas never differ, and no write is half done. Faults strike one
// request; how goroutines of one process interleave is left to the scheduler.
package explore

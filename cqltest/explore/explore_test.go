//go:build !race

package explore_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
)

func find(t *testing.T, test func(*explore.T), opts ...explore.Option) *explore.Report {
	t.Helper()
	r, err := explore.Find(t, test, options(opts...)...)
	require.NoError(t, err)
	return r
}

// The lock of a careful program: whoever is not sure looks again, and knows its own rows.
func TestRightProgram(t *testing.T) {
	explore.Run(t, func(x *explore.T) {
		alice, bob := x.Session("alice"), x.Session("bob")
		var a, b bool
		x.Meanwhile("bob took the lock", func() { b, _ = cas(bob, acquire, "bob") })
		a, _ = cas(alice, acquire, "alice")
		x.Check(func() {
			require.False(x, a && b)
			owner := lockOwner(x)
			require.True(x, !a || owner == "alice")
			require.True(x, !b || owner == "bob")
		})
	}, options()...)
}

// Each way to fail does what it says to a write: is it applied by the time the client hears, and in
// the end?
func TestWays(t *testing.T) {
	for _, test := range []struct {
		way             explore.Way
		heard, applied  bool
		times           int
		later, sameTime bool
	}{
		{way: explore.NotSent, sameTime: true},
		{way: explore.Lost},
		{way: explore.AppliedLost, applied: true, times: 1},
		{way: explore.Late, times: 1, later: true},
		{way: explore.VeryLate, times: 1, later: true},
		{way: explore.Copied, heard: true, applied: true, times: 2, sameTime: true},
		{way: explore.Retried, heard: true, applied: true, times: 2, sameTime: true},
		{way: explore.Unavailable, sameTime: true},
		{way: explore.Overloaded, sameTime: true},
		{way: explore.Timeout, sameTime: true},
		{way: explore.AppliedTimeout, applied: true, times: 1, sameTime: true},
		{way: explore.Failure, sameTime: true},
		{way: explore.AppliedFailure, applied: true, times: 1, sameTime: true},
		{way: explore.Cut, sameTime: true},
		{way: explore.AppliedCut, applied: true, times: 1, sameTime: true},
		{way: explore.Down, sameTime: true},
		{way: explore.AppliedDown, applied: true, times: 1, sameTime: true},
	} {
		t.Run(string(test.way), func(t *testing.T) {
			ran := false
			r := find(t, func(x *explore.T) {
				alice := x.Session("alice")
				count := func() int {
					rows := x.Server().MustRows("SELECT items FROM events")
					if len(rows) == 0 {
						return 0
					}
					return len(rows[0]["items"].([]string))
				}
				begin := time.Now()
				err := alice.Query("UPDATE events SET items = items + ['x'] WHERE id = 'a'").RetryPolicy(nil).Exec()
				sameTime, applied := time.Since(begin) == 0, count() > 0
				if err == nil && count() == 1 && test.way != explore.Copied {
					return // the run without a fault
				}
				ran = true
				require.Equal(x, test.heard, err == nil, "%v", err)
				require.Equal(x, test.applied, applied)
				require.Equal(x, test.sameTime, sameTime)
				_ = alice.Query("SELECT items FROM events").Exec()
				if test.way == explore.Late || test.way == explore.Copied {
					_ = alice.Query("SELECT items FROM events").Exec() // before which it arrives
				}
				before := count()
				x.Check(func() {
					if test.way == explore.Copied && len(x.Server().Log()) == 3 && count() == 1 {
						return // the run without a fault
					}
					require.Equal(x, test.times, count())
					require.Equal(x, test.way == explore.VeryLate, before != count())
				})
			}, explore.Ways(test.way), explore.Only(cqltest.On(cqltest.Update)), explore.Faults(1))
			require.Nil(t, r.Failure, r)
			require.Equal(t, 3, r.Runs)
			require.True(t, ran)
		})
	}
}

// twoFaults loses money only if both tries fail, one of them so that it was applied.
func twoFaults(x *explore.T) {
	alice := x.Session("alice")
	for range 2 {
		if ok, err := cas(alice, acquire, "alice"); err == nil || ok {
			return
		}
	}
	x.Check(func() { require.Empty(x, lockOwner(x)) })
}

// A mistake that takes two faults is found by a schedule of two, which its text runs again.
func TestSeveralFaults(t *testing.T) {
	r := find(t, twoFaults, explore.Ways(explore.Lost, explore.AppliedLost, explore.Timeout))
	require.NotNil(t, r.Failure)
	require.Len(t, r.Failure.Words, 2)
	require.Contains(t, r.String(), ", and then\n")

	again := find(t, twoFaults, explore.Replay(r.Failure.Schedule))
	require.Equal(t, r.Failure.Schedule, again.Failure.Schedule)
	require.Equal(t, r.Failure.Sent, again.Failure.Sent)
	t.Setenv("COODIE_EXPLORE", r.Failure.Schedule)
	require.NotNil(t, find(t, twoFaults).Failure)
	t.Setenv("COODIE_EXPLORE", "")
	require.Nil(t, find(t, twoFaults).Failure, "without a fault")
}

// A schedule of three faults of which two suffice is reduced to these.
func TestReduced(t *testing.T) {
	reduced := 0
	for seed := range uint64(20) {
		r := find(t, func(x *explore.T) {
			alice := x.Session("alice")
			for range 4 {
				_, _ = cas(alice, acquire, "bob")
			}
			twoFaults(x)
		}, explore.Faults(3), explore.Budget(30), explore.Seed(seed), explore.Only(cqltest.On(cqltest.Insert).Where(func(s cqltest.Statement) bool {
			return len(s.Values()) > 0
		})), explore.Ways(explore.Unavailable, explore.AppliedTimeout))
		if r.Failure == nil {
			continue
		}
		require.Len(t, r.Failure.Words, 2, r)
		var run int
		_, err := fmt.Sscanf(r.String(), "explore: the test fails in run %d,", &run)
		require.NoError(t, err)
		if run > 2+6*2+15 { // none, a single fault, two faults
			reduced++
		}
	}
	require.NotZero(t, reduced)
}

// The budget bounds schedules of several faults, and the seed chooses among them, the same each time.
func TestBudget(t *testing.T) {
	var last []string
	test := func(tried *[]string) func(*explore.T) {
		return func(x *explore.T) {
			alice := x.Session("alice")
			for range 3 {
				_, err := cas(alice, acquire, "alice")
				*tried = append(*tried, strings.TrimSpace(strings.Join(strings.Fields(errorText(err)), " ")))
			}
		}
	}
	for _, budget := range []int{0, 5} {
		var first, second, other []string
		opts := []explore.Option{explore.Budget(budget), explore.Faults(3)}
		r := find(t, test(&first), opts...)
		require.Nil(t, r.Failure)
		find(t, test(&second), opts...)
		find(t, test(&other), append(opts, explore.Seed(7))...)
		require.Equal(t, first, second)
		require.Equal(t, budget == 0, len(first) == len(other) && strings.Join(first, "\n") == strings.Join(other, "\n"))
		require.Greater(t, r.LeftOut, 50)
		require.NotEqual(t, last, first)
		last = first
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Connections that the program opens fail, too; those that explore opens for it fail only later.
func TestConnections(t *testing.T) {
	r := find(t, func(x *explore.T) {
		session, err := x.Cluster("alice").CreateSession()
		if err != nil {
			x.Fatal("no session")
		}
		x.Cleanup(session.Close)
	}, explore.Ways(explore.Refused, explore.Silent))
	require.Equal(t, []string{"alice's 1st connection was refused"}, r.Failure.Words)
	require.Contains(t, r.Failure.Messages[0], "no session")

	r = find(t, func(x *explore.T) {
		alice := x.Session("alice")
		_, err := cas(alice, acquire, "alice")
		if _, again := cas(alice, acquire, "alice"); err != nil && errors.Is(again, gocql.ErrNoConnections) {
			x.Fatal("no connection")
		}
	}, explore.Ways(explore.Cut, explore.Silent))
	require.Equal(t, []string{
		"alice's 1st LWT on locks was not applied, because the connection broke", "alice's 1st connection was never answered",
	}, r.Failure.Words)
}

// What cannot be explored is said.
func TestMisuse(t *testing.T) {
	nothing := func(*explore.T) {}
	for text, want := range map[string]string{
		"alice lwt locks":                  "is not CLIENT CLASS TABLE NUMBER WAY",
		"alice lwt locks 0 lost":           "is not CLIENT CLASS TABLE NUMBER WAY",
		"alice lwt 1 lost":                 "is not CLIENT CLASS TABLE NUMBER WAY",
		"alice connection locks 1 refused": "is not CLIENT CLASS TABLE NUMBER WAY",
		"alice lwt locks 1 refused":        `no lwt can fail in the way "refused"`,
		"alice read locks 1 applied-lost":  `no read can fail in the way "applied-lost"`,
		"alice lwt locks 1 lost":           `does not come to "alice lwt locks 1 lost"`,
		"alice lwt locks 1 meanwhile-1":    `does not come to`,
	} {
		_, err := explore.Find(t, nothing, explore.Replay(text))
		require.ErrorContains(t, err, want, text)
	}
	_, err := explore.Find(t, nothing)
	require.ErrorContains(t, err, "sends nothing that could fail")
}

func waitForever() { <-make(chan int) }

// A run that fails in another way than by an assertion is a failure as well.
func TestHowRunsFail(t *testing.T) {
	for name, test := range map[string]struct {
		test func(*explore.T)
		want string
	}{
		"panic":             {func(*explore.T) { panic("oops") }, "panic: oops"},
		"fatal":             {func(x *explore.T) { x.Fatal("over") }, "explore_test.go:"},
		"cleanup":           {func(x *explore.T) { x.Cleanup(func() { x.Error("left over") }) }, "left over"},
		"schema":            {func(x *explore.T) { x.Server().MustExec("nonsense") }, "nonsense"},
		"goroutines":        {func(*explore.T) { go waitForever() }, "blocked goroutines remain"},
		"too long":          {func(x *explore.T) { <-x.Context().Done() }, "has not returned within 1h0m0s"},
		"testify, in Check": {func(x *explore.T) { x.Check(func() { require.Equal(x, 1, 2) }) }, "expected: 1"},
		"many statements": {func(x *explore.T) {
			alice := x.Session("alice")
			for {
				_, _ = cas(alice, acquire, "alice")
			}
		}, "has sent more than 10000 statements"},
	} {
		t.Run(name, func(t *testing.T) {
			r := find(t, test.test)
			require.Contains(t, strings.Join(r.Failure.Messages, "\n"), test.want)
			require.Contains(t, r.String(), "fails without a fault")
		})
	}
}

// Several nodes: a statement fails on one of them, and the driver goes to the next.
func TestNodes(t *testing.T) {
	r := find(t, func(x *explore.T) {
		require.Len(x, x.Nodes(), 3)
		alice := x.Session("alice")
		_, _ = cas(alice, acquire, "alice")
		require.NoError(x, alice.Query("SELECT * FROM locks").Exec())
	}, explore.Nodes(3), explore.Only(cqltest.On(cqltest.Conditional)))
	require.Nil(t, r.Failure, r)
}

func TestScylla(t *testing.T) {
	r := find(t, func(x *explore.T) {
		alice := x.Session("alice")
		_, _ = cas(alice, acquire, "alice")
		ok, err := cas(alice, "DELETE FROM locks WHERE name = 'job' IF owner = 'alice'")
		x.Check(func() { require.True(x, !ok || err != nil || lockOwner(x) == "") })
	}, explore.With(cqltest.WithDialect(cqltest.Scylla)), explore.Without(explore.Copied, explore.Late, explore.VeryLate))
	require.Nil(t, r.Failure, r)
}

//go:build !race

package explore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
)

const schema = `
	CREATE TABLE locks (name text PRIMARY KEY, owner text, fence int);
	CREATE TABLE accounts (id text PRIMARY KEY, balance int);
	CREATE TABLE hits (id text PRIMARY KEY, n counter);
	CREATE TABLE events (id text PRIMARY KEY, items list<text>);
	CREATE TABLE jobs (id text PRIMARY KEY, state text, worker text)`

// program is one of the corpus: what it does, and what must hold.
type program struct {
	name string
	test func(*explore.T)
	want string // what the shortest schedule says
	opts []explore.Option
}

func cas(s *gocql.Session, cql string, args ...any) (bool, error) {
	return s.Query(cql, args...).RetryPolicy(nil).MapScanCAS(map[string]any{})
}

const acquire = "INSERT INTO locks (name, owner) VALUES ('job', ?) IF NOT EXISTS"

// lockOwner is who has the lock, "" for nobody.
func lockOwner(x *explore.T) string {
	for _, row := range x.Server().MustRows("SELECT owner FROM locks WHERE name = 'job'") {
		if owner, ok := row["owner"].(string); ok {
			return owner
		}
	}
	return ""
}

// holds checks that whoever believes to hold the lock does, and nobody else.
func holds(x *explore.T, believes *bool) {
	x.Check(func() {
		if owner := lockOwner(x); *believes != (owner == "alice") {
			x.Errorf("alice believes %v, and the lock is %q's", *believes, owner)
		}
	})
}

func balance(x *explore.T, id string) int {
	n, _ := x.Server().MustRows("SELECT balance FROM accounts WHERE id = ?", id)[0]["balance"].(int)
	return n
}

// The wrong programs, each with the schedule that shows it.
var wrong = []program{
	{"an LWT is retried after a timeout", func(x *explore.T) {
		alice := x.Session("alice")
		var held bool
		holds(x, &held)
		for range 3 {
			var err error
			if held, err = cas(alice, acquire, "alice"); err == nil {
				return // refused by its own first attempt
			}
			time.Sleep(time.Second)
		}
		x.SkipNow() // it says that it does not know
	}, "alice's 1st LWT on locks was applied, and its answer was lost", nil},

	{"an unknown outcome is taken for refused", func(x *explore.T) {
		var held bool
		holds(x, &held)
		held, _ = cas(x.Session("alice"), acquire, "alice")
	}, "alice's 1st LWT on locks was applied, and its answer was lost", nil},

	{"an unknown outcome is taken for applied", func(x *explore.T) {
		var held bool
		holds(x, &held)
		applied, err := cas(x.Session("alice"), acquire, "alice")
		var timeout *gocql.RequestErrWriteTimeout
		held = applied || errors.Is(err, gocql.ErrTimeoutNoResponse) || errors.As(err, &timeout)
	}, "alice's 1st LWT on locks was lost on its way and not applied", nil},

	{"the driver's retry policy repeats an LWT", func(x *explore.T) {
		config := x.Cluster("alice")
		config.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3}
		session, err := config.CreateSession()
		if err != nil {
			x.Skip(err)
		}
		x.Cleanup(session.Close)
		held, err := session.Query(acquire, "alice").MapScanCAS(map[string]any{})
		if err == nil {
			holds(x, &held)
		}
	}, "alice's 1st LWT on locks was applied, and its answer was lost", []explore.Option{explore.Nodes(2)}},

	{"what is read after a timeout is taken for final", func(x *explore.T) {
		alice := x.Session("alice")
		held, err := cas(alice, acquire, "alice")
		if err != nil {
			var owner string
			err := alice.Query("SELECT owner FROM locks WHERE name = 'job'").Consistency(gocql.Consistency(gocql.Serial)).Scan(&owner)
			if err != nil && !errors.Is(err, gocql.ErrNotFound) {
				x.Skip(err)
			}
			held = owner == "alice"
		}
		holds(x, &held)
	}, "alice's 1st LWT on locks was applied late: the client had given up and sent another statement", nil},

	{"a lock is released without a look at its owner", func(x *explore.T) {
		x.Server().MustExec("INSERT INTO locks (name, owner) VALUES ('job', 'alice') USING TTL 30")
		bob := x.Session("bob")
		var bobHas bool
		x.Meanwhile("alice was slow, her lock ran out, and bob took it", func() {
			time.Sleep(31 * time.Second)
			bobHas, _ = cas(bob, acquire, "bob")
		})
		_ = x.Session("alice").Query("DELETE FROM locks WHERE name = 'job' IF EXISTS").Exec()
		x.Check(func() {
			if bobHas && lockOwner(x) != "bob" {
				x.Errorf("bob has lost his lock")
			}
		})
	}, "before alice's 1st LWT on locks: alice was slow, her lock ran out, and bob took it", nil},

	{"a lock is released by a plain delete after a look at its owner", func(x *explore.T) {
		x.Server().MustExec("INSERT INTO locks (name, owner) VALUES ('job', 'alice') USING TTL 30")
		alice, bob := x.Session("alice"), x.Session("bob")
		var bobHas bool
		x.Meanwhile("alice's lock ran out, and bob took it", func() {
			time.Sleep(31 * time.Second)
			bobHas, _ = cas(bob, acquire, "bob")
		})
		var owner string
		if alice.Query("SELECT owner FROM locks WHERE name = 'job'").Scan(&owner) == nil && owner == "alice" {
			_ = alice.Query("DELETE FROM locks WHERE name = 'job'").DefaultTimestamp(false).Exec()
		}
		x.Check(func() {
			if bobHas && lockOwner(x) != "bob" {
				x.Errorf("bob has lost his lock")
			}
		})
	}, "before alice's 1st write on locks: alice's lock ran out, and bob took it", nil},

	{"a look, then a plain insert", func(x *explore.T) {
		alice, bob := x.Session("alice"), x.Session("bob")
		take := func(s *gocql.Session, name string) bool {
			var owner string
			if err := s.Query("SELECT owner FROM locks WHERE name = 'job'").Scan(&owner); !errors.Is(err, gocql.ErrNotFound) {
				return false
			}
			return s.Query("INSERT INTO locks (name, owner) VALUES ('job', ?)", name).Exec() == nil
		}
		var a, b bool
		x.Meanwhile("bob took the lock", func() { b = take(bob, "bob") })
		a = take(alice, "alice")
		x.Check(func() {
			if a && b {
				x.Errorf("both hold the lock")
			}
		})
	}, "before alice's 1st write on locks: bob took the lock", nil},

	{"read, change, write", func(x *explore.T) {
		x.Server().MustExec("INSERT INTO accounts (id, balance) VALUES ('a', 10)")
		deposit := func(s *gocql.Session) bool {
			var n int
			if s.Query("SELECT balance FROM accounts WHERE id = 'a'").Scan(&n) != nil {
				return false
			}
			return s.Query("UPDATE accounts SET balance = ? WHERE id = 'a'", n+1).Exec() == nil
		}
		alice, bob := x.Session("alice"), x.Session("bob")
		sure := 0
		count := func(s *gocql.Session) {
			if deposit(s) {
				sure++
			}
		}
		x.Meanwhile("bob paid in", func() { count(bob) })
		count(alice)
		x.Check(func() {
			if n := balance(x, "a"); n < 10+sure {
				x.Errorf("%d of %d payments are there", n-10, sure)
			}
		})
	}, "before alice's 1st write on accounts: bob paid in", nil},

	{"an unknown increment is made again", func(x *explore.T) {
		x.Server().MustExec("INSERT INTO accounts (id, balance) VALUES ('a', 0)")
		alice := x.Session("alice")
		for range 5 {
			var n int
			if alice.Query("SELECT balance FROM accounts WHERE id = 'a'").Scan(&n) != nil {
				continue
			}
			if ok, err := cas(alice, "UPDATE accounts SET balance = ? WHERE id = 'a' IF balance = ?", n+1, n); err == nil && ok {
				break
			}
		}
		x.Check(func() {
			if n := balance(x, "a"); n > 1 {
				x.Errorf("one payment was counted %d times", n)
			}
		})
	}, "alice's 1st LWT on accounts was applied, and its answer was lost", nil},

	{"a counter is incremented again after a timeout", func(x *explore.T) {
		alice := x.Session("alice")
		for range 3 {
			if alice.Query("UPDATE hits SET n = n + 1 WHERE id = 'page'").RetryPolicy(nil).Exec() == nil {
				break
			}
		}
		x.Check(func() {
			for _, row := range x.Server().MustRows("SELECT n FROM hits") {
				if row["n"] != int64(1) {
					x.Errorf("one hit was counted %v times", row["n"])
				}
			}
		})
	}, "alice's 1st write on hits was applied, and its answer was lost", nil},

	{"an append is sent again after a timeout", func(x *explore.T) {
		config := x.Cluster("alice")
		config.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 2}
		session, err := config.CreateSession()
		if err != nil {
			x.Skip(err)
		}
		x.Cleanup(session.Close)
		_ = session.Query("UPDATE events SET items = items + ['paid'] WHERE id = 'order'").Exec()
		x.Check(func() {
			for _, row := range x.Server().MustRows("SELECT items FROM events") {
				if entries := row["items"].([]string); len(entries) > 1 {
					x.Errorf("%q", entries)
				}
			}
		})
	}, "alice's 1st write on events was applied, and its answer was lost", []explore.Option{explore.Nodes(2)}},

	{"money moves in two steps, of which one may be missing", func(x *explore.T) {
		x.Server().MustExec("INSERT INTO accounts (id, balance) VALUES ('a', 10); INSERT INTO accounts (id, balance) VALUES ('b', 0);")
		alice := x.Session("alice")
		if ok, err := cas(alice, "UPDATE accounts SET balance = 9 WHERE id = 'a' IF balance = 10"); err == nil && ok {
			_, _ = cas(alice, "UPDATE accounts SET balance = 1 WHERE id = 'b' IF balance = 0")
		}
		x.Check(func() {
			if sum := balance(x, "a") + balance(x, "b"); sum != 10 {
				x.Errorf("%d of 10 are there", sum)
			}
		})
	}, "alice's 1st LWT on accounts was applied, and its answer was lost", nil},

	{"work is done before it is claimed", func(x *explore.T) {
		alice, done := x.Session("alice"), 0
		for range 2 { // a queue delivers the job at least once
			var state string
			if err := alice.Query("SELECT state FROM jobs WHERE id = 'mail'").Scan(&state); !errors.Is(err, gocql.ErrNotFound) {
				continue
			}
			done++
			_, _ = cas(alice, "INSERT INTO jobs (id, state) VALUES ('mail', 'done') IF NOT EXISTS")
		}
		x.Check(func() {
			if done > 1 {
				x.Errorf("the mail was sent %d times", done)
			}
		})
	}, "alice's 1st LWT on jobs was lost on its way and not applied", nil},

	{"a state is overwritten without a look at the one before", func(x *explore.T) {
		x.Server().MustExec("INSERT INTO jobs (id, state) VALUES ('order', 'new')")
		alice, bob := x.Session("alice"), x.Session("bob")
		var cancelled bool
		x.Meanwhile("bob cancelled the order", func() {
			cancelled, _ = cas(bob, "UPDATE jobs SET state = 'cancelled' WHERE id = 'order' IF state = 'new'")
		})
		shipped, _ := cas(alice, "UPDATE jobs SET state = 'shipped' WHERE id = 'order' IF EXISTS")
		x.Check(func() {
			if cancelled && shipped {
				x.Errorf("a cancelled order was shipped")
			}
		})
	}, "before alice's 1st LWT on jobs: bob cancelled the order", nil},

	{"two claims of one name by hosts called the same", func(x *explore.T) {
		// Who is refused by a row with its own host's name believes that it is its own.
		alice, bob := x.Session("alice"), x.Session("bob")
		take := func(s *gocql.Session) bool {
			existing := map[string]any{}
			ok, err := s.Query(acquire, "host-1").RetryPolicy(nil).MapScanCAS(existing)
			return err == nil && (ok || existing["owner"] == "host-1")
		}
		var a, b bool
		x.Meanwhile("bob, on the same host, took the lock", func() { b = take(bob) })
		a = take(alice)
		x.Check(func() {
			if a && b {
				x.Errorf("both hold the lock")
			}
		})
	}, "before alice's 1st LWT on locks: bob, on the same host, took the lock", nil},

	{"an error of the release is ignored", func(x *explore.T) {
		alice := x.Session("alice")
		if ok, err := cas(alice, acquire, "alice"); err == nil && ok {
			_, _ = cas(alice, "DELETE FROM locks WHERE name = 'job' IF owner = 'alice'")
			x.Check(func() {
				if lockOwner(x) != "" {
					x.Errorf("nobody can ever take the lock again")
				}
			})
		}
	}, "alice's 2nd LWT on locks was lost on its way and not applied", []explore.Option{explore.Without(explore.Copied)}},

	{"a late release takes the lock from the same owner's next hold", func(x *explore.T) {
		alice := x.Session("alice")
		if ok, err := cas(alice, acquire, "alice"); err != nil || !ok {
			return
		}
		const release = "DELETE FROM locks WHERE name = 'job' IF owner = 'alice'"
		if _, err := cas(alice, release); err != nil {
			_, _ = cas(alice, release) // until it is certain
		}
		again, err := cas(alice, acquire, "alice")
		x.Check(func() {
			if err == nil && again && lockOwner(x) != "alice" {
				x.Errorf("alice has lost her second hold")
			}
		})
	}, "alice's 2nd LWT on locks was applied very late: the test's function had returned", nil},

	{"one who waits for a lock that nobody gives back", func(x *explore.T) {
		alice := x.Session("alice")
		for {
			if ok, err := cas(alice, acquire, "alice"); err == nil && ok {
				return
			}
			time.Sleep(time.Second)
		}
	}, "alice's 1st LWT on locks was applied, and its answer was lost", nil},
}

func options(opts ...explore.Option) []explore.Option {
	return append([]explore.Option{explore.With(cqltest.WithSchema(schema))}, opts...)
}

// Each wrong program is found out, by the schedule that shows what is wrong with it.
func TestWrongPrograms(t *testing.T) {
	for _, p := range wrong {
		t.Run(p.name, func(t *testing.T) {
			r, err := explore.Find(t, p.test, options(p.opts...)...)
			require.NoError(t, err)
			require.NotNil(t, r.Failure, r)
			t.Log(r)
			require.Equal(t, []string{p.want}, r.Failure.Words)
		})
	}
}

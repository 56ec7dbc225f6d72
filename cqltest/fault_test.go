package cqltest_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

const release = "DELETE FROM locks WHERE name = ? IF owner = ?"

// owner is who holds the lock "deploy", as far as the server knows.
func owner(srv *cqltest.Server) any {
	rows := srv.MustRows("SELECT owner FROM locks WHERE name = 'deploy'")
	if len(rows) == 0 {
		return nil
	}
	return rows[0]["owner"]
}

// Every error frame reaches gocql as the error it has for it, and nothing is
// applied unless the fault says so.
func TestErrorFrames(t *testing.T) {
	srv, session := start(t)
	for _, writeType := range []string{"SIMPLE", "BATCH", "UNLOGGED_BATCH", "COUNTER", "BATCH_LOG", "CAS", "VIEW", "CDC"} {
		for _, apply := range []bool{false, true} {
			steps := []cqltest.Step{cqltest.WriteTimeout(writeType)}
			if apply {
				steps = []cqltest.Step{cqltest.Apply, cqltest.WriteTimeout(writeType)}
			}
			fault := srv.Fault(cqltest.On(cqltest.Conditional, "locks"), steps...)
			_, _, err := cas(session, acquire, "deploy", "alice")
			var timeout *gocql.RequestErrWriteTimeout
			require.ErrorAs(t, err, &timeout)
			require.Equal(t, writeType, timeout.WriteType)
			require.Equal(t, writeType == "CAS", uint16(timeout.Consistency) == uint16(gocql.Serial), "Paxos or commit")
			require.Equal(t, apply, owner(srv) != nil)
			require.Equal(t, 1, fault.Hits())
			fault.Remove()
			srv.Truncate()
		}
	}

	is := func(code int) func(*testing.T, error) {
		return func(t *testing.T, err error) {
			var frame gocql.RequestError
			require.ErrorAs(t, err, &frame)
			require.Equal(t, code, frame.Code())
		}
	}
	for _, test := range []struct {
		name  string
		step  cqltest.Step
		check func(*testing.T, error)
	}{
		{"write failure", cqltest.WriteFailure("CAS"), func(t *testing.T, err error) {
			var e *gocql.RequestErrWriteFailure
			require.ErrorAs(t, err, &e)
			require.Equal(t, "CAS", e.WriteType)
			require.Equal(t, 1, e.NumFailures)
		}},
		{"CAS write unknown", cqltest.CASWriteUnknown(), func(t *testing.T, err error) {
			var e *gocql.RequestErrCASWriteUnknown
			require.ErrorAs(t, err, &e)
			require.EqualValues(t, gocql.Serial, e.Consistency)
		}},
		{"read timeout", cqltest.ReadTimeout(), func(t *testing.T, err error) {
			var e *gocql.RequestErrReadTimeout
			require.ErrorAs(t, err, &e)
			require.EqualValues(t, gocql.Serial, e.Consistency)
		}},
		{"read failure", cqltest.ReadFailure(), func(t *testing.T, err error) {
			var e *gocql.RequestErrReadFailure
			require.ErrorAs(t, err, &e)
		}},
		{"unavailable", cqltest.Unavailable(), func(t *testing.T, err error) {
			var e *gocql.RequestErrUnavailable
			require.ErrorAs(t, err, &e)
			require.Equal(t, 1, e.Required)
			require.Equal(t, "Cannot achieve consistency level SERIAL", e.Message())
		}},
		{"unavailable for the commit", cqltest.UnavailableAt(gocql.Quorum, 2, 1), func(t *testing.T, err error) {
			var e *gocql.RequestErrUnavailable
			require.ErrorAs(t, err, &e)
			require.Equal(t, gocql.Quorum, e.Consistency)
			require.Equal(t, []int{2, 1}, []int{e.Required, e.Alive})
			require.Equal(t, "Cannot achieve consistency level QUORUM", e.Message())
		}},
		{"function failure", cqltest.FunctionFailure("f", "int"), func(t *testing.T, err error) {
			var e *gocql.RequestErrFunctionFailure
			require.ErrorAs(t, err, &e)
			require.Equal(t, []string{"int"}, e.ArgTypes)
		}},
		{"already exists", cqltest.AlreadyExists("app", "locks"), func(t *testing.T, err error) {
			var e *gocql.RequestErrAlreadyExists
			require.ErrorAs(t, err, &e)
			require.Equal(t, "locks", e.Table)
		}},
		{"overloaded", cqltest.Overloaded(), is(gocql.ErrCodeOverloaded)},
		{"bootstrapping", cqltest.Bootstrapping(), is(gocql.ErrCodeBootstrapping)},
		{"truncate", cqltest.TruncateError("m"), is(gocql.ErrCodeTruncate)},
		{"server", cqltest.ServerError("m"), is(gocql.ErrCodeServer)},
		{"syntax", cqltest.SyntaxError("m"), is(gocql.ErrCodeSyntax)},
		{"unauthorized", cqltest.Unauthorized("m"), is(gocql.ErrCodeUnauthorized)},
		{"invalid", cqltest.Invalid("m"), is(gocql.ErrCodeInvalid)},
		{"config", cqltest.ConfigError("m"), is(gocql.ErrCodeConfig)},
		{"protocol", cqltest.ProtocolError("m"), is(gocql.ErrCodeProtocol)},
	} {
		t.Run(test.name, func(t *testing.T) {
			fault := srv.Fault(cqltest.On(cqltest.Any), test.step)
			defer fault.Remove()
			_, _, err := cas(session, acquire, "deploy", "alice")
			test.check(t, err)
			require.Nil(t, owner(srv), "not applied")
		})
	}
}

func TestUnprepared(t *testing.T) {
	srv, session := start(t)
	fault := srv.Fault(cqltest.On(cqltest.Insert).First(1), cqltest.Unprepared())
	require.NoError(t, session.Query("INSERT INTO locks (name, owner) VALUES (?, ?)", "deploy", "alice").Exec())
	require.Equal(t, 1, fault.Hits())
	require.Equal(t, "alice", owner(srv), "the driver prepared it again")
}

func TestClosedConnection(t *testing.T) {
	for name, steps := range map[string][]cqltest.Step{
		"before": {cqltest.CloseConnection},
		"after":  {cqltest.Apply, cqltest.CloseConnection},
	} {
		t.Run(name, func(t *testing.T) {
			srv, session := start(t)
			srv.Fault(cqltest.On(cqltest.Conditional).First(1), steps...)
			_, _, err := cas(session, acquire, "deploy", "alice")
			require.True(t, errors.Is(err, io.EOF) || errors.Is(err, gocql.ErrConnectionClosed), "%v", err)
			require.Equal(t, name == "after", owner(srv) != nil)

			require.Eventually(t, func() bool {
				_, _, err := cas(session, release, "deploy", "alice")
				return err == nil
			}, 5*time.Second, 10*time.Millisecond, "the driver connects again")
		})
	}
}

func TestDelay(t *testing.T) {
	const d = 30 * time.Millisecond
	srv, session := start(t)
	for name, steps := range map[string][]cqltest.Step{
		"before": {cqltest.Delay(d)},
		"after":  {cqltest.Apply, cqltest.Delay(d)},
	} {
		srv.Truncate()
		appliedBy := time.Time{}
		steps = append(steps, cqltest.Do(func(cqltest.Statement) {
			if owner(srv) != nil {
				appliedBy = time.Now()
			}
		}))
		fault := srv.Fault(cqltest.On(cqltest.Conditional), steps...)
		begin := time.Now()
		applied, _, err := cas(session, acquire, "deploy", "alice")
		require.NoError(t, err)
		require.True(t, applied)
		require.GreaterOrEqual(t, time.Since(begin), d)
		require.Equal(t, name == "after", !appliedBy.IsZero())
		fault.Remove()
	}
}

// Close does not wait for a delay to end.
func TestCloseEndsDelays(t *testing.T) {
	srv, session := start(t)
	arrived := make(chan struct{})
	srv.Fault(cqltest.On(cqltest.Select), cqltest.Do(func(cqltest.Statement) { close(arrived) }), cqltest.Delay(time.Hour))
	done := make(chan error, 1)
	go func() { done <- session.Query("SELECT * FROM locks").Exec() }()
	<-arrived
	srv.Close()
	require.Error(t, <-done)
}

// Another client comes between a read and the write that depends on it.
func TestDo(t *testing.T) {
	srv, session := start(t)
	srv.MustExec("INSERT INTO locks (name, owner, fence) VALUES ('deploy', 'alice', 1)")
	srv.Fault(cqltest.On(cqltest.Update, "locks"), cqltest.Do(func(s cqltest.Statement) {
		require.Equal(t, []any{2, "deploy", 1}, s.Values())
		srv.MustExec("UPDATE locks SET owner = 'bob', fence = 2 WHERE name = 'deploy'")
	}))
	applied, existing, err := cas(session, "UPDATE locks SET fence = ? WHERE name = ? IF fence = ?", 2, "deploy", 1)
	require.NoError(t, err)
	require.False(t, applied)
	require.Equal(t, 2, existing["fence"])
}

// What the server refuses while a fault applies it is the answer.
func TestApplyRefused(t *testing.T) {
	srv, session := start(t)
	require.NoError(t, session.Query("CREATE TABLE counts (k int PRIMARY KEY, n counter)").Exec())
	fault := srv.Fault(cqltest.On(cqltest.Schema), cqltest.Apply, cqltest.ServerError("boom"))
	err := session.Query("CREATE TABLE counts (k int PRIMARY KEY, n counter)").Exec()
	var exists *gocql.RequestErrAlreadyExists
	require.ErrorAs(t, err, &exists)
	require.Equal(t, 1, fault.Hits())
}

func TestMatch(t *testing.T) {
	const (
		insert = "INSERT INTO locks (name, owner) VALUES ('a', 'x')"
		lwt    = "INSERT INTO locks (name, owner) VALUES ('a', 'x') IF NOT EXISTS"
		update = "UPDATE locks SET owner = 'y' WHERE name = 'a'"
		read   = "SELECT * FROM locks"
		other  = "INSERT INTO others (k) VALUES (1)"
		trunc  = "TRUNCATE others"
		create = "CREATE TABLE IF NOT EXISTS others (k int PRIMARY KEY)"
		use    = `USE "app"`
		batch  = "BEGIN BATCH INSERT INTO locks (name) VALUES ('b') IF NOT EXISTS APPLY BATCH"
		local  = "SELECT key FROM system.local"
	)
	all := []string{insert, lwt, update, read, other, trunc, create, batch, local}
	for _, test := range []struct {
		name  string
		match cqltest.Match
		want  []string
	}{
		{"any", cqltest.On(cqltest.Any), []string{insert, lwt, update, read, other, trunc, create, batch}},
		{"one kind", cqltest.On(cqltest.Insert), []string{insert, lwt, other}},
		{"two kinds", cqltest.On(cqltest.Select | cqltest.Truncate), []string{read, trunc}},
		{"schema", cqltest.On(cqltest.Schema), []string{create}},
		{"writes", cqltest.On(cqltest.Write), []string{insert, lwt, update, other, batch}},
		{"conditional", cqltest.On(cqltest.Conditional), []string{lwt, batch}},
		{"batch", cqltest.On(cqltest.Batch), []string{batch}},
		{"table", cqltest.On(cqltest.Insert, "others"), []string{other}},
		{"tables", cqltest.On(cqltest.Insert, "others", "locks"), []string{insert, lwt, other}},
		{"keyspace and table", cqltest.On(cqltest.Insert, "app.others"), []string{other}},
		{"another keyspace", cqltest.On(cqltest.Insert, "shop.others"), nil},
		{"system", cqltest.On(cqltest.Any, "system.local"), []string{local}},
		{"a system table by half its name", cqltest.On(cqltest.Any, "local"), nil},
		{"text", cqltest.On(cqltest.Any).Containing("'y'"), []string{update}},
		{"function", cqltest.On(cqltest.Any).Where(cqltest.Statement.Conditional), []string{lwt, batch}},
		{"both", cqltest.On(cqltest.Insert).Where(cqltest.Statement.Conditional), []string{lwt}},
		{"nth", cqltest.On(cqltest.Insert).Nth(2), []string{lwt}},
		{"first", cqltest.On(cqltest.Insert).First(2), []string{insert, lwt}},
		{"after", cqltest.On(cqltest.Insert).After(2), []string{other}},
		{"never", cqltest.On(cqltest.Any).Chance(0, 1), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv, session := start(t, cqltest.WithSchema(create))
			var struck []string
			fault := srv.Fault(test.match, cqltest.Do(func(s cqltest.Statement) { struck = append(struck, s.CQL) }))
			for _, cql := range all {
				require.NoError(t, session.Query(cql).Exec(), cql)
			}
			require.Equal(t, test.want, struck)
			require.Equal(t, len(test.want), fault.Hits())
		})
	}
}

// A driver's BATCH request is matched by its entries.
func TestMatchBatchRequest(t *testing.T) {
	srv, session := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional, "locks"), cqltest.WriteTimeout("CAS"))

	plain := session.NewBatch(gocql.LoggedBatch)
	plain.Query("INSERT INTO locks (name) VALUES (?)", "a")
	require.NoError(t, session.ExecuteBatch(plain))

	conditional := session.NewBatch(gocql.LoggedBatch)
	conditional.Query("UPDATE locks SET fence = 1 WHERE name = ?", "a")
	conditional.Query("UPDATE locks SET owner = 'x' WHERE name = ? IF owner = null", "a")
	_, _, err := session.ExecuteBatchCAS(conditional)
	var timeout *gocql.RequestErrWriteTimeout
	require.ErrorAs(t, err, &timeout)
}

func TestMatchPrepare(t *testing.T) {
	srv, session := start(t)
	srv.Fault(cqltest.On(cqltest.Prepare, "locks").First(1), cqltest.Overloaded())
	err := session.Query("SELECT * FROM locks WHERE name = ?", "a").Exec()
	var frame gocql.RequestError
	require.ErrorAs(t, err, &frame)
	require.Equal(t, gocql.ErrCodeOverloaded, frame.Code())
}

// The same seed makes the same choices, and another one others.
func TestChance(t *testing.T) {
	srv, session := start(t)
	struck := func(seed uint64) (choices []bool) {
		fault := srv.Fault(cqltest.On(cqltest.Select).Chance(0.3, seed), cqltest.ReadTimeout())
		defer fault.Remove()
		for range 60 {
			choices = append(choices, session.Query("SELECT * FROM locks").RetryPolicy(nil).Exec() != nil)
		}
		return choices
	}
	first := struck(1)
	require.Contains(t, first, true)
	require.Contains(t, first, false)
	require.Equal(t, first, struck(1))
	require.NotEqual(t, first, struck(2))
}

// Of several faults the first one set strikes; the others still count.
func TestSeveralFaults(t *testing.T) {
	srv, session := start(t)
	first := srv.Fault(cqltest.On(cqltest.Select).Nth(1), cqltest.ReadTimeout())
	second := srv.Fault(cqltest.On(cqltest.Select).First(2), cqltest.Overloaded())

	code := func() int {
		err := session.Query("SELECT * FROM locks").RetryPolicy(nil).Exec()
		var frame gocql.RequestError
		if errors.As(err, &frame) {
			return frame.Code()
		}
		require.NoError(t, err)
		return 0
	}
	require.Equal(t, gocql.ErrCodeReadTimeout, code())
	require.Equal(t, gocql.ErrCodeOverloaded, code())
	require.Equal(t, 0, code())
	require.Equal(t, 1, first.Hits())
	require.Equal(t, 1, second.Hits())

	srv.Fault(cqltest.On(cqltest.Select), cqltest.Overloaded())
	require.Equal(t, gocql.ErrCodeOverloaded, code())
	srv.ClearFaults()
	require.Equal(t, 0, code())
}

// Faults leave alone what goes past the network.
func TestDirectStatementsAreNotStruck(t *testing.T) {
	srv, _ := start(t)
	fault := srv.Fault(cqltest.On(cqltest.Any), cqltest.Overloaded())
	srv.MustExec("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice')")
	require.Equal(t, "alice", owner(srv))
	fault.Remove()
}

// A request that is sent again is answered by its second execution; a copy that is held up is
// executed without anybody hearing of it.
func TestRepeat(t *testing.T) {
	srv, session := start(t)
	srv.Fault(cqltest.On(cqltest.Conditional).Nth(1), cqltest.Apply, cqltest.Repeat)
	applied, existing, err := cas(session, acquire, "deploy", "alice")
	require.NoError(t, err)
	require.False(t, applied, "by its own first execution")
	require.Equal(t, "alice", existing["owner"])
	srv.Truncate()

	held, done := make(chan struct{}), make(chan struct{})
	srv.Fault(cqltest.On(cqltest.Conditional).Nth(1), cqltest.RepeatLater(func() { <-held }, func() { close(done) }))
	applied, _, err = cas(session, acquire, "deploy", "alice")
	require.NoError(t, err)
	require.True(t, applied)
	applied, _, err = cas(session, release, "deploy", "alice")
	require.NoError(t, err)
	require.True(t, applied)
	require.Nil(t, owner(srv))
	close(held)
	<-done
	require.Equal(t, "alice", owner(srv))
}

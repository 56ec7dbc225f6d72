package cqltest

import (
	"cmp"
	"context"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/wire"
)

// Step is one thing that a fault does: see [Server.Fault].
type Step struct {
	// take does the step; a response ends the fault.
	take func(ctx context.Context, c *call) *wire.Response
}

// The steps that need no more said.
var (
	// Apply runs the statement. If the server refuses it, that is the answer and
	// the steps that follow are left out.
	Apply = Step{takeApply}
	// Repeat runs the statement as Apply does, also if it has been run: Apply, Repeat is a
	// request that was sent again because its first answer was lost. The second answer counts.
	Repeat = Step{takeRepeat}
	// LoseAnswer answers nothing, ever: the client waits until its own timeout.
	LoseAnswer = Step{takeLoseAnswer}
	// CloseConnection cuts the connection that the statement came on, without an
	// answer.
	CloseConnection = Step{takeCloseConnection}
)

func takeApply(ctx context.Context, c *call) *wire.Response {
	if _, err := c.apply(ctx); err != nil {
		return ref(c.answer(ctx))
	}
	return nil
}

func takeRepeat(ctx context.Context, c *call) *wire.Response {
	c.applied = false
	return takeApply(ctx, c)
}

func takeLoseAnswer(context.Context, *call) *wire.Response {
	return &wire.Response{Silent: true}
}

func takeCloseConnection(_ context.Context, c *call) *wire.Response {
	c.conn.Close()
	return &wire.Response{Silent: true}
}

// Delay waits.
func Delay(d time.Duration) Step {
	return Step{func(ctx context.Context, _ *call) *wire.Response {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		return nil
	}}
}

// RepeatLater has a copy of the statement run when wait returns, and meanwhile goes on: a request
// that a driver or a proxy sent twice, of which one was held up. Nobody hears what came of the
// copy; done, unless it is nil, is called afterwards. wait must return before the server is closed.
func RepeatLater(wait, done func()) Step {
	return Step{func(ctx context.Context, c *call) *wire.Response {
		late := *c
		go func() {
			wait()
			late.applied = false
			_, _ = late.apply(ctx)
			if done != nil {
				done()
			}
		}()
		return nil
	}}
}

// Do calls fn, which may use the server, short of closing it: to let another
// client's write come between, to wait for a signal, or to move the clock.
func Do(fn func(Statement)) Step {
	return Step{func(_ context.Context, c *call) *wire.Response {
		fn(c.statement)
		return nil
	}}
}

// WriteTimeout answers that too few replicas acknowledged a write in time.
// writeType is SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW or
// CDC. A CAS timeout is what a lightweight transaction gets that loses to
// others too often; whether it was applied is unknown.
func WriteTimeout(writeType string) Step {
	return fail(protocol.CodeWriteTimeout, func(c *call, e *protocol.Error) {
		e.Message = "Operation timed out - received only 0 responses."
		if writeType == "CAS" {
			e.Message = "CAS operation timed out: received 0 of 1 required responses after 0 contention retries"
		} else { // the commit, which Paxos has no part in
			e.Consistency = c.params.Consistency
		}
		e.WriteType, e.BlockFor = writeType, 1
	})
}

// WriteFailure answers that a replica failed to write.
func WriteFailure(writeType string) Step {
	return fail(protocol.CodeWriteFailure, func(c *call, e *protocol.Error) {
		if writeType != "CAS" {
			e.Consistency = c.params.Consistency
		}
		e.Message = "Operation failed - received 0 responses and 1 failures: UNKNOWN from /127.0.0.1:7000"
		e.WriteType, e.BlockFor, e.NumFailures = writeType, 1, 1
	})
}

// CASWriteUnknown answers that a lightweight transaction was accepted by some
// replicas but not by a quorum. A real server says so in protocol version 5
// only, and a [WriteTimeout] of type CAS to clients of version 4.
func CASWriteUnknown() Step {
	return fail(protocol.CodeCASWriteUnknown, func(_ *call, e *protocol.Error) {
		e.Message = "CAS operation result is unknown - proposal accepted by 1 but not a quorum."
		e.Received, e.BlockFor = 1, 2
	})
}

// ReadTimeout answers that too few replicas answered a read in time.
func ReadTimeout() Step {
	return fail(protocol.CodeReadTimeout, func(_ *call, e *protocol.Error) {
		e.Message = "Operation timed out - received only 0 responses."
		e.BlockFor = 1
	})
}

// ReadFailure answers that a replica failed to read.
func ReadFailure() Step {
	return fail(protocol.CodeReadFailure, func(_ *call, e *protocol.Error) {
		e.Message = "Operation failed - received 0 responses and 1 failures: UNKNOWN from /127.0.0.1:7000"
		e.BlockFor, e.NumFailures = 1, 1
	})
}

// Unavailable answers that too few replicas are alive to try. For a lightweight
// transaction the consistency level in the answer is the serial one: it was
// not proposed.
func Unavailable() Step {
	return fail(protocol.CodeUnavailable, func(_ *call, e *protocol.Error) {
		e.Message = "Cannot achieve consistency level " + consistencyName(e.Consistency)
		e.Required, e.Alive = 1, 0
	})
}

// UnavailableAt is Unavailable with the level and the numbers of your choice:
// of a lightweight transaction, say, that was decided but not committed.
func UnavailableAt(level gocql.Consistency, required, alive int) Step {
	return fail(protocol.CodeUnavailable, func(_ *call, e *protocol.Error) {
		e.Consistency, e.Required, e.Alive = uint16(level), required, alive
		e.Message = "Cannot achieve consistency level " + consistencyName(e.Consistency)
	})
}

// Overloaded answers that the coordinator has too much to do.
func Overloaded() Step {
	return fail(protocol.CodeOverloaded, func(_ *call, e *protocol.Error) {
		e.Message = "Server is overloaded"
	})
}

// Bootstrapping answers that the coordinator is not yet part of the cluster.
func Bootstrapping() Step {
	return fail(protocol.CodeBootstrapping, func(_ *call, e *protocol.Error) {
		e.Message = "Cannot read from a bootstrapping node"
	})
}

// FunctionFailure answers that a user-defined function failed.
func FunctionFailure(function string, argTypes ...string) Step {
	return fail(protocol.CodeFunctionFailure, func(c *call, e *protocol.Error) {
		e.Keyspace, e.Function, e.ArgTypes = c.statement.Keyspace, function, argTypes
		e.Message = "execution of '" + e.Keyspace + "." + function + "' failed"
	})
}

// Unprepared answers that a prepared statement is not known, as after a
// restart. Drivers prepare it again and repeat it.
func Unprepared() Step {
	return Step{func(_ context.Context, c *call) *wire.Response {
		return c.failure(unprepared(c.id))
	}}
}

// TruncateError answers that a TRUNCATE failed.
func TruncateError(message string) Step { return failWith(protocol.CodeTruncate, message) }

// ServerError answers that something unexpected went wrong.
func ServerError(message string) Step { return failWith(protocol.CodeServer, message) }

// ProtocolError answers that the client broke the protocol.
func ProtocolError(message string) Step { return failWith(protocol.CodeProtocol, message) }

// SyntaxError answers that the statement is not CQL.
func SyntaxError(message string) Step { return failWith(protocol.CodeSyntax, message) }

// Unauthorized answers that the user may not do this.
func Unauthorized(message string) Step { return failWith(protocol.CodeUnauthorized, message) }

// Invalid answers that the statement makes no sense.
func Invalid(message string) Step { return failWith(protocol.CodeInvalid, message) }

// ConfigError answers that the configuration forbids the statement.
func ConfigError(message string) Step { return failWith(protocol.CodeConfig, message) }

// AlreadyExists answers that a keyspace or, unless it is empty, a table is there.
func AlreadyExists(keyspace, table string) Step {
	return fail(protocol.CodeAlreadyExists, func(_ *call, e *protocol.Error) {
		e.Keyspace, e.Table = keyspace, table
		e.Message = `Cannot add existing keyspace "` + keyspace + `"`
		if table != "" {
			e.Message = `Cannot add already existing table "` + table + `" to keyspace "` + keyspace + `"`
		}
	})
}

// fail answers an error frame, made for the statement at hand.
func fail(code int, fill func(*call, *protocol.Error)) Step {
	return Step{func(_ context.Context, c *call) *wire.Response {
		e := &protocol.Error{Code: code, Consistency: c.level()}
		fill(c, e)
		return c.failure(e)
	}}
}

func failWith(code int, message string) Step {
	return fail(code, func(_ *call, e *protocol.Error) { e.Message = message })
}

// level is the consistency level that replicas first have to meet: a lightweight
// transaction's serial one.
func (c *call) level() uint16 {
	if c.statement.Conditional() {
		return cmp.Or(c.params.SerialConsistency, protocol.Serial)
	}
	return c.params.Consistency
}

func ref[T any](v T) *T { return &v }

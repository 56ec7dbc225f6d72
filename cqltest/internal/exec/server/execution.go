package server

import (
	"context"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
)

// Execution is one run of one statement.
type Execution struct {
	ctx      context.Context
	Server   *Server
	Client   *protocol.Client
	Schema   *schema.Schema
	Params   *protocol.Params
	Env      terms.Env
	now      time.Time
	NowSec   int64 // for TTLs
	Warnings []string
	Lists    *listElements
}

// listElements counts the list elements written so far, for ScyllaDB's order.
type listElements struct{ Appended, Prepended int }

// NewExecution begins the run of a statement.
func (s *Server) NewExecution(ctx context.Context, c *protocol.Client, params *protocol.Params) *Execution {
	x := &Execution{ctx: ctx, Server: s, Client: c, Schema: s.Schema.Load(), Params: params, now: s.Clock.Now(), Lists: new(listElements)}
	x.NowSec = x.now.Unix()
	if params.NowInSeconds != nil {
		x.NowSec = *params.NowInSeconds
	}
	x.Env.Now = x.now
	return x
}

// Eval evaluates a term.
func (x *Execution) Eval(t terms.Term) ([]byte, error) { return t.Eval(&x.Env) }

// Err says that nobody waits for the rows any more.
func (x *Execution) Err() error {
	select {
	case <-x.Client.Gone:
		return context.Canceled
	default:
	}
	if x.ctx == nil {
		return nil
	}
	return x.ctx.Err()
}

// Timestamp is what the writes of this execution carry unless they say USING TIMESTAMP.
func (x *Execution) Timestamp() int64 {
	if x.Params.DefaultTimestamp != nil {
		return *x.Params.DefaultTimestamp
	}
	return x.Server.Clock.Timestamp()
}

// Warn adds a warning to the answer.
func (x *Execution) Warn(msg string) { x.Warnings = append(x.Warnings, msg) }

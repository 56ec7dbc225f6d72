package mapper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/proxy"
	"github.com/coodie-go/coodie/internal/driver"
)

// fate is what became of a write whose connection died.
type fate uint8

const (
	never  fate = iota // the server never executed it
	done               // it did
	either             // it may have
)

// deaths are the ways in which a connection can die under a request, and what a client is
// told then.
var deaths = []struct {
	name string
	at   proxy.Kind // the request that dies; 0: that of the operation itself
	// fault befalls it.
	fault proxy.Fault
	// timeout is the session's, deadline the context's; 0: none that matters.
	timeout, deadline time.Duration
	cancelled         bool // the context is cancelled when the fault strikes

	kind coodie.ErrorKind
	fate fate
}{
	{name: "cut before the request", fault: proxy.CutRequest, kind: coodie.KindConnection, fate: never},
	{name: "cut in the middle of the request", fault: proxy.Fault{Point: proxy.MidRequest, Way: proxy.Close}, kind: coodie.KindConnection, fate: never},
	{name: "cut as the request arrives", fault: proxy.Fault{Point: proxy.AfterRequest, Way: proxy.Close}, kind: coodie.KindConnection, fate: either},
	{name: "cut before the answer", fault: proxy.CutAnswer, kind: coodie.KindConnection, fate: done},
	{name: "cut in the answer's header", fault: proxy.Fault{Point: proxy.MidHeader, Way: proxy.Close}, kind: coodie.KindConnection, fate: done},
	{name: "cut after the answer's header", fault: proxy.Fault{Point: proxy.AfterHeader, Way: proxy.Close}, kind: coodie.KindConnection, fate: done},
	{name: "cut in the middle of the answer", fault: proxy.Fault{Point: proxy.MidAnswer, Way: proxy.Close}, kind: coodie.KindConnection, fate: done},
	{name: "reset before the request", fault: proxy.Fault{Point: proxy.BeforeRequest, Way: proxy.Reset}, kind: coodie.KindConnection, fate: never},
	{name: "reset before the answer", fault: proxy.ResetAnswer, kind: coodie.KindConnection, fate: done},
	{name: "reset in the middle of the answer", fault: proxy.Fault{Point: proxy.MidAnswer, Way: proxy.Reset}, kind: coodie.KindConnection, fate: done},

	{name: "cut while it is prepared", at: proxy.Prepare, fault: proxy.CutRequest, kind: coodie.KindConnection, fate: never},
	{name: "reset while it is prepared", at: proxy.Prepare, fault: proxy.ResetAnswer, kind: coodie.KindConnection, fate: never},
	{name: "silence while it is prepared", at: proxy.Prepare, fault: proxy.LoseAnswer, timeout: time.Second, kind: coodie.KindTimeout, fate: never},

	{name: "the request lost, until the client's timeout", fault: proxy.LoseRequest, timeout: time.Second, kind: coodie.KindTimeout, fate: never},
	{name: "the answer lost, until the client's timeout", fault: proxy.LoseAnswer, timeout: time.Second, kind: coodie.KindTimeout, fate: done},
	{name: "the request lost for ever, until the deadline", fault: proxy.LoseRequest, deadline: time.Second, kind: coodie.KindTimeout, fate: never},
	{name: "the answer lost for ever, until the deadline", fault: proxy.LoseAnswer, deadline: time.Second, kind: coodie.KindTimeout, fate: done},
	{name: "cancelled before the request arrives", fault: proxy.LoseRequest, cancelled: true, kind: coodie.KindCanceled, fate: never},
	{name: "cancelled before the answer arrives", fault: proxy.LoseAnswer, cancelled: true, kind: coodie.KindCanceled, fate: done},
}

// request is a request that can die.
type request struct {
	name    string
	kind    driver.Kind
	sent    proxy.Kind
	settles bool // its result can be settled
	do      func(ctx context.Context, c *client) (coodie.LWTResult[Register], error)
}

// client has a register that holds 1, and a session of its own.
type client struct {
	*line
	session *gocql.Session
	db      *coodie.DB
	table   *coodie.Table[Register]
	doc     *coodie.Document[Register]
}

// newClient makes the register, k, and connects through a proxy.
func newClient(t *testing.T, truth *gocql.Session, k int, change ...func(*gocql.ClusterConfig)) *client {
	t.Helper()
	first := Register{K: k, V: 1, Attempt: gocql.MustRandomUUID()}
	execute(t, truth, "INSERT INTO register (k, v, attempt) VALUES (?, ?, ?) IF NOT EXISTS", first.K, first.V, first.Attempt)
	c := &client{}
	c.line, c.session = throughProxies(t, truth.Query("").Keyspace(), 1, change...)
	c.db = over(t, c.session)
	var err error
	c.table, err = coodie.Open[Register](c.db)
	require.NoError(t, err)
	c.doc = c.table.New(first)
	return c
}

// underway make it 4, or read it.
var underway = []request{
	{"LWT", driver.CAS, proxy.Conditional, true, func(ctx context.Context, c *client) (coodie.LWTResult[Register], error) {
		return c.doc.If(registerV.Eq(1)).Update(ctx, registerV.Set(4))
	}},
	{"batch with a condition", driver.CAS, proxy.Conditional, true, func(ctx context.Context, c *client) (coodie.LWTResult[Register], error) {
		b := c.db.Batch()
		h := c.doc.If(registerV.Eq(1)).UpdateIn(b, registerV.Set(4))
		err := b.Exec(ctx)
		res, _ := h.Result()
		return res, err
	}},
	{"raw LWT", driver.CAS, proxy.Conditional, false, func(ctx context.Context, c *client) (res coodie.LWTResult[Register], err error) {
		_, err = c.db.Raw("UPDATE register SET v = 4 WHERE k = ? IF v = 1", c.doc.Value.K).CAS(ctx)
		return res, err
	}},
	{"plain write", driver.Write, proxy.Write, false, func(ctx context.Context, c *client) (res coodie.LWTResult[Register], _ error) {
		return res, c.doc.Update(ctx, registerV.Set(4))
	}},
	{"plain batch", driver.LoggedBatch, proxy.Write, false, func(ctx context.Context, c *client) (res coodie.LWTResult[Register], _ error) {
		b := c.db.Batch()
		c.doc.UpdateIn(b, registerV.Set(4))
		return res, b.Exec(ctx)
	}},
	{"read", driver.Read, proxy.Read, false, func(ctx context.Context, c *client) (res coodie.LWTResult[Register], err error) {
		_, err = c.table.Find(registerK.Eq(c.doc.Value.K)).Get(ctx)
		return res, err
	}},
}

// TestDeaths: whichever way a connection dies under a request, the error is what the table of
// outcomes says of it, and what the row then holds agrees; Settle finds out the rest.
func TestDeaths(t *testing.T) {
	t.Parallel()
	truth, _ := registers(t)
	for i, tt := range deaths {
		for j, op := range underway {
			k := i*len(underway) + j
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c := newClient(t, truth, k, func(config *gocql.ClusterConfig) {
					retrying(config)
					if tt.timeout != 0 {
						config.Timeout = tt.timeout
					}
				})
				at, fault := op.sent, tt.fault
				if tt.at != 0 {
					at = tt.at
				}
				if tt.cancelled {
					fault.Do = cancel
				}
				struck := c.next(at, fault)
				if tt.deadline != 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}

				res, err := op.do(ctx, c)
				await(t, struck)
				require.Error(t, err)
				require.Equal(t, tt.kind, coodie.KindOf(err), "%v", err)
				require.Equal(t, op.kind != driver.Read, errors.Is(err, coodie.ErrOutcomeUnknown), "%v", err)
				require.Equal(t, driver.Unknown(op.kind, err), errors.Is(err, coodie.ErrOutcomeUnknown), "the table of outcomes")
				require.False(t, res.Applied)
				wantSent := 1
				if tt.at == proxy.Prepare {
					wantSent = 0
				}
				require.Len(t, c.take(), wantSent)

				switch v := stored(t, truth, c.doc.Value.K); {
				case tt.fate == never || op.kind == driver.Read:
					require.Equal(t, 1, v)
				case tt.fate == done:
					require.Equal(t, 4, v)
				}
				if op.settles {
					requireSettled(t, tt.fate, res)
				}
			})
		}
	}
}

// requireSettled checks that Settle says no more than is true, and all that can be known.
func requireSettled(t *testing.T, f fate, res coodie.LWTResult[Register]) {
	t.Helper()
	res, err := settle(t, res)
	switch {
	case f == done || f == either && err == nil:
		require.NoError(t, err)
		require.True(t, res.Applied)
	default:
		require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "nothing has been written so far")
		require.Equal(t, 1, res.Existing.Value.V)
	}
}

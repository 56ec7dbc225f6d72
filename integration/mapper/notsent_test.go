package mapper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/proxy"
	"github.com/coodie-go/coodie/internal/driver"
)

// TestNotSent: where nothing can be sent the error is definite, nothing reaches the server,
// not even to be prepared, and the row stays as it is.
func TestNotSent(t *testing.T) {
	t.Parallel()
	truth, _ := registers(t)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	down := func(t *testing.T, c *client) {
		c.proxies[0].Down()
		c.await(t, coodie.KindNoHost)
	}
	for i, tt := range []struct {
		name string
		kind coodie.ErrorKind
		ctx  context.Context
		when func(*testing.T, *client)
	}{
		{"the context is cancelled", coodie.KindCanceled, canceled, nil},
		{"the deadline is over", coodie.KindTimeout, late, nil},
		{"connections are refused", coodie.KindNoHost, t.Context(), down},
		{"the session is closed", coodie.KindClosed, t.Context(), func(_ *testing.T, c *client) { c.session.Close(); c.db.Close() }},
	} {
		for j, op := range underway {
			k := i*len(underway) + j
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				c := newClient(t, truth, k, retrying)
				prepared := c.proxies[0].Fault(proxy.On(proxy.Prepare), proxy.Watch)
				if tt.when != nil {
					tt.when(t, c)
					c.take()
				}
				res, err := op.do(tt.ctx, c)
				require.Error(t, err)
				require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
				require.False(t, driver.Unknown(op.kind, err), "the table of outcomes")
				require.Equal(t, tt.kind, coodie.KindOf(err), "%v", err)
				require.False(t, res.Applied)
				_, err = res.Settle(t.Context())
				require.NoError(t, err, "there is nothing to settle")
				require.Empty(t, c.take())
				require.Zero(t, prepared.Hits())
				require.Equal(t, 1, stored(t, truth, k))
			})
		}
	}
}

// await waits until the client's session knows of what has happened to its connections: until a read fails so.
func (c *client) await(t *testing.T, want coodie.ErrorKind) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		_, err = c.table.Find(registerK.Eq(c.doc.Value.K)).Get(t.Context())
		return coodie.KindOf(err) == want
	}, 30*time.Second, time.Millisecond, "%v", err)
}

// TestIdleConnectionsDie: all connections are cut while nothing is under way. A request that
// is sent at once fails, with whatever gocql makes of it, or goes through; what it says is
// true. Once the session has connected again everything is as before.
func TestIdleConnectionsDie(t *testing.T) {
	t.Parallel()
	truth, _ := registers(t)
	for i, way := range []proxy.Way{proxy.Close, proxy.Reset} {
		for j, op := range underway {
			k := i*len(underway) + j
			t.Run(way.String()+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				c := newClient(t, truth, k, retrying)
				c.proxies[0].Cut(way)
				res, err := op.do(t.Context(), c)
				require.Equal(t, driver.Unknown(op.kind, err), errors.Is(err, coodie.ErrOutcomeUnknown), "%v", err)
				sent := c.take()
				require.LessOrEqual(t, len(sent), 1)
				switch v := stored(t, truth, k); {
				case op.kind == driver.Read, errors.Is(err, coodie.ErrOutcomeUnknown):
				case err != nil:
					require.Equal(t, 1, v, "definite: %v", err)
					require.Empty(t, sent)
				default:
					require.Equal(t, 4, v)
				}
				require.Equal(t, err == nil && op.settles, res.Applied)

				c.await(t, coodie.KindNone)
				require.NoError(t, c.table.Find(registerK.Eq(k)).Update(t.Context(), registerV.Set(1)))
				_, err = op.do(t.Context(), c)
				require.NoError(t, err)
				if op.kind != driver.Read {
					require.Equal(t, 4, stored(t, truth, k))
				}
			})
		}
	}
}

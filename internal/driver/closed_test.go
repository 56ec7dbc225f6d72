package driver

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// closing is a driver that closes its connection while a request is under way.
type closing struct{ Sender }

func (closing) Send(context.Context, *Request, Iter) Iter { return Executed(context.Canceled) }

// TestConnectionThatIsClosed: the driver's own context is not the caller's.
func TestConnectionThatIsClosed(t *testing.T) {
	r := &Request{Kind: CAS, Statement: "INSERT"}
	err := Exec(t.Context(), closing{}, r)
	require.Equal(t, KindConnection, KindOf(err))
	require.True(t, Unknown(CAS, err))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "the connection was closed")

	ctx, cancel := context.WithCancel(t.Context())
	sender := cancelling{cancel: cancel}
	err = Exec(ctx, sender, r)
	require.Equal(t, KindCanceled, KindOf(err))
	require.True(t, Unknown(CAS, err))
}

type cancelling struct {
	Sender
	cancel func()
}

func (c cancelling) Send(context.Context, *Request, Iter) Iter {
	c.cancel()
	return Executed(context.Canceled)
}

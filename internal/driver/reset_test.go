package driver_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

func bind(t *testing.T, c *driver.Call, values ...string) {
	t.Helper()
	text, err := codec.For(reflect.TypeFor[string](), &codec.Type{Kind: codec.Text})
	require.NoError(t, err)
	for i := range values {
		_, _, err := c.Bind(text, codec.At(&values[i]), false)
		require.NoError(t, err)
	}
}

// TestReset: a call's memory is used again only if the driver has no page left to ask for, for
// which it would encode the values once more.
func TestReset(t *testing.T) {
	ctx, columns := context.Background(), []driver.Column{fake.Column("a", codec.Text), fake.Column("b", codec.Text)}
	rows := [][][]byte{{[]byte("x"), nil}, {nil, []byte("y")}}
	answer := fake.Answer{Columns: columns, Rows: rows}
	sender := &fake.Sender{Answer: func(*driver.Request) fake.Answer { return answer }}

	var c driver.Call
	for range 2 { // the second time in the same memory
		bind(t, &c, "one", "two")
		got := c.Do(ctx, sender, &driver.Request{})
		for _, want := range rows {
			require.True(t, got.Next())
			require.Equal(t, want, got.Cells())
		}
		require.False(t, got.Next())
		require.NoError(t, got.Close())
		require.True(t, c.Reset())
		require.Zero(t, c.Len())
	}

	ended, cancel := context.WithCancel(ctx)
	cancel()
	bind(t, &c, "not sent")
	require.ErrorIs(t, c.Do(ended, sender, &driver.Request{}).Close(), context.Canceled)
	require.True(t, c.Reset())

	bind(t, &c, "key")
	answer.More = true
	got := c.Do(ctx, sender, &driver.Request{})
	require.True(t, got.Next())
	require.NoError(t, got.Close())
	require.False(t, c.Reset(), "a page is left")
}

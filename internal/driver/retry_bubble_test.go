//go:build !race

package driver_test

import (
	"context"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
	_ "github.com/coodie-go/coodie/internal/driver/gocqlv1" // knows its errors
	"github.com/coodie-go/coodie/internal/leak"
)

// TestRetryAwaitsAConnection: a session that has lost its last connection is given the time that
// gocql takes to open another one, unless the caller has none.
func TestRetryAwaitsAConnection(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		start := time.Now()
		sender := &fake.Sender{Answer: func(*driver.Request) fake.Answer {
			if time.Since(start) < 250*time.Millisecond {
				return fake.Answer{Err: gocql.ErrNoConnections}
			}
			return fake.Answer{}
		}}
		again := driver.Retry(sender, 2)
		require.NoError(t, driver.Do(t.Context(), again, &driver.Request{Kind: driver.CAS}).Close())
		require.Less(t, time.Since(start), time.Second)

		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, driver.Do(ctx, again, &driver.Request{Kind: driver.CAS}).Close(), gocql.ErrNoConnections)
		require.Equal(t, 20*time.Millisecond, time.Since(start))
	})
}

// TestRetriesEndWithTheContext: between two attempts nothing is on its way, so that the error is
// definite.
func TestRetriesEndWithTheContext(t *testing.T) {
	leak.Bubble(t, func(t *testing.T) {
		sender := &fake.Sender{Answer: func(*driver.Request) fake.Answer { return fake.Answer{Err: gocql.ErrNoStreams} }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := driver.Do(ctx, driver.Retry(sender, 1000), &driver.Request{Kind: driver.CAS}).Close()
		require.Equal(t, time.Second, time.Since(start))
		require.ErrorIs(t, err, gocql.ErrNoStreams)
		require.False(t, driver.Unknown(driver.CAS, err))
		require.Less(t, len(sender.Sent()), 100)
	})
}

//go:build !race

package claim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/internal/leak"
)

// Random programs against random faults, among them requests that arrive much too late: at no
// time do two users have one address, and in the end a repair makes all whole.
func TestRandomPrograms(t *testing.T) {
	seeds := uint64(6)
	if os.Getenv("COODIE_LONG") != "" {
		seeds = 200
	}
	for seed := range seeds {
		leak.Bubble(t, func(t *testing.T) { simulate(t, seed) })
	}
}

func simulate(t *testing.T, seed uint64) {
	c := start(t, cqltest.WithPipe())
	on := cqltest.On(cqltest.Any, "emails", "users")
	c.srv.Fault(on.Chance(0.04, seed), cqltest.Apply, cqltest.LoseAnswer)
	c.srv.Fault(on.Chance(0.04, seed+1), cqltest.WriteTimeout("CAS"))
	c.srv.Fault(on.Chance(0.04, seed+2), cqltest.Apply, cqltest.CASWriteUnknown())
	c.srv.Fault(on.Chance(0.04, seed+3), cqltest.Delay(time.Second))
	c.srv.Fault(on.Chance(0.04, seed+4), cqltest.Delay(7*time.Second))
	c.srv.Fault(on.Chance(0.02, seed+5), cqltest.Unavailable())

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const clients = 4
	stopped := make(chan struct{})
	for i := range clients {
		d := connect(t, c.srv)
		own := rand.New(rand.NewPCG(seed, uint64(10+i)))
		go func() {
			defer func() { stopped <- struct{}{} }()
			for n := 0; ctx.Err() == nil; n++ {
				time.Sleep(time.Duration(own.Int64N(int64(300 * time.Millisecond))))
				within, cancel := context.WithTimeout(ctx, time.Duration(own.Int64N(int64(3*time.Second))))
				address := func() string { return fmt.Sprint(own.IntN(4), "@example.org") }
				switch own.IntN(4) {
				case 0, 1:
					_ = d.signUp(within, fmt.Sprint(i, "-", n), address())
				case 2: // somebody's, found by the address
					from := address()
					if id, _, err := d.emails.Owner(within, from); err == nil {
						if to := address(); to != from {
							_ = d.rename(within, id, from, to)
						}
					}
				default:
					_ = d.emails.Resolve(within, address(), d.decide)
				}
				cancel()
			}
		}()
	}
	for ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		requireDistinct(t, c)
	}
	for range clients {
		<-stopped
	}
	c.srv.ClearFaults()
	time.Sleep(time.Minute) // the late ones have arrived
	require.NoError(t, c.emails.Repair(context.Background(), 0, c.decide))
	c.requireWhole(t)
	require.NotEmpty(t, c.srv.MustRows("SELECT * FROM emails"))
}

func requireDistinct(t *testing.T, c *client) {
	t.Helper()
	held := map[any]any{}
	for _, row := range c.srv.MustRows("SELECT id, email, void FROM users") {
		if row["void"] != true {
			require.NotContains(t, held, row["email"])
			held[row["email"]] = row["id"]
		}
	}
}

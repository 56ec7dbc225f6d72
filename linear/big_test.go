package linear_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/linear"
)

// simulate is a history of a register that clients swap, some eight at a time. A tenth of the outcomes
// is unknown. With a lie, one client is told of a write that was not made.
func simulate(seed uint64, lie bool) (history []register) {
	random := rand.New(rand.NewPCG(seed, 0))
	value := 0
	for i := 1; i <= 100; i++ {
		at := 10 * i
		old := max(0, value-random.IntN(3))
		answer := refused(value)
		if old == value {
			value, answer = i, swapped
		}
		if lie && i > 80 && !answer.Applied {
			answer, lie = swapped, false
		}
		o := op(fmt.Sprint("client ", i%8), at-random.IntN(40), at+random.IntN(40), linear.Swap(old, i), answer)
		if answer.Applied && random.IntN(10) == 0 {
			o.Outcome = linear.Unknown
		}
		history = append(history, o)
	}
	return history
}

// Histories of many clients are searched, and what is wrong in them is reduced to a few operations.
func TestManyClients(t *testing.T) {
	for seed := range uint64(4) {
		require.NoError(t, linear.Register[int]().Check(simulate(seed, false)).Err())
		r := linear.Register[int]().Check(simulate(seed, true), linear.Limit(time.Minute))
		require.Len(t, r.Violations, 1, seed)
		require.LessOrEqual(t, len(r.Violations[0].Shortest), 4, r.Err())
	}
}

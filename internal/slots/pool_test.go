package slots

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// applied ends a write that was applied.
func applied(s *Slot) {
	s.WriteApplied()
	s.Leave()
}

// One write of a row is under way for each writer; names and ids never return.
func TestPool(t *testing.T) {
	var p Pool
	first := p.Take("a")
	require.Equal(t, Claim, first.Begin(), "the writer has no slot there yet")
	second, other := p.Take("a"), p.Take("b")
	require.NotEqual(t, first.Writer, second.Writer)
	require.Equal(t, first.Writer, other.Writer, "another row")
	require.NotEqual(t, first.ID, second.ID)
	applied(first)
	applied(second)
	again := p.Take("a")
	require.Equal(t, first.Writer, again.Writer)
	require.Equal(t, first.ID, again.Old)
	require.Equal(t, Write, again.Begin())

	again.Lost()
	again.Leave()
	again.Leave()
	next := p.Take("a")
	require.Equal(t, second.Writer, next.Writer, "the slot of a write in doubt is not used")
	require.Equal(t, second.ID, next.Old)
	require.Equal(t, Fence, again.Look(Seen{Row: true, Slot: first.ID}))
	again.FenceApplied()
	again.Leave()
	freed := p.Take("a")
	require.Equal(t, first.Writer, freed.Writer)
	require.Equal(t, again.Fenced(), freed.Old)

	var another Pool
	require.NotEqual(t, first.Writer, another.Take("a").Writer)
}

// What a pool remembers is bounded.
func TestPoolIsBounded(t *testing.T) {
	var p Pool
	for i := range maxLast + 10 {
		applied(p.Take(strconv.Itoa(i)))
	}
	require.Len(t, p.writers, 1)
	require.Len(t, p.writers[0].last, maxLast)
	name := p.writers[0].name
	for i := range maxHeld + 1 {
		s := p.Take(strconv.Itoa(i))
		s.Lost()
		s.Leave()
	}
	require.NotEqual(t, name, p.Take("a").Writer, "so many writes were given up that their writer is retired")
}

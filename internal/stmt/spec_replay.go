package stmt

import (
	"github.com/coodie-go/coodie/internal/replay"
)

// Said is what the program says about a statement's being idempotent.
type Said uint8

const (
	Inferred Said = iota // nothing
	Idempotent
	NotIdempotent
)

// SaidOf is what the program says.
func SaidOf(idempotent bool) Said {
	if idempotent {
		return Idempotent
	}
	return NotIdempotent
}

// ErrLWTIdempotent is why an LWT cannot be declared idempotent.
const ErrLWTIdempotent = "a conditional write is never idempotent: sent again, it would meet its own row and be told \"refused\", " +
	"and another write may have come between; this holds for IF NOT EXISTS too"

// Replayed says whether the built statement may be sent twice, and why.
func (c *Spec) Replayed(b *Bound) replay.Reason {
	stamped := c.Timestamp != nil
	if b.Err == nil {
		stamped = stamped || c.Table.Rules.ClientTimestamp
	}
	found := b.replay
	switch {
	case b.CAS:
		found = replay.Conditional
	case b.reads:
		found = replay.Read
	case found != replay.Same:
	case !stamped:
		found = replay.Reordered
	case b.lists:
		found = replay.StampedList
	}
	if b.Err != nil {
		return found
	}
	return Decide(found, c.Idempotence, c.Table.Rules.Idempotence)
}

// Decide lets what was declared go before what was inferred.
func Decide(found replay.Reason, statement, table Said) replay.Reason {
	of := statement
	if of == Inferred {
		of = table
	}
	switch {
	case found == replay.Conditional:
	case of == Idempotent && !found.Safe():
		return replay.Declared
	case of == NotIdempotent:
		return replay.Refused
	}
	return found
}

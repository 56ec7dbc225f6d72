// Package slots is the protocol by which a conditional update is carried out exactly once, and the
// writers whose slots a process uses for it. It sends nothing. docs/exactly-once.md says why it is right;
// the tests check it by all interleavings.
//
// A slot is a key of a map column: the writer's name. Its value is the id of the writer's last write of the
// row. A write sets the slot to its own id on the condition that the slot still holds the id before. So a
// copy of the request that arrives again, or late, finds another id there and is refused.
//
// A writer that has no slot in the row claims one first, because null is no id: a row that is deleted and
// inserted anew has null there again.
package slots

import (
	"strconv"
	"strings"
)

// Op is one write, from its first request until its outcome is known.
type Op struct {
	Writer string // the key of the slot
	ID     string // what the write stores there; no write ever stored it before
	Old    string // what the slot has to hold; "" is null

	// Why says why the outcome cannot be told; "" unless it is Untold.
	Why string

	claims  int  // how many have been sent
	lost    bool // the outcome of one of the requests is unknown
	verdict Verdict
}

// Verdict is what is known of a write.
type Verdict uint8

const (
	Open    Verdict = iota // it may have been applied, or still be
	Applied                // it was applied, once
	Refused                // it was not applied and never will be
	Untold                 // the row has lost the slot, so that nobody can tell
)

// Next is what the writer has to do.
type Next uint8

const (
	Done  Next = iota
	Claim      // send a claim: the slot alone, on the write's own conditions
	Write      // send the write
	Fence      // send the fence
)

// Seen is what an answer or a linearizable read shows of the slot.
type Seen struct {
	Row  bool   // false: there is no row
	Slot string // "" is null
}

// Begin is the first thing to do.
func (o *Op) Begin() Next {
	if o.Old == "" {
		return Claim
	}
	return Write
}

// Claimed is what the next claim stores. Each is sent once, with an id of its own: so an id that is
// seen in the slot can never be put there again.
func (o *Op) Claimed() string {
	o.claims++
	return o.claim() + strconv.Itoa(o.claims)
}

func (o *Op) claim() string { return o.ID + "." }

// Fenced is what a fence stores: once it is there, no copy of the write can be applied any more.
func (o *Op) Fenced() string { return o.ID + "!" }

// Verdict is what is known by now.
func (o *Op) Verdict() Verdict { return o.verdict }

// Lost notes that the outcome of a request is unknown that was the write itself.
func (o *Op) Lost() { o.lost = true }

// InDoubt reports whether the write may have been executed without an answer.
func (o *Op) InDoubt() bool { return o.lost && o.verdict == Open }

// ClaimApplied takes in that the claim that stores the id was applied.
func (o *Op) ClaimApplied(id string) Next {
	o.Old = id
	return Write
}

// WriteApplied takes in that the write was applied.
func (o *Op) WriteApplied() Next { return o.end(Applied) }

// FenceApplied takes in that the fence was applied.
func (o *Op) FenceApplied() Next { return o.end(Refused) }

// Refuse takes in that the write or its claim was refused, and what the answer shows. If no request of the
// write is anywhere else, it was refused by its conditions, or because the slot is not what the writer
// remembers.
func (o *Op) Refuse(s Seen) Next {
	switch {
	case o.lost:
		return o.Look(s)
	case !s.Row:
		o.Old = ""
		return o.end(Refused)
	case s.Slot == o.ID:
		return o.end(Applied) // sent twice beneath us
	case s.Slot == o.Old:
		return o.end(Refused)
	}
	o.Old = s.Slot
	return o.Begin()
}

// Look takes in what was seen of the slot while the outcome is in doubt. A slot that still holds
// the old id says that no request was executed so far. One may be on its way, and so there has to
// be a fence.
func (o *Op) Look(s Seen) Next {
	switch {
	case !s.Row:
		return o.untold("there is no row now: it has been deleted since the write was sent")
	case s.Slot == o.ID:
		return o.end(Applied)
	case s.Slot == o.Fenced():
		return o.end(Refused)
	case s.Slot == o.Old:
		return Fence
	case s.Slot == "" || strings.HasPrefix(s.Slot, o.claim()):
		return o.untold("the row has lost the writer's slot: it has been deleted since and inserted anew, or the slot was removed")
	}
	return o.untold("the writer's slot holds neither this write's id nor the one before")
}

// Left is what the slot holds once the outcome is known, as far as the writer can say.
func (o *Op) Left() string {
	switch {
	case o.verdict == Applied:
		return o.ID
	case o.verdict == Refused && o.lost:
		return o.Fenced()
	case o.verdict == Untold:
		return ""
	}
	return o.Old
}

func (o *Op) end(v Verdict) Next {
	o.verdict = v
	return Done
}

func (o *Op) untold(why string) Next {
	o.Why = why
	return o.end(Untold)
}

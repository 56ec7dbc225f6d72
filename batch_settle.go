package coodie

import (
	"context"
	"sync/atomic"
)

// settlement is what the writes of a conditional batch of unknown outcome share: they were all
// applied, or none was. Its methods are those of a write that stood alone if it is nil.
type settlement struct {
	writes  []*pending
	outcome atomic.Int32 // undecided, or what one of the writes was found to be
}

const (
	undecided int32 = iota
	allRefused
	allApplied
)

// verdict says what became of the batch, if one of its writes has been settled.
func (s *settlement) verdict() (applied, known bool) {
	if s == nil {
		return false, false
	}
	outcome := s.outcome.Load()
	return outcome == allApplied, outcome != undecided
}

// decide makes what was found out about one write that of all, and returns it.
func (s *settlement) decide(applied bool) bool {
	if s == nil {
		return applied
	}
	outcome := allRefused
	if applied {
		outcome = allApplied
	}
	s.outcome.CompareAndSwap(undecided, outcome)
	applied, _ = s.verdict()
	return applied
}

// tells reports whether the write's row can say anything.
func (p *pending) tells() bool { return p.attempt != nil || p.prior != nil }

// others looks at the rows of the other writes than p.
func (s *settlement) others(ctx context.Context, p *pending) (applied, known bool) {
	if s == nil {
		return false, false
	}
	for _, other := range s.writes {
		if other == p || !other.tells() || ctx.Err() != nil {
			continue
		}
		if _, found, evidence := (result{}).look(ctx, other); evidence == "" {
			return s.decide(found), true
		}
	}
	return s.verdict()
}

// suspend keeps what Settle needs of an unknown outcome, for all writes together.
func (b *Batch) suspend(err error) {
	s := &settlement{}
	for _, w := range b.writes {
		w.suspend(err)
		if p := w.res.pending; p != nil {
			p.batch = s
			s.writes = append(s.writes, p)
		}
	}
}

// settle finds out what became of the batch, by the rows of its writes. Of a refused one, and of
// one that cannot be settled, the results of the conditional writes get their rows as they are now.
func (b *Batch) settle(ctx context.Context) (applied, known bool) {
	first := b.writes[0].settings()
	start := first.now()
	var err error
	for _, w := range b.writes {
		p := w.res.pending
		if p == nil || !w.conditional && !p.tells() || ctx.Err() != nil {
			continue
		}
		res, found, evidence := w.res.look(ctx, p)
		w.res.existing, w.res.absent = res.existing, res.absent
		if evidence == "" {
			applied, known = p.batch.decide(found), true
		} else {
			err = p.cannotTell(evidence)
		}
		if applied {
			break
		}
	}
	if known {
		err = nil
	}
	first.tell(ctx, Event{Op: "settle", Kind: EventSettle, Table: b.tables(), Outcome: decided(applied), Err: err}, start)
	return applied, known
}

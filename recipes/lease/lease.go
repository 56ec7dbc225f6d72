package lease

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coodie-go/coodie"
)

// Lease is a lease that was granted. It is safe for many goroutines.
type Lease struct {
	leases      *Leases
	name, owner string
	token       int64
	ttl         time.Duration
	grant       coodie.UUID

	turn             chan struct{} // whoever has put something in may send
	gone             bool          // released; of whose turn it is, as are the next two
	asked            bool          // a Release has an unknown outcome
	heldTillReleased bool

	mu       sync.Mutex
	until    time.Time     // how long it is vouched for
	renewals int64         // that are known to have been applied
	unsure   time.Time     // when the next one was sent first, if its outcome is unknown
	over     *LostError    // why it has ended; nil if it is not known to have
	ended    chan struct{} // closed with over
}

// Name is the lease's name.
func (l *Lease) Name() string { return l.name }

// Owner is the name of the owner it was acquired for.
func (l *Lease) Owner() string { return l.owner }

// Token is the fencing token: greater than that of every earlier grant of the name. It
// does not change by renewing.
func (l *Lease) Token() int64 { return l.token }

// Deadline is until when the lease is vouched for, unless it is renewed.
func (l *Lease) Deadline() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

// Valid reports whether the lease is vouched for now: it was granted or renewed less than
// its ttl ago, counted from before that was sent, and not released.
func (l *Lease) Valid() bool { return l.Err() == nil }

// Err is nil while the lease is Valid, and otherwise a *LostError.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.over != nil:
		return l.over
	case !vouched(l.until):
		return l.lost(errTooLate)
	}
	return nil
}

// vouched: the monotonic clock stands still while the machine sleeps, and the other one can be
// set back.
func vouched(until time.Time) bool {
	now := time.Now()
	return now.Before(until) && now.Round(0).Before(until.Round(0))
}

func (l *Lease) lost(why error) *LostError {
	return &LostError{Name: l.name, Token: l.token, Err: why}
}

// end says that the lease is over, the first reason being the one that counts.
func (l *Lease) end(why error) *LostError {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.endLocked(why)
}

func (l *Lease) endLocked(why error) *LostError {
	if l.over == nil {
		l.over = l.lost(why)
		close(l.ended)
	}
	return l.over
}

// Renew makes the lease last for its ttl from now. A *LostError says that it has ended or is
// somebody else's: then it is over for good. After any other error, also an unknown
// outcome, the lease is what it was, and Renew can be called again.
//
// A lease that is no longer Valid, but that nobody else has taken yet, is held again once
// Renew has succeeded.
func (l *Lease) Renew(ctx context.Context) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	for unknown := 0; ; {
		err := l.renew(ctx)
		switch {
		case errors.Is(err, errEarlier):
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			if unknown++; unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return err
			}
		default:
			return err
		}
	}
}

// errEarlier: refused by an earlier renewal, which was applied then.
var errEarlier = errors.New("refused by an earlier renewal")

// renew sends one renewal. It can be applied only if none with the same number was, so that
// it cannot end a lease early by being late.
func (l *Lease) renew(ctx context.Context) error {
	l.mu.Lock()
	over, n := l.over, l.renewals
	l.mu.Unlock()
	if over != nil {
		return over
	}
	start := time.Now()
	res, err := l.leases.table.Find(nameCol.Eq(l.name)).
		If(grantCol.Eq(l.grant), renewalsCol.Eq(n)).
		With(coodie.WithTTL(l.leases.stored(l.ttl))).
		Update(ctx, ownerCol.Set(l.owner), grantCol.Set(l.grant), renewalsCol.Set(n+1))

	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case res.Applied:
		l.renewed(start)
		return nil
	case errors.Is(err, coodie.ErrOutcomeUnknown):
		if l.unsure.IsZero() {
			l.unsure = start
		}
		return err
	case err != nil:
		return err
	}
	grant, _ := grantCol.From(res.Existing)
	if now, _ := renewalsCol.From(res.Existing); grant == l.grant && now == n+1 && !l.unsure.IsZero() {
		l.renewed(l.unsure)
		return errEarlier
	}
	return l.endLocked(errEnded)
}

// renewed counts a renewal that was sent at start.
func (l *Lease) renewed(start time.Time) {
	l.renewals++
	l.until, l.unsure = start.Add(l.ttl), time.Time{}
}

// Release ends the lease, so that others need not wait for its time to be over. It is no
// longer Valid from the call on, whatever comes of it. A *LostError says that it was over
// before; the lease of somebody else is left alone. After any other error it ends by
// itself, or by another Release.
func (l *Lease) Release(ctx context.Context) error {
	held := l.Valid()
	over := l.end(errReleased)
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	switch {
	case over.Err != errReleased:
		return over
	case l.gone:
		return nil
	}
	l.heldTillReleased = l.heldTillReleased || held
	for unknown := 1; ; unknown++ {
		res, err := l.leases.table.Find(nameCol.Eq(l.name)).If(grantCol.Eq(l.grant)).
			DeleteColumns(ctx, ownerCol, grantCol, renewalsCol)
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			l.asked = true
			if unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return err
			}
		case err != nil:
			return err
		case res.Applied, l.asked && l.heldTillReleased: // refused by an earlier one of our own
			l.gone = true
			return nil
		default:
			return l.lost(errGone)
		}
	}
}

// enter waits for the turn to send.
func (l *Lease) enter(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Lease) leave() { <-l.turn }

package claim

import (
	"context"
	"errors"
	"time"

	"github.com/coodie-go/coodie"
)

// Claim is a value that is its owner's. It is safe for many goroutines.
type Claim struct {
	claims       *Claims
	value, owner string
	id           coodie.UUID
	seen         coodie.UUID // the attempt id of the row when it was reserved
	fresh        bool        // reserved by this call, and not found
}

// Value is what is claimed.
func (x *Claim) Value() string { return x.value }

// Owner is whose it is.
func (x *Claim) Owner() string { return x.owner }

// Confirm says that the entity is written. It may be called again, after any error too. ErrLost:
// the claim is no longer there.
func (x *Claim) Confirm(ctx context.Context) error { return x.set(ctx, true) }

// set brings the row to what it shall say.
func (x *Claim) set(ctx context.Context, confirmed bool) error {
	return x.change(ctx, func(r *record) {
		if r.Confirmed != confirmed {
			r.Confirmed, r.Since = confirmed, time.Now()
		}
	})
}

// touch changes the row's attempt id.
func (x *Claim) touch(ctx context.Context) error {
	return x.change(ctx, func(r *record) {
		next := r.Since.Add(time.Millisecond)
		if now := time.Now(); now.After(next) {
			next = now
		}
		r.Since = next
	})
}

func (x *Claim) change(ctx context.Context, change func(*record)) error {
	_, err := x.claims.row(x.value).With(coodie.WithTTL(0)).Mutate(ctx, func(_ context.Context, r *record) error {
		if r.ID != x.id {
			return ErrLost
		}
		change(r)
		return nil
	})
	if errors.Is(err, coodie.ErrNotFound) {
		return ErrLost
	}
	return err
}

// giveBack frees the value after a write that failed, if nothing can have come of it: the
// value was reserved for this write, and nobody has found the reservation since.
func (x *Claim) giveBack(ctx context.Context, failed error) (given bool) {
	if !x.fresh || errors.Is(failed, coodie.ErrOutcomeUnknown) {
		return false
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	res, _ := x.claims.row(x.value).If(idCol.Eq(x.id), lastCol.Eq(x.seen)).Delete(ctx)
	return res.Applied
}

// Release gives the value back, reserved or confirmed: when the entity no longer holds it. It may
// be called again. ErrLost: the claim was gone before.
func (x *Claim) Release(ctx context.Context) error {
	for unknown := 0; ; {
		res, err := x.claims.row(x.value).If(idCol.Eq(x.id)).Delete(ctx)
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			if unknown++; unknown == maxUnknown || pause(ctx, unknown) != nil {
				return err
			}
		case err != nil:
			return err
		case res.Applied, unknown > 0: // refused by what it has done itself
			return nil
		default:
			return ErrLost
		}
	}
}

package lease

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/coodie-go/coodie"
)

// record is a lease's row. The pointers have a TTL, and are null together.
type record struct {
	Name     string       `cql:"name,partition"`
	Token    *int64       `cql:"fence"` // of the last grant; "token" is a word of CQL
	Owner    *string      `cql:"owner"`
	Grant    *coodie.UUID `cql:"grant_id"` // tells grants apart, also those of owners of one name
	Renewals *int64       `cql:"renewals"`
}

var (
	nameCol     = coodie.Col(func(r *record) *string { return &r.Name })
	tokenCol    = coodie.NullCol(func(r *record) **int64 { return &r.Token })
	ownerCol    = coodie.NullCol(func(r *record) **string { return &r.Owner })
	grantCol    = coodie.NullCol(func(r *record) **coodie.UUID { return &r.Grant })
	renewalsCol = coodie.NullCol(func(r *record) **int64 { return &r.Renewals })
)

// DefaultMaxClockSkew is the MaxClockSkew of Open.
const DefaultMaxClockSkew = time.Second

// Leases grants the leases of one table. It is safe for many goroutines.
type Leases struct {
	// MaxClockSkew is how far the clocks of any two server nodes are assumed to be apart.
	// Set it before the first use, to the same value in every program: a holder's
	// counts. If they are further apart two may hold a lease at a time; the tokens still tell
	// them apart.
	MaxClockSkew time.Duration

	db    *coodie.DB
	table *coodie.Table[record]
}

// Open returns the leases of a table of their own: "leases", or another by
// coodie.WithTable. It sends nothing; Create makes the table.
//
// A default TTL of the table, from coodie.WithDefaultTTL or set on the server, has no effect: every
// write says how long it lasts, and the token lasts forever.
func Open(db *coodie.DB, opts ...coodie.TableOption) (*Leases, error) {
	opts = append([]coodie.TableOption{coodie.WithTable("leases")}, opts...)
	table, err := coodie.Open[record](db, append(opts, coodie.WithLWTOnly())...)
	if err != nil {
		return nil, err
	}
	return &Leases{MaxClockSkew: DefaultMaxClockSkew, db: db, table: table}, nil
}

// Create makes the table if it does not exist.
func (l *Leases) Create(ctx context.Context) error { return coodie.Schema(nil, l.table).Create(ctx) }

// CreateCQL is what Create runs.
func (l *Leases) CreateCQL() []string { return coodie.Schema(nil, l.table).CQL() }

// Holder says who has the lease now, "" for nobody, and the token of the last grant, 0 if there
// was none. It may have changed by the time it is known.
func (l *Leases) Holder(ctx context.Context, name string) (owner string, token int64, err error) {
	if !utf8.ValidString(name) {
		return "", 0, &coodie.Error{Kind: coodie.KindUsage, Op: "read", Table: l.table.Name(), Column: nameCol.String(), Reason: notUTF8}
	}
	row, err := l.read(ctx, name)
	return deref(row.Owner), deref(row.Token), err
}

// Acquire takes the lease for ttl, if it is free; otherwise it is a *HeldError at once: see
// Wait. The owner is for people, and for HeldError; two grants are different though
// their owners are called the same.
//
// If the outcome stays unknown the error matches coodie.ErrOutcomeUnknown; the lease may
// then be held by nobody until its time is over. All other errors are definite.
func (l *Leases) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (*Lease, error) {
	if err := l.check(name, owner, ttl); err != nil {
		return nil, err
	}
	var try *Lease // what is tried to get: the same one until it is certain that it cannot be got
	var open error // the unknown outcome of trying that
	for unknown := 0; ; {
		row, err := l.read(ctx, name)
		switch {
		case err != nil:
			return nil, errors.Join(open, err)
		case row.Grant != nil && try != nil && *row.Grant == try.grant:
			if try.Valid() {
				return try, nil
			}
			switch err := try.Renew(ctx); {
			case err == nil:
				return try, nil
			case !errors.Is(err, ErrLost):
				return nil, err
			}
			try, open = nil, nil
			continue
		case row.Grant != nil:
			return nil, &HeldError{Name: name, Owner: deref(row.Owner), Token: deref(row.Token)}
		}
		if try == nil || try.token != deref(row.Token)+1 {
			// The token has moved on, so an earlier try has ended, or never will begin.
			try = l.propose(name, owner, ttl, deref(row.Token)+1)
			open = nil
		}
		applied, err := l.grant(ctx, try, row.Token)
		switch {
		case applied:
			return try, nil
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			open = err
			if unknown++; unknown == maxUnknown || pause(ctx, 10*time.Millisecond<<unknown) != nil {
				return nil, open
			}
		case err != nil:
			return nil, errors.Join(open, err)
		}
	}
}

// maxUnknown is how often a request is made until its outcome is left unknown.
const maxUnknown = 6

// propose is a lease that is not yet granted, counted from now.
func (l *Leases) propose(name, owner string, ttl time.Duration, token int64) *Lease {
	return &Lease{
		leases: l, name: name, owner: owner, token: token, ttl: ttl, grant: coodie.NewUUID(),
		until: time.Now().Add(ttl), turn: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// grant writes the lease into its row, whose last token was before; nil if it had none.
func (l *Leases) grant(ctx context.Context, x *Lease, before *int64) (applied bool, err error) {
	last := tokenCol.IsNull()
	if before != nil {
		last = tokenCol.Eq(*before)
	}
	row := l.table.Find(nameCol.Eq(x.name))
	batch := l.db.Batch()
	// TTL 0, whatever default the table has: a token that expired would be granted again.
	h := row.If(last, grantCol.IsNull()).AllowCreate().With(coodie.WithTTL(0)).UpdateIn(batch, tokenCol.Set(x.token))
	row.With(coodie.WithTTL(l.stored(x.ttl))).UpdateIn(batch, ownerCol.Set(x.owner), grantCol.Set(x.grant), renewalsCol.Set(0))
	if err := batch.Exec(ctx); err != nil {
		return false, err
	}
	res, err := h.Result()
	return res.Applied, err
}

// stored is the TTL that keeps a lease of ttl on every server at least until its holder
// stops vouching for it. A server counts whole seconds and begins with the one that it is
// in, hence one more.
func (l *Leases) stored(ttl time.Duration) time.Duration {
	return (ttl + l.MaxClockSkew + time.Second - 1).Truncate(time.Second) + time.Second
}

func (l *Leases) read(ctx context.Context, name string) (record, error) {
	row, err := l.table.Find(nameCol.Eq(name)).Get(ctx) // linearizable: the table is for LWTs only
	if errors.Is(err, coodie.ErrNotFound) {
		err = nil
	}
	return row, err
}

func (l *Leases) check(name, owner string, ttl time.Duration) error {
	column, reason := "", ""
	switch {
	case !utf8.ValidString(name):
		column, reason = nameCol.String(), notUTF8
	case !utf8.ValidString(owner):
		column, reason = ownerCol.String(), notUTF8
	case owner == "":
		column, reason = ownerCol.String(), "a lease needs an owner's name"
	case ttl <= 0:
		reason = "a lease lasts for a while: its ttl is more than 0"
	case l.MaxClockSkew < 0:
		reason = "MaxClockSkew is not negative"
	default:
		return nil
	}
	return &coodie.Error{Kind: coodie.KindUsage, Op: "acquire", Table: l.table.Name(), Column: column, Reason: reason}
}

const notUTF8 = "the text is not valid UTF-8, which CQL's text is"

// Wait is Acquire that waits for the lease until ctx ends. It looks again several times
// within ttl, so a lease that is released is found free within a quarter of it, but no later
// than after five seconds.
func (l *Leases) Wait(ctx context.Context, name, owner string, ttl time.Duration) (*Lease, error) {
	for {
		x, err := l.Acquire(ctx, name, owner, ttl)
		if !errors.Is(err, ErrHeld) {
			return x, err
		}
		if stop := pause(ctx, min(max(ttl/4, 50*time.Millisecond), 5*time.Second)); stop != nil {
			return nil, errors.Join(err, stop)
		}
	}
}

// Do waits for the lease, keeps it alive while f runs, and releases it. The context of f ends
// when the lease can no longer be vouched for. Do returns f's error; if the lease was lost
// before f returned, joined with a *LostError. A release that cannot be carried out
// is no error: the lease ends by itself.
func (l *Leases) Do(ctx context.Context, name, owner string, ttl time.Duration, f func(context.Context, *Lease) error) error {
	x, err := l.Wait(ctx, name, owner, ttl)
	if err != nil {
		return err
	}
	kept, stop := x.KeepAlive(ctx)
	defer func() { // also if f panics
		stop()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(ttl, 10*time.Second))
		defer cancel()
		_ = x.Release(within)
	}()
	err = f(kept, x)
	stop()
	if lost := x.Err(); lost != nil && !errors.Is(lost, errReleased) {
		err = errors.Join(err, lost)
	}
	return err
}

// pause waits for d, more or less, so that those who wait do not come all at once.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func deref[V any](p *V) (v V) {
	if p != nil {
		v = *p
	}
	return v
}

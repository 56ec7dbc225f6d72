package claim

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/coodie-go/coodie"
)

// record is a claim's row.
type record struct {
	Value     string      `cql:"value,partition"`
	Owner     string      `cql:"owner"`
	ID        coodie.UUID `cql:"claim_id"` // tells claims of one owner apart
	Confirmed bool        `cql:"confirmed"`
	Since     time.Time   `cql:"since"`
	Attempt   coodie.UUID `cql:"attempt,attempt"` // which changes with every write of the row
}

var (
	valueCol = coodie.Col(func(r *record) *string { return &r.Value })
	idCol    = coodie.Col(func(r *record) *coodie.UUID { return &r.ID })
	lastCol  = coodie.Col(func(r *record) *coodie.UUID { return &r.Attempt })
)

// Claims are the claims of one table, whose values are of one kind. It is safe for many
// goroutines.
type Claims struct{ table *coodie.Table[record] }

// Open returns the claims of a table of their own: "claims", or another by
// coodie.WithTable, one for each kind of value. It sends nothing; Create makes the table.
//
// A default TTL of the table, from coodie.WithDefaultTTL or set on the server, has no effect: a claim
// lasts until it is released.
func Open(db *coodie.DB, opts ...coodie.TableOption) (*Claims, error) {
	opts = append([]coodie.TableOption{coodie.WithTable("claims")}, opts...)
	table, err := coodie.Open[record](db, append(opts, coodie.WithLWTOnly())...)
	if err != nil {
		return nil, err
	}
	return &Claims{table}, nil
}

// Create makes the table if it does not exist.
func (c *Claims) Create(ctx context.Context) error { return coodie.Schema(nil, c.table).Create(ctx) }

// CreateCQL is what Create runs.
func (c *Claims) CreateCQL() []string { return coodie.Schema(nil, c.table).CQL() }

// Owner says whose the value is; coodie.ErrNotFound if it is nobody's. An owner that has not
// confirmed it may be about to write the entity, or have died before or after.
func (c *Claims) Owner(ctx context.Context, value string) (owner string, confirmed bool, err error) {
	if err := c.check("read", value); err != nil {
		return "", false, err
	}
	row, err := c.row(value).Get(ctx)
	return row.Owner, row.Confirmed, err
}

// Do makes value the owner's, together with what write writes: it reserves the value, calls
// write, and confirms. If somebody else has the value, Do ends with a *TakenError and write is
// not called.
//
// Do may be called again, by the same owner, after an error or a crash, and write must be
// fit for it: an entity that is there already, and is the owner's, is no error. An error of
// write means that nothing was written, and Do tries to give the value back, unless it
// matches coodie.ErrOutcomeUnknown: then the value stays reserved until Do is called
// again, or Resolve.
//
// ErrLost says that the value was resolved away while write ran.
func (c *Claims) Do(ctx context.Context, value, owner string, write func(context.Context) error) error {
	x, err := c.Reserve(ctx, value, owner)
	if err != nil {
		return err
	}
	if err := write(ctx); err != nil {
		x.giveBack(ctx, err)
		return err
	}
	return x.Confirm(ctx)
}

// Move gives the owner the value to instead of from, together with what write writes, on the
// terms of Do. From its beginning to its end both values are the owner's and unconfirmed, so
// that whatever is left of a crash can be resolved, of both.
func (c *Claims) Move(ctx context.Context, from, to, owner string, write func(context.Context) error) error {
	if from == to {
		return c.usage("move", "value", "from and to are the same value")
	}
	for _, value := range [...]string{from, to} {
		if err := c.check("move", value); err != nil {
			return err
		}
	}
	before, err := c.row(from).Get(ctx)
	gone := errors.Is(err, coodie.ErrNotFound) // an earlier Move has released it
	switch {
	case err != nil && !gone:
		return err
	case !gone && before.Owner != owner:
		return before.taken()
	}
	x, err := c.Reserve(ctx, to, owner)
	if err != nil {
		return err
	}
	old := c.claim(before)
	if !gone {
		err = old.set(ctx, false)
	}
	if err == nil {
		if err = write(ctx); err == nil {
			err = x.Confirm(ctx)
			if err == nil && !gone {
				if err = old.Release(ctx); errors.Is(err, ErrLost) {
					err = nil
				}
			}
			return err
		}
	}
	if x.giveBack(ctx, err) && before.Confirmed {
		after, cancel := afterwards(ctx)
		defer cancel()
		_ = old.Confirm(after)
	}
	return err
}

// afterwards is for what is to be done though ctx may have ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
}

// Reserve makes value the owner's, unconfirmed, or returns the claim that the owner has
// already. If it is somebody else's: *TakenError.
func (c *Claims) Reserve(ctx context.Context, value, owner string) (*Claim, error) {
	if err := c.check("reserve", value); err != nil {
		return nil, err
	}
	switch {
	case owner == "":
		return nil, c.usage("reserve", "owner", "a claim needs an owner")
	case !utf8.ValidString(owner):
		return nil, c.usage("reserve", "owner", notUTF8)
	}
	id := coodie.NewUUID()
	doc := c.table.New(record{Value: value, Owner: owner, ID: id, Since: time.Now()})
	for unknown := 0; ; {
		// TTL 0, whatever default the table has: a claim that expired would let a second owner in.
		res, err := doc.With(coodie.WithTTL(0)).Insert(ctx)
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			// The same once more: if it is refused by its own id, it was applied.
			if unknown++; unknown == maxUnknown || pause(ctx, unknown) != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, err
		case res.Applied:
			x := c.claim(doc.Value)
			x.fresh = true
			return x, nil
		}
		row := res.Existing.Value
		x := c.claim(row)
		switch {
		case row.Owner != owner:
			return nil, row.taken()
		case row.ID == id:
			x.fresh = true
			return x, nil
		case row.Confirmed:
			return x, nil
		}
		// Found: whoever reserved it, and may be about to give it back, is to see that it is
		// wanted again.
		if err := x.touch(ctx); !errors.Is(err, ErrLost) {
			return x, err
		}
	}
}

// check refuses a value that no row can have.
func (c *Claims) check(op, value string) error {
	if !utf8.ValidString(value) {
		return c.usage(op, "value", notUTF8)
	}
	return nil
}

func (c *Claims) usage(op, column, reason string) error {
	return &coodie.Error{Kind: coodie.KindUsage, Op: op, Table: c.table.Name(), Column: column, Reason: reason}
}

const notUTF8 = "the text is not valid UTF-8, which CQL's text is"

// maxUnknown is how often a request is made until its outcome is left unknown.
const maxUnknown = 6

// Decide says whether the entity of owner holds value. A no must be final, whatever the
// owner does next: see the package documentation.
type Decide func(ctx context.Context, value, owner string) (holds bool, err error)

// Resolve ends the doubt about an unconfirmed claim of whose owner nothing is heard: if
// decide says that the entity holds the value, it confirms the claim for its owner,
// otherwise it frees the value. A value that is confirmed, or nobody's, is left alone, and
// decide not asked.
func (c *Claims) Resolve(ctx context.Context, value string, decide Decide) error {
	if err := c.check("resolve", value); err != nil {
		return err
	}
	for unknown := 0; ; {
		row, err := c.row(value).Get(ctx)
		switch {
		case errors.Is(err, coodie.ErrNotFound) || err == nil && row.Confirmed:
			return nil
		case err != nil:
			return err
		}
		holds, err := decide(ctx, value, row.Owner)
		if err != nil {
			return err
		}
		if holds {
			if err := c.claim(row).Confirm(ctx); !errors.Is(err, ErrLost) {
				return err
			}
			continue // released meanwhile: and claimed again?
		}
		// Only as it was read: what has changed since is no longer in doubt, or newly so.
		res, err := c.row(value).If(idCol.Eq(row.ID), lastCol.Eq(row.Attempt)).Delete(ctx)
		switch {
		case errors.Is(err, coodie.ErrOutcomeUnknown):
			if unknown++; unknown == maxUnknown || pause(ctx, unknown) != nil {
				return err
			}
		case err != nil || res.Applied:
			return err
		}
	}
}

// Repair resolves every unconfirmed claim that is older than age, by the clients' clocks. It
// reads the whole table. An error about one claim does not keep it from the others; they
// come out together.
func (c *Claims) Repair(ctx context.Context, age time.Duration, decide Decide) error {
	var failed []error
	for row, err := range c.table.Find().Iter(ctx) {
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if !row.Confirmed && time.Since(row.Since) > age {
			if err := c.Resolve(ctx, row.Value, decide); err != nil {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

func (c *Claims) row(value string) *coodie.QuerySet[record] { return c.table.Find(valueCol.Eq(value)) }

func (c *Claims) claim(r record) *Claim {
	return &Claim{claims: c, value: r.Value, owner: r.Owner, id: r.ID, seen: r.Attempt}
}

func (r record) taken() error {
	return &TakenError{Value: r.Value, Owner: r.Owner, Confirmed: r.Confirmed, Since: r.Since}
}

// pause waits before the next attempt, the longer the more there were.
func pause(ctx context.Context, attempts int) error {
	d := 10 * time.Millisecond << attempts
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

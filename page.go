package coodie

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/coodie-go/coodie/internal/answer"
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/pagetoken"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Page is one page of rows.
type Page[T any] struct {
	Items []T
	Next  string // the token of the next page, fit for a URL; "" after the last
}

// Page reads the page that token leads to: "" for the first, then Next of the one before.
// WithPageSize says how many rows a page has at most. It may have fewer, even none, and still
// have a Next: only an empty Next is the end.
//
// A token leads on in the same query only: the same statement, arguments and keyspace. The
// page size is not part of it. With WithPageTokenKeys a token can be handed to a browser;
// without, it is for trusted use only. A token that is damaged, of another query or too
// old is an error of KindPageToken, and nothing is sent.
//
// The paging state within is the server's own. After an upgrade of the servers, or a change
// of the struct's columns, tokens from before may be refused, with the same error. Rows
// that are written meanwhile are seen if they come after the place that the token marks.
func (q *Query[T]) Page(ctx context.Context, token string) (Page[T], error) {
	var page Page[T]
	var v T
	next, err := (*query)(q).page(ctx, token, reused(&v), func(codec.Addr, [][]byte) bool {
		page.Items = append(page.Items, v)
		return true
	})
	if err != nil {
		return Page[T]{}, err
	}
	page.Next = next
	return page, nil
}

func (q *query) page(ctx context.Context, token string, room func() codec.Addr, each func(codec.Addr, [][]byte) bool) (next string, err error) {
	return q.call().page(ctx, token, room, each)
}

// page hands the rows of one page to each, and returns the token of the next.
func (c call) page(ctx context.Context, token string, room func() codec.Addr, each func(codec.Addr, [][]byte) bool) (next string, err error) {
	ctx, cancel := c.withDeadline(ctx)
	defer cancel()
	b := c.spec.Query(stmt.ReadRows)
	defer b.Release()
	if b.Request.Unpaged {
		b.Fail("", "the server cannot page this read: it comes as a whole (All)", nil)
	}
	if b.Err != nil {
		return "", c.locate(usageError(b.Err))
	}
	r, s := &b.Request, &c.table.settings
	args, most := b.Cells(), b.RowMark.Most
	if most > 0 { // the limit is none of the statement's: a token says how much of it is left
		args = append(args, binary.AppendUvarint(nil, uint64(most)))
	}
	query := pagetoken.QueryOf(c.table.ownKeyspace(), r.Statement, args)
	r.Page = true
	if token != "" {
		state, why, ok := s.pages.Open(token, query, time.Now())
		if !ok {
			return "", c.badToken(why, nil)
		}
		if most > 0 {
			left, n := binary.Uvarint(state)
			if n <= 0 || left < 1 || left > uint64(most) {
				return "", c.badToken(pagetoken.Damaged, nil)
			}
			b.RowMark.Most, state = int(left), state[n:]
		}
		r.PageState = state
	}
	reader := answer.NewReader(&c.table.source, b)
	defer reader.Release()
	err = c.send(ctx, b, reader, OutcomeDone, func(r *answer.Reader) error {
		err := c.table.decode(r, room, each)
		state, left := r.PageState(), r.RowMark.Most-r.Found
		switch {
		case len(state) == 0 || most > 0 && left == 0:
			return err
		case most > 0:
			state = append(binary.AppendUvarint(nil, uint64(left)), state...)
		}
		next = s.pages.Seal(state, query, time.Now())
		return err
	})
	if token != "" && driver.RefusesPageState(err) {
		err = c.badToken(pagetoken.Damaged, err)
	}
	return next, err
}

// ownKeyspace is the one that the table's statements mean.
func (t *table) ownKeyspace() string {
	if t.settings.keyspace != "" {
		return t.settings.keyspace
	}
	return t.sender.Keyspace()
}

// badToken is the error of a token that Page does not take. err is the server's, if it was the
// server that refused it.
func (c *call) badToken(why pagetoken.Reason, err error) error {
	reason := "the page token " + why.String() + "; begin with the first page"
	return &Error{Kind: KindPageToken, Op: "select", Table: c.table.schema.Name, Reason: reason, Err: err}
}

// WithPageTokenKeys makes the tokens of Query.Page safe to hand to a browser: they are
// encrypted and authenticated (HMAC-SHA256) with the first key. Tokens made with one of
// the older keys are still taken, so that keys can be changed: put the new one in front,
// and drop the old one when its tokens have expired. A key is secret, random, and 32
// bytes long, or at least 16.
//
// Without a key a token is the server's paging state as it is, which contains primary
// keys of rows in plain, and which whoever holds it can change: such tokens are for
// trusted use only, a job's checkpoint say, and must not leave the program's own house.
func WithPageTokenKeys(key []byte, older ...[]byte) Option {
	var keys []pagetoken.Key
	var bad error
	for _, secret := range append([][]byte{key}, older...) {
		k, err := pagetoken.NewKey(secret)
		keys, bad = append(keys, k), errors.Join(bad, err)
	}
	return option(func(s *settings) { s.pages.Signers, s.badPageKey = keys, bad })
}

// WithPageTokenLifetime sets for how long tokens made with a key are taken; 24 hours by
// default. Those made without a key do not expire.
func WithPageTokenLifetime(d time.Duration) Option {
	return option(func(s *settings) { s.pages.Lifetime = d })
}

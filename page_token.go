package coodie

import (
	"errors"
	"fmt"
	"time"

	"github.com/coodie-go/coodie/internal/pagetoken"
)

// ErrBadPageToken is matched by every *PageTokenError.
var ErrBadPageToken = errors.New("coodie: bad page token")

// PageTokenError is a token that QuerySet.Page does not take. It matches ErrBadPageToken.
// The remedy is the same whatever the reason: begin with the first page.
type PageTokenError struct {
	Table  string
	Reason PageTokenReason
	Err    error // the server's, if it was the server that refused the token
}

// PageTokenReason is what is wrong with a page token.
type PageTokenReason uint8

const (
	// PageTokenDamaged: it is not as it was made, or was made with a key that is not among
	// the table's, or by another version of coodie or of the server.
	PageTokenDamaged = PageTokenReason(pagetoken.Damaged)
	// PageTokenForeign: it was made for another query: another statement, other arguments
	// or another keyspace.
	PageTokenForeign = PageTokenReason(pagetoken.Foreign)
	// PageTokenExpired: it is older than WithPageTokenLifetime allows.
	PageTokenExpired = PageTokenReason(pagetoken.Expired)
)

func (r PageTokenReason) String() string { return [...]string{"damaged", "foreign", "expired"}[r] }

func (e *PageTokenError) Error() string {
	what := [...]string{
		"is damaged, or was made with another key", "was made for another query", "has expired",
	}[e.Reason]
	s := fmt.Sprintf("%s: the page token %s; begin with the first page", about("select", e.Table, nil), what)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is matches ErrBadPageToken.
func (e *PageTokenError) Is(target error) bool { return target == ErrBadPageToken }

func (e *PageTokenError) Unwrap() error { return e.Err }

// WithPageTokenKeys makes the tokens of QuerySet.Page safe to hand to a browser: they are
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

package coodie

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
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
	PageTokenDamaged PageTokenReason = iota
	// PageTokenForeign: it was made for another query: another statement, other arguments
	// or another keyspace.
	PageTokenForeign
	// PageTokenExpired: it is older than WithPageTokenLifetime allows.
	PageTokenExpired
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
	var keys []pageKey
	var bad error
	for _, secret := range append([][]byte{key}, older...) {
		k, err := newPageKey(secret)
		keys, bad = append(keys, k), errors.Join(bad, err)
	}
	return option(func(s *settings) { s.pageKeys, s.badPageKey = keys, bad })
}

// WithPageTokenLifetime sets for how long tokens made with a key are taken; 24 hours by
// default. Those made without a key do not expire.
func WithPageTokenLifetime(d time.Duration) Option {
	return option(func(s *settings) { s.pageLifetime = d })
}

const pageLifetime = 24 * time.Hour

// pageKey is what is derived from one secret.
type pageKey struct {
	block cipher.Block
	mac   []byte
}

func newPageKey(secret []byte) (pageKey, error) {
	if len(secret) < 16 {
		return pageKey{}, fmt.Errorf("a page token key (WithPageTokenKeys) has at least 16 bytes, better 32 random ones")
	}
	derive := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, nil, "coodie page token: "+purpose, 32)
	}
	secrecy, err := derive("encryption")
	if err != nil {
		return pageKey{}, err
	}
	mac, err := derive("authentication")
	if err != nil {
		return pageKey{}, err
	}
	block, err := aes.NewCipher(secrecy)
	return pageKey{block, mac}, err
}

// A token is, in base64 for URLs:
//
//	plain:  version | query | paging state
//	sealed: version | expiry (8, Unix seconds) | IV (16) | AES-256-CTR(query | paging state) | HMAC-SHA256 of all before
//
// where query is the SHA-256 of what the token is bound to.
const (
	plainToken  byte = 1
	sealedToken byte = 2

	expirySize  = 8
	sealedStart = 1 + expirySize + aes.BlockSize
)

// pageQuery is what a token is bound to.
type pageQuery [sha256.Size]byte

// queryOf digests a statement and its arguments, each with its length; nil is null.
func queryOf(keyspace, statement string, cells [][]byte) (q pageQuery) {
	h := sha256.New()
	add := func(present bool, data []byte) {
		var head [9]byte
		if present {
			head[0] = 1
		}
		binary.BigEndian.PutUint64(head[1:], uint64(len(data)))
		h.Write(head[:])
		h.Write(data)
	}
	add(true, []byte(keyspace))
	add(true, []byte(statement))
	for _, cell := range cells {
		add(cell != nil, cell)
	}
	h.Sum(q[:0])
	return q
}

// seal makes a token of the server's paging state.
func (s *settings) seal(state []byte, query pageQuery, now time.Time) string {
	if len(s.pageKeys) == 0 {
		token := append([]byte{plainToken}, query[:]...)
		return base64.RawURLEncoding.EncodeToString(append(token, state...))
	}
	lifetime := s.pageLifetime
	if lifetime == 0 {
		lifetime = pageLifetime
	}
	key := &s.pageKeys[0]
	token := make([]byte, sealedStart, sealedStart+len(query)+len(state)+sha256.Size)
	token[0] = sealedToken
	binary.BigEndian.PutUint64(token[1:], uint64(now.Add(lifetime).Unix()))
	_, _ = rand.Read(token[1+expirySize:]) // never fails
	token = append(append(token, query[:]...), state...)
	key.crypt(token[1+expirySize:sealedStart], token[sealedStart:])
	return base64.RawURLEncoding.EncodeToString(append(token, key.sum(token)...))
}

func (k *pageKey) crypt(iv, data []byte) { cipher.NewCTR(k.block, iv).XORKeyStream(data, data) }

func (k *pageKey) sum(data []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write(data)
	return h.Sum(nil)
}

// open returns the paging state in a token.
func (s *settings) open(token string, query pageQuery, now time.Time) (state []byte, why PageTokenReason, ok bool) {
	// The decoder passes over line breaks, but a token has one form only.
	if strings.ContainsAny(token, "\r\n") {
		return nil, PageTokenDamaged, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(data) == 0 {
		return nil, PageTokenDamaged, false
	}
	content := data[1:]
	switch {
	case data[0] == plainToken && len(s.pageKeys) == 0:
	case data[0] == sealedToken && len(data) >= sealedStart+sha256.Size:
		body, mac := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
		key := s.signer(body, mac)
		if key == nil {
			return nil, PageTokenDamaged, false
		}
		if expiry := int64(binary.BigEndian.Uint64(body[1:])); now.Unix() >= expiry {
			return nil, PageTokenExpired, false
		}
		content = body[sealedStart:]
		key.crypt(body[1+expirySize:sealedStart], content)
	default:
		return nil, PageTokenDamaged, false
	}
	switch {
	case len(content) <= len(query):
		return nil, PageTokenDamaged, false
	case subtle.ConstantTimeCompare(content[:len(query)], query[:]) != 1:
		return nil, PageTokenForeign, false
	}
	return content[len(query):], 0, true
}

// signer is the key that mac was made with; nil if it is none of the table's.
func (s *settings) signer(body, mac []byte) (found *pageKey) {
	for i := range s.pageKeys {
		if hmac.Equal(s.pageKeys[i].sum(body), mac) {
			found = &s.pageKeys[i]
		}
	}
	return found
}

// Package pagetoken makes tokens of a server's paging state that can be handed to somebody else,
// bound to the query that they belong to, and reads them.
package pagetoken

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
	"fmt"
	"strings"
	"time"
)

// Keys are what tokens are sealed with. Without any they are plain.
type Keys struct {
	Signers  []Key         // the first one signs
	Lifetime time.Duration // 0 is a day
}

const defaultLifetime = 24 * time.Hour

// Reason is why a token is not taken.
type Reason uint8

// The reasons.
const (
	Damaged Reason = iota
	Foreign
	Expired
)

// String says what is wrong with the token, after "the page token".
func (r Reason) String() string {
	return [...]string{"is damaged, or was made with another key", "was made for another query", "has expired"}[r]
}

// Key is what is derived from one secret.
type Key struct {
	block cipher.Block
	mac   []byte
}

// NewKey derives a key from a secret.
func NewKey(secret []byte) (Key, error) {
	if len(secret) < 16 {
		return Key{}, fmt.Errorf("a page token key (WithKeys) has at least 16 bytes, better 32 random ones")
	}
	derive := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, nil, "coodie page token: "+purpose, 32)
	}
	secrecy, err := derive("encryption")
	if err != nil {
		return Key{}, err
	}
	mac, err := derive("authentication")
	if err != nil {
		return Key{}, err
	}
	block, err := aes.NewCipher(secrecy)
	return Key{block, mac}, err
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

// Query is what a token is bound to.
type Query [sha256.Size]byte

// QueryOf digests a statement and its arguments, each with its length; nil is null.
func QueryOf(keyspace, statement string, cells [][]byte) (q Query) {
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

// Seal makes a token of the server's paging state.
func (k *Keys) Seal(state []byte, query Query, now time.Time) string {
	if len(k.Signers) == 0 {
		token := append([]byte{plainToken}, query[:]...)
		return base64.RawURLEncoding.EncodeToString(append(token, state...))
	}
	lifetime := k.Lifetime
	if lifetime == 0 {
		lifetime = defaultLifetime
	}
	key := &k.Signers[0]
	token := make([]byte, sealedStart, sealedStart+len(query)+len(state)+sha256.Size)
	token[0] = sealedToken
	binary.BigEndian.PutUint64(token[1:], uint64(now.Add(lifetime).Unix()))
	_, _ = rand.Read(token[1+expirySize:]) // never fails
	token = append(append(token, query[:]...), state...)
	key.crypt(token[1+expirySize:sealedStart], token[sealedStart:])
	return base64.RawURLEncoding.EncodeToString(append(token, key.sum(token)...))
}

func (k *Key) crypt(iv, data []byte) { cipher.NewCTR(k.block, iv).XORKeyStream(data, data) }

func (k *Key) sum(data []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write(data)
	return h.Sum(nil)
}

// Open returns the paging state in a token, or why there is none.
func (k *Keys) Open(token string, query Query, now time.Time) (state []byte, why Reason, ok bool) {
	// The decoder passes over line breaks, but a token has one form only.
	if strings.ContainsAny(token, "\r\n") {
		return nil, Damaged, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(data) == 0 {
		return nil, Damaged, false
	}
	content := data[1:]
	switch {
	case data[0] == plainToken && len(k.Signers) == 0:
	case data[0] == sealedToken && len(data) >= sealedStart+sha256.Size:
		body, mac := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
		key := k.signer(body, mac)
		if key == nil {
			return nil, Damaged, false
		}
		if expiry := int64(binary.BigEndian.Uint64(body[1:])); now.Unix() >= expiry {
			return nil, Expired, false
		}
		content = body[sealedStart:]
		key.crypt(body[1+expirySize:sealedStart], content)
	default:
		return nil, Damaged, false
	}
	switch {
	case len(content) <= len(query):
		return nil, Damaged, false
	case subtle.ConstantTimeCompare(content[:len(query)], query[:]) != 1:
		return nil, Foreign, false
	}
	return content[len(query):], 0, true
}

// signer is the key that mac was made with; nil if it is none of the table's.
func (k *Keys) signer(body, mac []byte) (found *Key) {
	for i := range k.Signers {
		if hmac.Equal(k.Signers[i].sum(body), mac) {
			found = &k.Signers[i]
		}
	}
	return found
}

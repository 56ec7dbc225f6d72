package pagetoken

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// paging is the keys made of the secrets; none makes plain tokens.
func paging(t testing.TB, lifetime time.Duration, secrets ...[]byte) *Keys {
	t.Helper()
	keys := &Keys{Lifetime: lifetime}
	for _, secret := range secrets {
		k, err := NewKey(secret)
		require.NoError(t, err)
		keys.Signers = append(keys.Signers, k)
	}
	return keys
}

var (
	oldKey   = bytes.Repeat([]byte("o"), 32)
	newKey   = bytes.Repeat([]byte("n"), 32)
	tokenNow = time.Unix(1_800_000_000, 0)
	aQuery   = QueryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("secret argument")})
	aState   = []byte("paging state with the secret argument")
)

func TestPageToken(t *testing.T) {
	for name, s := range map[string]*Keys{
		"plain":  paging(t, 0),
		"sealed": paging(t, time.Hour, newKey),
	} {
		t.Run(name, func(t *testing.T) {
			token := s.Seal(aState, aQuery, tokenNow)
			require.Regexp(t, `^[A-Za-z0-9_-]+$`, token, "fit for a URL")
			state, _, ok := s.Open(token, aQuery, tokenNow.Add(time.Hour-time.Second))
			require.True(t, ok)
			require.Equal(t, aState, state)

			refused := func(token string, query Query, now time.Time) Reason {
				t.Helper()
				state, why, ok := s.Open(token, query, now)
				require.False(t, ok, token)
				require.Nil(t, state)
				return why
			}
			for other, query := range map[string]Query{
				"another argument":  QueryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("other argument")}),
				"a null argument":   QueryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{nil}),
				"more arguments":    QueryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("secret "), []byte("argument")}),
				"another statement": QueryOf("app", "SELECT b FROM t WHERE k = ?", [][]byte{[]byte("secret argument")}),
				"another keyspace":  QueryOf("apps", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("secret argument")}),
			} {
				require.Equal(t, Foreign, refused(token, query, tokenNow), other)
			}
			for _, damaged := range []string{" ", "A", "====", token[:40], token + "\n", token[:9] + "\r\n" + token[9:], token + "=", "é", strings.Repeat("A", 300)} {
				require.Equal(t, Damaged, refused(damaged, aQuery, tokenNow), "%q", damaged)
			}
		})
	}
}

func TestSealedPageToken(t *testing.T) {
	s := paging(t, time.Hour, newKey)
	token := s.Seal(aState, aQuery, tokenNow)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)

	// Whatever is changed is noticed, the expiry and the version included.
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		_, why, ok := s.Open(base64.RawURLEncoding.EncodeToString(changed), aQuery, tokenNow)
		require.False(t, ok, "byte %d", i)
		require.Equal(t, Damaged, why, "byte %d", i)
	}
	// Nothing of the arguments, nor of the rows, can be read from it.
	require.NotContains(t, string(raw), "secret")
	require.NotContains(t, string(raw), string(aQuery[:8]), "not even a digest to try arguments against")
	require.NotEqual(t, token, s.Seal(aState, aQuery, tokenNow))

	_, why, ok := s.Open(token, aQuery, tokenNow.Add(time.Hour))
	require.False(t, ok)
	require.Equal(t, Expired, why)
	_, _, ok = paging(t, 0, newKey).Open(token, aQuery, tokenNow.Add(time.Hour-time.Second))
	require.True(t, ok, "the expiry is the token's")
	byDefault := paging(t, 0, newKey)
	_, _, ok = byDefault.Open(byDefault.Seal(aState, aQuery, tokenNow), aQuery, tokenNow.Add(24*time.Hour-time.Second))
	require.True(t, ok)

	// Keys are changed without breaking tokens: the first signs, the others are taken.
	old, rotated := paging(t, 0, oldKey), paging(t, 0, newKey, oldKey)
	_, _, ok = rotated.Open(old.Seal(aState, aQuery, tokenNow), aQuery, tokenNow)
	require.True(t, ok)
	_, _, ok = s.Open(rotated.Seal(aState, aQuery, tokenNow), aQuery, tokenNow)
	require.True(t, ok)
	for name, foreign := range map[string]*Keys{"a dropped key": old, "no key": paging(t, 0)} {
		_, why, ok = s.Open(foreign.Seal(aState, aQuery, tokenNow), aQuery, tokenNow)
		require.False(t, ok, name)
		require.Equal(t, Damaged, why, name)
	}
	_, _, ok = paging(t, 0).Open(token, aQuery, tokenNow)
	require.False(t, ok, "a sealed token needs its key")

	_, err = NewKey([]byte("too short"))
	require.ErrorContains(t, err, "at least 16 bytes")
}

// sealedOnce is a token that newKey has sealed at tokenNow. Each sealing makes another one.
const sealedOnce = "AgAAAABrSyOAhhsK6XhmUSw20-7BJ51Ot_iwO_muiu0bTV7NjKzAxqYd9l9qm08TCwnx8IJh_LtYojv5bijyIZ8SFENXEETUrno-v1jI2r4M2eFqjff_3cVhs0fbQLrI5i0CJ7YLFGoL1EYtm5VU6lZ1gxRkINn6lE70KmPC"

// FuzzPageToken: no token but the one that was made is taken, and none panics.
func FuzzPageToken(f *testing.F) {
	const made = sealedOnce // the fuzzer's processes must agree on it
	sealed, plain := paging(f, 0, newKey, oldKey), paging(f, 0)
	state, _, ok := sealed.Open(made, aQuery, tokenNow)
	require.True(f, ok)
	require.Equal(f, aState, state)
	for _, seed := range []string{"", "AA", "Ag", "AQ", made, made[1:], plain.Seal(aState, aQuery, tokenNow), plain.Seal(nil, aQuery, tokenNow)} {
		f.Add(seed)
		raw, _ := base64.RawURLEncoding.DecodeString(seed)
		f.Add(base64.RawURLEncoding.EncodeToString(append([]byte{sealedToken}, raw...)))
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, ok := sealed.Open(token, aQuery, tokenNow); ok && token != made {
			t.Errorf("%q was taken", token)
		}
		plain.Open(token, aQuery, tokenNow)
	})
}

package coodie

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// paging is the settings of a table with these keys; none makes plain tokens.
func paging(t testing.TB, opts ...Option) *settings {
	t.Helper()
	s := new(settings)
	for _, o := range opts {
		o.applyTable(s)
	}
	require.NoError(t, s.resolve())
	return s
}

var (
	oldKey   = bytes.Repeat([]byte("o"), 32)
	newKey   = bytes.Repeat([]byte("n"), 32)
	tokenNow = time.Unix(1_800_000_000, 0)
	aQuery   = queryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("secret argument")})
	aState   = []byte("paging state with the secret argument")
)

func TestPageToken(t *testing.T) {
	for name, s := range map[string]*settings{
		"plain":  paging(t),
		"sealed": paging(t, WithPageTokenKeys(newKey), WithPageTokenLifetime(time.Hour)),
	} {
		t.Run(name, func(t *testing.T) {
			token := s.seal(aState, aQuery, tokenNow)
			require.Regexp(t, `^[A-Za-z0-9_-]+$`, token, "fit for a URL")
			state, _, ok := s.open(token, aQuery, tokenNow.Add(time.Hour-time.Second))
			require.True(t, ok)
			require.Equal(t, aState, state)

			refused := func(token string, query pageQuery, now time.Time) PageTokenReason {
				t.Helper()
				state, why, ok := s.open(token, query, now)
				require.False(t, ok, token)
				require.Nil(t, state)
				return why
			}
			for other, query := range map[string]pageQuery{
				"another argument":  queryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("other argument")}),
				"a null argument":   queryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{nil}),
				"more arguments":    queryOf("app", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("secret "), []byte("argument")}),
				"another statement": queryOf("app", "SELECT b FROM t WHERE k = ?", [][]byte{[]byte("secret argument")}),
				"another keyspace":  queryOf("apps", "SELECT a FROM t WHERE k = ?", [][]byte{[]byte("secret argument")}),
			} {
				require.Equal(t, PageTokenForeign, refused(token, query, tokenNow), other)
			}
			for _, damaged := range []string{" ", "A", "====", token[:40], token + "\n", token[:9] + "\r\n" + token[9:], token + "=", "é", strings.Repeat("A", 300)} {
				require.Equal(t, PageTokenDamaged, refused(damaged, aQuery, tokenNow), "%q", damaged)
			}
		})
	}
}

func TestSealedPageToken(t *testing.T) {
	s := paging(t, WithPageTokenKeys(newKey), WithPageTokenLifetime(time.Hour))
	token := s.seal(aState, aQuery, tokenNow)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)

	// Whatever is changed is noticed, the expiry and the version included.
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		_, why, ok := s.open(base64.RawURLEncoding.EncodeToString(changed), aQuery, tokenNow)
		require.False(t, ok, "byte %d", i)
		require.Equal(t, PageTokenDamaged, why, "byte %d", i)
	}
	// Nothing of the arguments, nor of the rows, can be read from it.
	require.NotContains(t, string(raw), "secret")
	require.NotContains(t, string(raw), string(aQuery[:8]), "not even a digest to try arguments against")
	require.NotEqual(t, token, s.seal(aState, aQuery, tokenNow))

	_, why, ok := s.open(token, aQuery, tokenNow.Add(time.Hour))
	require.False(t, ok)
	require.Equal(t, PageTokenExpired, why)
	_, _, ok = paging(t, WithPageTokenKeys(newKey)).open(token, aQuery, tokenNow.Add(time.Hour-time.Second))
	require.True(t, ok, "the expiry is the token's")
	byDefault := paging(t, WithPageTokenKeys(newKey))
	_, _, ok = byDefault.open(byDefault.seal(aState, aQuery, tokenNow), aQuery, tokenNow.Add(24*time.Hour-time.Second))
	require.True(t, ok)

	// Keys are changed without breaking tokens: the first signs, the others are taken.
	old, rotated := paging(t, WithPageTokenKeys(oldKey)), paging(t, WithPageTokenKeys(newKey, oldKey))
	_, _, ok = rotated.open(old.seal(aState, aQuery, tokenNow), aQuery, tokenNow)
	require.True(t, ok)
	_, _, ok = s.open(rotated.seal(aState, aQuery, tokenNow), aQuery, tokenNow)
	require.True(t, ok)
	for name, foreign := range map[string]*settings{"a dropped key": old, "no key": paging(t)} {
		_, why, ok = s.open(foreign.seal(aState, aQuery, tokenNow), aQuery, tokenNow)
		require.False(t, ok, name)
		require.Equal(t, PageTokenDamaged, why, name)
	}
	_, _, ok = paging(t).open(token, aQuery, tokenNow)
	require.False(t, ok, "a sealed token needs its key")

	var s2 settings
	WithPageTokenKeys(newKey, []byte("too short")).applyTable(&s2)
	require.ErrorContains(t, s2.resolve(), "at least 16 bytes")
}

// sealedOnce is a token that newKey has sealed at tokenNow. Each sealing makes another one.
const sealedOnce = "AgAAAABrSyOAhhsK6XhmUSw20-7BJ51Ot_iwO_muiu0bTV7NjKzAxqYd9l9qm08TCwnx8IJh_LtYojv5bijyIZ8SFENXEETUrno-v1jI2r4M2eFqjff_3cVhs0fbQLrI5i0CJ7YLFGoL1EYtm5VU6lZ1gxRkINn6lE70KmPC"

// FuzzPageToken: no token but the one that was made is taken, and none panics.
func FuzzPageToken(f *testing.F) {
	const made = sealedOnce // the fuzzer's processes must agree on it
	sealed, plain := paging(f, WithPageTokenKeys(newKey, oldKey)), paging(f)
	state, _, ok := sealed.open(made, aQuery, tokenNow)
	require.True(f, ok)
	require.Equal(f, aState, state)
	for _, seed := range []string{"", "AA", "Ag", "AQ", made, made[1:], plain.seal(aState, aQuery, tokenNow), plain.seal(nil, aQuery, tokenNow)} {
		f.Add(seed)
		raw, _ := base64.RawURLEncoding.DecodeString(seed)
		f.Add(base64.RawURLEncoding.EncodeToString(append([]byte{sealedToken}, raw...)))
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, ok := sealed.open(token, aQuery, tokenNow); ok && token != made {
			t.Errorf("%q was taken", token)
		}
		plain.open(token, aQuery, tokenNow)
	})
}

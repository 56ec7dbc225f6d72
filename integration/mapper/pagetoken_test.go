package mapper_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// A token leads on in another session, with an older key too, and nowhere else.
func TestPageTokens(t *testing.T) {
	t.Parallel()
	s := connect(t)
	oldKey, newKey := bytes.Repeat([]byte("o"), 32), bytes.Repeat([]byte("n"), 32)
	plain := readings(t, s, 10)
	sealed := open[reading](t, s, coodie.WithPageTokenKeys(oldKey))
	ctx := t.Context()
	next := func(table *coodie.Table[reading]) string {
		t.Helper()
		page, err := table.Find(readingSensor.Eq("a")).With(coodie.WithPageSize(4)).Page(ctx, "")
		require.NoError(t, err)
		require.Len(t, page.Items, 4)
		return page.Next
	}
	token, ofNoKey := next(sealed), next(plain)

	var keyspace string
	scan(t, s, "SELECT keyspace_name FROM system_schema.tables WHERE table_name = 'reading' ALLOW FILTERING", &keyspace)
	later := open[reading](t, session(t, keyspace), coodie.WithPageTokenKeys(newKey, oldKey))
	page, err := later.Find(readingSensor.Eq("a")).With(coodie.WithPageSize(2)).Page(ctx, token)
	require.NoError(t, err)
	require.Equal(t, 4, page.Items[0].N)
	require.Len(t, page.Items, 2, "the page size is the call's")

	for name, tt := range map[string]struct {
		q     coodie.Readable[reading]
		token string
		want  string
	}{
		"another argument":  {sealed.Find(readingSensor.Eq("b")), token, "another query"},
		"another statement": {sealed.Find(readingSensor.Eq("a"), readingN.Ge(0)), token, "another query"},
		"another key":       {open[reading](t, s, coodie.WithPageTokenKeys(newKey)).Find(readingSensor.Eq("a")), token, "damaged"},
		"without its key":   {plain.Find(readingSensor.Eq("a")), token, "damaged"},
		"of no key":         {sealed.Find(readingSensor.Eq("a")), ofNoKey, "damaged"},
		"plain and foreign": {plain.Find(readingSensor.Eq("b")), ofNoKey, "another query"},
	} {
		_, err := tt.q.Reads().Page(ctx, tt.token)
		var bad *coodie.Error
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, coodie.KindPageToken, bad.Kind)
		require.Equal(t, coodie.KindPageToken, coodie.KindOf(err), name)
		require.Contains(t, bad.Reason, tt.want, name)
	}

	// Pages of groups, of several partitions, and of rows that are filtered out: a page may be
	// empty and yet lead on.
	for i := range 3 {
		require.NoError(t, plain.New(reading{Sensor: "b", N: i, Value: "w"}).Save(ctx))
	}
	for name, tt := range map[string]struct {
		q    coodie.Readable[reading]
		want int
	}{
		"filtered": {plain.Find(coodie.AnyCol(plain, "value").Eq("w")).AllowFiltering(), 3},
		"groups":   {plain.Find().GroupBy(readingSensor), 2},
		"table":    {plain.Find(), 13},
	} {
		n := 0
		for token, i := "", 0; ; i++ {
			require.Less(t, i, 50, name)
			page, err := tt.q.Reads().With(coodie.WithPageSize(1)).Page(ctx, token)
			require.NoError(t, err, name)
			n += len(page.Items)
			if token = page.Next; token == "" {
				break
			}
		}
		require.Equal(t, tt.want, n, name)
	}
}

// Without a key whoever holds a token can change the server's paging state in it. Where the
// server sees that, it is the token's error; it may also find rows, or fail as it reads.
func TestChangedPagingState(t *testing.T) {
	t.Parallel()
	table := readings(t, connect(t), 5)
	q := table.Find(readingSensor.Eq("a")).With(coodie.WithPageSize(2))
	first, err := q.Page(t.Context(), "")
	require.NoError(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(first.Next)
	require.NoError(t, err)
	refused := 0
	for i := range raw {
		for _, change := range []func([]byte) []byte{
			func(b []byte) []byte { b[i] ^= 0xff; return b },
			func(b []byte) []byte { b[i]++; return b },
			func(b []byte) []byte { return b[:i] },
			func(b []byte) []byte { return append(b[:i], b[i+1:]...) },
		} {
			token := base64.RawURLEncoding.EncodeToString(change(bytes.Clone(raw)))
			if page, err := q.Page(t.Context(), token); err != nil {
				var failed *gocql.RequestErrReadFailure
				require.True(t, coodie.KindOf(err) == coodie.KindPageToken || errors.As(err, &failed), "byte %d of %x: %v", i, raw, err)
				require.Zero(t, page)
				refused++
			}
		}
	}
	require.NotZero(t, refused)
}

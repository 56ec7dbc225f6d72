package coodie_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

var tokenKey = bytes.Repeat([]byte("k"), 32)

// TestPage: pages lead through all rows, each is one request, and a token is worth nothing
// elsewhere.
func TestPage(t *testing.T) {
	for name, opts := range map[string][]coodie.TableOption{
		"with a key": {coodie.WithPageTokenKeys(tokenKey)}, "without": nil,
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			srv, session := server(t)
			readings := openReadings(t, session, 10, opts...)
			q := readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(4))
			srv.ResetLog()

			first, err := q.Page(ctx, "")
			require.NoError(t, err)
			require.Len(t, first.Items, 4)
			require.NotEmpty(t, first.Next)
			require.Len(t, srv.Log(), 1)
			second, err := q.With(coodie.WithPageSize(3)).Page(ctx, first.Next)
			require.NoError(t, err)
			require.Len(t, second.Items, 3, "the page size is the call's, not the token's")
			require.Equal(t, 4, second.Items[0].N)
			again, err := q.With(coodie.WithPageSize(3)).Page(ctx, first.Next)
			require.NoError(t, err)
			require.Equal(t, second.Items, again.Items, "a token can be used again")
			third, err := q.Page(ctx, second.Next)
			require.NoError(t, err)
			require.Len(t, third.Items, 3)
			require.Empty(t, third.Next)
			require.Len(t, srv.Log(), 4)
			for _, sent := range srv.Log()[1:] {
				require.True(t, sent.NextPage)
			}

			none, err := readings.Find(sensor.Eq("none")).Page(ctx, "")
			require.NoError(t, err)
			require.Zero(t, none)

			for name, tt := range map[string]struct {
				q     *coodie.QuerySet[Reading]
				token string
				want  string
			}{
				"another argument":  {readings.Find(sensor.Eq("b")), first.Next, "another query"},
				"another statement": {readings.Find(sensor.Eq("a"), readingN.Ge(0)), first.Next, "another query"},
				"damaged":           {q, strings.ToLower(first.Next), "damaged"},
				"nonsense":          {q, "../../etc", "damaged"},
			} {
				srv.ResetLog()
				page, err := tt.q.Page(ctx, tt.token)
				require.Equal(t, coodie.KindPageToken, coodie.KindOf(err), name)
				var bad *coodie.Error
				require.ErrorAs(t, err, &bad)
				require.Equal(t, coodie.KindPageToken, bad.Kind)
				if name != "damaged" || len(opts) > 0 {
					require.Contains(t, bad.Reason, tt.want, name)
				}
				require.NotContains(t, err.Error(), tt.token, name)
				require.Zero(t, page)
				require.Empty(t, srv.Log(), name)
			}
		})
	}
}

// TestPageErrors: what the server says of a token it cannot read is the token's error, and
// what fails otherwise is not.
func TestPageErrors(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	readings := openReadings(t, session, 3)
	q := readings.Find(sensor.Eq("a")).With(coodie.WithPageSize(1))
	first, err := q.Page(ctx, "")
	require.NoError(t, err)

	srv.Fault(cqltest.On(cqltest.Select, "reading"), cqltest.ProtocolError("Invalid value for the paging state"))
	_, err = q.Page(ctx, first.Next)
	var bad *coodie.Error
	require.ErrorAs(t, err, &bad)
	require.Equal(t, coodie.KindPageToken, bad.Kind)
	require.Equal(t, coodie.KindPageToken, coodie.KindOf(err))
	require.Contains(t, bad.Reason, "damaged")
	var query *coodie.Error
	require.ErrorAs(t, bad.Err, &query, "with the server's error")
	require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)

	srv.ClearFaults()
	srv.Fault(cqltest.On(cqltest.Select, "reading"), cqltest.ServerError("java.lang.RuntimeException: Reading from an in-memory buffer shouldn't trigger an IOException"))
	_, err = q.Page(ctx, first.Next)
	require.Equal(t, coodie.KindPageToken, coodie.KindOf(err))
	srv.ClearFaults()
	srv.Fault(cqltest.On(cqltest.Select, "reading"), cqltest.ServerError("java.lang.AssertionError"))
	_, err = q.Page(ctx, first.Next)
	require.NotEqual(t, coodie.KindPageToken, coodie.KindOf(err))

	srv.ClearFaults()
	srv.Fault(cqltest.On(cqltest.Select, "reading"), cqltest.Unauthorized("no"))
	_, err = q.Page(ctx, first.Next)
	require.ErrorAs(t, err, &query)
	require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
	require.NotEqual(t, coodie.KindPageToken, coodie.KindOf(err))
	srv.ClearFaults()

	var usage *coodie.Error
	_, err = q.With(coodie.WithLinearizable()).Page(ctx, "")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	_, err = new(coodie.QuerySet[Reading]).Page(ctx, "x")
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)

	_, err = coodie.Open[Reading](coodie.New(session, coodie.WithPageTokenKeys([]byte("short"))))
	var schema *coodie.SchemaError
	require.ErrorAs(t, err, &schema)
}

// TestPageOfLWTOnly: a read by key is linearizable there, and one page.
func TestPageOfLWTOnly(t *testing.T) {
	_, session := server(t)
	readings := openReadings(t, session, 2)
	guarded := open[Reading](t, session, coodie.WithLWTOnly())
	page, err := guarded.Find(sensor.Eq("a"), readingN.Eq(1)).With(coodie.WithPageSize(1)).Page(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	_ = readings
}

// TestPageTokenExpires, if it was made with a key.
func TestPageTokenExpires(t *testing.T) {
	_, session := server(t)
	ctx := t.Context()
	plain := openReadings(t, session, 3).Find(sensor.Eq("a")).With(coodie.WithPageSize(1))
	sealed := open[Reading](t, session, coodie.WithPageTokenKeys(tokenKey), coodie.WithPageTokenLifetime(time.Nanosecond)).
		Find(sensor.Eq("a")).With(coodie.WithPageSize(1))
	p, err := plain.Page(ctx, "")
	require.NoError(t, err)
	s, err := sealed.Page(ctx, "")
	require.NoError(t, err)
	_, err = sealed.Page(ctx, s.Next)
	var bad *coodie.Error
	require.ErrorAs(t, err, &bad)
	require.Equal(t, coodie.KindPageToken, bad.Kind)
	require.Contains(t, bad.Reason, "expired")
	_, err = plain.Page(ctx, p.Next)
	require.NoError(t, err)
}

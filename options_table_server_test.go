package coodie_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

type Session struct {
	Token string `cql:"token,partition"`
	User  string `cql:"user,index"`
	Seen  *int   `cql:"seen"`
}

func TestIndexesAndOptionsOnCqltest(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	sessions := open[Session](t, session, coodie.WithDefaultTTL(time.Hour), coodie.WithComment("who is in"))
	require.NoError(t, sessions.Verify(ctx))

	require.NoError(t, sessions.New(Session{Token: "a", User: "ann"}).Save(ctx))
	require.NoError(t, sessions.New(Session{Token: "b", User: "bob"}).With(coodie.WithTTL(0)).Save(ctx))
	found, err := sessions.Find(coodie.AnyCol(sessions, "user").Eq("ann")).All(ctx)
	require.NoError(t, err)
	require.Len(t, found, 1, "by the index, without ALLOW FILTERING")
	srv.FastForward(61 * time.Minute)
	all, err := sessions.Find().All(ctx)
	require.NoError(t, err)
	require.Equal(t, []Session{{Token: "b", User: "bob"}}, all, "TTL(0) is none, whatever the table's")

	srv.MustExec("DROP INDEX app.session_user_idx")
	srv.MustExec("ALTER TABLE app.session WITH default_time_to_live = 60")
	var mismatch *coodie.MismatchError
	require.ErrorAs(t, sessions.Verify(ctx), &mismatch)
	require.Equal(t, []string{
		"column user (field User): the table has no index on user; CreateTable makes it",
		"default TTL: 3600 seconds by WithDefaultTTL, 60 in the table",
	}, mismatch.Differences)
	require.NoError(t, sessions.CreateTable(ctx))
	require.ErrorAs(t, sessions.Verify(ctx), &mismatch)
	require.Len(t, mismatch.Differences, 1, "Create makes the index, and leaves the table alone")
}

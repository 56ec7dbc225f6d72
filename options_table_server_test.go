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
	sessions := open[Session](t, session, coodie.WithDefaultTTL(time.Hour), coodie.WithProperty("comment", "who is in"))
	require.NoError(t, coodie.Schema(nil, sessions).Verify(ctx))

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
	require.ErrorAs(t, coodie.Schema(nil, sessions).Verify(ctx), &mismatch)
	require.EqualError(t, mismatch, "coodie: the schema of the server differs from the structs:"+
		"\n\tapp.session: option default_time_to_live: 3600 in the struct, 60 on the server"+
		"\n\tapp.session: index session_user_idx (field User) is missing on the server: index on session(user)")
	require.NoError(t, coodie.Schema(nil, sessions).Create(ctx))
	require.ErrorAs(t, coodie.Schema(nil, sessions).Verify(ctx), &mismatch)
	require.Len(t, mismatch.Differences, 1, "Create makes the index, and leaves the table alone")
}

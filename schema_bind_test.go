package coodie_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Two clusters, several keyspaces: each row is where it was written, and nowhere else.
func TestSideBySide(t *testing.T) {
	ctx := context.Background()
	north, northSession := server(t)
	south, southSession := server(t)
	southDB := coodie.New(southSession, coodie.WithConsistency(1))
	north.MustExec("CREATE KEYSPACE tenant WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")

	home := open[Entry](t, northSession)
	tenant, err := home.InKeyspace("tenant")
	require.NoError(t, err)
	require.Equal(t, "tenant.entry", tenant.Name())
	require.NoError(t, coodie.Schema(nil, tenant).Create(ctx))
	away, err := home.On(southDB)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, away).Create(ctx))

	for book, table := range map[string]*coodie.Table[Entry]{"home": home, "tenant": tenant, "away": away} {
		_, err := table.New(Entry{Book: book}).Insert(ctx)
		require.NoError(t, err)
		all, err := table.Find().All(ctx)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Equal(t, book, all[0].Book)
	}
	require.Equal(t, []cqltest.Row{{"book": "tenant"}}, north.MustRows("SELECT book FROM tenant.entry"))
	require.Equal(t, []cqltest.Row{{"book": "away"}}, south.MustRows("SELECT book FROM app.entry"))
	reads := south.Log().Matching(cqltest.On(cqltest.Select, "entry"))
	require.EqualValues(t, 1, reads[len(reads)-1].Consistency, "the other DB's defaults")

	again, err := home.InKeyspace("tenant")
	require.NoError(t, err)
	require.Same(t, tenant, again, "the same table with what it has rendered")
	back, err := tenant.InKeyspace("")
	require.NoError(t, err)
	require.Equal(t, "entry", back.Name())
	both, err := tenant.On(southDB)
	require.NoError(t, err)
	require.Equal(t, "tenant.entry", both.Name(), "another session, the same keyspace")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = home.InKeyspace("tenant") }), 0.0)

	for _, err := range []error{
		func() error { _, err := home.InKeyspace("a b"); return err }(),
		func() error { _, err := home.On(nil); return err }(),
	} {
		var schema *coodie.SchemaError
		require.ErrorAs(t, err, &schema)
	}
}

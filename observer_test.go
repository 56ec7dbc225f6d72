package coodie_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// watched is a table of a server of its own, whose statements go to the observers.
func watched(t *testing.T, observers ...coodie.Option) (*cqltest.Server, *coodie.DB, *coodie.Table[Claim]) {
	t.Helper()
	srv, session := patient(t)
	db := coodie.New(session, observers...)
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, claims).Create(t.Context()))
	return srv, db, claims
}

// patient is a session on a server of its own that waits for long on a busy machine.
func patient(t *testing.T, opts ...cqltest.Option) (*cqltest.Server, *gocql.Session) {
	t.Helper()
	srv := cqltest.RunT(t, append([]cqltest.Option{cqltest.WithKeyspace("app")}, opts...)...)
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return srv, session
}

// TestSeveralObservers: those of a DB and of a table all hear of a table's statements, and
// one table's are not another's.
func TestSeveralObservers(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	heard := map[string]int{}
	hear := func(name string) coodie.Option {
		return coodie.WithObserver(coodie.ObserverFunc(func(context.Context, coodie.Event) { heard[name]++ }))
	}
	db := coodie.New(session, hear("db 1"), hear("db 2"), coodie.WithObserver(nil))
	one, err := coodie.Open[Claim](db, hear("one"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, one).Create(ctx))
	two, err := coodie.Open[Claim](db, hear("two"), hear("two"))
	require.NoError(t, err)
	clear(heard)
	_, err = one.New(Claim{Name: "a"}).Insert(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"db 1": 1, "db 2": 1, "one": 1}, heard)
	_, err = two.New(Claim{Name: "a"}).Insert(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"db 1": 2, "db 2": 2, "one": 1, "two": 2}, heard)
}

// TestStatementShapesAreBounded: a program's statements have few texts, however many values,
// rows and lengths of lists go through them; where they have not, the observer is warned, once.
func TestStatementShapesAreBounded(t *testing.T) {
	ctx := t.Context()
	texts, warnings := map[string]bool{}, []string{}
	srv, db, claims := watched(t, coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		texts[e.Statement] = true
		if e.Warning != "" {
			warnings = append(warnings, e.Warning)
		}
	})))
	clear(texts)
	for i := range 200 {
		name := fmt.Sprint("name", i)
		names := make([]string, i+1)
		for j := range names {
			names[j] = fmt.Sprint("name", j)
		}
		_, err := claims.New(Claim{Name: name, Owner: "ann"}).Insert(ctx)
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).If(claimOwner.Eq("ann")).Update(ctx, claimOwner.Set(name))
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).If(claimOwner.In(names...)).Update(ctx, claimOwner.Set("ann"))
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).Limit(i + 1).All(ctx)
		require.NoError(t, err)
		_, err = claims.Find(claimName.Eq(name)).Mutate(ctx, func(_ context.Context, c *Claim) error { c.Owner += "!"; return nil })
		require.NoError(t, err)
	}
	require.Less(t, len(texts), 10, "%v", texts)
	prepared := map[string]bool{}
	for _, s := range srv.Log() {
		prepared[s.CQL] = prepared[s.CQL] || s.Prepared
	}
	for text := range texts {
		if text != "" {
			require.True(t, prepared[text], "always prepared: %s", text)
		}
	}
	require.Empty(t, warnings)

	for i := range 120 { // a batch of conditions is one text, and so are not those of other lengths
		batch := db.Batch(coodie.MaxStatements(200))
		for range i + 1 {
			claims.New(Claim{Name: "a", Owner: "ann"}).If(claimOwner.Eq("ann")).UpdateIn(batch, claimOwner.Set("ann"))
		}
		require.NoError(t, batch.Exec(ctx))
	}
	many := 0
	for _, w := range warnings {
		if strings.Contains(w, "different statements as conditional batches") {
			many++
		}
	}
	require.Equal(t, 1, many)
}

// wide has more columns than one would update by name.
type wide struct {
	K                      gocql.UUID `cql:"k,partition"`
	A, B, C, D, E, F, G, H int
}

func TestManyShapesOfOneTableWarn(t *testing.T) {
	ctx := t.Context()
	_, session := patient(t)
	var warnings []string
	table, err := coodie.Open[wide](coodie.New(session), coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) {
		if e.Warning != "" {
			warnings = append(warnings, e.Warning)
		}
	})))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, table).Create(ctx))
	for set := 1; set < 1<<8; set++ {
		var assigns []coodie.Assign[wide]
		for i := range 8 {
			if set&(1<<i) != 0 {
				assigns = append(assigns, coodie.AnyCol(table, string(rune('a'+i))).Set(set))
			}
		}
		require.NoError(t, table.Find(coodie.AnyCol(table, "k").Eq(gocql.UUID{})).Update(ctx, assigns...))
	}
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "more than 100 different statements on wide")
}

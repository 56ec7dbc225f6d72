package coodie_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type PageViews struct {
	Site   string `cql:"site,partition"`
	URL    string `cql:"url,clustering"`
	Views  int64  `cql:"views,type=counter"`
	Errors int    `cql:"errors,type=counter"`
}

var (
	viewsSite   = coodie.Col(func(p *PageViews) *string { return &p.Site })
	viewsURL    = coodie.Col(func(p *PageViews) *string { return &p.URL })
	viewsCount  = coodie.Col(func(p *PageViews) *int64 { return &p.Views })
	viewsErrors = coodie.Col(func(p *PageViews) *int { return &p.Errors })
)

func TestCounterColumns(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	db := coodie.New(session)
	pages, err := coodie.Open[PageViews](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, pages).Create(ctx))
	home := pages.Find(viewsSite.Eq("x"), viewsURL.Eq("/"))

	require.NoError(t, home.Update(ctx, coodie.Increment(viewsCount, 3), coodie.Decrement(viewsErrors, 1)))
	sent := srv.Log().Matching(cqltest.On(cqltest.Update, "page_views")).CQL()
	require.Equal(t, []string{"UPDATE page_views SET views=views+?,errors=errors-? WHERE site=? AND url=?"}, compact(sent))
	doc := pages.New(PageViews{Site: "x", URL: "/"})
	require.NoError(t, doc.Update(ctx, coodie.Increment(viewsCount, 1)))
	require.True(t, doc.Stale(), "the document does not know the sum")
	require.Zero(t, doc.Value.Views)

	batch := db.CounterBatch()
	home.UpdateIn(batch, coodie.Increment(viewsCount, 5))
	doc.UpdateIn(batch, coodie.Increment(viewsErrors, 1))
	require.NoError(t, batch.Exec(ctx))

	got, err := home.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, PageViews{Site: "x", URL: "/", Views: 9, Errors: 0}, got)
	require.Equal(t, "views", viewsCount.String())

	require.NoError(t, home.Delete(ctx))
	_, err = home.Get(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
}

// The session retries everything, as its cluster config says, but not a counter: when the
// answer is lost it has been counted once.
func TestCounterIsNeverRetried(t *testing.T) {
	ctx := context.Background()
	for name, opts := range map[string][]coodie.Option{
		"by default":             nil,
		"with client timestamps": {coodie.WithClientTimestamps()},
	} {
		for _, batched := range []bool{false, true} {
			for loss, step := range map[string]cqltest.Step{
				"timeout": cqltest.WriteTimeout("COUNTER"), "silence": cqltest.LoseAnswer, "connection": cqltest.CloseConnection,
			} {
				t.Run(fmt.Sprint(name, " batched ", batched, " ", loss), func(t *testing.T) {
					srv, session := server(t)
					db := coodie.New(session, opts...)
					pages, err := coodie.Open[PageViews](db)
					require.NoError(t, err)
					require.NoError(t, coodie.Schema(db, pages).Create(ctx))
					home := pages.Find(viewsSite.Eq("x"), viewsURL.Eq("/"))
					fault := srv.Fault(cqltest.On(cqltest.Update|cqltest.Batch), cqltest.Apply, step)
					if batched {
						batch := db.CounterBatch()
						home.UpdateIn(batch, coodie.Increment(viewsCount, 1))
						err = batch.Exec(ctx)
					} else {
						err = home.Update(ctx, coodie.Increment(viewsCount, 1))
					}
					require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
					require.Equal(t, 1, fault.Hits(), "sent once")
					require.Equal(t, []cqltest.Row{{"views": int64(1)}}, srv.MustRows("SELECT views FROM app.page_views"))
				})
			}
		}
	}
}

func TestCounterRefusals(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	pages := open[PageViews](t, session)
	row := pages.Find(viewsSite.Eq("x"), viewsURL.Eq("/"))
	doc := pages.New(PageViews{Site: "x", URL: "/", Views: 1})
	notCounter := coodie.Col(func(e *Entry) *int { return &e.Amount })
	entries := open[Entry](t, session)
	before := len(srv.Log())
	only := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name, says string
		err        error
	}{
		{"save", "only counted", doc.Save(ctx)},
		{"insert", "conditionally", only(doc.Insert(ctx))},
		{"create", "conditionally", only(pages.Find().IfNotExists().Create(ctx, doc.Value))},
		{"set", "only added to", row.Update(ctx, coodie.AnyCol(pages, "views").Set(1))},
		{"null", "only added to", row.Update(ctx, coodie.AnyCol(pages, "views").SetNull())},
		{"null added", "null cannot be added", row.Update(ctx, coodie.AnyCol(pages, "views").Add(nil))},
		{"TTL", "no TTL", row.With(coodie.WithTTL(time.Hour)).Update(ctx, coodie.Increment(viewsCount, 1))},
		{"timestamp", "no timestamp", row.With(coodie.WithTimestamp(time.Now())).Update(ctx, coodie.Increment(viewsCount, 1))},
		{"if exists", "conditionally", only(row.IfExists().Update(ctx, coodie.Increment(viewsCount, 1)))},
		{"if", "conditionally", only(row.If(coodie.AnyCol(pages, "views").Eq(1)).Delete(ctx))},
		{"replace", "conditionally", only(doc.IfExists().Replace(ctx))},
		{"mutate", "conditionally", only(row.Mutate(ctx, func(_ context.Context, _ *PageViews) error { return nil }))},
		{"no counter", "which is not for Increment", only(entries.New(Entry{Book: "b"}).IfExists().Update(ctx, coodie.Increment(notCounter, 1)))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var usage *coodie.Error
			require.ErrorAs(t, tt.err, &usage)
			require.Equal(t, coodie.KindUsage, usage.Kind)
			require.ErrorContains(t, tt.err, tt.says)
		})
	}
	require.Len(t, srv.Log(), before, "nothing was sent")

	_, err := coodie.Open[PageViews](coodie.New(session), coodie.WithLWTOnly())
	var schema *coodie.SchemaError
	require.ErrorAs(t, err, &schema)
	require.ErrorContains(t, err, "counter")
}

// compact takes the white space out of statements that qb puts in or not.
func compact(statements []string) []string {
	out := make([]string, len(statements))
	for i, s := range statements {
		out[i] = strings.NewReplacer(", ", ",", " = ", "=").Replace(s)
	}
	return out
}

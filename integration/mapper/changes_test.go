package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

// TestSaveChanges: two documents of one row write what each has changed, and on a condition only the first.
func TestSaveChanges(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	type Page struct {
		ID    int     `cql:"id,partition"`
		Title string  `cql:"title"`
		Body  *string `cql:"body"`
		Views int     `cql:"views"`
	}
	pages := create[Page](t, s)
	id, views := coodie.Col(func(p *Page) *int { return &p.ID }), coodie.Col(func(p *Page) *int { return &p.Views })
	require.NoError(t, pages.New(Page{ID: 1, Title: "a", Body: ptr("b"), Views: 1}).Save(ctx))
	row := pages.Find(id.Eq(1))
	mine, err := row.Load(ctx)
	require.NoError(t, err)
	theirs, err := row.Load(ctx)
	require.NoError(t, err)
	mine.Value.Title, theirs.Value.Body = "c", nil
	require.NoError(t, mine.SaveChanges(ctx))
	require.NoError(t, theirs.SaveChanges(ctx))
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, Page{ID: 1, Title: "c", Views: 1}, got)

	require.NoError(t, mine.Reload(ctx))
	mine.Value.Views, theirs.Value.Views = 2, 3
	res, err := mine.If(views.Eq(1)).SaveChanges(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	res, err = theirs.If(views.Eq(1)).SaveChanges(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	n, state := views.From(res.Existing)
	require.Equal(t, 2, n)
	require.Equal(t, coodie.StatePresent, state)
	require.NoError(t, row.Delete(ctx))
	require.ErrorIs(t, mine.Reload(ctx), coodie.ErrNotFound)
}

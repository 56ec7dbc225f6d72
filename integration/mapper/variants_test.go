package mapper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

type Note struct {
	Book string `cql:"book,partition"`
	Kind string `cql:"kind,clustering"`
	ID   int    `cql:"id,clustering"`
	Text *string
}

func (Note) TableName() string { return "note" }

type Reminder struct {
	Note
	Day int `cql:"day"`
}

type Link struct {
	Note
	URL  string   `cql:"url"`
	Tags []string `cql:"tags,set"`
}

// TestVariants: the discriminator is in the key, so that a write never meets a row of another variant.
func TestVariants(t *testing.T) {
	t.Parallel()
	s := connect(t)
	ctx := t.Context()
	notes := open[Note](t, s)
	kind := coodie.Col(func(n *Note) *string { return &n.Kind })
	all, err := coodie.OpenVariants[any](notes, kind, coodie.VariantOf[Reminder]("reminder"), coodie.VariantOf[Link]("link"))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, all).Create(ctx))
	require.NoError(t, coodie.Schema(nil, all).Verify(ctx))
	reminders, err := coodie.TableOf[Reminder](all)
	require.NoError(t, err)
	links, err := coodie.TableOf[Link](all)
	require.NoError(t, err)

	reminder := reminders.New(Reminder{Note{Book: "b", ID: 1}, 7})
	require.NoError(t, failure(reminder.Insert(ctx)))
	require.NoError(t, links.New(Link{Note{Book: "b", ID: 1}, "x", []string{"t"}}).Save(ctx))
	res, err := reminders.New(Reminder{Note{Book: "b", ID: 1}, 8}).Insert(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.Equal(t, 7, res.Existing.Value.Day)
	got, err := all.Read(notes.Find(coodie.AnyCol(notes, "book").Eq("b"))).All(ctx)
	require.NoError(t, err)
	require.Equal(t, []any{&Link{Note{"b", "link", 1, nil}, "x", []string{"t"}}, &Reminder{Note{"b", "reminder", 1, nil}, 7}}, got)
	mine, err := links.Find(coodie.AnyCol(links, "book").Eq("b"), coodie.AnyCol(links, "kind").Eq("link")).All(ctx)
	require.NoError(t, err)
	require.Len(t, mine, 1)
}

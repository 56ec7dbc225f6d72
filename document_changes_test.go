package coodie_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Profile struct {
	Team    string   `cql:"team,partition"`
	ID      int      `cql:"id,clustering"`
	Motto   *string  `cql:"motto,static"`
	Name    string   `cql:"name"`
	Tags    []string `cql:"tags"`
	Score   *int     `cql:"score"`
	Version int64    `cql:"version,version"`
}

var (
	profileTeam  = coodie.Col(func(p *Profile) *string { return &p.Team })
	profileID    = coodie.Col(func(p *Profile) *int { return &p.ID })
	profileName  = coodie.Col(func(p *Profile) *string { return &p.Name })
	profileScore = coodie.NullCol(func(p *Profile) **int { return &p.Score })
)

// PlainProfile is a Profile without versions, which takes plain writes.
type PlainProfile struct {
	ID    int      `cql:"id,partition"`
	Name  string   `cql:"name"`
	Tags  []string `cql:"tags"`
	Score *int     `cql:"score"`
}

func (PlainProfile) TableName() string { return "plain_profile" }

// TestSaveChanges: only what differs from what was read is written.
func TestSaveChanges(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	table := open[PlainProfile](t, session)
	id, name := coodie.Col(func(p *PlainProfile) *int { return &p.ID }), coodie.Col(func(p *PlainProfile) *string { return &p.Name })
	one := 1
	require.NoError(t, table.New(PlainProfile{ID: 1, Name: "ann", Tags: []string{"a"}, Score: &one}).Save(ctx))

	doc, err := table.Find(id.Eq(1)).Load(ctx)
	require.NoError(t, err)
	srv.ResetLog()
	require.NoError(t, doc.SaveChanges(ctx))
	require.Empty(t, srv.Log(), "nothing differs")

	doc.Value.Name, doc.Value.Score = "bea", nil
	srv.MustExec("UPDATE app.plain_profile SET tags = ['other'] WHERE id = 1")
	srv.ResetLog()
	require.NoError(t, doc.SaveChanges(ctx))
	require.Len(t, srv.Log(), 1)
	require.Equal(t, "UPDATE plain_profile SET name=?,score=? WHERE id=?", srv.Log()[0].CQL)
	srv.ResetLog()
	require.NoError(t, doc.SaveChanges(ctx), "it is what was written last")
	require.Empty(t, srv.Log())

	require.Equal(t, []string{"a"}, doc.Value.Tags)
	require.NoError(t, doc.Reload(ctx))
	require.Equal(t, PlainProfile{ID: 1, Name: "bea", Tags: []string{"other"}}, doc.Value)

	doc.Value.Tags[0] = "mine" // changed in place
	require.NoError(t, doc.Update(ctx, name.Set("cid")))
	srv.ResetLog()
	require.NoError(t, doc.SaveChanges(ctx))
	require.Equal(t, "UPDATE plain_profile SET tags=? WHERE id=?", srv.Log()[0].CQL, "the name has been written by Update")

	require.NoError(t, doc.Delete(ctx))
	doc.Value.Name = "kept"
	require.ErrorIs(t, doc.Reload(ctx), coodie.ErrNotFound)
	require.Equal(t, "kept", doc.Value.Name)
	_, err = table.Find(id.Eq(1)).Load(ctx)
	require.ErrorIs(t, err, coodie.ErrNotFound)
}

// TestSaveChangesOnCondition: a change of somebody else refuses it, and what was read stays what it was.
func TestSaveChangesOnCondition(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	table := open[Profile](t, session)
	motto := "onward"
	_, err := table.New(Profile{Team: "t", ID: 1, Motto: &motto, Name: "ann"}).Insert(ctx)
	require.NoError(t, err)
	row := table.Find(profileTeam.Eq("t"), profileID.Eq(1))
	mine, err := row.Load(ctx)
	require.NoError(t, err)
	theirs, err := row.Load(ctx)
	require.NoError(t, err)

	theirs.Value.Tags = []string{"x"}
	res, err := theirs.IfUnchanged().SaveChanges(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)

	mine.Value.Name = "bea"
	res, err = mine.IfUnchanged().SaveChanges(ctx)
	require.NoError(t, err)
	require.False(t, res.Applied)
	require.NoError(t, mine.Reload(ctx))
	require.Equal(t, "ann", mine.Value.Name)
	mine.Value.Name = "bea"
	srv.ResetLog()
	res, err = mine.If(profileScore.IsNull()).SaveChanges(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Contains(t, srv.Log()[0].CQL, "SET name=?,version=? WHERE")

	srv.ResetLog()
	res, err = mine.IfUnchanged().SaveChanges(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied, "nothing differs")
	require.Empty(t, srv.Log())

	res, err = theirs.With(coodie.WithTTL(60)).If(profileName.Eq("bea")).SaveChanges(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied, "nothing differs there either")
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"x"}, got.Tags)
	require.Equal(t, "bea", got.Name)
}

// TestSaveChangesOfPart: what was not read is not written.
func TestSaveChangesOfPart(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	table := open[PlainProfile](t, session)
	id, name := coodie.Col(func(p *PlainProfile) *int { return &p.ID }), coodie.Col(func(p *PlainProfile) *string { return &p.Name })
	require.NoError(t, table.New(PlainProfile{ID: 1, Name: "ann", Tags: []string{"a"}}).Save(ctx))
	doc, err := table.Find(id.Eq(1)).Only(id, name).Load(ctx)
	require.NoError(t, err)
	doc.Value.Name = "bea"
	srv.ResetLog()
	require.NoError(t, doc.SaveChanges(ctx))
	require.Equal(t, "UPDATE plain_profile SET name=? WHERE id=?", srv.Log()[0].CQL)
}

type checkedProfile struct {
	ID   int    `cql:"id,partition"`
	Name string `cql:"name"`
	Seen int    `cql:"seen"`
}

func (checkedProfile) TableName() string { return "checked_profile" }

func (p *checkedProfile) BeforeSave(context.Context) error { p.Seen++; return nil }

func (p *checkedProfile) Validate() error {
	if p.Name == "" {
		return errors.New("a name is needed")
	}
	return nil
}

// TestSaveChangesHooks: what a hook fills in is a change, and what it refuses is not sent.
func TestSaveChangesHooks(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	table := open[checkedProfile](t, session)
	id := coodie.Col(func(p *checkedProfile) *int { return &p.ID })
	require.NoError(t, table.New(checkedProfile{ID: 1, Name: "ann"}).Save(ctx))
	doc, err := table.Find(id.Eq(1)).Load(ctx)
	require.NoError(t, err)
	srv.ResetLog()
	doc.Value.Name = ""
	var hook *coodie.Error
	require.ErrorAs(t, doc.SaveChanges(ctx), &hook)
	require.Equal(t, coodie.KindHook, hook.Kind)
	require.Equal(t, "Validate", hook.Reason)
	require.Empty(t, srv.Log())
	doc.Value.Name = "bea"
	require.NoError(t, doc.SaveChanges(ctx))
	require.Equal(t, "UPDATE checked_profile SET name=?,seen=? WHERE id=?", srv.Log()[0].CQL)
	require.Equal(t, checkedProfile{ID: 1, Name: "bea", Seen: 2}, doc.Value)
	srv.ResetLog()
	require.NoError(t, doc.SaveChanges(ctx), "a hook alone is no reason to write")
	require.Empty(t, srv.Log())
}

// TestSaveChangesOfWhatHasNoCell: a value that the column cannot hold is a mistake, and no column that is as it was.
func TestSaveChangesOfWhatHasNoCell(t *testing.T) {
	ctx := t.Context()
	type Small struct {
		ID int  `cql:"id,partition"`
		N  *int `cql:"n,type=smallint"`
	}
	srv, session := server(t)
	table := open[Small](t, session)
	id := coodie.Col(func(s *Small) *int { return &s.ID })
	require.NoError(t, table.New(Small{ID: 1}).Save(ctx))
	doc, err := table.Find(id.Eq(1)).Load(ctx)
	require.NoError(t, err)
	doc.Value.N = ptr(100_000)
	srv.ResetLog()
	var usage *coodie.Error
	require.ErrorAs(t, doc.SaveChanges(ctx), &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "n", usage.Column)
	require.Empty(t, srv.Log())
}

func TestSaveChangesMistakes(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	table := open[PlainProfile](t, session)
	id := coodie.Col(func(p *PlainProfile) *int { return &p.ID })
	require.NoError(t, table.New(PlainProfile{ID: 1, Name: "ann"}).Save(ctx))
	moved, err := table.Find(id.Eq(1)).Load(ctx)
	require.NoError(t, err)
	moved.Value.ID = 2
	srv.ResetLog()
	for says, err := range map[string]error{
		"Load, or call Reload first": table.New(PlainProfile{ID: 1}).SaveChanges(ctx),
		"has its key for ever":       moved.SaveChanges(ctx),
		"zero value":                 new(coodie.Document[PlainProfile]).SaveChanges(ctx),
		"is a zero value; make":      new(coodie.Document[PlainProfile]).Reload(ctx),
	} {
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage, says)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.ErrorContains(t, err, says)
	}
	_, err = new(coodie.QuerySet[PlainProfile]).Load(ctx)
	require.ErrorContains(t, err, "zero value")
	require.Empty(t, srv.Log())
}

// TestDocumentWith: a document with options is a copy, whose writes the document follows.
func TestDocumentWith(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	accounts := open[Account](t, session)
	accountBalance := coodie.Col(func(a *Account) *int { return &a.Balance })
	doc := accounts.New(Account{ID: "a", Balance: 1})
	brief := doc.With(coodie.WithTTL(time.Hour))
	doc.Value.Balance = 2
	res, err := brief.Insert(ctx)
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, 1, srv.MustRows("SELECT balance FROM app.account")[0]["balance"], "as it was when With was called")
	require.NotZero(t, srv.MustRows("SELECT ttl(balance) AS left FROM app.account")[0]["left"])

	both := brief.With(coodie.WithTimeout(time.Minute))
	res, err = both.If(accountBalance.Eq(1)).Update(ctx, accountBalance.Set(5))
	require.NoError(t, err)
	require.True(t, res.Applied)
	require.Equal(t, []int{5, 1, 1}, []int{doc.Value.Balance, brief.Value.Balance, both.Value.Balance})
	require.NotZero(t, srv.MustRows("SELECT ttl(balance) AS left FROM app.account")[0]["left"], "options add up")

	both.Value.Balance = 7
	write := both.If(accountBalance.Eq(5))
	both.Value.ID = "another"
	res, err = write.Update(ctx, accountBalance.Set(6))
	require.NoError(t, err)
	require.True(t, res.Applied, "the key is that of when the chain was begun")

	srv.Fault(cqltest.On(cqltest.Conditional, "account").Nth(1), cqltest.WriteTimeout("CAS"))
	_, err = doc.With(coodie.WithTTL(0)).If(accountBalance.Eq(6)).Update(ctx, accountBalance.Set(8))
	require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
	require.True(t, doc.Stale())
	require.True(t, brief.Stale())
	require.NoError(t, doc.With(coodie.WithTimeout(time.Minute)).Reload(ctx))
	require.Equal(t, coodie.KindUsage, coodie.KindOf(doc.With(coodie.WithTTL(time.Hour)).Reload(ctx)), "a TTL of a read")
}

// TestSaveChangesOfARowThatIsGone: an update of some columns would bring it back with all others null.
func TestSaveChangesOfARowThatIsGone(t *testing.T) {
	ctx := t.Context()
	srv, session := server(t)
	db := coodie.New(session)
	table, err := open[PlainProfile](t, session).On(db)
	require.NoError(t, err)
	id := coodie.Col(func(p *PlainProfile) *int { return &p.ID })
	for name, goes := range map[string]func(*coodie.Document[PlainProfile]) error{
		"delete": func(d *coodie.Document[PlainProfile]) error { return d.Delete(ctx) },
		"conditional delete": func(d *coodie.Document[PlainProfile]) error {
			_, err := d.IfExists().Delete(ctx)
			return err
		},
		"delete of unknown outcome": func(d *coodie.Document[PlainProfile]) error {
			srv.Fault(cqltest.On(cqltest.Conditional, "plain_profile").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
			_, err := d.IfExists().Delete(ctx)
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			return nil
		},
		"delete in a batch": func(d *coodie.Document[PlainProfile]) error {
			batch := db.Batch()
			d.DeleteIn(batch)
			return batch.Exec(ctx)
		},
		"a copy's delete": func(d *coodie.Document[PlainProfile]) error {
			return d.With(coodie.WithTimeout(time.Minute)).Delete(ctx)
		},
		"not found": func(d *coodie.Document[PlainProfile]) error {
			srv.MustExec("DELETE FROM app.plain_profile WHERE id = 1")
			require.ErrorIs(t, d.Reload(ctx), coodie.ErrNotFound)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, table.New(PlainProfile{ID: 1, Name: "ann", Tags: []string{"a"}}).Save(ctx))
			doc, err := table.Find(id.Eq(1)).Load(ctx)
			require.NoError(t, err)
			require.NoError(t, goes(doc))
			doc.Value.Name = "ghost"
			require.Equal(t, coodie.KindUsage, coodie.KindOf(doc.SaveChanges(ctx)))
			require.Empty(t, srv.MustRows("SELECT * FROM app.plain_profile"))
		})
	}
}

// TestLoadOnly: a document that was read in part knows its key and what guards the row.
func TestLoadOnly(t *testing.T) {
	ctx := t.Context()
	_, session := server(t)
	table := open[Profile](t, session)
	motto := "onward"
	_, err := table.New(Profile{Team: "t", ID: 7, Motto: &motto, Name: "ann", Tags: []string{"x"}}).Insert(ctx)
	require.NoError(t, err)
	row := table.Find(profileTeam.Eq("t"), profileID.Eq(7))
	for _, q := range []*coodie.QuerySet[Profile]{row.Only(profileName), row.Defer(profileID, profileScore)} {
		doc, err := q.Load(ctx)
		require.NoError(t, err)
		require.Equal(t, 7, doc.Value.ID)
		doc.Value.Name += "!"
		res, err := doc.IfUnchanged().SaveChanges(ctx)
		require.NoError(t, err)
		require.NoError(t, res.Err())
	}
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, "ann!!", got.Name)
	require.Equal(t, []string{"x"}, got.Tags)
}

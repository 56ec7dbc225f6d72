package coodie_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// Member has every hook. What they did is in a field that is no column.
type Member struct {
	ID     gocql.UUID `cql:"id,partition,default=uuid()"`
	Email  string     `cql:"email"`
	Status *string    `cql:"status,default=new"`
	Joined time.Time  `cql:"joined,default=now()"`
	Points *int       `cql:"points,default=10"`

	Trace []string `cql:"-"`
}

type hookKey struct{}

var errHook = errors.New("no")

func (m *Member) BeforeSave(ctx context.Context) error {
	m.Trace = append(m.Trace, "BeforeSave "+ctx.Value(hookKey{}).(string))
	if m.Email == "before@" {
		return errHook
	}
	if m.Status == nil {
		return errors.New("the default comes first")
	}
	m.Email = "<" + m.Email + ">"
	return nil
}

func (m *Member) Validate() error {
	m.Trace = append(m.Trace, "Validate "+m.Email)
	if m.Email == "<invalid@>" {
		return errHook
	}
	return nil
}

func (m *Member) AfterLoad(ctx context.Context) error {
	m.Trace = append(m.Trace, "AfterLoad "+ctx.Value(hookKey{}).(string))
	if m.Email == "<loaded@>" {
		return errHook
	}
	return nil
}

var (
	memberID     = coodie.Col(func(m *Member) *gocql.UUID { return &m.ID })
	memberEmail  = coodie.Col(func(m *Member) *string { return &m.Email })
	memberStatus = coodie.NullCol(func(m *Member) **string { return &m.Status })
)

// hookContext tells the hooks that the caller's context reaches them.
func hookContext() context.Context { return context.WithValue(context.Background(), hookKey{}, "c") }

func TestHooksOfWrites(t *testing.T) {
	ctx := hookContext()
	_, session := server(t)
	db := coodie.New(session)
	members, err := coodie.Open[Member](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, members).Create(ctx))
	saved := []string{"BeforeSave c", "Validate <a@>"}
	stored := func(id gocql.UUID) (email string) {
		t.Helper()
		require.NoError(t, session.Query("SELECT email FROM member WHERE id = ?", id).Scan(&email))
		return email
	}
	lwt := func(res coodie.LWTResult[Member], err error) error { return errors.Join(err, res.Err()) }
	batched := func(write func(*coodie.Batch)) error {
		batch := db.Batch()
		write(batch)
		return batch.Exec(ctx)
	}
	for name, write := range map[string]func(*coodie.Document[Member]) error{
		"insert":       func(d *coodie.Document[Member]) error { return lwt(d.Insert(ctx)) },
		"save":         func(d *coodie.Document[Member]) error { return d.Save(ctx) },
		"save, TTL":    func(d *coodie.Document[Member]) error { return d.With(coodie.WithTTL(time.Hour)).Save(ctx) },
		"batch insert": func(d *coodie.Document[Member]) error { return batched(func(b *coodie.Batch) { d.InsertIn(b) }) },
		"batch save":   func(d *coodie.Document[Member]) error { return batched(func(b *coodie.Batch) { d.SaveIn(b) }) },
	} {
		t.Run(name, func(t *testing.T) {
			doc := members.New(Member{Email: "a@"})
			require.NoError(t, write(doc))
			require.NotZero(t, doc.Value.ID)
			require.Equal(t, byte(0x40), doc.Value.ID[6]&0xf0, "a random id")
			require.Equal(t, "new", *doc.Value.Status)
			require.Equal(t, 10, *doc.Value.Points)
			require.WithinDuration(t, time.Now(), doc.Value.Joined, time.Minute)
			require.Equal(t, saved, doc.Value.Trace, "in this order, with the caller's context")
			require.Equal(t, "<a@>", stored(doc.Value.ID))
			require.False(t, doc.Stale())

			// What is there already, zero as well, stays.
			status, points := "", 0
			doc = members.New(Member{ID: gocql.MustRandomUUID(), Email: "a@", Status: &status, Points: &points, Joined: time.UnixMilli(1).UTC()})
			want := doc.Value
			require.NoError(t, write(doc))
			want.Email, want.Trace = "<a@>", saved
			require.Equal(t, want, doc.Value)

			// What a hook refuses is not written, and the document stays as it is.
			for _, email := range []string{"before@", "invalid@"} {
				doc = members.New(Member{Email: email})
				err := write(doc)
				require.ErrorIs(t, err, errHook)
				var hook *coodie.Error
				require.ErrorAs(t, err, &hook)
				require.Equal(t, coodie.KindHook, hook.Kind)
				require.Equal(t, "member", hook.Table)
				require.Equal(t, map[string]string{"before@": "BeforeSave", "invalid@": "Validate"}[email], hook.Reason)
				require.Equal(t, Member{Email: email}, doc.Value)
				require.False(t, doc.Stale())
			}
		})
	}

	t.Run("create", func(t *testing.T) {
		id := gocql.MustRandomUUID()
		require.NoError(t, lwt(members.Find().IfNotExists().Create(ctx, Member{ID: id, Email: "a@"})))
		require.Equal(t, "<a@>", stored(id))
		_, err := members.Find().IfNotExists().Create(ctx, Member{ID: id, Email: "invalid@"})
		require.ErrorIs(t, err, errHook)

		doc := members.New(Member{ID: id, Email: "b@"})
		res, err := doc.Insert(ctx)
		require.NoError(t, err)
		require.False(t, res.Applied)
		require.Equal(t, Member{ID: id, Email: "b@"}, doc.Value, "refused: nothing of the document changes")
		require.Equal(t, "<a@>", res.Existing.Value.Email)
		require.Empty(t, res.Existing.Value.Trace, "an answer of an LWT is not loaded")

		second := gocql.MustRandomUUID()
		require.NoError(t, batched(func(b *coodie.Batch) {
			members.Find().IfNotExists().CreateIn(b, Member{ID: second, Email: "a@"})
		}))
		require.Equal(t, "<a@>", stored(second))
	})
	t.Run("replace", func(t *testing.T) {
		status := "old"
		doc := members.New(Member{ID: gocql.MustRandomUUID(), Email: "a@", Status: &status})
		require.NoError(t, doc.Save(ctx))
		doc.Value.Email, doc.Value.Trace, doc.Value.Points = "b@", nil, nil
		require.NoError(t, lwt(doc.IfExists().Replace(ctx)))
		require.Equal(t, "<b@>", stored(doc.Value.ID))
		require.Equal(t, []string{"BeforeSave c", "Validate <b@>"}, doc.Value.Trace)
		require.Nil(t, doc.Value.Points, "null deletes: a default is for a row that begins")
		doc.Value.Email, doc.Value.Trace = "c@", nil
		require.NoError(t, batched(func(b *coodie.Batch) { doc.IfExists().ReplaceIn(b) }))
		require.Equal(t, "<c@>", stored(doc.Value.ID))
		require.Equal(t, "<c@>", doc.Value.Email)
		doc.Value.Email = "invalid@"
		require.ErrorIs(t, lwt(doc.IfExists().Replace(ctx)), errHook)
		require.Equal(t, "<c@>", stored(doc.Value.ID))
	})
	t.Run("save that omits null", func(t *testing.T) {
		status := "old"
		doc := members.New(Member{ID: gocql.MustRandomUUID(), Email: "a@", Status: &status})
		require.NoError(t, doc.With(coodie.WithOmitNil()).Save(ctx))
		require.Nil(t, doc.Value.Points, "a null column is left alone, so it takes no default either")
	})
	t.Run("none of update and delete", func(t *testing.T) {
		doc := members.New(Member{ID: gocql.MustRandomUUID(), Email: "a@"})
		require.NoError(t, doc.Save(ctx))
		doc.Value.Trace = nil
		require.NoError(t, doc.Update(ctx, memberEmail.Set("invalid@")))
		require.NoError(t, lwt(doc.IfExists().Update(ctx, memberEmail.Set("invalid@"))))
		require.NoError(t, doc.Delete(ctx))
		require.Empty(t, doc.Value.Trace)
	})
}

func TestHooksOfReads(t *testing.T) {
	ctx := hookContext()
	srv, session := server(t)
	members := open[Member](t, session)
	id := gocql.MustRandomUUID()
	require.NoError(t, members.New(Member{ID: id, Email: "a@"}).Save(ctx))
	one := members.Find(memberID.Eq(id))
	loaded := []string{"AfterLoad c"}

	got, err := one.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, loaded, got.Trace)
	got, err = one.First(ctx)
	require.NoError(t, err)
	require.Equal(t, loaded, got.Trace)
	all, err := members.Find().All(ctx)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, loaded, all[0].Trace)

	srv.MustExec("INSERT INTO app.member (id, email) VALUES (uuid(), '<loaded@>')")
	_, err = members.Find().All(ctx)
	var hook *coodie.Error
	require.ErrorAs(t, err, &hook)
	require.Equal(t, coodie.KindHook, hook.Kind)
	require.Equal(t, "AfterLoad", hook.Reason)
	require.ErrorIs(t, err, errHook)
	require.EqualError(t, err, "coodie: select member: AfterLoad: no")
}

func TestHooksOfMutate(t *testing.T) {
	ctx := hookContext()
	srv, session := server(t)
	members := open[Member](t, session)
	id := gocql.MustRandomUUID()
	doc := members.New(Member{ID: id, Email: "a@"})
	require.NoError(t, doc.Save(ctx))
	require.NoError(t, doc.Update(ctx, memberStatus.SetNull()))
	row := members.Find(memberID.Eq(id))

	before := len(srv.Log().Matching(cqltest.On(cqltest.Update)))
	res, err := row.Mutate(ctx, func(_ context.Context, m *Member) error {
		require.Equal(t, []string{"AfterLoad c"}, m.Trace)
		return nil
	})
	require.NoError(t, err)
	require.False(t, res.Changed, "BeforeSave, which would change the e-mail, runs only if the function has changed something")
	require.Len(t, srv.Log().Matching(cqltest.On(cqltest.Update)), before)

	status := "x"
	res, err = row.Mutate(ctx, func(_ context.Context, m *Member) error { m.Status = &status; return nil })
	require.NoError(t, err)
	require.True(t, res.Changed)
	require.Equal(t, "<<a@>>", res.Value.Email)
	require.Equal(t, []string{"AfterLoad c", "BeforeSave c", "Validate <<a@>>"}, res.Value.Trace)
	got, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, "<<a@>>", got.Email)

	_, err = row.Mutate(ctx, func(_ context.Context, m *Member) error { m.Email = "before@"; return nil })
	require.ErrorIs(t, err, errHook)
	_, err = row.Mutate(ctx, func(_ context.Context, m *Member) error { m.Email = "invalid@"; return nil })
	require.ErrorIs(t, err, errHook)
	again, err := row.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, got.Email, again.Email)

	res, err = members.Find(memberID.Eq(gocql.MustRandomUUID())).Mutate(ctx, func(_ context.Context, m *Member) error { m.Email = "n@"; return nil }, coodie.OrCreate())
	require.NoError(t, err)
	require.True(t, res.Created)
	require.Equal(t, "<n@>", res.Value.Email)
	require.Equal(t, "new", *res.Value.Status)
}

// Drawer is a row whose BeforeSave may change what Mutate must not.
type Drawer struct {
	P     string  `cql:"p,partition"`
	C     string  `cql:"c,clustering"`
	Label string  `cql:"label,static"`
	Owner *string `cql:"owner,static,default=nobody"`
	N     int     `cql:"n"`
}

func (d *Drawer) BeforeSave(context.Context) error {
	switch d.N {
	case 1:
		d.C = "elsewhere"
	case 2:
		d.Label = "of the hook"
	}
	return nil
}

// TestHooksOfMutateThatCreates: what a hook must not change in a row that is there, it must not in a
// new one either.
func TestHooksOfMutateThatCreates(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	drawers := open[Drawer](t, session)
	row := drawers.Find(coodie.AnyCol(drawers, "p").Eq("p"), coodie.AnyCol(drawers, "c").Eq("c"))
	set := func(n int) func(context.Context, *Drawer) error {
		return func(_ context.Context, d *Drawer) error { d.N = n; return nil }
	}
	for n, column := range []string{1: "c", 2: "label"} {
		if column == "" {
			continue
		}
		_, err := row.Only(coodie.AnyCol(drawers, "n")).Mutate(ctx, set(n), coodie.OrCreate())
		var usage *coodie.Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, coodie.KindUsage, usage.Kind)
		require.Equal(t, column, usage.Column)
		require.Equal(t, "(p, c)", usage.Key.String())
	}
	require.Empty(t, srv.MustRows("SELECT * FROM app.drawer"), "nothing was written")
	res, err := row.Only(coodie.AnyCol(drawers, "n")).Mutate(ctx, set(3), coodie.OrCreate())
	require.NoError(t, err)
	require.True(t, res.Created)
	require.Equal(t, []cqltest.Row{{"n": 3, "owner": nil}}, srv.MustRows("SELECT n, owner FROM app.drawer"),
		"a default is not for a static column that the partition may have")
	res, err = drawers.Find(coodie.AnyCol(drawers, "p").Eq("p"), coodie.AnyCol(drawers, "c").Eq("d")).Mutate(ctx, set(2), coodie.OrCreate())
	require.NoError(t, err)
	require.Equal(t, "of the hook", res.Value.Label)
	require.Equal(t, []cqltest.Row{{"label": "of the hook", "owner": "nobody", "n": 2}}, srv.MustRows("SELECT label, owner, n FROM app.drawer WHERE p = 'p' AND c = 'd'"))
}

type wrongBefore struct {
	ID string `cql:"id,partition"`
}

func (*wrongBefore) BeforeSave() error { return nil }

type wrongValidate struct {
	ID string `cql:"id,partition"`
}

func (wrongValidate) Validate(strict bool) error { return nil }

type wrongAfter struct {
	ID string `cql:"id,partition"`
}

func (*wrongAfter) AfterLoad(context.Context) {}

func TestHookOfAnotherSignature(t *testing.T) {
	_, session := server(t)
	db := coodie.New(session)
	_, before := coodie.Open[wrongBefore](db)
	_, validate := coodie.Open[wrongValidate](db)
	_, after := coodie.Open[wrongAfter](db)
	for name, err := range map[string]error{"BeforeSave": before, "Validate": validate, "AfterLoad": after} {
		var schema *coodie.SchemaError
		require.ErrorAs(t, err, &schema, name)
		require.ErrorContains(t, err, "method "+name)
	}
	require.ErrorContains(t, validate, "WithoutValidate")
	foreign, err := coodie.Open[wrongValidate](db, coodie.WithoutValidate())
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, foreign).Create(t.Context()))
	require.NoError(t, foreign.New(wrongValidate{"a"}).Save(t.Context()))
	_, err = coodie.Open[wrongBefore](db, coodie.WithoutValidate())
	require.Error(t, err, "the option is about Validate alone")
}

// Checked validates itself with the call's context.
type Checked struct {
	ID string `cql:"id,partition"`
}

func (c Checked) Validate(ctx context.Context) error {
	if c.ID == ctx.Value(hookKey{}) {
		return errHook
	}
	return nil
}

// TestValidateWithContext: Validate(ctx) runs where Validate() does, and WithoutValidate keeps it from running.
func TestValidateWithContext(t *testing.T) {
	_, session := server(t)
	ctx := hookContext()
	table := open[Checked](t, session)
	require.NoError(t, table.New(Checked{"a"}).Save(ctx))
	bad := table.New(Checked{"c"})
	batch := coodie.New(session).Batch()
	bad.SaveIn(batch)
	_, inserted := bad.Insert(ctx)
	for what, err := range map[string]error{"save": bad.Save(ctx), "insert": inserted, "bulk": table.SaveAll(ctx, []Checked{{"c"}})} {
		var hook *coodie.Error
		require.ErrorAs(t, err, &hook, what)
		require.Equal(t, coodie.KindHook, hook.Kind)
		require.ErrorIs(t, err, errHook, what)
		require.Equal(t, "Validate", hook.Reason)
	}
	unchecked := open[Checked](t, session, coodie.WithoutValidate())
	require.NoError(t, unchecked.New(Checked{"c"}).Save(ctx))
}

// Guarded notes how much time its hooks have.
type Guarded struct {
	ID string `cql:"id,partition"`
	N  int    `cql:"n"`
}

type guardKey struct{}

func guardedHook(ctx context.Context, name string) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(1000 * time.Hour)
	}
	seen := ctx.Value(guardKey{}).(map[string]time.Duration)
	seen[name] = time.Until(deadline)
	return nil
}

func (g *Guarded) BeforeSave(ctx context.Context) error { return guardedHook(ctx, "BeforeSave") }
func (g *Guarded) AfterLoad(ctx context.Context) error  { return guardedHook(ctx, "AfterLoad") }

// TestHooksAreBounded: the hooks of a call run under its timeout, be it the DB's or the chain's.
func TestHooksAreBounded(t *testing.T) {
	srv, session := server(t)
	db := coodie.New(session, coodie.WithTimeout(time.Hour))
	table, err := coodie.Open[Guarded](db)
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(db, table).Create(t.Context()))
	id := coodie.Col(func(g *Guarded) *string { return &g.ID })
	row := table.Find(id.Eq("a"))
	doc := func() *coodie.Document[Guarded] { return table.New(Guarded{"a", 1}) }
	change := func(_ context.Context, g *Guarded) error { g.N++; return nil }
	few, short := []string{"a", "b"}, time.Minute
	lwt := func(_ coodie.LWTResult[Guarded], err error) error { return err }
	for name, tt := range map[string]struct {
		most  time.Duration
		hooks []string
		call  func(context.Context) error
	}{
		"insert":   {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error { return lwt(doc().Insert(ctx)) }},
		"save":     {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error { return doc().Save(ctx) }},
		"replace":  {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error { return lwt(doc().IfExists().Replace(ctx)) }},
		"create":   {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error { return lwt(table.Find().IfNotExists().Create(ctx, Guarded{"a", 1})) }},
		"save all": {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error { return table.SaveAll(ctx, []Guarded{{"a", 1}}) }},
		"insert all": {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error {
			_, err := table.InsertAll(ctx, []Guarded{{"a", 1}})
			return err
		}},
		"batch": {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error {
			b := db.Batch()
			doc().SaveIn(b)
			return b.Exec(ctx)
		}},
		"conditional batch": {time.Hour, []string{"BeforeSave"}, func(ctx context.Context) error {
			b := db.Batch()
			doc().InsertIn(b)
			doc().IfExists().DeleteIn(b)
			_ = b.Exec(ctx)
			return nil
		}},
		"get":      {time.Hour, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := row.Get(ctx); return err }},
		"first":    {time.Hour, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := row.First(ctx); return err }},
		"all":      {time.Hour, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := row.All(ctx); return err }},
		"in":       {time.Hour, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := table.Find(id.In(few...)).All(ctx); return err }},
		"page":     {time.Hour, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := row.Page(ctx, ""); return err }},
		"get many": {time.Hour, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := table.GetMany(ctx, []Guarded{{ID: "a"}}); return err }},
		"mutate":   {time.Hour, []string{"AfterLoad", "BeforeSave"}, func(ctx context.Context) error { _, err := row.Mutate(ctx, change); return err }},

		"insert, Timeout": {short, []string{"BeforeSave"}, func(ctx context.Context) error { return lwt(doc().With(coodie.WithTimeout(short)).Insert(ctx)) }},
		"save, Timeout":   {short, []string{"BeforeSave"}, func(ctx context.Context) error { return doc().With(coodie.WithTimeout(short)).Save(ctx) }},
		"replace, Timeout": {short, []string{"BeforeSave"}, func(ctx context.Context) error {
			return lwt(doc().IfExists().With(coodie.WithTimeout(short)).Replace(ctx))
		}},
		"get, Timeout": {short, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := row.With(coodie.WithTimeout(short)).Get(ctx); return err }},
		"all, Timeout": {short, []string{"AfterLoad"}, func(ctx context.Context) error { _, err := row.With(coodie.WithTimeout(short)).All(ctx); return err }},
		"mutate, Timeout": {short, []string{"AfterLoad", "BeforeSave"}, func(ctx context.Context) error {
			_, err := row.With(coodie.WithTimeout(short)).Mutate(ctx, change)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			srv.MustExec("INSERT INTO app.guarded (id, n) VALUES ('a', 1)")
			seen := map[string]time.Duration{}
			require.NoError(t, tt.call(context.WithValue(context.Background(), guardKey{}, seen)))
			for _, hook := range tt.hooks {
				require.Contains(t, seen, hook)
				require.LessOrEqual(t, seen[hook], tt.most, hook)
			}
		})
	}
}

// Toy has a column that AfterLoad works out.
type Toy struct {
	ID    string `cql:"id,partition"`
	N     int    `cql:"n"`
	Twice int    `cql:"twice"`
}

func (t *Toy) AfterLoad(context.Context) error {
	t.Twice = 2 * t.N
	return nil
}

// TestMutateOnlyOfWhatAfterLoadFills: a column that is not shown is left alone, though AfterLoad gives it a value.
func TestMutateOnlyOfWhatAfterLoadFills(t *testing.T) {
	ctx := context.Background()
	srv, session := server(t)
	toys := open[Toy](t, session)
	id, n := coodie.Col(func(t *Toy) *string { return &t.ID }), coodie.Col(func(t *Toy) *int { return &t.N })
	srv.MustExec("INSERT INTO app.toy (id, n, twice) VALUES ('a', 2, 7)")
	row := toys.Find(id.Eq("a")).Only(id, n)
	res, err := row.Mutate(ctx, func(_ context.Context, t *Toy) error { t.N++; return nil })
	require.NoError(t, err)
	require.True(t, res.Changed)
	_, err = row.Mutate(ctx, func(_ context.Context, t *Toy) error { t.Twice = 1; return nil })
	var usage *coodie.Error
	require.ErrorAs(t, err, &usage)
	require.Equal(t, coodie.KindUsage, usage.Kind)
	require.Equal(t, "twice", usage.Column)
	got, err := coodie.Values(toys.Find(id.Eq("a")), coodie.AnyCol(toys, "twice")).First(ctx)
	require.NoError(t, err)
	require.Equal(t, 7, got)
}

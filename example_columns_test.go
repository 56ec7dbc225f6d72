package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// must is for examples, which have nobody to return an error to.
func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Counters are only ever counted, and never twice.
func ExampleIncrement() {
	type PageViews struct {
		URL   string `cql:"url,partition"`
		Views int64  `cql:"views,type=counter"`
	}
	url := coodie.Col(func(p *PageViews) *string { return &p.URL })
	views := coodie.Col(func(p *PageViews) *int64 { return &p.Views })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	pages, err := coodie.Open[PageViews](db)
	must(err)
	must(coodie.Schema(db, pages).Create(ctx))

	home := pages.Find(url.Eq("/"))
	must(home.Update(ctx, coodie.Increment(views, 3)))
	must(home.Update(ctx, coodie.Decrement(views, 1)))
	got, err := home.Get(ctx)
	fmt.Println(got.Views, err)
	fmt.Println(pages.New(got).Save(ctx))
	// Output:
	// 2 <nil>
	// coodie: insert page_views (url): counters cannot be inserted or saved, only counted: Update with Increment or Decrement
}

// Signup has defaults, which are for fields that can be null, and hooks.
type Signup struct {
	ID     gocql.UUID `cql:"id,partition,default=uuid()"`
	Email  string     `cql:"email"`
	Plan   *string    `cql:"plan,default=free"`
	Domain string     `cql:"-"` // no column: AfterLoad sets it
}

func (s *Signup) BeforeSave(context.Context) error {
	s.Email = strings.ToLower(s.Email)
	return nil
}

var errNoEmail = errors.New("that is no e-mail address")

func (s *Signup) Validate() error {
	if !strings.Contains(s.Email, "@") {
		return errNoEmail
	}
	return nil
}

func (s *Signup) AfterLoad(context.Context) error {
	_, s.Domain, _ = strings.Cut(s.Email, "@")
	return nil
}

// Defaults, then BeforeSave, then Validate; AfterLoad after each read.
func ExampleBeforeSaver() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	signups, err := coodie.Open[Signup](db)
	must(err)
	must(coodie.Schema(db, signups).Create(ctx))

	doc := signups.New(Signup{Email: "Ada@Example.org"})
	res, err := doc.Insert(ctx)
	fmt.Println(res.Applied, err, doc.Value.Email, *doc.Value.Plan, doc.Value.ID != gocql.UUID{})

	got, err := signups.Find(coodie.AnyCol(signups, "id").Eq(doc.Value.ID)).Get(ctx)
	fmt.Println(got.Domain, err)

	_, err = signups.New(Signup{Email: "nobody"}).Insert(ctx)
	fmt.Println(errors.Is(err, errNoEmail), err)
	// Output:
	// true <nil> ada@example.org free true
	// example.org <nil>
	// true coodie: insert signup (id): Validate: that is no e-mail address
}

// Indexes are declared by tags, options of the table where it is opened; Schema makes both.
func ExampleWithDefaultTTL() {
	type Session struct {
		Token  string      `cql:"token,partition"`
		User   string      `cql:"user,index"`
		Groups []string    `cql:"groups,set,index=sai"`
		Face   *[3]float32 `cql:"face,index=sai similarity_function=cosine"`
	}
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	sessions, err := coodie.Open[Session](db, coodie.WithTable("sessions"),
		coodie.WithDefaultTTL(time.Hour),
		coodie.WithProperty("comment", "who is logged in"),
		coodie.WithProperty("compaction", map[string]string{"class": "TimeWindowCompactionStrategy", "compaction_window_unit": "HOURS"}),
		coodie.WithProperty("gc_grace_seconds", 3600))
	must(err)
	must(coodie.Schema(db, sessions).Create(ctx))
	for _, statement := range coodie.Schema(db, sessions).CQL()[1:] {
		fmt.Println(statement)
	}

	must(sessions.New(Session{Token: "t1", User: "ada", Groups: []string{"admin"}}).Save(ctx))
	must(sessions.New(Session{Token: "t2", User: "bob", Groups: []string{"admin"}}).With(coodie.WithTTL(0)).Save(ctx)) // never expires
	byIndex := sessions.Find(coodie.AnyCol(sessions, "groups").Contains("admin"))
	n, err := byIndex.Count(ctx)
	fmt.Println(n, err)
	srv.FastForward(61 * time.Minute)
	n, err = byIndex.Count(ctx)
	fmt.Println(n, err)
	// Output:
	// CREATE INDEX IF NOT EXISTS sessions_user_idx ON sessions (user)
	// CREATE INDEX IF NOT EXISTS sessions_groups_values_idx ON sessions (values(groups)) USING 'sai'
	// CREATE INDEX IF NOT EXISTS sessions_face_idx ON sessions (face) USING 'sai' WITH OPTIONS = {'similarity_function': 'cosine'}
	// 2 <nil>
	// 1 <nil>
}

// Settings is kept as JSON in a text column.
type Settings struct {
	Theme string   `json:"theme"`
	Tabs  []string `json:"tabs"`
}

type Private struct {
	User     string    `cql:"user,partition"`
	Settings *Settings `cql:"settings,json"`
	Secret   string    `cql:"secret,type=blob,codec=reversed"`
}

// Codecs are the codecs that the struct's tags name.
func (Private) Codecs() []coodie.Codec {
	reverse := func(b []byte) []byte { slices.Reverse(b); return b }
	return []coodie.Codec{coodie.CodecOf("reversed",
		func(s string) ([]byte, error) { return reverse([]byte(s)), nil },
		func(b []byte) (string, error) { return string(reverse(b)), nil })}
}

// JSON in a text, and functions of one's own between a field and its column.
func ExampleCodecOf() {
	settings := coodie.NullCol(func(p *Private) **Settings { return &p.Settings })
	secret := coodie.Col(func(p *Private) *string { return &p.Secret })
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	private, err := coodie.Open[Private](db, coodie.WithTable("private"))
	must(err)
	must(coodie.Schema(db, private).Create(ctx))

	doc := private.New(Private{User: "ada", Settings: &Settings{Theme: "dark"}, Secret: "abc"})
	res, err := doc.Insert(ctx)
	fmt.Println(res.Applied, err)
	row := srv.MustRows("SELECT settings, secret FROM app.private")[0]
	fmt.Printf("%s %s\n", row["settings"], row["secret"])

	res, err = doc.If(settings.Eq(Settings{Theme: "dark"}), secret.Eq("abc")).Update(ctx, settings.Set(Settings{Theme: "light"}))
	fmt.Println(res.Applied, err, doc.Value.Settings.Theme)
	// Output:
	// true <nil>
	// {"theme":"dark","tabs":null} cba
	// true <nil> light
}

// A view has reads and no writes.
func ExampleOpenView() {
	type EntryByAmount struct {
		Amount int    `cql:"amount,partition"`
		Book   string `cql:"book,clustering"`
		Line   int    `cql:"line,clustering,desc"`
	}
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	entries, err := coodie.Open[Entry](db, coodie.WithTable("ledger"))
	must(err)
	view, err := coodie.OpenView[EntryByAmount](entries, coodie.WithTable("ledger_by_amount"))
	must(err)
	fmt.Println(coodie.Schema(db, view).CQL()[0])
	// Output:
	// CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_by_amount AS SELECT amount, book, line FROM ledger WHERE amount IS NOT NULL AND book IS NOT NULL AND line IS NOT NULL PRIMARY KEY (amount, book, line) WITH CLUSTERING ORDER BY (book ASC, line DESC)
}

// One table, a keyspace for each tenant.
func ExampleTable_InKeyspace() {
	ctx := context.Background()
	session, srv, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	entries, err := coodie.Open[Entry](db, coodie.WithTable("ledger"))
	must(err)

	for i, tenant := range []string{"north", "south"} {
		srv.MustExec("CREATE KEYSPACE " + tenant + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
		own, err := entries.InKeyspace(tenant)
		must(err)
		must(coodie.Schema(db, own).Create(ctx))
		must(own.New(Entry{Book: "b", Amount: i}).Save(ctx))
		all, err := own.Find().All(ctx)
		fmt.Println(own.Name(), len(all), all[0].Amount, err)
	}
	// Output:
	// north.ledger 1 0 <nil>
	// south.ledger 1 1 <nil>
}

// Rows of one table as structs of several types.
func ExampleOpenVariants() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	shapes, err := coodie.Open[Shape](db)
	must(err)
	all, err := coodie.OpenVariants[Area](shapes, shapeKind, coodie.VariantOf[Circle]("circle"), coodie.VariantOf[Square]("square"))
	must(err)
	must(coodie.Schema(db, all).Create(ctx))
	circles, err := coodie.TableOf[Circle](all)
	must(err)
	squares, err := coodie.TableOf[Square](all)
	must(err)
	must(circles.New(Circle{Shape: Shape{Drawing: "d", ID: 1}, Radius: 1}).Save(ctx))
	must(squares.New(Square{Shape: Shape{Drawing: "d", ID: 2}, Side: 2}).Save(ctx))
	for shape, err := range all.Read(shapes.Find(shapeDrawing.Eq("d"))).Iter(ctx) {
		must(err)
		fmt.Printf("%T %.2f\n", shape, shape.Area())
	}
	// Output:
	// *coodie_test.Circle 3.14
	// *coodie_test.Square 4.00
}

type Case struct {
	ID    int    `cql:"id,partition"`
	State string `cql:"state,clustering"`
	Title string
}

type OpenCase struct {
	State string `cql:"state,partition"`
	ID    int    `cql:"id,clustering"`
	Title string
}

// ViewFilter is which cases the view shows.
func (OpenCase) ViewFilter() string { return "state = 'open'" }

// A view of some rows of its table.
func ExampleOpenView_filter() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	cases, err := coodie.Open[Case](db)
	must(err)
	open, err := coodie.OpenView[OpenCase](cases)
	must(err)
	schema := coodie.Schema(db, cases, open)
	must(schema.Create(ctx))
	must(schema.Verify(ctx))

	must(cases.New(Case{ID: 1, State: "open", Title: "it hums"}).Save(ctx))
	must(cases.New(Case{ID: 2, State: "shut", Title: "it smokes"}).Save(ctx))
	all, err := open.Find().All(ctx)
	fmt.Println(all, err)
	// Output: [{open 1 it hums}] <nil>
}

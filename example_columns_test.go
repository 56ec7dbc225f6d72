package coodie_test

import (
	"context"
	"errors"
	"fmt"
	"log"
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
func ExampleCounterCol() {
	type PageViews struct {
		URL   string `cql:"url,partition"`
		Views int64  `cql:"views,type=counter"`
	}
	url := coodie.Col(func(p *PageViews) *string { return &p.URL })
	views := coodie.CounterCol(func(p *PageViews) *int64 { return &p.Views })
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	pages, err := coodie.Open[PageViews](coodie.New(session))
	must(err)
	must(pages.Create(ctx))

	home := pages.Find(url.Eq("/"))
	must(home.Update(ctx, views.Increment(3)))
	must(home.Update(ctx, views.Decrement(1)))
	got, err := home.Get(ctx)
	fmt.Println(got.Views, err)
	fmt.Println(pages.New(got).Save(ctx))
	// Output:
	// 2 <nil>
	// coodie: insert page_views: counters cannot be inserted or saved, only counted: Update with Increment or Decrement
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
	signups, err := coodie.Open[Signup](coodie.New(session))
	must(err)
	must(signups.Create(ctx))

	doc := signups.New(Signup{Email: "Ada@Example.org"})
	res, err := doc.Insert(ctx)
	fmt.Println(res.Applied, err, doc.Value.Email, *doc.Value.Plan, doc.Value.ID != gocql.UUID{})

	got, err := signups.Find(signups.Col("id").Eq(doc.Value.ID)).Get(ctx)
	fmt.Println(got.Domain, err)

	_, err = signups.New(Signup{Email: "nobody"}).Insert(ctx)
	fmt.Println(errors.Is(err, errNoEmail), err)
	// Output:
	// true <nil> ada@example.org free true
	// example.org <nil>
	// true coodie: insert signup: Validate: that is no e-mail address
}

// Indexes are declared by tags, options of the table where it is opened; Create makes both.
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
	sessions, err := coodie.Open[Session](coodie.New(session), coodie.WithTable("sessions"),
		coodie.WithDefaultTTL(time.Hour),
		coodie.WithComment("who is logged in"),
		coodie.WithCompaction("TimeWindowCompactionStrategy", map[string]string{"compaction_window_unit": "HOURS"}),
		coodie.WithProperty("gc_grace_seconds", 3600))
	must(err)
	must(sessions.Create(ctx))
	for _, statement := range sessions.CreateCQL()[1:] {
		fmt.Println(statement)
	}

	must(sessions.New(Session{Token: "t1", User: "ada", Groups: []string{"admin"}}).Save(ctx))
	must(sessions.New(Session{Token: "t2", User: "bob", Groups: []string{"admin"}}).TTL(0).Save(ctx)) // never expires
	byIndex := sessions.Find(sessions.Col("groups").Contains("admin"))
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

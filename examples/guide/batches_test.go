package guide_test

import (
	"fmt"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type Event struct {
	UserID    gocql.UUID `cql:"user_id,partition"`
	TS        time.Time  `cql:"ts,clustering"`
	EventType string     `cql:"event_type"`
}

func (Event) TableName() string { return "events" }

var eventUser = coodie.Col(func(e *Event) *gocql.UUID { return &e.UserID })

func Example_batch() {
	db, srv, stop := connect()
	defer stop()
	events := open[Event](db)
	user, now := gocql.MustRandomUUID(), time.Now()

	batch := db.Batch() // or db.UnloggedBatch(), db.CounterBatch()
	events.New(Event{user, now, "login"}).SaveIn(batch)
	events.New(Event{user, now.Add(time.Second), "page_view"}).SaveIn(batch)
	fmt.Println(len(srv.MustRows("SELECT * FROM my_ks.events")), "rows before Exec")
	check(batch.Exec(ctx))

	count, err := events.Find(eventUser.Eq(user)).Count(ctx)
	fmt.Println(count, err)
	// Output:
	// 0 rows before Exec
	// 2 <nil>
}

// A batch may hold several conditions, on one partition: all hold or nothing is written.
func Example_batchConditional() {
	db, _, stop := connect()
	defer stop()
	events := open[Event](db)
	user, now := gocql.MustRandomUUID(), time.Now()
	_, err := events.New(Event{user, now, "login"}).Insert(ctx)
	check(err)

	batch := db.Batch()
	login := events.New(Event{user, now, "login"}).InsertIn(batch)
	logout := events.New(Event{user, now.Add(time.Second), "logout"}).InsertIn(batch)
	check(batch.Exec(ctx))
	res, err := login.Result()
	answer("login", res, err)
	fmt.Println(res.Row())
	res, err = logout.Result()
	answer("logout", res, err)
	fmt.Println(res.Row())
	// Output:
	// login refused
	// present
	// logout refused
	// absent
}

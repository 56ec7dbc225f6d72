package guide_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// EventLog has a partition for each day, so that none grows for ever.
type EventLog struct {
	Service   string            `cql:"service,partition"`
	Day       coodie.Date       `cql:"day,partition"`
	EventTime time.Time         `cql:"event_time,clustering,desc"`
	EventType string            `cql:"event_type"`
	Payload   map[string]string `cql:"payload"`
}

func Example_recipesTimeBuckets() {
	db, _, stop := connect()
	defer stop()
	service := coodie.Col(func(e *EventLog) *string { return &e.Service })
	day := coodie.Col(func(e *EventLog) *coodie.Date { return &e.Day })
	events := open[EventLog](db)
	for i, kind := range []string{"payment_received", "payment_refunded"} {
		at := june(1).Add(time.Duration(i) * time.Minute)
		check(events.New(EventLog{"payments", coodie.DateOf(at), at, kind, map[string]string{"currency": "USD"}}).Save(ctx))
	}
	today := coodie.DateOf(june(1))
	for e, err := range events.Find(service.Eq("payments"), day.Eq(today)).Limit(50).Iter(ctx) {
		check(err)
		fmt.Println(e.EventType, e.Payload)
	}
	week, err := events.Find(service.Eq("payments"), day.In(today, today.AddDays(-1))).Count(ctx)
	fmt.Println(week, err)
	// Output:
	// payment_refunded map[currency:USD]
	// payment_received map[currency:USD]
	// 2 <nil>
}

// A frozen collection is one value: replaced as a whole, and never added to.
func Example_recipesFrozen() {
	type GameState struct {
		Player    gocql.UUID     `cql:"player,partition,default=uuid()"`
		Inventory []string       `cql:"inventory,frozen"`
		Stats     map[string]int `cql:"stats,frozen"`
	}
	inventory := coodie.Col(func(g *GameState) *[]string { return &g.Inventory })
	db, _, stop := connect()
	defer stop()
	states := open[GameState](db)
	state := states.New(GameState{Inventory: []string{"lamp"}})
	check(state.Save(ctx))

	fmt.Println(state.Update(ctx, inventory.Set([]string{"lamp", "rope"})))
	err := state.Update(ctx, coodie.Append(inventory, "sword"))
	var usage *coodie.Error
	fmt.Println(errors.As(err, &usage) && usage.Kind == coodie.KindUsage, strings.Contains(err.Error(), "frozen"))
	// Output:
	// <nil>
	// true true
}

// A page at a time; with keys a token can be put into a link.
func Example_recipesPages() {
	db, _, stop := connect()
	defer stop()
	reports, err := coodie.Open[BugReport](db, coodie.WithPageTokenKeys([]byte("32 random bytes from a safe place")))
	check(err)
	bugReports(db)

	ours := reports.Find(project.Eq("coodie")).With(coodie.WithPageSize(3))
	first, err := ours.Page(ctx, "")
	fmt.Println(len(first.Items), first.Next != "", err)
	second, err := ours.Page(ctx, first.Next)
	fmt.Println(len(second.Items), second.Next == "", err)
	_, err = reports.Find(project.Eq("scylla")).Page(ctx, first.Next)
	fmt.Println(coodie.KindOf(err) == coodie.KindPageToken)
	// Output:
	// 3 true <nil>
	// 1 true <nil>
	// true
}

// Tests need no mock: the embedded server runs in the test, says what was sent, and fails
// where it is told to.
func Example_recipesTesting() {
	db, srv, stop := connect()
	defer stop()
	commits := open[GitCommit](db)
	srv.ResetLog()

	res, err := commits.New(GitCommit{Repo: "coodie", Branch: "main", CommittedAt: june(1), SHA: "c0ffee"}).Insert(ctx)
	answer("first:", res, err)
	fmt.Println(srv.Log().CQL()[0])
	srv.Fault(cqltest.On(cqltest.Conditional, "git_commit").First(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	_, err = commits.New(GitCommit{Repo: "coodie", Branch: "main", CommittedAt: june(2), SHA: "decade"}).Insert(ctx)
	fmt.Println(errors.Is(err, coodie.ErrOutcomeUnknown))
	// Output:
	// first: applied
	// INSERT INTO git_commit (repo,branch,committed_at,sha,message) VALUES (?,?,?,?,?) IF NOT EXISTS
	// true
}

package guide_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/coodie-go/coodie"
)

type BugReport struct {
	Project   string    `cql:"project,partition"`
	CreatedAt time.Time `cql:"created_at,clustering,desc"`
	Title     string    `cql:"title"`
	Severity  string    `cql:"severity"`
	Status    string    `cql:"status"`
	Assignee  *string   `cql:"assignee"`
}

func (BugReport) TableName() string { return "bug_reports" }

var (
	project   = coodie.Col(func(b *BugReport) *string { return &b.Project })
	createdAt = coodie.Col(func(b *BugReport) *time.Time { return &b.CreatedAt })
	bugTitle  = coodie.Col(func(b *BugReport) *string { return &b.Title })
	severity  = coodie.Col(func(b *BugReport) *string { return &b.Severity })
	bugStatus = coodie.Col(func(b *BugReport) *string { return &b.Status })
)

func june(day int) time.Time { return time.Date(2026, time.June, day, 0, 0, 0, 0, time.UTC) }

// bugReports is a table with four reports on coodie and one on scylla.
func bugReports(db *coodie.DB) *coodie.Table[BugReport] {
	reports := open[BugReport](db)
	for day, title := range []string{"Crash on startup", "Typo", "Slow", "Leak"} {
		level := []string{"critical", "low"}[day%2]
		check(reports.New(BugReport{"coodie", june(day + 1), title, level, "open", nil}).Save(ctx))
	}
	check(reports.New(BugReport{"scylla", june(9), "Wish", "low", "open", nil}).Save(ctx))
	return reports
}

func printTitles(q coodie.Readable[BugReport]) {
	var titles []string
	for report, err := range q.Reads().Iter(ctx) {
		check(err)
		titles = append(titles, report.Title)
	}
	fmt.Println(strings.Join(titles, "; "))
}

// A QuerySet is a value: what is built on it does not change it.
func Example_querying() {
	db, _, stop := connect()
	defer stop()
	ours := bugReports(db).Find(project.Eq("coodie"))

	printTitles(ours)
	printTitles(ours.OrderBy(coodie.Asc(createdAt)))
	printTitles(ours.Limit(2))
	printTitles(ours.Filter(severity.Eq("critical")).AllowFiltering())
	printTitles(ours.Filter(createdAt.Gt(june(1)), createdAt.Lt(june(4))))
	// Output:
	// Leak; Slow; Typo; Crash on startup
	// Crash on startup; Typo; Slow; Leak
	// Leak; Slow
	// Slow; Crash on startup
	// Slow; Typo
}

// What would read the whole table has to be asked for.
func Example_queryingWithoutKey() {
	db, _, stop := connect()
	defer stop()
	reports := bugReports(db)

	_, err := reports.Find(bugStatus.Eq("open")).All(ctx)
	fmt.Println("without AllowFiltering:", err != nil)
	all, err := reports.Find(bugStatus.Eq("open")).AllowFiltering().All(ctx)
	fmt.Println(len(all), err)
	latest, err := reports.Find().PerPartitionLimit(1).All(ctx)
	fmt.Println(len(latest), "projects", err)
	// Output:
	// without AllowFiltering: true
	// 5 <nil>
	// 2 projects <nil>
}

func Example_queryingColumns() {
	db, _, stop := connect()
	defer stop()
	reports := bugReports(db)

	some, err := reports.Find(project.Eq("coodie")).Only(bugTitle, severity).First(ctx)
	check(err)
	fmt.Printf("%q %q %q\n", some.Title, some.Severity, some.Status)
	most, err := reports.Find(project.Eq("coodie")).Defer(severity).First(ctx)
	check(err)
	fmt.Printf("%q %q %q\n", most.Title, most.Severity, most.Status)

	projects, err := reports.Find().Only(project).Distinct().All(ctx)
	fmt.Println(len(projects), err)
	newest, err := reports.Find(project.In("coodie", "scylla")).GroupBy(project).All(ctx)
	check(err)
	for _, report := range newest {
		fmt.Println(report.Project, report.Title)
	}
	// Output:
	// "Leak" "low" ""
	// "Leak" "" "open"
	// 2 <nil>
	// coodie Leak
	// scylla Wish
}

// Count, and the first of many.
func Example_queryingTerminals() {
	db, _, stop := connect()
	defer stop()
	ours := bugReports(db).Find(project.Eq("coodie"))

	total, err := ours.Count(ctx)
	fmt.Println(total, err)
	first, err := ours.First(ctx)
	fmt.Println(first.Title, err)
	for report, err := range ours.Iter(ctx) { // page by page
		check(err)
		fmt.Println(report.Title)
		break // ends the query
	}
	// Output:
	// 4 <nil>
	// Leak <nil>
	// Leak
}

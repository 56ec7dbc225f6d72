package guide_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type Task struct {
	ID       gocql.UUID `cql:"id,partition"`
	Title    string     `cql:"title"`
	Status   string     `cql:"status"`
	Assignee *string    `cql:"assignee"`
	Priority int        `cql:"priority"`
	Tags     []string   `cql:"tags,set"`
	Comments []string   `cql:"comments"`
}

func (Task) TableName() string { return "tasks" }

var (
	taskID   = coodie.Col(func(t *Task) *gocql.UUID { return &t.ID })
	status   = coodie.Col(func(t *Task) *string { return &t.Status })
	assignee = coodie.NullCol(func(t *Task) **string { return &t.Assignee })
	priority = coodie.Col(func(t *Task) *int { return &t.Priority })
	tags     = coodie.Col(func(t *Task) *[]string { return &t.Tags })
	comments = coodie.Col(func(t *Task) *[]string { return &t.Comments })
)

// Save is an upsert: it writes all columns, whether the row exists or not.
func Example_crudSave() {
	db, _, stop := connect()
	defer stop()
	tasks := open[Task](db)

	task := tasks.New(Task{ID: gocql.MustRandomUUID(), Title: "Write docs", Status: "in_progress", Priority: 1})
	check(task.Save(ctx))

	read, err := tasks.Find(taskID.Eq(task.Value.ID)).Get(ctx)
	check(err)
	fmt.Println(read.Title, read.Status, read.Priority, read.Assignee == nil)
	// Output: Write docs in_progress 1 true
}

// Insert is IF NOT EXISTS: create only. A TTL makes the row expire.
func Example_crudInsert() {
	db, srv, stop := connect()
	defer stop()
	tasks := open[Task](db)

	task := tasks.New(Task{ID: gocql.MustRandomUUID(), Title: "Deploy v2"})
	res, err := task.Insert(ctx)
	answer("first insert", res, err)
	res, err = task.Insert(ctx)
	answer("second insert", res, err)

	short := Task{ID: gocql.MustRandomUUID(), Title: "Deploy v3"}
	res, err = tasks.Find().IfNotExists().With(coodie.WithTTL(time.Hour)).Create(ctx, short)
	answer("insert for an hour", res, err)
	srv.FastForward(time.Hour + time.Second)
	_, err = tasks.Find(taskID.Eq(short.ID)).Get(ctx)
	fmt.Println(err)
	// Output:
	// first insert applied
	// second insert refused
	// insert for an hour applied
	// coodie: select tasks (id): not found
}

// Get reads one row by its primary key; a missing one is ErrNotFound. First is the
// same for any selection.
func Example_crudRead() {
	db, _, stop := connect()
	defer stop()
	tasks := open[Task](db)

	_, err := tasks.Find(taskID.Eq(gocql.MustRandomUUID())).Get(ctx)
	if errors.Is(err, coodie.ErrNotFound) {
		fmt.Println("task not found")
	}

	for i, title := range []string{"one", "two", "three"} {
		check(tasks.New(Task{ID: gocql.MustRandomUUID(), Title: title, Priority: i}).Save(ctx))
	}
	all, err := tasks.Find().All(ctx)
	check(err)
	count, err := tasks.Find().Count(ctx)
	check(err)
	sum := 0
	for task, err := range tasks.Find().Iter(ctx) {
		check(err)
		sum += task.Priority
	}
	fmt.Println(len(all), count, sum)
	// Output:
	// task not found
	// 3 3 3
}

// Update sets some columns. On a Document it also changes the value in memory, once it
// has been applied.
func Example_crudUpdate() {
	db, _, stop := connect()
	defer stop()
	tasks := open[Task](db)
	task := tasks.New(Task{ID: gocql.MustRandomUUID(), Title: "Write docs", Status: "in_progress"})
	check(task.Save(ctx))

	check(task.Update(ctx, status.Set("review"), assignee.Set("Alice")))
	check(task.With(coodie.WithTTL(2*time.Hour)).Update(ctx, priority.Set(7)))
	check(task.Update(ctx, coodie.Add(tags, "urgent"), coodie.Append(comments, "Fixed in v2"), coodie.Prepend(comments, "IMPORTANT")))
	check(task.Update(ctx, coodie.Remove(tags, "stale"), assignee.SetNull()))

	res, err := task.IfExists().Update(ctx, status.Set("done"))
	answer("if it exists:", res, err)
	res, err = task.If(status.Eq("in_progress")).Update(ctx, status.Set("done"))
	answer("if in progress:", res, err)

	read, err := tasks.Find(taskID.Eq(task.Value.ID)).Get(ctx)
	check(err)
	fmt.Println(read.Status, read.Priority, read.Tags, read.Comments, read.Assignee == nil)
	// Output:
	// if it exists: applied
	// if in progress: refused
	// done 7 [urgent] [IMPORTANT Fixed in v2] true
}

// Delete removes a row; IfExists tells whether there was one.
func Example_crudDelete() {
	db, _, stop := connect()
	defer stop()
	tasks := open[Task](db)
	task := tasks.New(Task{ID: gocql.MustRandomUUID(), Title: "Write docs"})
	check(task.Save(ctx))

	check(task.Delete(ctx))
	res, err := task.IfExists().Delete(ctx)
	answer("once more:", res, err)
	// Output: once more: refused
}

// Truncate removes all rows and keeps the table: for tests. Drop removes it.
func Example_crudTruncate() {
	db, _, stop := connect()
	defer stop()
	tasks := open[Task](db)
	check(tasks.New(Task{ID: gocql.MustRandomUUID(), Title: "Write docs"}).Save(ctx))

	check(tasks.Truncate(ctx))
	count, err := tasks.Find().Count(ctx)
	fmt.Println(count, err)
	check(coodie.Schema(db, tasks).Drop(ctx))
	_, err = tasks.Find().Count(ctx)
	fmt.Println(err != nil)
	// Output:
	// 0 <nil>
	// true
}

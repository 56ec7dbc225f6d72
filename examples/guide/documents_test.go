package guide_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type BlogPost struct {
	BlogID      gocql.UUID `cql:"blog_id,partition"`
	PublishedAt time.Time  `cql:"published_at,clustering,desc"`
	Title       string     `cql:"title"`
	Body        string     `cql:"body"`
	Author      *string    `cql:"author"`
	Views       int        `cql:"views"`
}

// The struct's tags are the table. Its name is the type's in snake case, unless TableName
// or WithTable says another.
func Example_documents() {
	db, _, stop := connect()
	defer stop()
	posts := open[BlogPost](db, coodie.WithKeyspace("my_ks"), coodie.WithTable("blog_posts"))
	for _, statement := range coodie.Schema(db, posts).CQL() {
		fmt.Println(statement)
	}
	fmt.Println(coodie.Schema(db, posts).Verify(ctx))
	// Output:
	// CREATE TABLE IF NOT EXISTS my_ks.blog_posts (blog_id uuid, published_at timestamp, title text, body text, author text, views int, PRIMARY KEY (blog_id, published_at)) WITH CLUSTERING ORDER BY (published_at DESC)
	// <nil>
}

type GitCommit struct {
	Repo        string    `cql:"repo,partition"`
	Branch      string    `cql:"branch,partition"`
	CommittedAt time.Time `cql:"committed_at,clustering,desc"`
	SHA         string    `cql:"sha,clustering"`
	Message     string    `cql:"message"`
}

// Several columns can make the partition key, and several the clustering key, in the order
// of the fields or by position (`partition=2`).
func Example_documentsKeys() {
	db, _, stop := connect()
	defer stop()
	fmt.Println(coodie.Schema(db, open[GitCommit](db)).CQL()[0])
	// Output:
	// CREATE TABLE IF NOT EXISTS git_commit (repo text, branch text, committed_at timestamp, sha text, message text, PRIMARY KEY ((repo, branch), committed_at, sha)) WITH CLUSTERING ORDER BY (committed_at DESC, sha ASC)
}

type SensorReading struct {
	SensorID    string  `cql:"sensor_id,partition"`
	ReadingTime string  `cql:"reading_time,clustering"`
	SensorName  string  `cql:"sensor_name,static"`
	Value       float64 `cql:"value"`
}

// A static column belongs to the partition: all its rows share it.
func Example_documentsStatic() {
	db, _, stop := connect()
	defer stop()
	readings := open[SensorReading](db)
	check(readings.New(SensorReading{"s1", "10:00", "boiler", 61.5}).Save(ctx))
	check(readings.New(SensorReading{"s1", "10:05", "kettle", 62}).Save(ctx))
	for reading, err := range readings.Find(coodie.AnyCol(readings, "sensor_id").Eq("s1")).Iter(ctx) {
		check(err)
		fmt.Println(reading.ReadingTime, reading.SensorName, reading.Value)
	}
	// Output:
	// 10:00 kettle 61.5
	// 10:05 kettle 62
}

// Go's defaults are Go's: fill them in where you make the value. The zero value of a plain
// field is stored as zero, a nil pointer as null.
func Example_documentsMistakes() {
	db, _, stop := connect()
	defer stop()
	type Product struct {
		ID   gocql.UUID `cql:"id,partiton"`
		Name string     `cql:"name"`
	}
	_, err := coodie.Open[Product](db)
	var mistake *coodie.SchemaError
	fmt.Println(errors.As(err, &mistake), mistake.Field)
	// Output: true ID
}

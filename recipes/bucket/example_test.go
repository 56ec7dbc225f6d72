package bucket_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/recipes/bucket"
)

// Reading has a partition for each sensor and day.
type Reading struct {
	Sensor string      `cql:"sensor,partition"`
	Day    coodie.Date `cql:"day,partition"`
	At     time.Time   `cql:"at,clustering,desc"`
	Value  float64     `cql:"value"`
}

var (
	sensor = coodie.Col(func(r *Reading) *string { return &r.Sensor })
	day    = coodie.Col(func(r *Reading) *coodie.Date { return &r.Day })
	at     = coodie.Col(func(r *Reading) *time.Time { return &r.At })
)

// The last four readings of a week, however many days they are spread over.
func Example() {
	ctx := context.Background()
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	db := coodie.New(session)
	readings, err := coodie.Open[Reading](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, readings).Create(ctx); err != nil {
		log.Fatal(err)
	}

	monday := time.Date(2024, 6, 3, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		when := monday.Add(time.Duration(i) * 8 * time.Hour) // three a day
		reading := Reading{Sensor: "s1", Day: coodie.DateOf(bucket.Day.Start(when)), At: when, Value: float64(i)}
		if err := readings.New(reading).Save(ctx); err != nil {
			log.Fatal(err)
		}
	}

	week := bucket.Range{Size: bucket.Day, From: monday, To: monday.AddDate(0, 0, 7), NewestFirst: true}
	for r, err := range bucket.Rows(ctx, week, 4, func(start time.Time) coodie.Readable[Reading] {
		return readings.Find(sensor.Eq("s1"), day.Eq(coodie.DateOf(start)), at.Ge(week.From), at.Lt(week.To))
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.At.Format("Mon 15:04"), r.Value)
	}
	// Output:
	// Thu 00:00 9
	// Wed 16:00 8
	// Wed 08:00 7
	// Wed 00:00 6
}

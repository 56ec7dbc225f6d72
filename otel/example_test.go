package coodieotel_test

import (
	"context"
	"log"
	"log/slog"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/observe"
	coodieotel "github.com/coodie-go/coodie/otel"
)

// The global providers of OpenTelemetry get the spans and the metrics of every call.
func Example() {
	ctx := context.Background()
	cluster := gocql.NewCluster("10.0.0.1", "10.0.0.2")
	cluster.Keyspace = "app"
	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(coodieotel.New()))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

// An observer of the program's own.
func Example_observer() {
	ctx := context.Background()
	cluster := gocql.NewCluster("10.0.0.1", "10.0.0.2")
	db, err := coodie.Connect(ctx, cluster, coodie.WithObserver(coodie.ObserverFunc(func(ctx context.Context, e coodie.Event) {
		if e.Outcome == coodie.OutcomeRefused {
			slog.InfoContext(ctx, e.Summary(), "refused by", e.Conditions)
		}
	})))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

// All that is logged, the driver's log too, is structured.
func Example_log() {
	ctx := context.Background()
	cluster := gocql.NewCluster("10.0.0.1", "10.0.0.2")
	db, err := coodie.Connect(ctx, cluster, coodie.WithDriverLog(slog.Default()), coodie.WithObserver(observe.Log(slog.Default())))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

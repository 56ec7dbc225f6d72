// Command call makes one conditional update on the embedded server, after others of the same shape, and
// leaves in a directory which of coodie's code that one ran. It is built with -cover by command trip.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/coverage"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type lamp struct {
	Name    string `cql:"name,partition"`
	State   string
	Version int64
}

var (
	version = coodie.Col(func(l *lamp) *int64 { return &l.Version })
	state   = coodie.Col(func(l *lamp) *string { return &l.State })
)

func main() {
	if err := run(os.Args[1], os.Args[2] == "applied"); err != nil {
		fmt.Fprintln(os.Stderr, "bench/trip/call:", err)
		os.Exit(1)
	}
}

func run(dir string, applied bool) error {
	ctx := context.Background()
	server, err := cqltest.Run()
	if err != nil {
		return err
	}
	defer server.Close()
	db, err := coodie.Connect(ctx, gocql.NewCluster(server.Addr()))
	if err != nil {
		return err
	}
	if err := db.Raw("CREATE KEYSPACE house WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").Exec(ctx); err != nil {
		return err
	}
	lamps, err := coodie.Open[lamp](db, coodie.WithKeyspace("house"))
	if err != nil {
		return err
	}
	if err := coodie.Schema(db, lamps).Create(ctx); err != nil {
		return err
	}
	doc := lamps.New(lamp{Name: "hall", State: "off", Version: 3})
	if _, err := doc.Insert(ctx); err != nil {
		return err
	}
	expected := int64(3)
	if !applied {
		expected = 4
	}
	for range 5 { // the shape becomes known
		if err := update(ctx, doc, expected, applied); err != nil {
			return err
		}
	}
	if err := coverage.ClearCounters(); err != nil {
		return err
	}
	if err := update(ctx, doc, expected, applied); err != nil {
		return err
	}
	if err := coverage.WriteMetaDir(dir); err != nil {
		return err
	}
	return coverage.WriteCountersDir(dir)
}

func update(ctx context.Context, doc *coodie.Document[lamp], expected int64, applied bool) error {
	res, err := doc.If(version.Eq(expected)).Update(ctx, state.Set("on"))
	if err == nil && res.Applied != applied {
		err = fmt.Errorf("applied: %t", res.Applied)
	}
	return err
}

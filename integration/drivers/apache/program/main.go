// Command program is what a new user writes over Apache's driver: one of several
// programs takes a name, and the others are told who has it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
)

// Name is a row that says who has a name.
type Name struct {
	Name    string     `cql:"name,partition"`
	Owner   string     `cql:"owner"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: program name owner node…")
	}
	has, err := take(context.Background(), os.Args[1], os.Args[2], os.Args[3:]...)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(has, "has the name", os.Args[1])
}

// take takes a name for an owner, and returns who has it.
func take(ctx context.Context, name, owner string, nodes ...string) (has string, err error) {
	cluster := gocql.NewCluster(nodes...)
	cluster.Keyspace = "app"
	db, err := apache.Connect(ctx, cluster)
	if err != nil {
		return "", err
	}
	defer db.Close()
	names, err := coodie.Open[Name](db)
	if err != nil {
		return "", err
	}
	if err := coodie.Schema(db, names).Create(ctx); err != nil {
		return "", err
	}
	res, err := names.New(Name{Name: name, Owner: owner}).Insert(ctx)
	if errors.Is(err, coodie.ErrOutcomeUnknown) {
		res, err = res.Settle(ctx) // the row's attempt id says whether the insert was executed
	}
	if err != nil {
		return "", err
	}
	if res.Applied {
		return owner, nil
	}
	return res.Existing.Value.Owner, nil
}

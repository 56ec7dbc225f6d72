package apache_test

import (
	"context"
	"fmt"
	"log"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
	"github.com/coodie-go/coodie/cqltest"
)

// Name is taken by who comes first.
type Name struct {
	Name  string `cql:"name,partition"`
	Owner string `cql:"owner"`
}

// A program over Apache's driver; the embedded server stands for the nodes.
func ExampleConnect() {
	ctx := context.Background()
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	cluster := gocql.NewCluster(srv.Addr())
	cluster.Keyspace = "app"
	db, err := apache.Connect(ctx, cluster)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	names, err := coodie.Open[Name](db)
	if err != nil {
		log.Fatal(err)
	}
	if err := coodie.Schema(db, names).Create(ctx); err != nil {
		log.Fatal(err)
	}
	for _, owner := range []string{"ann", "bob"} {
		res, err := names.New(Name{"coodie", owner}).Insert(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if res.Applied {
			fmt.Println(owner, "has the name")
		} else {
			fmt.Println(owner, "is too late:", res.Existing.Value.Owner, "has it")
		}
	}
	// Output:
	// ann has the name
	// bob is too late: ann has it
}

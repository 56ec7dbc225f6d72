package linear_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/linear"
)

// take is a broken lock: it looks first, and then takes what it found free.
func take(session *gocql.Session, owner string) (linear.LockAnswer, error) {
	var holder string
	err := session.Query("SELECT owner FROM locks WHERE name = 'deploy'").Scan(&holder)
	if err == nil {
		return linear.LockAnswer{OK: false, Owner: holder, Told: true}, nil
	}
	if !errors.Is(err, gocql.ErrNotFound) {
		return linear.LockAnswer{}, err
	}
	err = session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', ?)", owner).Exec()
	return linear.LockAnswer{OK: true}, err
}

// Two clients are told that they have the lock.
func Example() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	history := linear.New(linear.Lock())
	acquire := func(owner string) {
		_, err := history.Do(owner, "deploy", linear.Acquire(owner), func() (linear.LockAnswer, error) { return take(session, owner) })
		if err != nil {
			log.Fatal(err)
		}
	}
	// Bob comes between alice's look and her insert.
	srv.Fault(cqltest.On(cqltest.Insert).Nth(1), cqltest.Do(func(cqltest.Statement) { acquire("bob") }))
	acquire("alice")
	acquire("carol")

	result := history.Check()
	for _, op := range result.Violations[0].Shortest {
		fmt.Println(op.Client, "has the lock:", op.Output.OK)
	}
	// Output:
	// alice has the lock: true
	// bob has the lock: true
}

// coodie's own calls are recorded by an observer. What a call is, its context says.
func ExampleHistory_Observer() {
	ctx := context.Background()
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	type Lock struct {
		Name  string `cql:"name,partition"`
		Owner string `cql:"owner"`
	}
	history := linear.New(linear.Lock())
	db := coodie.New(session, coodie.WithObserver(history.Observer()))
	locks, err := coodie.Open[Lock](db, coodie.WithTable("locks"))
	if err != nil {
		log.Fatal(err)
	}
	for _, owner := range []string{"alice", "bob"} {
		named := history.With(ctx, owner, "deploy", linear.Acquire(owner))
		if _, err := locks.New(Lock{Name: "deploy", Owner: owner}).Insert(named); err != nil {
			log.Fatal(err)
		}
	}

	for _, op := range history.Operations() {
		fmt.Println(op.Client, "has the lock:", op.Output.OK)
	}
	fmt.Println(history.Check().Err())
	// Output:
	// alice has the lock: true
	// bob has the lock: false
	// <nil>
}

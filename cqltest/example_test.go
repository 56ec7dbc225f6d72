package cqltest_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

// In a test, RunT(t) starts the server and closes it; elsewhere Run does.
func Example() {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	for _, who := range []string{"alice", "bob"} {
		existing := map[string]any{}
		applied, err := session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', ?) IF NOT EXISTS", who).MapScanCAS(existing)
		fmt.Println(who, applied, existing["owner"], err)
	}
	// Output:
	// alice true <nil> <nil>
	// bob false alice <nil>
}

// The answer to a lightweight transaction is lost: the client cannot know that
// it was applied, but the test can.
func ExampleServer_Fault() {
	srv, session := exampleServer()
	defer srv.Close()
	defer session.Close()

	fault := srv.Fault(cqltest.On(cqltest.Conditional, "locks").Nth(1),
		cqltest.Apply, cqltest.WriteTimeout("CAS"))

	err := session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice') IF NOT EXISTS").Exec()
	var timeout *gocql.RequestErrWriteTimeout
	fmt.Println("timeout:", errors.As(err, &timeout), timeout.WriteType)
	fmt.Println("stored:", srv.MustRows("SELECT owner FROM locks"))
	fmt.Println("faults:", fault.Hits())
	// Output:
	// timeout: true CAS
	// stored: [map[owner:alice]]
	// faults: 1
}

// A lease ends without waiting for it.
func ExampleServer_FastForward() {
	srv, session := exampleServer()
	defer srv.Close()
	defer session.Close()

	if err := session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice') USING TTL 30").Exec(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(srv.MustRows("SELECT * FROM locks")))
	srv.FastForward(31 * time.Second)
	fmt.Println(len(srv.MustRows("SELECT * FROM locks")))
	// Output:
	// 1
	// 0
}

// The log shows what a program really sends.
func ExampleServer_Log() {
	srv, session := exampleServer()
	defer srv.Close()
	defer session.Close()

	err := session.Query("DELETE FROM locks WHERE name = ? IF owner = ?", "deploy", "alice").
		Consistency(gocql.LocalQuorum).SerialConsistency(gocql.LocalSerial).Exec()
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range srv.Log().Matching(cqltest.On(cqltest.Conditional, "locks")) {
		fmt.Println(s.CQL, s.Values())
		fmt.Println(s.Kind, s.Consistency, s.SerialConsistency)
	}
	// Output:
	// DELETE FROM locks WHERE name = ? IF owner = ? [deploy alice]
	// DELETE|CONDITIONAL LOCAL_QUORUM LOCAL_SERIAL
}

// One prepared state, many cases.
func ExampleServer_Restore() {
	srv, session := exampleServer()
	defer srv.Close()
	defer session.Close()

	srv.MustExec("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice')")
	held := srv.Snapshot()
	for _, cql := range []string{
		"DELETE FROM locks WHERE name = 'deploy' IF owner = 'alice'",
		"DELETE FROM locks WHERE name = 'deploy' IF owner = 'bob'",
	} {
		srv.Restore(held)
		applied, err := session.Query(cql).MapScanCAS(map[string]any{})
		fmt.Println(applied, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}

func exampleServer() (*cqltest.Server, *gocql.Session) {
	srv, err := cqltest.Run(cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
	if err != nil {
		log.Fatal(err)
	}
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		log.Fatal(err)
	}
	return srv, session
}

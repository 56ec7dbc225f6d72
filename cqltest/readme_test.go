package cqltest_test

import (
	"errors"
	"testing"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

// takeLock is the function under test.
func takeLock(session *gocql.Session, owner string) (bool, error) {
	return session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', ?) IF NOT EXISTS", owner).
		RetryPolicy(nil).MapScanCAS(map[string]any{})
}

func TestLostResponse(t *testing.T) {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("app"),
		cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
	session, err := srv.Cluster().CreateSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()

	// The server executes the first LWT on the table, and then reports a timeout.
	fault := srv.Fault(cqltest.On(cqltest.Conditional, "locks").Nth(1), cqltest.Apply, cqltest.WriteTimeout("CAS"))

	var timeout *gocql.RequestErrWriteTimeout
	if applied, err := takeLock(session, "ann"); applied || !errors.As(err, &timeout) {
		t.Errorf("ann: applied %v, error %v", applied, err)
	}
	if applied, err := takeLock(session, "bob"); applied || err != nil {
		t.Errorf("bob: applied %v, error %v", applied, err) // refused: ann holds the lock after all
	}
	if rows := srv.MustRows("SELECT owner FROM locks"); rows[0]["owner"] != "ann" {
		t.Errorf("stored: %v", rows)
	}
	if fault.Hits() != 1 {
		t.Error("the fault did not strike")
	}
}

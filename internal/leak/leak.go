// Package leak looks for goroutines that tests leave behind.
package leak

import (
	"testing"

	"go.uber.org/goleak"
)

// Main runs a package's tests, and fails if goroutines are left when they have passed, other than of the functions forgotten.
func Main(m *testing.M, forgotten ...string) {
	for _, f := range forgotten {
		known = append(known, goleak.IgnoreAnyFunction(f))
	}
	goleak.VerifyTestMain(m, known...)
}

// Check notes the goroutines there are, and returns a function that fails the test while there
// are others: of the client, for an idle worker of cqltest's is not one.
func Check(t testing.TB) func() {
	ignored := append([]goleak.Option{
		goleak.IgnoreCurrent(),
		goleak.IgnoreAnyFunction("github.com/coodie-go/coodie/cqltest/internal/wire.(*Conn).start.func1"),
	}, known...)
	return func() {
		t.Helper()
		goleak.VerifyNone(t, ignored...)
	}
}

// known are those that gocql forgets, if a session is closed the moment it has connected or is
// about to connect again.
var known = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/gocql/gocql.(*controlConn).heartBeat"),
	goleak.IgnoreAnyFunction("github.com/gocql/gocql.(*Session).refreshRing"),
	goleak.IgnoreAnyFunction("github.com/gocql/gocql.(*hostConnPool).connect"),
}

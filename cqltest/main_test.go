package cqltest_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// gocql forgets this one if a session is closed the moment it has connected.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/gocql/gocql.(*controlConn).heartBeat"))
}

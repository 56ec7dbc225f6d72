package cqltest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/cqltest"
)

// recordingTB is a test that ends when the caller says so, and tells what it failed with.
type recordingTB struct {
	cleanups []func()
	failure  string
}

func (*recordingTB) Helper()             {}
func (r *recordingTB) Cleanup(fn func()) { r.cleanups = append(r.cleanups, fn) }
func (r *recordingTB) Failed() bool      { return r.failure != "" }
func (r *recordingTB) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
}

func (r *recordingTB) end() {
	for _, fn := range slices.Backward(r.cleanups) {
		fn()
	}
}

// A fault that strikes nothing is a test that tests nothing: it fails, and says which
// tables there are.
func TestAFaultThatNeverStruckFailsTheTest(t *testing.T) {
	write := func(srv *cqltest.Server, n int) {
		session, err := srv.Cluster().CreateSession()
		require.NoError(t, err)
		defer session.Close()
		for range n {
			_ = session.Query("INSERT INTO locks (name, owner) VALUES ('deploy', 'alice')").RetryPolicy(nil).Exec()
		}
	}
	for _, test := range []struct {
		name  string
		match cqltest.Match
		then  func(*cqltest.Fault)
		want  string
	}{
		{name: "it struck", match: cqltest.On(cqltest.Insert, "locks").Nth(2)},
		{name: "another table", match: cqltest.On(cqltest.Conditional|cqltest.Insert, "lock", "app.jobs").First(1),
			want: "cqltest: the fault On(INSERT|CONDITIONAL, \"lock\", \"app.jobs\").First(1) never struck: no statement fits it\nthe tables are: app.locks"},
		{name: "too few", match: cqltest.On(cqltest.Insert).After(2).Containing("INSERT"),
			want: "cqltest: the fault On(INSERT).Where(…).After(2) never struck: only 2 statements fit it\nthe tables are: app.locks"},
		{name: "left to chance", match: cqltest.On(cqltest.Insert).Chance(1e-9, 1)},
		{name: "chance on another kind", match: cqltest.On(cqltest.Delete).Chance(0.5, 1),
			want: "cqltest: the fault On(DELETE).Chance(0.5, 1) never struck: no statement fits it\nthe tables are: app.locks"},
		{name: "the test looked", match: cqltest.On(cqltest.Delete), then: func(f *cqltest.Fault) { f.Hits() }},
		{name: "removed", match: cqltest.On(cqltest.Delete), then: (*cqltest.Fault).Remove},
	} {
		t.Run(test.name, func(t *testing.T) {
			tb := &recordingTB{}
			srv := cqltest.RunT(tb, cqltest.WithKeyspace("app"), cqltest.WithSchema("CREATE TABLE locks (name text PRIMARY KEY, owner text)"))
			fault := srv.Fault(test.match, cqltest.Overloaded())
			write(srv, 2)
			if test.then != nil {
				test.then(fault)
			}
			tb.end()
			require.Equal(t, test.want, tb.failure)
		})
	}

	tb := &recordingTB{failure: "of the test itself"}
	srv := cqltest.RunT(tb)
	srv.Fault(cqltest.On(cqltest.Any), cqltest.Overloaded())
	tb.end()
	require.Equal(t, "of the test itself", tb.failure, "a failed test has failed for another reason")
}

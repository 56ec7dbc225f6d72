package coodie_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

// twoDatacenters are two nodes, each with a table of its own: here in dc1, there in dc2. The
// contact point is here.
func twoDatacenters(t *testing.T) (here, there *cqltest.Server) {
	t.Helper()
	const schema = "CREATE TABLE claim (name text PRIMARY KEY, owner text, attempt uuid)"
	there = cqltest.RunT(t, cqltest.WithAddress("127.0.0.2:0"), cqltest.WithDatacenter("dc2"), cqltest.WithKeyspace("app"), cqltest.WithSchema(schema))
	here = cqltest.RunT(t, cqltest.WithPeer(there.Addr(), "dc2"), cqltest.WithDatacenter("dc1"), cqltest.WithKeyspace("app"), cqltest.WithSchema(schema))
	return here, there
}

// count is how many statements on the table a server has seen.
func count(srv *cqltest.Server) (n int) {
	for _, s := range srv.Log() {
		if s.Table == "claim" {
			n++
		}
	}
	return n
}

func TestLocalDatacenterIsRequired(t *testing.T) {
	here, _ := twoDatacenters(t)
	for _, tt := range []struct {
		name   string
		policy gocql.HostSelectionPolicy
		opts   []coodie.ConnectOption
		says   string // "": it connects
	}{
		{name: "not named", says: "several datacenters (dc1, dc2)"},
		{name: "named", opts: []coodie.ConnectOption{coodie.WithLocalDatacenter("dc1")}},
		{name: "named wrong", opts: []coodie.ConnectOption{coodie.WithLocalDatacenter("DC1")}, says: `no datacenter "DC1"; it has dc1, dc2`},
		{name: "all will do", opts: []coodie.ConnectOption{coodie.WithAnyDatacenter()}},
		{name: "a policy that prefers one", policy: gocql.TokenAwareHostPolicy(gocql.DCAwareRoundRobinPolicy("dc2"))},
		{name: "a policy that prefers none", policy: gocql.TokenAwareHostPolicy(gocql.RoundRobinHostPolicy()), says: "the policy prefers none"},
		{name: "a policy that prefers none, and all will do", policy: gocql.RoundRobinHostPolicy(), opts: []coodie.ConnectOption{coodie.WithAnyDatacenter()}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cluster := here.Cluster()
			cluster.PoolConfig.HostSelectionPolicy = tt.policy
			db, err := coodie.Connect(t.Context(), cluster, tt.opts...)
			if tt.says != "" {
				var refused *coodie.Error
				require.ErrorAs(t, err, &refused)
				require.Equal(t, "connect", refused.Op)
				require.ErrorContains(t, err, tt.says)
				return
			}
			require.NoError(t, err)
			db.Close()
		})
	}
	cluster := here.Cluster() // those that the filter leaves are one
	cluster.HostFilter = gocql.DataCentreHostFilter("dc1")
	db, err := coodie.Connect(t.Context(), cluster)
	require.NoError(t, err)
	db.Close()
}

// TestLocalDatacenterIsKept: no statement goes to another datacenter, not even when the
// local nodes are down.
func TestLocalDatacenterIsKept(t *testing.T) {
	quiet(t)
	ctx := t.Context()
	here, there := twoDatacenters(t)
	db, err := coodie.Connect(ctx, here.Cluster(), coodie.WithLocalDatacenter("dc1"), coodie.WithSerialConsistency(coodie.LocalSerial), coodie.WithRetries(0))
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	insert := func(i int) error {
		_, err := claims.New(Claim{Name: fmt.Sprint("name", i)}).Insert(ctx)
		return err
	}
	for i := range 20 { // keys of either node's tokens
		require.NoError(t, insert(i))
	}
	require.Equal(t, 20, count(here))
	require.Zero(t, count(there))
	here.Close()
	require.Eventually(t, func() bool { return coodie.KindOf(insert(20)) == coodie.KindNoHost }, 10*time.Second, 10*time.Millisecond)
	for i := range 20 {
		require.Error(t, insert(i))
	}
	require.Zero(t, count(there))
}

// TestAnyDatacenter uses both, and refuses what would break there.
func TestAnyDatacenter(t *testing.T) {
	ctx := t.Context()
	here, there := twoDatacenters(t)
	db, err := coodie.Connect(ctx, here.Cluster(), coodie.WithAnyDatacenter())
	require.NoError(t, err)
	defer db.Close()
	claims, err := coodie.Open[Claim](db)
	require.NoError(t, err)
	for i := range 20 {
		_, err := claims.New(Claim{Name: fmt.Sprint("name", i)}).Insert(ctx)
		require.NoError(t, err)
	}
	require.NotZero(t, count(here))
	require.NotZero(t, count(there))
	_, err = coodie.Open[Claim](db, coodie.WithSerialConsistency(coodie.LocalSerial))
	require.ErrorContains(t, err, "WithLocalDatacenter")
}

// TestCrossingLWTsAreWarnedOf where nobody has said that they may cross.
func TestCrossingLWTsAreWarnedOf(t *testing.T) {
	here, _ := twoDatacenters(t)
	for _, tt := range []struct {
		opts  []coodie.ConnectOption
		warns bool
	}{
		{nil, true},
		{[]coodie.ConnectOption{coodie.WithSerialConsistency(coodie.Serial)}, false},
		{[]coodie.ConnectOption{coodie.WithSerialConsistency(coodie.LocalSerial)}, false},
	} {
		var warning string
		db, err := coodie.Connect(t.Context(), here.Cluster(), append(tt.opts, coodie.WithLocalDatacenter("dc1"),
			coodie.WithObserver(coodie.ObserverFunc(func(_ context.Context, e coodie.Event) { warning = e.Warning })))...)
		require.NoError(t, err)
		db.Close()
		require.Equal(t, tt.warns, warning != "", warning)
	}
}

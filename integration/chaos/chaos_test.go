package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/chaos"
)

// TestThreeNodes is the short form of `make chaos`, with coodie alone: about three minutes.
// It asserts what holds however slow the machine is.
func TestThreeNodes(t *testing.T) {
	if os.Getenv("COODIE_LONG") != "1" {
		t.Skip("takes three nodes and some minutes: COODIE_LONG=1 asks for it")
	}
	cluster := cassandra.Run(t, cassandra.Options{Nodes: 3, Faults: true, SyncEveryWrite: true})
	t.Run("chaos", func(t *testing.T) { underFaults(t, cluster) })
	t.Run("unavailable", func(t *testing.T) { unavailable(t, cluster) })
}

// Whatever the clients were told while nodes stood still, died and came back, connections
// were cut and answers eaten, was true.
func underFaults(t *testing.T, cluster *cassandra.Cluster) {
	ring, err := chaos.NewRing(t.Context(), cluster)
	require.NoError(t, err)
	defer ring.Close()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	report, err := chaos.Run{
		Variant: chaos.Variants[0], Duration: 60 * time.Second, Sessions: 4, Seed: seed, Log: t.Logf,
	}.On(t.Context(), ring)
	require.NoError(t, err)
	t.Log("\n" + report.Summary())
	require.Empty(t, report.Violations)
	total := report.Total()
	require.LessOrEqual(t, total.Undecided, 4, "of more than 70 rows; how far the search comes depends on the machine")
	require.Greater(t, total.Applied, 100, "too little was done to mean anything")
	for fault, times := range report.Faults {
		require.Positive(t, times, chaos.Fault(fault))
	}
}

type claim struct {
	Name  string `cql:"name,partition"`
	Owner string `cql:"owner"`
}

func (claim) TableName() string { return "claims" }

// With two of three nodes down the third refuses an LWT before it begins: Unavailable at
// SERIAL is a definite error, and no such write ever comes to light.
func unavailable(t *testing.T, cluster *cassandra.Cluster) {
	ctx := t.Context()
	nodes := cluster.Nodes()
	config := cluster.Config()
	config.HostFilter = gocql.WhiteListHostFilter(nodes[0].Address()) // which stays up
	session, err := config.CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	keyspace := cassandra.NewKeyspace(t, session)
	claims, err := coodie.Open[claim](coodie.New(session), coodie.WithKeyspace(keyspace))
	require.NoError(t, err)
	require.NoError(t, coodie.Schema(nil, claims).Create(ctx))
	require.NoError(t, session.AwaitSchemaAgreement(ctx))

	require.NoError(t, nodes[1].Kill())
	require.NoError(t, nodes[2].Kill())
	// Until the node has noticed, its answer is that it does not know.
	var refused []string
	for deadline := time.Now().Add(2 * time.Minute); len(refused) < 3; {
		require.True(t, time.Now().Before(deadline), "the third node does not notice that two are down")
		name := fmt.Sprint("name", time.Now().UnixNano())
		_, err := claims.New(claim{Name: name, Owner: "ann"}).Insert(ctx)
		require.Error(t, err, "one replica of three decides nothing")
		var unavailable *gocql.RequestErrUnavailable
		if !errors.As(err, &unavailable) {
			require.ErrorIs(t, err, coodie.ErrOutcomeUnknown)
			continue
		}
		require.NotErrorIs(t, err, coodie.ErrOutcomeUnknown)
		var query *coodie.Error
		require.ErrorAs(t, err, &query)
		require.True(t, !query.Unknown && query.Kind < coodie.KindUsage, "%v", query)
		require.Equal(t, 1, unavailable.Alive)
		refused = append(refused, name)
	}

	var restarts errgroup.Group
	for _, node := range nodes[1:] {
		restarts.Go(func() error { return node.Restart(context.WithoutCancel(ctx)) })
	}
	require.NoError(t, restarts.Wait())
	for _, name := range refused {
		require.Eventually(t, func() bool {
			_, err := claims.New(claim{Name: name, Owner: "bob"}).Insert(ctx)
			return err == nil
		}, 2*time.Minute, 200*time.Millisecond)
		got, err := claims.Find(coodie.AnyCol(claims, "name").Eq(name)).With(coodie.WithLinearizable()).Get(ctx)
		require.NoError(t, err)
		require.Equal(t, "bob", got.Owner, "it was free")
	}
}

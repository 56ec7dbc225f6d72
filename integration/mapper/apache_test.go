package mapper_test

import (
	"context"
	"os"
	"sync"
	"testing"

	v2 "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
)

// COODIE_DRIVER=apache has the mapper use Apache's driver. The tests still check it by gocql.
var overApache = os.Getenv("COODIE_DRIVER") == "apache"

var (
	configs sync.Map // of gocql's sessions
	beside  sync.Map // Apache's sessions with the same configs, by gocql's
	tracers sync.Map // of the configs whose sessions can be traced
)

// opened returns a session of gocql's with a config.
func opened(t *testing.T, config *gocql.ClusterConfig) *gocql.Session {
	t.Helper()
	s, err := config.CreateSession()
	require.NoError(t, err)
	configs.Store(s, config)
	t.Cleanup(func() {
		configs.Delete(s)
		tracers.Delete(config)
		s.Close()
	})
	return s
}

// over returns a DB over the driver under test, with the config of a session.
func over(t *testing.T, s *gocql.Session, opts ...coodie.Option) *coodie.DB {
	t.Helper()
	if !overApache {
		return coodie.New(s, opts...)
	}
	kept, ok := configs.Load(s)
	require.True(t, ok, "the session is not one of opened")
	config := translated(kept.(*gocql.ClusterConfig))
	if config.RetryPolicy != nil { // which New cannot see
		var connect []coodie.ConnectOption
		for _, o := range opts {
			connect = append(connect, o)
		}
		db, err := apache.Connect(t.Context(), config, connect...)
		require.NoError(t, err)
		t.Cleanup(db.Close)
		return db
	}
	made, ok := beside.Load(s)
	if !ok {
		session, err := config.CreateSession()
		require.NoError(t, err)
		made = session
		beside.Store(s, session)
		t.Cleanup(func() {
			beside.Delete(s)
			session.Close()
		})
	}
	return apache.New(made.(*v2.Session), opts...)
}

// requireUnavailable checks that an error has the driver's own beneath it.
func requireUnavailable(t *testing.T, err error) {
	t.Helper()
	if overApache {
		var unavailable *v2.RequestErrUnavailable
		require.ErrorAs(t, err, &unavailable)
	} else {
		var unavailable *gocql.RequestErrUnavailable
		require.ErrorAs(t, err, &unavailable)
	}
}

// translated is a config of gocql's for Apache's driver.
func translated(c *gocql.ClusterConfig) *v2.ClusterConfig {
	to := v2.NewCluster(c.Hosts...)
	to.ProtoVersion, to.Keyspace, to.Port, to.NumConns = c.ProtoVersion, c.Keyspace, c.Port, c.NumConns
	to.Timeout, to.ConnectTimeout, to.ReconnectInterval, to.WriteCoalesceWaitTime = c.Timeout, c.ConnectTimeout, c.ReconnectInterval, c.WriteCoalesceWaitTime
	to.Consistency, to.SerialConsistency = v2.Consistency(c.Consistency), v2.Consistency(c.SerialConsistency)
	to.DefaultIdempotence, to.DefaultTimestamp = c.DefaultIdempotence, c.DefaultTimestamp
	to.DisableInitialHostLookup, to.Events, to.Dialer = c.DisableInitialHostLookup, c.Events, c.Dialer
	to.PoolConfig.HostSelectionPolicy = v2.RoundRobinHostPolicy() // gocql's default, which Connect would change
	if c.AddressTranslator != nil {
		to.AddressTranslator = v2.AddressTranslatorFunc(c.AddressTranslator.Translate)
	}
	if c.RetryPolicy != nil {
		to.RetryPolicy = policy{c.RetryPolicy}
	}
	if c.QueryObserver != nil {
		to.QueryObserver = observer{c.QueryObserver}
	}
	if t, ok := tracers.Load(c); ok {
		to.Tracer = t.(*tracer)
	}
	return to
}

// policy is a retry policy of gocql's for Apache's driver.
type policy struct{ of gocql.RetryPolicy }

func (p policy) Attempt(q v2.RetryableQuery) bool    { return p.of.Attempt(query{of: q}) }
func (p policy) GetRetryType(err error) v2.RetryType { return v2.RetryType(p.of.GetRetryType(err)) }

// query is a query of Apache's driver for a policy of gocql's, which asks for the attempts alone.
type query struct {
	gocql.RetryableQuery
	of v2.RetryableQuery
}

func (q query) Attempts() int { return q.of.Attempts() }

// observer is an observer of gocql's for Apache's driver.
type observer struct{ of gocql.QueryObserver }

func (o observer) ObserveQuery(ctx context.Context, q v2.ObservedQuery) {
	o.of.ObserveQuery(ctx, gocql.ObservedQuery{Keyspace: q.Keyspace, Statement: q.Statement, Attempt: q.Attempt, Err: q.Err})
}

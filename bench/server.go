package main

import (
	"time"

	"github.com/gocql/gocql"
)

// connect opens a session with one connection to the server at addr. Writes are not
// held back to be sent together: that would be all that one client measures.
func connect(addr, keyspace string) (*gocql.Session, error) {
	return config(addr, keyspace).CreateSession()
}

func config(addr, keyspace string) *gocql.ClusterConfig {
	cluster := gocql.NewCluster(addr)
	cluster.Keyspace = keyspace
	cluster.ProtoVersion = 4
	cluster.NumConns = 1
	cluster.PageSize = pageRows
	cluster.Timeout = 10 * time.Second
	cluster.WriteCoalesceWaitTime = 0
	cluster.DisableInitialHostLookup = true
	cluster.Events.DisableNodeStatusEvents = true
	cluster.Events.DisableTopologyEvents = true
	cluster.Events.DisableSchemaEvents = true
	return cluster
}

// Package server gives the examples a session: on the cluster of COODIE_HOSTS, or else on
// an embedded server.
package server

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

const keyspace = "coodie_examples"

// Connect returns a session in a keyspace of the examples' own.
func Connect() (session *gocql.Session, close func(), err error) {
	stop := func() {}
	var cluster *gocql.ClusterConfig
	if hosts := os.Getenv("COODIE_HOSTS"); hosts != "" {
		cluster = gocql.NewCluster(strings.Split(hosts, ",")...)
		cluster.Timeout = 10 * time.Second
	} else {
		srv, err := cqltest.Run()
		if err != nil {
			return nil, nil, err
		}
		cluster, stop = srv.Cluster(), srv.Close
		fmt.Println("on the embedded server; set COODIE_HOSTS for a real cluster")
	}
	if err = create(cluster); err == nil {
		cluster.Keyspace = keyspace
		session, err = cluster.CreateSession()
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	return session, func() { session.Close(); stop() }, nil
}

func create(cluster *gocql.ClusterConfig) error {
	session, err := cluster.CreateSession()
	if err != nil {
		return err
	}
	defer session.Close()
	return session.Query("CREATE KEYSPACE IF NOT EXISTS " + keyspace +
		" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}").Exec()
}

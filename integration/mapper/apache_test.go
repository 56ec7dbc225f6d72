package mapper_test

import (
	"net"
	"os"
	"sync"
	"testing"

	v2 "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/apache"
	"github.com/coodie-go/coodie/integration/cassandra"
)

// COODIE_DRIVER=apache has the tests use Apache's driver for the mapper, and gocql still for what they check it by.
// Tests of how gocql is configured, and of what it sends, make no sense then: make apache leaves them out.
var overApache = os.Getenv("COODIE_DRIVER") == "apache"

// beside are sessions of Apache's driver, one for each of gocql's.
var beside sync.Map

// over returns a DB in the keyspace of a session, over the driver under test.
func over(t *testing.T, s *gocql.Session, opts ...coodie.Option) *coodie.DB {
	t.Helper()
	if !overApache {
		return coodie.New(s, opts...)
	}
	if made, ok := beside.Load(s); ok {
		return apache.New(made.(*v2.Session), opts...)
	}
	config := cassandra.Shared(t).Config()
	cluster := v2.NewCluster(config.Hosts...)
	cluster.Keyspace, cluster.Port, cluster.Timeout, cluster.ConnectTimeout = s.Query("").Keyspace(), config.Port, config.Timeout, config.ConnectTimeout
	if to := config.AddressTranslator; to != nil {
		cluster.AddressTranslator = v2.AddressTranslatorFunc(func(ip net.IP, port int) (net.IP, int) { return to.Translate(ip, port) })
	}
	session, err := cluster.CreateSession()
	require.NoError(t, err)
	beside.Store(s, session)
	t.Cleanup(func() {
		beside.Delete(s)
		session.Close()
	})
	return apache.New(session, opts...)
}

package casretry

import (
	apache "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/gocql/gocql"
)

const update = "UPDATE t SET v = ? WHERE k = ? IF v = ?"

func queries(s *gocql.Session, a *apache.Session, m map[string]interface{}) {
	s.Query(update).RetryPolicy(&gocql.SimpleRetryPolicy{NumRetries: 3}).MapScanCAS(m) // want `this policy sends a conditional statement again`
	s.Query(update).RetryPolicy(nil).MapScanCAS(m)
	s.Query(update).RetryPolicy(never{}).MapScanCAS(m)
	s.Query(update).RetryPolicy(&gocql.SimpleRetryPolicy{}).MapScanCAS(m)
	s.Query("SELECT a FROM t").RetryPolicy(&gocql.SimpleRetryPolicy{NumRetries: 3}).Exec()
	s.Query(update).Idempotent(true).MapScanCAS(m)                                      // want `a conditional statement is not idempotent`
	a.Query(update).Idempotent(true).MapScanCAS(m)                                      // want `a conditional statement is not idempotent`
	a.Query(update).RetryPolicy(&apache.SimpleRetryPolicy{NumRetries: 3}).MapScanCAS(m) // it looks at Idempotent
}

type never struct{}

func clusters() (*gocql.ClusterConfig, gocql.ClusterConfig) {
	c := gocql.NewCluster()
	c.RetryPolicy = &gocql.SimpleRetryPolicy{NumRetries: 3} // want `this policy sends the conditional statement of line 16 again, too`
	c.RetryPolicy = never{}
	return c, gocql.ClusterConfig{
		RetryPolicy: &gocql.SimpleRetryPolicy{NumRetries: 3}, // want `this policy sends the conditional statement`
	}
}

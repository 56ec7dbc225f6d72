package casscan

import (
	"context"

	apache "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/gocql/gocql"
)

const (
	insert = "INSERT INTO t (k, v, w) VALUES (?, ?, ?) IF NOT EXISTS"
	update = "UPDATE t SET v = ? WHERE k = ? IF v = ?"
)

func traps(ctx context.Context, s *gocql.Session, a *apache.Session, v, w int) {
	s.Query(insert).ScanCAS(&v, &w, &v)                   // want `ScanCAS takes the columns of the row in the server's order`
	s.Query(insert).ScanCAS(nil, nil, nil)                // want `ScanCAS wants as many targets as the table has columns`
	s.Query(insert).ScanCAS()                             // want `ScanCAS without targets is an error if the row is there`
	s.Query(update).ScanCAS(&v)                           // one column
	s.Query("UPDATE t SET v = 1 WHERE k = 1").ScanCAS(&v) // want `ScanCAS of a statement without IF: it is executed, and reported as not applied`
	s.Query(insert).MapScanCAS(nil)                       // want `MapScanCAS panics on a nil map`
	var never map[string]interface{}
	s.Query(insert).MapScanCAS(never)                                            // want `MapScanCAS panics on a nil map, and never is given no other`
	a.Query(insert).MapScanCASContext(ctx, nil)                                  // want `MapScanCASContext panics on a nil map`
	s.Query("INSERT INTO t (k) VALUES (1)").MapScanCAS(map[string]interface{}{}) // want `MapScanCAS of a statement without IF`
}

func loop(s *gocql.Session) bool {
	m := map[string]interface{}{}
	for range 3 {
		applied, err := s.Query(update).MapScanCAS(m) // want `MapScanCAS panics on a map that holds an answer already: make a map for each call`
		if err == nil && applied {
			return true
		}
	}
	for {
		m := map[string]interface{}{}
		if applied, _ := s.Query(update).MapScanCAS(m); applied {
			break
		}
	}
	for {
		clear(m)
		if applied, _ := s.Query(update).MapScanCAS(m); applied {
			break
		}
	}
	for {
		m = map[string]interface{}{}
		if applied, _ := s.Query(update).MapScanCAS(m); applied {
			break
		}
	}
	for range 3 { // until there is an answer
		applied, err := s.Query(update).MapScanCAS(m)
		if err == nil {
			return applied
		}
	}
	for {
		if applied, err := s.Query(update).MapScanCAS(m); err == nil {
			return applied
		}
	}
	for {
		applied, _ := s.Query(update).MapScanCAS(m)
		return applied
	}
}

func given(s *gocql.Session, m map[string]interface{}, text string) {
	s.Query(text).MapScanCAS(m)
	s.Query(text + insert).ScanCAS()
}

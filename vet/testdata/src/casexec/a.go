package casexec

import (
	"fmt"

	apache "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
	"github.com/scylladb/gocqlx/v2/qb"
	"github.com/scylladb/gocqlx/v2/table"
	gocqlx3 "github.com/scylladb/gocqlx/v3"
	qb3 "github.com/scylladb/gocqlx/v3/qb"
)

const insert = `INSERT INTO %s.jobs (id) VALUES (?) IF NOT EXISTS`

func old(s *gocql.Session, keyspace string, id int, m map[string]interface{}) error {
	s.Query("UPDATE t SET v = ? WHERE k = ? IF v = ?", 1, 2, 3).Exec() // want `Exec returns nil for a refused statement, too: use MapScanCAS`
	q := s.Query(fmt.Sprintf(insert, keyspace), id)
	if err := q.Exec(); err != nil { // want `Exec returns nil for a refused statement`
		return err
	}
	s.Query("DELETE FROM t WHERE k = 1 IF EXISTS").MapScan(m) // want `MapScan reads the answer of a conditional statement without its columns`
	s.Query("DELETE FROM t WHERE k = 1 IF EXISTS").NoSkipMetadata().MapScan(m)
	s.Query("DELETE FROM t WHERE k = 1 IF EXISTS").MapScanCAS(m)
	s.Query("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)").Exec()
	s.Query("INSERT INTO t (k, v) VALUES (1, 'what IF not')").Exec()
	s.Query(`INSERT INTO t ("IF") VALUES (1) -- IF NOT EXISTS`).Exec()
	b := s.NewBatch(gocql.LoggedBatch)
	b.Query("INSERT INTO t (k) VALUES (1)")
	b.Query("INSERT INTO t (k) VALUES (1) IF NOT EXISTS")
	if err := s.ExecuteBatch(b); err != nil { // want `ExecuteBatch returns nil for a refused batch, too`
		return err
	}
	plain := s.NewBatch(gocql.LoggedBatch)
	plain.Query("INSERT INTO t (k) VALUES (1)")
	return s.ExecuteBatch(plain)
}

func new2(s *apache.Session) error {
	s.Query("UPDATE t SET v = 1 WHERE k = 2 IF v = 0").Exec() // want `use MapScanCASContext`
	b := s.Batch(apache.LoggedBatch)
	b.Query("INSERT INTO t (k) VALUES (1) IF NOT EXISTS")
	return b.Exec() // want `Exec returns nil for a refused batch`
}

func builders(s gocqlx.Session, s3 gocqlx3.Session, t *table.Table) {
	s.Query(qb.Insert("t").Columns("k").Unique().ToCql()).BindStruct(1).ExecRelease() // want `ExecRelease returns nil for a refused statement, too: use ExecCASRelease or GetCASRelease`
	stmt, names := qb.Update("t").Set("v").Where(qb.Eq("k")).If(qb.Eq("v")).ToCql()
	s.Query(stmt, names).ExecRelease()                 // want `ExecRelease returns nil`
	qb3.Update("t").Existing().Query(s3).ExecRelease() // want `ExecRelease returns nil`
	qb3.Update("t").Existing().Query(s3).ExecCASRelease()
	qb.Update("t").Set("v").Query(s).ExecRelease()
	t.InsertBuilder().Unique().Query(s).ExecRelease() // want `ExecRelease returns nil`
	t.InsertBuilder().Query(s).ExecRelease()
	b := qb.Update("t").Set("v")
	b.If(qb.Eq("v"))
	b.Query(s).ExecRelease() // want `ExecRelease returns nil`
}

// wrapped is a session of the program's own.
type wrapped interface {
	Query(string, ...interface{}) query
}

type query interface {
	Exec() error
	MapScanCAS(map[string]interface{}) (bool, error)
}

func own(s wrapped) error {
	return s.Query("DELETE FROM t WHERE k = 1 IF EXISTS").Exec() // want `Exec returns nil for a refused statement`
}

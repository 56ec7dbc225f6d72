package selectstar

import (
	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
	"github.com/scylladb/gocqlx/v2/qb"
	"github.com/scylladb/gocqlx/v2/table"
)

func stars(s *gocql.Session, x gocqlx.Session, db *coodie.DB, t *table.Table) error {
	s.Query("SELECT * FROM t WHERE k = ?", 1) // want `SELECT \* is decoded wrongly after ALTER TABLE`
	s.Query("select distinct * from t")       // want `SELECT \*`
	x.Query(qb.Select("t").ToCql())           // want `SELECT \*`
	qb.Select("t").Where(qb.Eq("k")).Query(x) // want `SELECT \*`
	x.Query(qb.Select("t").Columns("a").ToCql())
	s.Query("SELECT count(*) FROM t")
	s.Query("SELECT * FROM system.local")
	s.Query("SELECT a FROM t -- SELECT *")
	db.Raw("SELECT * FROM t")
	x.Query(t.Get())       // want `SELECT \*`
	x.Query(t.SelectAll()) // want `SELECT \*`
	t.SelectQuery(x)       // want `SELECT \*`
	t.SelectQuery(x, "a")
	bound := t.SelectQuery(x) // want `SELECT \*`
	bound.BindStruct(1).SelectRelease(2)
	x.Query(t.Get("a"))
	s.Query("SELECT * FROM MUTATION_FRAGMENTS(t) WHERE k = 1").Iter()
	s.Query("SELECT * FROM t LIMIT 1").WithContext(nil).Exec() // only looks whether the table is there
	q := s.Query("SELECT * FROM t LIMIT 1")
	return q.Exec()
}

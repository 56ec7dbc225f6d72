package selectstar

import (
	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
	"github.com/scylladb/gocqlx/v2/qb"
)

func stars(s *gocql.Session, x gocqlx.Session, db *coodie.DB) {
	s.Query("SELECT * FROM t WHERE k = ?", 1) // want `SELECT \* is decoded wrongly after ALTER TABLE`
	s.Query("select distinct * from t")       // want `SELECT \*`
	x.Query(qb.Select("t").ToCql())           // want `SELECT \*`
	qb.Select("t").Where(qb.Eq("k")).Query(x) // want `SELECT \*`
	x.Query(qb.Select("t").Columns("a").ToCql())
	s.Query("SELECT count(*) FROM t")
	s.Query("SELECT * FROM system.local")
	s.Query("SELECT a FROM t -- SELECT *")
	db.Raw("SELECT * FROM t")
}

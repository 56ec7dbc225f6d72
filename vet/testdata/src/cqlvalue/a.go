package cqlvalue

import (
	"fmt"
	"strings"

	"github.com/coodie-go/coodie"
	"github.com/gocql/gocql"
)

func texts(s *gocql.Session, db *coodie.DB, keyspace, table, name string, id, ttl int, columns []string) {
	s.Query(fmt.Sprintf("SELECT a FROM %s.%s WHERE name = '%s'", keyspace, table, name)) // want `a value within quotes: bind it`
	s.Query("SELECT a FROM t WHERE name = '" + name + "'")                               // want `a value within quotes`
	s.Query(fmt.Sprintf("SELECT a FROM t WHERE id = %d", id))                            // want `a value in the text of the statement: bind it`
	s.Query(fmt.Sprintf("INSERT INTO t (a) VALUES (?) USING TTL %v", ttl))               // want `a value in the text`
	s.Query(fmt.Sprintf("SELECT a FROM t LIMIT %d", id))                                 // want `a value in the text`
	db.Raw("SELECT a FROM t WHERE name = '" + name + "'")                                // want `a value within quotes`
	b := s.NewBatch(gocql.LoggedBatch)
	b.Query("UPDATE t SET a = " + name + " WHERE k = 1") // want `a value in the text`

	s.Query(fmt.Sprintf("SELECT a FROM %s.%s WHERE name = ?", keyspace, table), name)
	s.Query("SELECT " + strings.Join(columns, ", ") + " FROM t WHERE name IN (" + marks(3) + ")")
	s.Query(fmt.Sprintf("CREATE KEYSPACE k WITH replication = {'class': '%s'}", name))
	s.Query(fmt.Sprintf("SELECT a FROM t LIMIT %d", 10))
	s.Query(fmt.Sprintf("SELECT a FROM t WHERE token(k) > %s(?)", name))
	s.Query(fmt.Sprintf("%s WHERE k = ?", name))
	s.Query(fmt.Sprintf("SELECT %[1]s FROM t", name))
	s.Query(name)

	text := "SELECT a FROM t WHERE k = ?"
	if name != "" {
		text += " AND name = '" + name + "'" // want `a value within quotes`
	}
	s.Query(text, id)

	order := "ASC"
	if id > 0 {
		order = "DESC"
	}
	s.Query("SELECT a FROM t ORDER BY a " + order)
}

func marks(n int) string { return strings.Repeat("?,", n-1) + "?" }

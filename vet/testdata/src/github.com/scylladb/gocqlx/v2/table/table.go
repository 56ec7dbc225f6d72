// Package table is a stub: the part of gocqlx's tables that the analyzers' test data uses. A test
// compares each declaration with the real one.
package table

import (
	"github.com/scylladb/gocqlx/v2"
	"github.com/scylladb/gocqlx/v2/qb"
)

type Table struct{}

func (t *Table) Get(columns ...string) (stmt string, names []string)                  { panic("stub") }
func (t *Table) SelectQuery(session gocqlx.Session, columns ...string) *gocqlx.Queryx { panic("stub") }
func (t *Table) SelectAll() (stmt string, names []string)                             { panic("stub") }
func (t *Table) InsertBuilder() *qb.InsertBuilder                                     { panic("stub") }

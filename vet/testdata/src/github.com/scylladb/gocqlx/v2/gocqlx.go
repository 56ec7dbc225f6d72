// Package gocqlx is a stub: the part of gocqlx's API that the analyzers' test data uses. A test
// compares each declaration with the real one.
package gocqlx

import (
	"context"

	"github.com/gocql/gocql"
)

type Session struct {
	*gocql.Session
}

func NewSession(session *gocql.Session) Session { panic("stub") }

func (s Session) Query(stmt string, names []string) *Queryx { panic("stub") }
func (s Session) ContextQuery(ctx context.Context, stmt string, names []string) *Queryx {
	panic("stub")
}

type Queryx struct {
	*gocql.Query
}

func (q *Queryx) BindStruct(arg interface{}) *Queryx           { panic("stub") }
func (q *Queryx) Exec() error                                  { panic("stub") }
func (q *Queryx) ExecRelease() error                           { panic("stub") }
func (q *Queryx) ExecCAS() (applied bool, err error)           { panic("stub") }
func (q *Queryx) ExecCASRelease() (bool, error)                { panic("stub") }
func (q *Queryx) GetCASRelease(dest interface{}) (bool, error) { panic("stub") }
func (q *Queryx) SelectRelease(dest interface{}) error         { panic("stub") }
func (q *Queryx) WithContext(ctx context.Context) *Queryx      { panic("stub") }

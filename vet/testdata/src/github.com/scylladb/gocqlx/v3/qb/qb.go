// Package qb is a stub: the part of gocqlx's builder that the analyzers' test data uses. A test
// compares each declaration with the real one.
package qb

import "github.com/scylladb/gocqlx/v3"

type Cmp struct{}

func Eq(column string) Cmp { panic("stub") }

type InsertBuilder struct{}

func Insert(table string) *InsertBuilder                             { panic("stub") }
func (b *InsertBuilder) Columns(columns ...string) *InsertBuilder    { panic("stub") }
func (b *InsertBuilder) Unique() *InsertBuilder                      { panic("stub") }
func (b *InsertBuilder) ToCql() (stmt string, names []string)        { panic("stub") }
func (b *InsertBuilder) Query(session gocqlx.Session) *gocqlx.Queryx { panic("stub") }

type UpdateBuilder struct{}

func Update(table string) *UpdateBuilder                             { panic("stub") }
func (b *UpdateBuilder) Set(columns ...string) *UpdateBuilder        { panic("stub") }
func (b *UpdateBuilder) Where(w ...Cmp) *UpdateBuilder               { panic("stub") }
func (b *UpdateBuilder) If(w ...Cmp) *UpdateBuilder                  { panic("stub") }
func (b *UpdateBuilder) Existing() *UpdateBuilder                    { panic("stub") }
func (b *UpdateBuilder) ToCql() (stmt string, names []string)        { panic("stub") }
func (b *UpdateBuilder) Query(session gocqlx.Session) *gocqlx.Queryx { panic("stub") }

type SelectBuilder struct{}

func Select(table string) *SelectBuilder                             { panic("stub") }
func (b *SelectBuilder) Columns(columns ...string) *SelectBuilder    { panic("stub") }
func (b *SelectBuilder) Where(w ...Cmp) *SelectBuilder               { panic("stub") }
func (b *SelectBuilder) ToCql() (stmt string, names []string)        { panic("stub") }
func (b *SelectBuilder) Query(session gocqlx.Session) *gocqlx.Queryx { panic("stub") }

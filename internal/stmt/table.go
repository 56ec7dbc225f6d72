package stmt

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/coodie-go/coodie/internal/cql"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/meta"
)

// Table is a table as its statements are made.
type Table struct {
	Meta      *meta.Table
	Name      string // for messages: keyspace.table, or table
	Quoted    string // for statements
	Columns   []cql.Column
	Refs      []Ref // the columns, as what is asked of them refers to them
	Rules     Rules
	Texts     cql.Cache
	Templates templates
	Statics   atomic.Bool // it is known to have static columns
	Grown     atomic.Bool // a type that is not frozen has fields that the struct lacks
}

// Rules are what a table allows, and how its statements are sent.
type Rules struct {
	StrictTypes     bool   // no write sets to null a field that the struct lacks
	LWTOnly         bool   // no plain writes
	ClientTimestamp bool   // plain writes have the client's
	ViewOf          string // the table of which it is a materialized view
	InChunk         int    // partitions that a statement names by IN at most; 0: inValues
	PageSize        int
	Consistency     driver.Consistency
	Serial          driver.SerialConsistency
	Idempotence     Said
}

// Column refers to the column of that name, which may be none.
func (t *Table) Column(name string) *Ref {
	if col := t.Meta.Column(name); col != nil {
		return t.RefTo(col)
	}
	if s := t.Meta.Slots; s != nil && s.Name == name {
		return BadRef(name, errors.New("the writers' slots belong to the library: conditional updates write them, and nothing else does"))
	}
	return BadRef(name, fmt.Errorf("%s has no such column", t.Meta.Go))
}

// RefTo refers to the whole of one of the table's columns.
func (t *Table) RefTo(col *meta.Column) *Ref { return &t.Refs[col.Index] }

package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/ddl"
)

// OpenView describes V's table as a materialized view of base, in its keyspace and on its
// DB. V has some of base's columns, of the same names and types; its key has all the key
// columns of base and at most one other column. Create makes the view, which shows the rows
// of base in which no column of its key is null.
//
// A view is read-only: it has all reads of a Table, and each write is a *UsageError. It
// follows base with some delay, so that no read of it is linearizable. Cassandra
// calls materialized views experimental, and makes them where materialized_views_enabled is set.
func OpenView[V, T any](base *Table[T], opts ...TableOption) (*Table[V], error) {
	typ := reflect.TypeFor[V]()
	if base == nil {
		return nil, &SchemaError{Type: typ, Reason: "OpenView needs the table that the view is of"}
	}
	of := (*table)(base)
	all := []TableOption{tableOption(func(s *settings) {
		s.keyspace, s.viewOf, s.lwtOnly = of.settings.keyspace, of.settings.table, false
	})}
	view, err := Open[V](of.db, append(all, opts...)...)
	if err != nil {
		return nil, err
	}
	if err := (*table)(view).checkView(of); err != nil {
		return nil, err
	}
	return view, nil
}

// checkView refuses what cannot be a view of base.
func (t *table) checkView(base *table) error {
	own, of := t.ddl(), base.ddl()
	if field, reason := ddl.CheckView(&own, &of); reason != "" {
		return &SchemaError{Type: t.schema.Meta.Go, Field: field, Reason: reason}
	}
	return nil
}

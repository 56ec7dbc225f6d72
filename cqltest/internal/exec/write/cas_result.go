package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func appliedSpec(t *schema.Table) protocol.ColumnSpec {
	return protocol.ColumnSpec{Keyspace: t.Keyspace, Table: t.Name, Name: "[applied]", Type: types.Boolean}
}

// result is Cassandra's answer.
func (q *casRequest) result(x *server.Execution, applied bool) *protocol.Result {
	res := &protocol.Result{Kind: protocol.Rows, Columns: []protocol.ColumnSpec{appliedSpec(q.table)}}
	lone := [][]byte{types.EncodeBoolean(applied)}
	if applied {
		res.Rows = [][][]byte{lone}
		return res
	}
	cols := q.resultColumns()
	for _, r := range q.resultRows(x) {
		line := [][]byte{types.EncodeBoolean(false)}
		for _, c := range cols {
			line = append(line, r.Value(c))
		}
		res.Rows = append(res.Rows, line)
	}
	if len(res.Rows) == 0 {
		res.Rows = [][][]byte{lone}
		return res
	}
	for _, c := range cols {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: q.table.Keyspace, Table: q.table.Name, Name: c.Name, Type: c.Type})
	}
	return res
}

// resultColumns are the columns of a refusal: all of them if anything is about
// existence; else those of the conditions, after the primary key in a batch.
func (q *casRequest) resultColumns() []*schema.Column {
	var cols []*schema.Column
	if q.batch {
		cols = append(cols, q.table.Partition...)
		cols = append(cols, q.table.Clustering...)
	}
	for _, e := range q.entries {
		if e.M.ifExists || e.M.ifNotExists {
			return q.table.Columns
		}
		for _, c := range slices.Concat(e.M.regularIf, e.M.staticIf) {
			if !slices.Contains(cols, c.col) {
				cols = append(cols, c.col)
			}
		}
	}
	return cols
}

// resultRows are the rows that the read for the conditions finds.
func (q *casRequest) resultRows(x *server.Execution) []*where.RowView {
	view := where.RowView{Table: q.table, Key: q.keyComponents(), Static: q.row(x, nil), Now: x.NowSec}
	var out []*where.RowView
	add := func(r *store.Row) {
		v := view
		v.Row = r
		out = append(out, &v)
	}
	if len(q.byRow) == 0 {
		if first := q.firstRow(x); first != nil {
			add(first)
		}
	}
	for _, rc := range q.byRow {
		if r := q.row(x, rc.clustering); r != nil {
			add(r)
		}
	}
	if len(out) == 0 && view.Static != nil {
		add(nil)
	}
	return out
}

func (q *casRequest) keyComponents() [][]byte {
	return schema.SplitKey(q.table, q.key)
}

// scyllaColumns are the columns of every answer, applied or not: all of them if
// anything is about existence, else those of the conditions, with the primary
// key in a batch, as they stand in the table.
func scyllaColumns(t *schema.Table, list []*Modification, batch bool) []*schema.Column {
	var cols []*schema.Column
	for _, m := range list {
		if m.ifExists || m.ifNotExists {
			return t.Columns
		}
		for _, c := range m.conditions {
			if !slices.Contains(cols, c.col) {
				cols = append(cols, c.col)
			}
		}
	}
	if batch {
		for _, c := range slices.Concat(t.Partition, t.Clustering) {
			if !slices.Contains(cols, c) {
				cols = append(cols, c)
			}
		}
	}
	schema.SortColumns(cols)
	return cols
}

// casColumns are the columns that PREPARE announces for a conditional write:
// ScyllaDB knows them, Cassandra only when it answers.
func casColumns(d protocol.Dialect, list []*Modification, batch bool) []protocol.ColumnSpec {
	if d != protocol.Scylla || !slices.ContainsFunc(list, (*Modification).conditional) {
		return nil
	}
	t := list[0].table
	specs := []protocol.ColumnSpec{appliedSpec(t)}
	for _, c := range scyllaColumns(t, list, batch) {
		specs = append(specs, protocol.ColumnSpec{Keyspace: t.Keyspace, Table: t.Name, Name: c.Name, Type: c.Type})
	}
	return specs
}

// scyllaResult is ScyllaDB's answer: one line for each conditional statement,
// with the row as it was before.
func (q *casRequest) scyllaResult(x *server.Execution, applied bool) *protocol.Result {
	res := &protocol.Result{Kind: protocol.Rows, Columns: []protocol.ColumnSpec{appliedSpec(q.table)}}
	list := make([]*Modification, len(q.entries))
	for i, e := range q.entries {
		list[i] = e.M
	}
	cols := scyllaColumns(q.table, list, q.batch)
	for _, c := range cols {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: q.table.Keyspace, Table: q.table.Name, Name: c.Name, Type: c.Type})
	}
	part := q.current.partition
	static := part.Static(x.NowSec)
	for _, rc := range q.order {
		v := &where.RowView{Table: q.table, Key: q.keyComponents(), Static: static, Now: x.NowSec}
		onlyStatic := rc.clustering == nil
		there := static != nil
		if !onlyStatic {
			v.Row = part.Row(rc.clustering, x.NowSec)
			there = there && rc.kind == columnsHold // of a row that is not there, existence shows nothing
		} else {
			part.Rows(store.All, false, x.NowSec, func(*store.Row) bool { there = true; return false })
		}
		line := [][]byte{types.EncodeBoolean(applied)}
		for _, c := range cols {
			var b []byte
			switch {
			case v.Row != nil || there && c.Kind == schema.StaticColumn:
				b = v.Value(c)
			case c.Kind == schema.PartitionKey && there:
				b = v.Value(c)
			}
			line = append(line, b)
		}
		res.Rows = append(res.Rows, line)
	}
	return res
}

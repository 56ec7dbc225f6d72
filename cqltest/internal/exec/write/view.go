package write

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// ViewRestrictions prepares what WHERE of a view says beyond IS NOT NULL.
func ViewRestrictions(x *server.Execution, sch *schema.Schema, base, view *schema.Table) (*where.Restrictions, error) {
	p := &server.Preparer{Server: x.Server, Schema: sch, Client: x.Client, Dialect: x.Server.Opts.Dialect}
	relations := view.View.Restricting()
	for _, r := range relations {
		if r.On == cqlparse.OnToken {
			return nil, protocol.Invalid("Cannot use token relation when defining a materialized view")
		}
	}
	return where.Prepare(p, p.Scope(base), base, "SELECT", relations, false, true)
}

// A viewUpdater keeps one view in step with its base table.
type viewUpdater struct {
	x      *server.Execution
	base   *schema.Table
	view   *schema.Table
	ranges bool // WHERE does not name the partitions
	keys   []store.Key
	slices []store.Slice
	filter []where.Expression
}

func newViewUpdater(x *server.Execution, base, view *schema.Table) (*viewUpdater, error) {
	w, err := ViewRestrictions(x, x.Server.Schema.Load(), base, view)
	if err != nil {
		return nil, err
	}
	u := &viewUpdater{x: x, base: base, view: view, ranges: w.KeyRange}
	if !w.KeyRange {
		if u.keys, err = where.NamedKeys(x, w); err != nil {
			return nil, err
		}
	}
	if u.slices, err = where.Slices(x, w); err != nil {
		return nil, err
	}
	u.filter, err = where.RowFilter(x, w)
	return u, err
}

// entry returns the row of the view that shows a live row of the base, or nil if
// the view does not show it.
func (u *viewUpdater) entry(key store.Key, row *store.Row) (store.Key, *store.Row) {
	if !u.ranges && !slices.Contains(u.keys, key) {
		return store.Key{}, nil
	}
	order := u.base.Order()
	if !slices.ContainsFunc(u.slices, func(s store.Slice) bool { return order.Contains(s, row.Clustering) }) {
		return store.Key{}, nil
	}
	v := &where.RowView{Table: u.base, Key: schema.SplitKey(u.base, key), Row: row, Now: u.x.NowSec}
	for i := range u.filter {
		if !u.filter[i].Holds(v) {
			return store.Key{}, nil
		}
	}
	parts := func(cols []*schema.Column) [][]byte {
		out := make([][]byte, len(cols))
		for i, c := range cols {
			if out[i] = v.Value(u.base.ByName[c.Name]); out[i] == nil {
				return nil
			}
		}
		return out
	}
	partition, clustering := parts(u.view.Partition), parts(u.view.Clustering)
	if partition == nil || clustering == nil {
		return store.Key{}, nil
	}
	shown := &store.Row{Clustering: clustering, Liveness: u.liveness(row)}
	for i := range row.Columns {
		if slices.ContainsFunc(u.view.Regulars, func(c *schema.Column) bool { return c.ID == row.Columns[i].ID }) {
			shown.Columns = append(shown.Columns, row.Columns[i])
		}
	}
	return u.view.StoreKey(types.PartitionKey(partition)), shown
}

// liveness is what keeps a view's row alive: the cell of the base that became a
// key, if there is one; otherwise the marker of the base's row, and with it the
// cells that the view does not select.
func (u *viewUpdater) liveness(row *store.Row) store.Liveness {
	for _, c := range slices.Concat(u.view.Partition, u.view.Clustering) {
		if b := u.base.ByName[c.Name]; !b.PrimaryKey() {
			cell := row.Cell(b.ID)
			return store.Liveness{Timestamp: cell.Timestamp, Expires: cell.Expires, TTL: cell.TTL, Set: true, Strict: true}
		}
	}
	marker := row.Liveness
	if u.view.View.IncludeAll {
		return marker
	}
	newest, last := marker, marker
	for _, cell := range u.unselected(row) {
		if !newest.Set || cell.Timestamp > newest.Timestamp {
			newest.Timestamp, newest.Set = cell.Timestamp, true
		}
		if !last.Set || cell.Expires > last.Expires {
			last = store.Liveness{Expires: cell.Expires, TTL: cell.TTL, Set: true}
		}
	}
	last.Timestamp = newest.Timestamp
	return last
}

// unselected returns the cells of a row that the view does not select.
func (u *viewUpdater) unselected(row *store.Row) []*store.Cell {
	var out []*store.Cell
	for i := range row.Columns {
		c := &row.Columns[i]
		switch {
		case slices.ContainsFunc(u.view.Columns, func(v *schema.Column) bool { return v.ID == c.ID }):
		case c.Complex == nil:
			out = append(out, &c.Cell)
		default:
			for j := range c.Complex.Cells {
				out = append(out, &c.Complex.Cells[j].Cell)
			}
		}
	}
	return out
}

// FillView makes the rows of a new view.
func FillView(x *server.Execution, base, view *schema.Table) error {
	u, err := newViewUpdater(x, base, view)
	if err != nil {
		return err
	}
	base.Data.View().Scan(nil, func(p *store.Partition) bool {
		p.Rows(store.All, false, x.NowSec, func(row *store.Row) bool {
			if key, shown := u.entry(p.Key, row); shown != nil {
				view.Data.Put(key, shown)
			}
			return true
		})
		return true
	})
	return nil
}

// apply applies an update to a table and to its views. A view's rows follow from
// the rows of its base as they are now: what was shown of the rows that the update
// is about is taken out, and what is to be shown of them put in.
func apply(x *server.Execution, u *tableUpdate) error {
	space := x.Server.Schema.Load().Keyspaces[u.table.Keyspace]
	if space == nil || space.Tables[u.table.Name] == nil || len(space.Tables[u.table.Name].Views) == 0 {
		u.table.Data.Apply(&u.Update)
		return nil
	}
	base := space.Tables[u.table.Name]
	var views []*viewUpdater
	for _, v := range space.ViewsOf(base) {
		one, err := newViewUpdater(x, base, v)
		if err != nil {
			return err
		}
		views = append(views, one)
	}
	each := func(do func(*viewUpdater, store.Key, *store.Row)) {
		part := base.Data.View().Partition(u.Key)
		for _, s := range u.touched() {
			part.Rows(s, false, x.NowSec, func(row *store.Row) bool {
				for _, v := range views {
					if key, shown := v.entry(u.Key, row); shown != nil {
						do(v, key, shown)
					}
				}
				return true
			})
		}
	}
	each(func(v *viewUpdater, key store.Key, shown *store.Row) { v.view.Data.Remove(key, shown.Clustering) })
	base.Data.Apply(&u.Update)
	each(func(v *viewUpdater, key store.Key, shown *store.Row) { v.view.Data.Put(key, shown) })
	return nil
}

// touched returns the slices of the partition that the update writes to.
func (u *tableUpdate) touched() []store.Slice {
	if u.Deletion.Set {
		return []store.Slice{store.All}
	}
	var out []store.Slice
	for _, r := range u.Rows {
		out = append(out, store.Exactly(r.Clustering))
	}
	for _, rt := range u.Ranges {
		out = append(out, rt.Slice)
	}
	return out
}

package exec

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// materialized makes a table a materialized view: it says which rows of which
// base table it shows. The view's columns have the ids that they have there.
type materialized struct {
	base       string // in the same keyspace
	includeAll bool   // SELECT *
	where      []*cqlparse.Relation
}

// clause is WHERE as the server writes it.
func (m *materialized) clause() string {
	parts := make([]string, len(m.where))
	for i, r := range m.where {
		parts[i] = cqlparse.Print(r)
	}
	return strings.Join(parts, " AND ")
}

// restricting returns the relations that say more than IS NOT NULL.
func (m *materialized) restricting() []*cqlparse.Relation {
	return slices.DeleteFunc(slices.Clone(m.where), func(r *cqlparse.Relation) bool { return r.Op == cqlparse.OpIsNot })
}

// isView says whether t is a materialized view.
func (t *table) isView() bool { return t.view != nil }

// viewsOf returns the materialized views of a base table, in the order they were created.
func (k *keyspace) viewsOf(t *table) []*table {
	var views []*table
	for _, name := range t.views {
		views = append(views, k.tables[name])
	}
	return views
}

// withView returns the keyspace with a view added to its base.
func (k *keyspace) withView(v *table) *keyspace {
	base := k.tables[v.view.base].clone()
	base.views = append(slices.Clone(base.views), v.name)
	return k.withTable(base.finish()).withTable(v)
}

// withoutView returns the keyspace without a view.
func (k *keyspace) withoutView(v *table) *keyspace {
	base := k.tables[v.view.base].clone()
	base.views = slices.DeleteFunc(slices.Clone(base.views), func(name string) bool { return name == v.name })
	return k.withTable(base.finish()).withoutTable(v.name)
}

func (p *preparer) createView(s *cqlparse.CreateView) (statement, error) {
	ks, err := p.inKeyspace(s.Name)
	if err != nil {
		return nil, err
	}
	if !s.Base.Keyspace.IsZero() && s.Base.Keyspace.Name != ks {
		return nil, invalid("Cannot create a materialized view on a table in a different keyspace")
	}
	if len(s.Markers) > 0 {
		return nil, invalid("Bind variables are not allowed in CREATE MATERIALIZED VIEW statements")
	}
	name := s.Name.Name.Name
	return &definition{about: StatementInfo{Kind: "create_view", Keyspace: ks, Table: name}, on: s.Base.Name.Name, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		space := sch.keyspaces[ks]
		if space == nil {
			return nil, nil, invalid("Keyspace '%s' doesn't exist", ks)
		}
		base := space.tables[s.Base.Name.Name]
		if base == nil || base.isView() {
			return nil, nil, invalid("Base table '%s' doesn't exist", s.Base.Name.Name)
		}
		if old := space.tables[name]; old != nil {
			switch {
			case !old.isView():
				return nil, nil, invalid("Cannot create materialized view '%s' - a table with the same name already exists", name)
			case s.IfNotExists:
				x.warn(viewsAreExperimental)
				return sch, nil, nil
			}
			return nil, nil, &Error{Code: CodeAlreadyExists, Keyspace: ks, Table: name,
				Message: "Cannot add already existing table \"" + name + "\" to keyspace \"" + ks + "\""}
		}
		v, err := x.buildView(sch, base, s)
		if err != nil {
			return nil, nil, err
		}
		if err := x.fillView(base, v); err != nil {
			return nil, nil, err
		}
		x.warn(viewsAreExperimental)
		return sch.with(space.withView(v)), &SchemaChange{Change: "CREATED", Target: "TABLE", Keyspace: ks, Name: name}, nil
	}}, nil
}

const viewsAreExperimental = "Materialized views are experimental and are not recommended for production use."

// buildView makes the definition of a view of base.
func (x *execution) buildView(sch *schema, base *table, s *cqlparse.CreateView) (*table, error) {
	name := s.Name.Name.Name
	switch {
	case base.counter:
		return nil, invalid("Materialized views are not supported on counter tables")
	case base.params.gcGraceSeconds == 0:
		return nil, invalid("Cannot create materialized view '%s' for base table '%s' with gc_grace_seconds of 0, since this value is "+
			"used to TTL undelivered updates. Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.", name, base.name)
	}
	t := &table{keyspace: base.keyspace, name: name, id: newID(), dropped: map[string]droppedColumn{},
		view: &materialized{base: base.name, includeAll: len(s.Selectors) == 0, where: s.Where}}
	selected, err := viewColumns(base, name, s.Selectors)
	if err != nil {
		return nil, err
	}
	if err := t.declareViewKeys(base, selected, s); err != nil {
		return nil, err
	}
	if err := x.checkViewWhere(sch, base, t); err != nil {
		return nil, err
	}
	props, err := readProperties(s.Options, tableProperties...)
	if err != nil {
		return nil, err
	}
	if ttl, given := props["default_time_to_live"]; given && ttl != "0" {
		return nil, invalid("Cannot set default_time_to_live for a materialized view. " +
			"Data in a materialized view always expire at the same time than the corresponding data in the parent table.")
	}
	if t.params, err = defaultParams().apply(props); err != nil {
		return nil, err
	}
	bloom := t.params.bloomFilter()
	t.params.bloomFilterFPChance = &bloom
	if id, given := props["id"]; given {
		if t.id, err = tableID(id); err != nil {
			return nil, err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(selected)) {
		if columnNamed(t, n) == nil && !slices.ContainsFunc(slices.Concat(t.partition, t.clustering), func(c *column) bool { return c.name == n }) {
			t.adopt(selected[n], regularColumn, false)
		}
	}
	if err := checkTableName(t.keyspace, name); err != nil {
		return nil, err
	}
	t.finish()
	t.data = store.NewTable(t.order())
	return t, nil
}

// adopt adds a column of the base table to a view.
func (t *table) adopt(c *column, kind columnKind, desc bool) {
	t.nextID = c.id
	t.add(c.name, c.typ, kind, desc)
}

// viewColumns are the columns of its base that a view selects.
func viewColumns(base *table, view string, selectors []*cqlparse.Selector) (map[string]*column, error) {
	selected := map[string]*column{}
	if len(selectors) == 0 {
		for _, c := range base.columns {
			selected[c.name] = c
		}
	}
	for _, s := range selectors {
		if !s.Alias.IsZero() {
			return nil, invalid("Cannot use aliases when defining a materialized view (got %s)", cqlparse.Print(s))
		}
		ref, plain := s.Expr.(*cqlparse.ColumnRef)
		if !plain {
			return nil, invalid("Can only select columns by name when defining a materialized view (got %s)", cqlparse.Print(s.Expr))
		}
		c, err := base.column(ref.Name.Name)
		if err != nil {
			return nil, err
		}
		selected[c.name] = c
	}
	for _, c := range base.statics {
		if selected[c.name] != nil {
			return nil, invalid("Cannot include static column '%s' in materialized view '%s'", c.name, view)
		}
	}
	return selected, nil
}

// declareViewKeys adds the primary key of a view, which holds that of its base
// and at most one column more.
func (t *table) declareViewKeys(base *table, selected map[string]*column, s *cqlparse.CreateView) error {
	keys := slices.Concat(s.Key.Partition, s.Key.Clustering)
	has := func(name string) bool {
		return slices.ContainsFunc(keys, func(id cqlparse.Identifier) bool { return id.Name == name })
	}
	seen := map[string]bool{}
	for _, id := range keys {
		c := selected[id.Name]
		switch {
		case c == nil:
			return invalid("Unknown column '%s' referenced in PRIMARY KEY for materialized view '%s'", id.Name, t.name)
		case seen[id.Name]:
			return invalid("Duplicate column '%s' in PRIMARY KEY clause for materialized view '%s'", id.Name, t.name)
		case c.typ.IsMultiCell() && c.typ.IsCollection():
			return invalid("Invalid non-frozen collection type '%s' for PRIMARY KEY column '%s'", c.typ.ClassName(), id.Name)
		case c.typ.IsMultiCell():
			return invalid("Invalid non-frozen user-defined type '%s' for PRIMARY KEY column '%s'", c.typ.ClassName(), id.Name)
		case c.typ.ContainsDuration():
			return invalid("duration type is not supported for PRIMARY KEY column '%s'", id.Name)
		}
		seen[id.Name] = true
	}
	desc := map[string]bool{}
	for _, id := range s.Key.Clustering { // as in the base, unless the view says otherwise
		desc[id.Name] = selected[id.Name].desc
	}
	for _, o := range s.ClusteringOrder {
		desc[o.Column.Name] = o.Desc
	}
	if len(s.ClusteringOrder) > 0 && !slices.EqualFunc(s.ClusteringOrder, s.Key.Clustering, func(o *cqlparse.ColumnOrder, id cqlparse.Identifier) bool { return o.Column.Name == id.Name }) {
		return invalid("Clustering key columns must exactly match columns in CLUSTERING ORDER BY directive")
	}
	var without []string
	for _, c := range slices.Concat(base.partition, base.clustering) {
		if !has(c.name) {
			without = append(without, c.cql())
		}
	}
	if len(without) > 0 {
		return invalid("Cannot create materialized view '%s' without primary key columns %s from base table '%s'", t.name, strings.Join(without, ", "), base.name)
	}
	var more []string
	for _, id := range keys {
		if c := selected[id.Name]; !c.primaryKey() {
			more = append(more, c.cql())
		}
	}
	if len(more) > 1 {
		return invalid("Cannot include more than one non-primary key column in materialized view primary key (got %s)", strings.Join(more, ", "))
	}
	for _, id := range s.Key.Partition {
		t.adopt(selected[id.Name], partitionKey, false)
	}
	for _, id := range s.Key.Clustering {
		t.adopt(selected[id.Name], clusteringKey, desc[id.Name])
	}
	return nil
}

// checkViewWhere wants every column of the view's key restricted, and no other
// one by more than IS NOT NULL.
func (x *execution) checkViewWhere(sch *schema, base, view *table) error {
	w, err := x.viewRestrictions(sch, base, view)
	if err != nil {
		return err
	}
	restricted := slices.Concat(w.partition.cols, w.clustering.cols, w.others.cols)
	for _, r := range view.view.where {
		if r.Op == cqlparse.OpIsNot {
			c, err := base.column(r.Columns[0].Name)
			if err != nil {
				return err
			}
			restricted = append(restricted, c)
		}
	}
	var free []string
	for _, c := range slices.Concat(view.partition, view.clustering) {
		if !slices.Contains(restricted, base.byName[c.name]) {
			free = append(free, c.cql())
		}
	}
	if len(free) > 0 {
		slices.SortStableFunc(free, hashedOrder)
		return invalid("Primary key columns %s must be restricted with 'IS NOT NULL' or otherwise", strings.Join(free, ", "))
	}
	if len(w.others.cols) > 0 {
		return invalid("Non-primary key columns can only be restricted with 'IS NOT NULL' (got: %s restricted illegally)", columnNames(w.others.cols))
	}
	return nil
}

// viewRestrictions prepares what WHERE of a view says beyond IS NOT NULL.
func (x *execution) viewRestrictions(sch *schema, base, view *table) (*restrictions, error) {
	p := &preparer{server: x.server, schema: sch, client: x.client, dialect: x.server.opts.Dialect}
	relations := view.view.restricting()
	for _, r := range relations {
		if r.On == cqlparse.OnToken {
			return nil, invalid("Cannot use token relation when defining a materialized view")
		}
	}
	return p.where(p.scope(base), base, "SELECT", relations, false, true)
}

// alterView is ALTER MATERIALIZED VIEW.
func (p *preparer) alterView(s *cqlparse.AlterView) (statement, error) {
	return p.onView("alter_view", s.Name, s.IfExists, func(x *execution, sch *schema, space *keyspace, v *table) (*schema, *SchemaChange, error) {
		props, err := readProperties(s.Options, tableProperties...)
		if err != nil {
			return nil, nil, err
		}
		if _, id := props["id"]; id {
			return nil, nil, configError("Cannot alter table id.")
		}
		params, err := v.params.apply(props)
		if err != nil {
			return nil, nil, err
		}
		if params.gcGraceSeconds == 0 {
			return nil, nil, invalid("Cannot alter gc_grace_seconds of a materialized view to 0, since this value is used to TTL undelivered updates. " +
				"Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.")
		}
		if params.defaultTTL > 0 {
			return nil, nil, invalid("Forbidden default_time_to_live detected for a materialized view. " +
				"Data in a materialized view always expire at the same time than the corresponding data in the parent table. " +
				"default_time_to_live must be set to zero, see CASSANDRA-12868 for more information")
		}
		if x.server.opts.Dialect == Cassandra && reflect.DeepEqual(params, v.params) {
			return sch, nil, nil
		}
		next := v.clone()
		next.params = params
		return sch.with(space.withTable(next.finish())), &SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: v.keyspace, Name: v.name}, nil
	})
}

func (p *preparer) dropView(s *cqlparse.DropView) (statement, error) {
	return p.onView("drop_view", s.Name, s.IfExists, func(_ *execution, sch *schema, space *keyspace, v *table) (*schema, *SchemaChange, error) {
		return sch.with(space.withoutView(v)), &SchemaChange{Change: "DROPPED", Target: "TABLE", Keyspace: v.keyspace, Name: v.name}, nil
	})
}

// onView prepares a change to one materialized view.
func (p *preparer) onView(kind string, name cqlparse.QualifiedName, ifExists bool, apply func(*execution, *schema, *keyspace, *table) (*schema, *SchemaChange, error)) (statement, error) {
	ks, err := p.inKeyspace(name)
	if err != nil {
		return nil, err
	}
	n := name.Name.Name
	return &definition{about: StatementInfo{Kind: kind, Keyspace: ks, Table: n}, apply: func(x *execution, sch *schema) (*schema, *SchemaChange, error) {
		var v *table
		if space := sch.keyspaces[ks]; space != nil {
			v = space.tables[n]
		}
		if v == nil || !v.isView() {
			if ifExists {
				return sch, nil, nil
			}
			return nil, nil, invalid("Materialized view '%s.%s' doesn't exist", ks, n)
		}
		if err := x.ensure("ALTER", tableResource(ks, v.view.base)); err != nil {
			return nil, nil, err
		}
		return apply(x, sch, sch.keyspaces[ks], v)
	}}, nil
}

// withAltered returns the keyspace with a changed base table, and its views
// changed as that demands: they follow renamed columns, and those that select
// all columns have the new ones.
func (k *keyspace) withAltered(old, next *table) *keyspace {
	out := k.withTable(next)
	renamed := map[string]string{}
	for _, c := range slices.Concat(next.partition, next.clustering) {
		for _, was := range slices.Concat(old.partition, old.clustering) {
			if was.id == c.id && was.name != c.name {
				renamed[was.name] = c.name
			}
		}
	}
	for _, v := range k.viewsOf(old) {
		v = v.renamed(renamed)
		if v.view.includeAll {
			for _, c := range next.regulars {
				if old.byName[c.name] == nil {
					v.adopt(c, regularColumn, false)
				}
			}
		}
		out = out.withTable(v.finish())
	}
	return out
}

// renamed returns a copy of a view, to be finished, with columns renamed.
func (t *table) renamed(names map[string]string) *table {
	next := t.clone()
	def := *t.view
	def.where = nil
	for _, r := range t.view.where {
		c := *r
		c.Columns = slices.Clone(r.Columns)
		for i, id := range c.Columns {
			if to, ok := names[id.Name]; ok {
				c.Columns[i] = cqlparse.Identifier{Name: to, Quoted: quoteIdent(to) != to}
			}
		}
		def.where = append(def.where, &c)
	}
	next.view = &def
	for _, set := range [][]*column{next.partition, next.clustering, next.regulars} {
		for i, c := range set {
			if to, ok := names[c.name]; ok {
				cc := *c
				cc.name = to
				set[i] = &cc
			}
		}
	}
	return next
}

// A viewUpdater keeps one view in step with its base table.
type viewUpdater struct {
	x      *execution
	base   *table
	view   *table
	ranges bool // WHERE does not name the partitions
	keys   []store.Key
	slices []store.Slice
	filter []expression
}

func (x *execution) viewUpdater(base, view *table) (*viewUpdater, error) {
	w, err := x.viewRestrictions(x.server.schema.Load(), base, view)
	if err != nil {
		return nil, err
	}
	u := &viewUpdater{x: x, base: base, view: view, ranges: w.keyRange}
	if !w.keyRange {
		if u.keys, err = x.namedKeys(w); err != nil {
			return nil, err
		}
	}
	if u.slices, err = x.slices(w); err != nil {
		return nil, err
	}
	u.filter, err = x.rowFilter(w)
	return u, err
}

// entry returns the row of the view that shows a live row of the base, or nil if
// the view does not show it.
func (u *viewUpdater) entry(key store.Key, row *store.Row) (store.Key, *store.Row) {
	if !u.ranges && !slices.Contains(u.keys, key) {
		return store.Key{}, nil
	}
	order := u.base.order()
	if !slices.ContainsFunc(u.slices, func(s store.Slice) bool { return order.Contains(s, row.Clustering) }) {
		return store.Key{}, nil
	}
	v := &rowView{table: u.base, key: splitKey(u.base, key), row: row, now: u.x.nowSec}
	for i := range u.filter {
		if !u.filter[i].holds(v) {
			return store.Key{}, nil
		}
	}
	parts := func(cols []*column) [][]byte {
		out := make([][]byte, len(cols))
		for i, c := range cols {
			if out[i] = v.value(u.base.byName[c.name]); out[i] == nil {
				return nil
			}
		}
		return out
	}
	partition, clustering := parts(u.view.partition), parts(u.view.clustering)
	if partition == nil || clustering == nil {
		return store.Key{}, nil
	}
	shown := &store.Row{Clustering: clustering, Liveness: u.liveness(row)}
	for i := range row.Columns {
		if slices.ContainsFunc(u.view.regulars, func(c *column) bool { return c.id == row.Columns[i].ID }) {
			shown.Columns = append(shown.Columns, row.Columns[i])
		}
	}
	return u.view.storeKey(types.PartitionKey(partition)), shown
}

// liveness is what keeps a view's row alive: the cell of the base that became a
// key, if there is one; otherwise the marker of the base's row, and with it the
// cells that the view does not select.
func (u *viewUpdater) liveness(row *store.Row) store.Liveness {
	for _, c := range slices.Concat(u.view.partition, u.view.clustering) {
		if b := u.base.byName[c.name]; !b.primaryKey() {
			cell := row.Cell(b.id)
			return store.Liveness{Timestamp: cell.Timestamp, Expires: cell.Expires, TTL: cell.TTL, Set: true, Strict: true}
		}
	}
	marker := row.Liveness
	if u.view.view.includeAll {
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
		case slices.ContainsFunc(u.view.columns, func(v *column) bool { return v.id == c.ID }):
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

// fillView makes the rows of a new view.
func (x *execution) fillView(base, view *table) error {
	u, err := x.viewUpdater(base, view)
	if err != nil {
		return err
	}
	base.data.View().Scan(nil, func(p *store.Partition) bool {
		p.Rows(store.All, false, x.nowSec, func(row *store.Row) bool {
			if key, shown := u.entry(p.Key, row); shown != nil {
				view.data.Put(key, shown)
			}
			return true
		})
		return true
	})
	return nil
}

// store applies an update to a table and to its views. A view's rows follow from
// the rows of its base as they are now: what was shown of the rows that the update
// is about is taken out, and what is to be shown of them put in.
func (x *execution) store(u *tableUpdate) error {
	space := x.server.schema.Load().keyspaces[u.table.keyspace]
	if space == nil || space.tables[u.table.name] == nil || len(space.tables[u.table.name].views) == 0 {
		u.table.data.Apply(&u.Update)
		return nil
	}
	base := space.tables[u.table.name]
	var views []*viewUpdater
	for _, v := range space.viewsOf(base) {
		one, err := x.viewUpdater(base, v)
		if err != nil {
			return err
		}
		views = append(views, one)
	}
	each := func(do func(*viewUpdater, store.Key, *store.Row)) {
		part := base.data.View().Partition(u.Key)
		for _, s := range u.touched() {
			part.Rows(s, false, x.nowSec, func(row *store.Row) bool {
				for _, v := range views {
					if key, shown := v.entry(u.Key, row); shown != nil {
						do(v, key, shown)
					}
				}
				return true
			})
		}
	}
	each(func(v *viewUpdater, key store.Key, shown *store.Row) { v.view.data.Remove(key, shown.Clustering) })
	base.data.Apply(&u.Update)
	each(func(v *viewUpdater, key store.Key, shown *store.Row) { v.view.data.Put(key, shown) })
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

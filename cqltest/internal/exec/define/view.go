package define

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/exec/write"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func createView(p *server.Preparer, s *cqlparse.CreateView) (server.Statement, error) {
	ks, err := inKeyspace(p, s.Name)
	if err != nil {
		return nil, err
	}
	if !s.Base.Keyspace.IsZero() && s.Base.Keyspace.Name != ks {
		return nil, protocol.Invalid("Cannot create a materialized view on a table in a different keyspace")
	}
	if len(s.Markers) > 0 {
		return nil, protocol.Invalid("Bind variables are not allowed in CREATE MATERIALIZED VIEW statements")
	}
	name := s.Name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: "create_view", Keyspace: ks, Table: name}, on: s.Base.Name.Name, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		space := sch.Keyspaces[ks]
		if space == nil {
			return nil, nil, protocol.Invalid("Keyspace '%s' doesn't exist", ks)
		}
		base := space.Tables[s.Base.Name.Name]
		if base == nil || base.IsView() {
			return nil, nil, protocol.Invalid("Base table '%s' doesn't exist", s.Base.Name.Name)
		}
		if old := space.Tables[name]; old != nil {
			switch {
			case !old.IsView():
				return nil, nil, protocol.Invalid("Cannot create materialized view '%s' - a table with the same name already exists", name)
			case s.IfNotExists:
				x.Warn(viewsAreExperimental)
				return sch, nil, nil
			}
			return nil, nil, &protocol.Error{Code: protocol.CodeAlreadyExists, Keyspace: ks, Table: name,
				Message: "Cannot add already existing table \"" + name + "\" to keyspace \"" + ks + "\""}
		}
		v, err := buildView(x, sch, base, s)
		if err != nil {
			return nil, nil, err
		}
		if err := write.FillView(x, base, v); err != nil {
			return nil, nil, err
		}
		x.Warn(viewsAreExperimental)
		return sch.With(space.WithView(v)), &protocol.SchemaChange{Change: "CREATED", Target: "TABLE", Keyspace: ks, Name: name}, nil
	}}, nil
}

const viewsAreExperimental = "Materialized views are experimental and are not recommended for production use."

// buildView makes the definition of a view of base.
func buildView(x *server.Execution, sch *schema.Schema, base *schema.Table, s *cqlparse.CreateView) (*schema.Table, error) {
	name := s.Name.Name.Name
	switch {
	case base.Counter:
		return nil, protocol.Invalid("Materialized views are not supported on counter tables")
	case base.Params.GcGraceSeconds == 0:
		return nil, protocol.Invalid("Cannot create materialized view '%s' for base table '%s' with gc_grace_seconds of 0, since this value is "+
			"used to TTL undelivered updates. Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.", name, base.Name)
	}
	t := &schema.Table{Keyspace: base.Keyspace, Name: name, ID: newID(), Dropped: map[string]schema.DroppedColumn{},
		View: &schema.Materialized{Base: base.Name, IncludeAll: len(s.Selectors) == 0, Where: s.Where}}
	selected, err := viewColumns(base, name, s.Selectors)
	if err != nil {
		return nil, err
	}
	if err := t.DeclareViewKeys(base, selected, s); err != nil {
		return nil, err
	}
	if err := checkViewWhere(x, sch, base, t); err != nil {
		return nil, err
	}
	props, err := schema.ReadProperties(s.Options, schema.TableProperties...)
	if err != nil {
		return nil, err
	}
	if ttl, given := props["default_time_to_live"]; given && ttl != "0" {
		return nil, protocol.Invalid("Cannot set default_time_to_live for a materialized view. " +
			"Data in a materialized view always expire at the same time than the corresponding data in the parent table.")
	}
	if t.Params, err = schema.DefaultParams().Apply(props); err != nil {
		return nil, err
	}
	bloom := t.Params.BloomFilter()
	t.Params.BloomFilterFPChance = &bloom
	if id, given := props["id"]; given {
		if t.ID, err = tableID(id); err != nil {
			return nil, err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(selected)) {
		if columnNamed(t, n) == nil && !slices.ContainsFunc(slices.Concat(t.Partition, t.Clustering), func(c *schema.Column) bool { return c.Name == n }) {
			t.Adopt(selected[n], schema.RegularColumn, false)
		}
	}
	if err := checkTableName(t.Keyspace, name); err != nil {
		return nil, err
	}
	t.Finish()
	t.Data = t.NewData()
	return t, nil
}

// viewColumns are the columns of its base that a view selects.
func viewColumns(base *schema.Table, view string, selectors []*cqlparse.Selector) (map[string]*schema.Column, error) {
	selected := map[string]*schema.Column{}
	if len(selectors) == 0 {
		for _, c := range base.Columns {
			selected[c.Name] = c
		}
	}
	for _, s := range selectors {
		if !s.Alias.IsZero() {
			return nil, protocol.Invalid("Cannot use aliases when defining a materialized view (got %s)", cqlparse.Print(s))
		}
		ref, plain := s.Expr.(*cqlparse.ColumnRef)
		if !plain {
			return nil, protocol.Invalid("Can only select columns by name when defining a materialized view (got %s)", cqlparse.Print(s.Expr))
		}
		c, err := base.Column(ref.Name.Name)
		if err != nil {
			return nil, err
		}
		selected[c.Name] = c
	}
	for _, c := range base.Statics {
		if selected[c.Name] != nil {
			return nil, protocol.Invalid("Cannot include static column '%s' in materialized view '%s'", c.Name, view)
		}
	}
	return selected, nil
}

// checkViewWhere wants every column of the view's key restricted, and no other
// one by more than IS NOT NULL.
func checkViewWhere(x *server.Execution, sch *schema.Schema, base, view *schema.Table) error {
	w, err := write.ViewRestrictions(x, sch, base, view)
	if err != nil {
		return err
	}
	restricted := slices.Concat(w.Partition.Cols, w.Clustering.Cols, w.Others.Cols)
	for _, r := range view.View.Where {
		if r.Op == cqlparse.OpIsNot {
			c, err := base.Column(r.Columns[0].Name)
			if err != nil {
				return err
			}
			restricted = append(restricted, c)
		}
	}
	var free []string
	for _, c := range slices.Concat(view.Partition, view.Clustering) {
		if !slices.Contains(restricted, base.ByName[c.Name]) {
			free = append(free, c.CQL())
		}
	}
	if len(free) > 0 {
		slices.SortStableFunc(free, java.CompareHashed)
		return protocol.Invalid("Primary key columns %s must be restricted with 'IS NOT NULL' or otherwise", strings.Join(free, ", "))
	}
	if len(w.Others.Cols) > 0 {
		return protocol.Invalid("Non-primary key columns can only be restricted with 'IS NOT NULL' (got: %s restricted illegally)", where.ColumnNames(w.Others.Cols))
	}
	return nil
}

// alterView is ALTER MATERIALIZED VIEW.
func alterView(p *server.Preparer, s *cqlparse.AlterView) (server.Statement, error) {
	return onView(p, "alter_view", s.Name, s.IfExists, func(x *server.Execution, sch *schema.Schema, space *schema.Keyspace, v *schema.Table) (*schema.Schema, *protocol.SchemaChange, error) {
		props, err := schema.ReadProperties(s.Options, schema.TableProperties...)
		if err != nil {
			return nil, nil, err
		}
		if _, id := props["id"]; id {
			return nil, nil, protocol.ConfigError("Cannot alter table id.")
		}
		params, err := v.Params.Apply(props)
		if err != nil {
			return nil, nil, err
		}
		if params.GcGraceSeconds == 0 {
			return nil, nil, protocol.Invalid("Cannot alter gc_grace_seconds of a materialized view to 0, since this value is used to TTL undelivered updates. " +
				"Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.")
		}
		if params.DefaultTTL > 0 {
			return nil, nil, protocol.Invalid("Forbidden default_time_to_live detected for a materialized view. " +
				"Data in a materialized view always expire at the same time than the corresponding data in the parent table. " +
				"default_time_to_live must be set to zero, see CASSANDRA-12868 for more information")
		}
		if x.Server.Opts.Dialect == protocol.Cassandra && reflect.DeepEqual(params, v.Params) {
			return sch, nil, nil
		}
		next := v.Clone()
		next.Params = params
		return sch.With(space.WithTable(next.Finish())), &protocol.SchemaChange{Change: "UPDATED", Target: "TABLE", Keyspace: v.Keyspace, Name: v.Name}, nil
	})
}

func dropView(p *server.Preparer, s *cqlparse.DropView) (server.Statement, error) {
	return onView(p, "drop_view", s.Name, s.IfExists, func(_ *server.Execution, sch *schema.Schema, space *schema.Keyspace, v *schema.Table) (*schema.Schema, *protocol.SchemaChange, error) {
		return sch.With(space.WithoutView(v)), &protocol.SchemaChange{Change: "DROPPED", Target: "TABLE", Keyspace: v.Keyspace, Name: v.Name}, nil
	})
}

// onView prepares a change to one materialized view.
func onView(p *server.Preparer, kind string, name cqlparse.QualifiedName, ifExists bool, apply func(*server.Execution, *schema.Schema, *schema.Keyspace, *schema.Table) (*schema.Schema, *protocol.SchemaChange, error)) (server.Statement, error) {
	ks, err := inKeyspace(p, name)
	if err != nil {
		return nil, err
	}
	n := name.Name.Name
	return &definition{about: protocol.StatementInfo{Kind: kind, Keyspace: ks, Table: n}, apply: func(x *server.Execution, sch *schema.Schema) (*schema.Schema, *protocol.SchemaChange, error) {
		var v *schema.Table
		if space := sch.Keyspaces[ks]; space != nil {
			v = space.Tables[n]
		}
		if v == nil || !v.IsView() {
			if ifExists {
				return sch, nil, nil
			}
			return nil, nil, protocol.Invalid("Materialized view '%s.%s' doesn't exist", ks, n)
		}
		if err := x.Ensure("ALTER", roles.TableResource(ks, v.View.Base)); err != nil {
			return nil, nil, err
		}
		return apply(x, sch, sch.Keyspaces[ks], v)
	}}, nil
}

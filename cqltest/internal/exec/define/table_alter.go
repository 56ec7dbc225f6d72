package define

import (
	"reflect"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func alterTable(p *server.Preparer, s *cqlparse.AlterTable) (server.Statement, error) {
	return onTable(p, "alter_table", s.Table, s.IfExists, func(x *server.Execution, sch *schema.Schema, ks *schema.Keyspace, t *schema.Table) (*schema.Table, error) {
		switch s.Op {
		case cqlparse.AlterAddColumns:
			return addColumns(sch, t, s)
		case cqlparse.AlterDropColumns:
			return dropColumns(x, t, s)
		case cqlparse.AlterRenameColumns:
			return renameColumns(t, s)
		case cqlparse.AlterColumnType:
			return nil, protocol.Invalid("Altering column types is no longer supported")
		case cqlparse.AlterOptions:
			return alterOptions(x, t, s)
		case cqlparse.AlterDropCompactStorage:
			return nil, protocol.Invalid("DROP COMPACT STORAGE is disabled. Enable in cassandra.yaml to use.")
		}
		return nil, protocol.Invalid("Cannot mask columns because dynamic data masking is not enabled. You can enable it with the dynamic_data_masking_enabled property on cassandra.yaml")
	})
}

func addColumns(sch *schema.Schema, t *schema.Table, s *cqlparse.AlterTable) (*schema.Table, error) {
	next := t.Clone()
	added := map[string]bool{}
	for _, c := range s.Columns {
		n := c.Name.Name
		typ, err := resolve(t.Keyspace, c.Type, sch)
		if err != nil {
			return nil, err
		}
		if t.ByName[n] != nil || added[n] {
			if s.IfColumnNotExists {
				continue
			}
			return nil, protocol.Invalid("Column with name '%s' already exists", n)
		}
		if err := checkAddition(t, c, n, typ); err != nil {
			return nil, err
		}
		kind := schema.RegularColumn
		if c.Static {
			kind = schema.StaticColumn
		}
		next.Add(n, typ, kind, false)
		if old, ok := t.Dropped[n]; ok {
			columnNamed(next, n).ID = old.ID
		}
		added[n] = true
	}
	if len(added) == 0 {
		return t, nil
	}
	for n := range added {
		switch typ := columnNamed(next, n).Type; {
		case t.Counter && !typ.IsCounter():
			return nil, protocol.ConfigError("%s.%s: Cannot have a non counter column (\"%s\") in a counter table", t.Keyspace, t.Name, n)
		case !t.Counter && typ.IsCounter():
			return nil, protocol.ConfigError("%s.%s: Cannot have a counter column (\"%s\") in a non counter table", t.Keyspace, t.Name, n)
		}
	}
	return next.Finish(), nil
}

func columnNamed(t *schema.Table, name string) *schema.Column {
	for _, c := range slices.Concat(t.Statics, t.Regulars) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func checkAddition(t *schema.Table, c *cqlparse.ColumnDef, n string, typ *types.Type) error {
	if t.Compact {
		return protocol.Invalid("Cannot add new column to a COMPACT STORAGE table")
	}
	if c.Static && len(t.Clustering) == 0 {
		return protocol.Invalid("Static columns are only useful (and thus allowed) if the table has at least one clustering column")
	}
	if typ.Kind == types.KindUDT && typ.IsMultiCell() {
		for _, f := range typ.Elems {
			if f.IsMultiCell() {
				return protocol.Invalid("Non-frozen UDTs with nested non-frozen collections are not supported for column %s", n)
			}
		}
	}
	old, dropped := t.Dropped[n]
	if !dropped {
		return nil
	}
	if !typ.EqualIgnoringFrozen(old.Type) || typ.IsMultiCell() != old.Type.IsMultiCell() {
		if !compatible(typ, old.Type) {
			return protocol.Invalid("Cannot re-add previously dropped column '%s' of type %s, incompatible with previous type %s", n, typ, old.Type)
		}
	}
	if (old.Kind == schema.StaticColumn) != c.Static {
		kind, was := "REGULAR", "REGULAR"
		if c.Static {
			kind = "STATIC"
		}
		if old.Kind == schema.StaticColumn {
			was = "STATIC"
		}
		return protocol.Invalid("Cannot re-add previously dropped column '%s' of kind %s, incompatible with previous kind %s", n, kind, was)
	}
	if t.Counter {
		return protocol.Invalid("Cannot re-add previously dropped counter column %s", n)
	}
	return nil
}

// compatible says whether values of old can be read as ones of t.
func compatible(t, old *types.Type) bool {
	switch t.Kind {
	case types.KindBlob:
		return !old.IsMultiCell() && !old.IsCounter()
	case types.KindText:
		return old.Kind == types.KindASCII
	case types.KindBigint:
		return old.Kind == types.KindTimestamp
	case types.KindTimestamp:
		return old.Kind == types.KindBigint
	case types.KindVarint:
		return old.Kind == types.KindInt || old.Kind == types.KindBigint
	case types.KindUUID:
		return old.Kind == types.KindTimeUUID
	}
	return false
}

func dropColumns(x *server.Execution, t *schema.Table, s *cqlparse.AlterTable) (*schema.Table, error) {
	next := t.Clone()
	at := x.Server.Clock.Timestamp()
	if s.Timestamp != nil {
		if n, err := types.Bigint.FromString(s.Timestamp.Text); err == nil {
			at = types.DecodeInteger(n)
		}
	}
	changed := false
	drops := slices.Clone(s.Drops) // the server keeps them in a hash set
	slices.SortStableFunc(drops, func(a, b cqlparse.Identifier) int { return java.CompareHashed(a.Name, b.Name) })
	for _, id := range drops {
		c := t.ByName[id.Name]
		if c == nil {
			if s.IfColumnExists {
				continue
			}
			return nil, protocol.Invalid("Column %s was not found in table '%s'", id.Name, t)
		}
		if c.PrimaryKey() {
			return nil, protocol.Invalid("Cannot drop PRIMARY KEY column %s", c.Name)
		}
		if c.Type.Kind == types.KindUDT && c.Type.IsMultiCell() {
			return nil, protocol.Invalid("Cannot drop non-frozen column %s of user type %s", c.Name, c.Type)
		}
		if deps := t.IndexesOn(c); len(deps) > 0 {
			return nil, protocol.Invalid("Cannot drop column %s because it has dependent secondary indexes (%s)", c.Name, indexNames(deps))
		}
		if len(t.Views) > 0 {
			return nil, protocol.Invalid("Cannot drop column %s on base table %s with materialized views", c.CQL(), t.Name)
		}
		same := func(o *schema.Column) bool { return o.Name == c.Name }
		next.Statics = slices.DeleteFunc(next.Statics, same)
		next.Regulars = slices.DeleteFunc(next.Regulars, same)
		gone := *c
		gone.Type = withoutUserTypes(c.Type)
		next.Dropped[c.Name] = schema.DroppedColumn{Column: gone, At: at}
		t.Data.DropColumn(c.ID, at)
		changed = true
	}
	if !changed {
		return t, nil
	}
	return next.Finish(), nil
}

// withoutUserTypes is the type that a dropped column is remembered by: a user
// type is a tuple of its fields.
func withoutUserTypes(t *types.Type) *types.Type {
	if len(t.Elems) == 0 {
		return t
	}
	if t.Frozen {
		t = t.Freeze()
	}
	c := *t
	c.Elems = make([]*types.Type, len(t.Elems))
	for i, e := range t.Elems {
		if t.Frozen {
			e = e.Freeze()
		}
		c.Elems[i] = withoutUserTypes(e)
	}
	if t.Kind == types.KindUDT {
		return types.Tuple(c.Elems...)
	}
	return &c
}

func indexNames(list []*schema.Index) string {
	names := make([]string, len(list))
	for i, ix := range list {
		names[i] = ix.Name
	}
	return strings.Join(names, ", ")
}

func renameColumns(t *schema.Table, s *cqlparse.AlterTable) (*schema.Table, error) {
	next := t.Clone()
	for _, r := range s.Renames {
		from, to := r.From.Name, r.To.Name
		c, err := t.Column(from)
		if err != nil {
			return nil, err
		}
		if !c.PrimaryKey() {
			return nil, protocol.Invalid("Cannot rename non PRIMARY KEY column %s", from)
		}
		if t.ByName[to] != nil {
			return nil, protocol.Invalid("Cannot rename column %s to %s in table '%s'; another column with that name already exists", from, to, t)
		}
		if deps := t.IndexesOn(c); len(deps) > 0 {
			return nil, protocol.Invalid("Can't rename column %s because it has dependent secondary indexes (%s)", from, indexNames(deps))
		}
		for _, set := range [][]*schema.Column{next.Partition, next.Clustering} {
			for i, o := range set {
				if o.Name == from {
					renamed := *o
					renamed.Name = to
					set[i] = &renamed
				}
			}
		}
	}
	return next.Finish(), nil
}

func alterOptions(x *server.Execution, t *schema.Table, s *cqlparse.AlterTable) (*schema.Table, error) {
	cdc, rest, err := takeLogOptions(x.Server.Opts.Dialect, s.Options, t.CDC)
	if err != nil {
		return nil, err
	}
	props, err := schema.ReadProperties(rest, schema.TableProperties...)
	if err != nil {
		return nil, err
	}
	if _, id := props["id"]; id {
		return nil, protocol.ConfigError("Cannot alter table id.")
	}
	params, err := t.Params.Apply(props)
	if err != nil {
		return nil, err
	}
	if t.Counter && params.DefaultTTL > 0 {
		return nil, protocol.Invalid("Cannot set default_time_to_live on a table with counters")
	}
	if len(t.Views) > 0 && params.GcGraceSeconds == 0 {
		return nil, protocol.Invalid("Cannot alter gc_grace_seconds of the base table of a materialized view to 0, since this value is used to TTL undelivered updates. " +
			"Setting gc_grace_seconds too low might cause undelivered updates to expire before being replayed.")
	}
	if x.Server.Opts.Dialect == protocol.Cassandra && reflect.DeepEqual(params, t.Params) {
		return t, nil // and nobody is told of it
	}
	next := t.Clone()
	next.Params, next.CDC = params, cdc
	return next.Finish(), nil
}

package define

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

type declared struct {
	typ     *types.Type
	written *cqlparse.Type
	static  bool
}

// resolve turns a written type into a type of the schema.
func resolve(keyspace string, written *cqlparse.Type, sch *schema.Schema) (*types.Type, error) {
	t, err := types.Resolve(keyspace, written, sch.UDT)
	var te *types.Error
	if errors.As(err, &te) && te.Code == types.CodeConfig && written.Kind == cqlparse.CustomType {
		return nil, protocol.SyntaxError("Error setting type %s: %s", written.Class, te.Message)
	}
	return t, err
}

// declareKeys adds the primary key and removes its columns from the map.
func declareKeys(t *schema.Table, s *cqlparse.CreateTable, columns map[string]declared) error {
	key := s.Keys()[0]
	seen := map[string]bool{}
	for _, id := range slices.Concat(key.Partition, key.Clustering) {
		d, ok := columns[id.Name]
		switch {
		case !ok:
			return protocol.Invalid("Unknown column '%s' referenced in PRIMARY KEY for table '%s'", id.Name, t.Name)
		case seen[id.Name]:
			return protocol.Invalid("Duplicate column '%s' in PRIMARY KEY clause for table '%s'", id.Name, t.Name)
		case d.typ.IsMultiCell() && d.typ.IsCollection():
			return protocol.Invalid("Invalid non-frozen collection type %s for PRIMARY KEY column '%s'", d.typ, id.Name)
		case d.typ.IsMultiCell():
			return protocol.Invalid("Invalid non-frozen user-defined type \"%s.%s\" for PRIMARY KEY column '%s'", t.Keyspace, d.typ.Name, id.Name)
		case d.typ.IsCounter():
			return protocol.Invalid("counter type is not supported for PRIMARY KEY column '%s'", id.Name)
		case d.typ.Contains(types.KindDuration):
			return protocol.Invalid("duration type is not supported for PRIMARY KEY column '%s'", id.Name)
		case d.static:
			return protocol.Invalid("Static column '%s' cannot be part of the PRIMARY KEY", id.Name)
		}
		seen[id.Name] = true
	}
	desc := map[string]bool{}
	var foreign []string
	for _, o := range s.ClusteringOrder {
		desc[o.Column.Name] = o.Desc
		if !slices.ContainsFunc(key.Clustering, func(c cqlparse.Identifier) bool { return c.Name == o.Column.Name }) {
			foreign = append(foreign, o.Column.Name)
		}
	}
	if len(foreign) > 0 {
		return protocol.Invalid("Only clustering key columns can be defined in CLUSTERING ORDER directive: [%s] are not clustering columns", strings.Join(foreign, ", "))
	}
	for i, o := range s.ClusteringOrder {
		want := key.Clustering[i].Name
		if o.Column.Name == want {
			continue
		}
		if _, later := desc[want]; later {
			return protocol.Invalid("The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns (%s must appear before %s)", want, o.Column.Name)
		}
		return protocol.Invalid("Missing CLUSTERING ORDER for column %s", want)
	}
	for _, id := range key.Partition {
		t.Add(id.Name, columns[id.Name].typ, schema.PartitionKey, false)
		delete(columns, id.Name)
	}
	for _, id := range key.Clustering {
		t.Add(id.Name, columns[id.Name].typ, schema.ClusteringKey, desc[id.Name])
		delete(columns, id.Name)
	}
	return nil
}

func declareColumns(t *schema.Table, s *cqlparse.CreateTable, columns map[string]declared, names []string) error {
	counters, others := false, false
	static := false
	for _, d := range columns {
		counters = counters || d.typ.IsCounter()
		others = others || !d.typ.IsCounter()
		static = static || d.static
	}
	if s.CompactStorage {
		if err := checkCompact(t, columns, static); err != nil {
			return err
		}
	} else if static && len(t.Clustering) == 0 {
		return protocol.Invalid("Static columns are only useful (and thus allowed) if the table has at least one clustering column")
	}
	if counters {
		if others {
			return protocol.Invalid("Cannot mix counter and non counter columns in the same table")
		}
		if t.Params.DefaultTTL > 0 {
			return protocol.Invalid("Cannot set default_time_to_live on a table with counters")
		}
	}
	t.Counter = counters
	for _, n := range names {
		d, ok := columns[n]
		if !ok {
			continue
		}
		kind := schema.RegularColumn
		if d.static {
			kind = schema.StaticColumn
		}
		t.Add(n, d.typ, kind, false)
	}
	return nil
}

func checkCompact(t *schema.Table, columns map[string]declared, static bool) error {
	for _, d := range columns {
		if d.typ.IsMultiCell() {
			return protocol.Invalid("Non-frozen collections and UDTs are not supported with COMPACT STORAGE")
		}
	}
	names := slices.Sorted(maps.Keys(columns))
	switch {
	case static:
		return protocol.Invalid("Static columns are not supported in COMPACT STORAGE tables")
	case len(t.Clustering) == 0 && len(columns) == 0:
		return protocol.Invalid("No definition found that is not part of the PRIMARY KEY")
	case len(t.Clustering) > 0 && len(columns) > 1:
		return protocol.Invalid("COMPACT STORAGE with composite PRIMARY KEY allows no more than one column not part of the PRIMARY KEY (got: %s)", strings.Join(names, ", "))
	}
	return nil
}

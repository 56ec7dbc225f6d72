package schema

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strconv"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// Replicas is the number of copies that a keyspace asks for.
func (k *Keyspace) Replicas() int {
	n := 0
	for o, v := range k.Replication {
		if o == "class" {
			continue
		}
		if i, err := strconv.Atoi(v); err == nil {
			n += i
		}
	}
	return n
}

// PerDataCenter is the number of replicas in each datacenter, nil if the keyspace
// does not say.
func (k *Keyspace) PerDataCenter() map[string]int {
	if k.Replication["class"] != LocatorPackage+"NetworkTopologyStrategy" {
		return nil
	}
	out := map[string]int{}
	for dc, n := range k.Replication {
		if dc != "class" {
			out[dc], _ = strconv.Atoi(n)
		}
	}
	return out
}

// Keyspace is a keyspace's definition.
type Keyspace struct {
	Name        string
	Durable     bool
	Replication map[string]string
	Virtual     bool
	System      bool // not for users to alter
	Tables      map[string]*Table
	Types       map[string]*types.Type // not frozen
	Functions   []*Function            // as they were created
}

// WithTable returns the keyspace with a table added, or in place of one of its name.
func (k *Keyspace) WithTable(t *Table) *Keyspace {
	c := *k
	c.Tables = maps.Clone(k.Tables)
	t.changed = schemas.Add(1)
	c.Tables[t.Name] = t
	return &c
}

// WithoutTable returns the keyspace without a table.
func (k *Keyspace) WithoutTable(name string) *Keyspace {
	c := *k
	c.Tables = maps.Clone(k.Tables)
	delete(c.Tables, name)
	return &c
}

// WithType returns the keyspace with a type added, or in place of one of its name.
func (k *Keyspace) WithType(t *types.Type) *Keyspace {
	c := *k
	c.Types = maps.Clone(k.Types)
	c.Types[t.Name] = t
	return &c
}

// HasIndex returns the table that has an index of that name, or nil.
func (k *Keyspace) HasIndex(name string) *Table {
	for _, t := range SortedTables(k) {
		for _, ix := range t.Indexes {
			if ix.Name == name {
				return t
			}
		}
	}
	return nil
}

// SortedTables returns the tables and materialized views, by name.
func SortedTables(k *Keyspace) []*Table {
	out := make([]*Table, 0, len(k.Tables))
	for _, t := range k.Tables {
		out = append(out, t)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// BaseTables returns the tables that are no materialized views, by name.
func (k *Keyspace) BaseTables() []*Table {
	return slices.DeleteFunc(SortedTables(k), (*Table).IsView)
}

// ByChange returns the tables, and behind them the materialized views, in the
// order of their last change, which is how the server lists those that are in the
// way.
func ByChange(k *Keyspace) []*Table {
	out := SortedTables(k)
	slices.SortStableFunc(out, func(a, b *Table) int {
		if a.IsView() != b.IsView() {
			return cmp.Compare(types.EncodeBoolean(a.IsView())[0], types.EncodeBoolean(b.IsView())[0])
		}
		return cmp.Compare(a.changed, b.changed)
	})
	return out
}

// Package schema holds the definitions of keyspaces, tables, types, indexes, views and
// functions. All of them are immutable: a change builds a new schema.
package schema

import (
	"crypto/md5"
	"maps"
	"sort"
	"strconv"
	"sync/atomic"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
)

// EachTable visits the tables that hold rows of users.
func (s *Schema) EachTable(fn func(*Table)) {
	for _, ks := range s.Keyspaces {
		for _, t := range ks.Tables {
			if t.Data != nil {
				fn(t)
			}
		}
	}
}

// Find returns the table of a name, or nil.
func (s *Schema) Find(n TableName) *Table {
	if ks := s.Keyspaces[n.Keyspace]; ks != nil {
		return ks.Tables[n.Name]
	}
	return nil
}

// Schema is everything that DDL changes. It is immutable: a change builds a new
// one that shares what stayed the same.
type Schema struct {
	Keyspaces map[string]*Keyspace
	Version   [16]byte
	Levels    map[string]ServiceLevel // of ScyllaDB
}

// With returns a schema in which the keyspace is ks.
func (s *Schema) With(ks *Keyspace) *Schema {
	n := &Schema{Keyspaces: maps.Clone(s.Keyspaces), Levels: s.Levels}
	n.Keyspaces[ks.Name] = ks
	return n.stamp()
}

// ServiceLevel is how ScyllaDB serves who has a role: kept and shown, nothing more.
type ServiceLevel struct {
	Timeout  []byte // a duration; nil if none is set
	Workload string // batch or interactive, or nothing
	Shares   int32
}

// WithLevels returns a schema with other service levels.
func (s *Schema) WithLevels(levels map[string]ServiceLevel) *Schema {
	return (&Schema{Keyspaces: s.Keyspaces, Levels: levels}).stamp()
}

// Without returns a schema that lacks the keyspace.
func (s *Schema) Without(name string) *Schema {
	n := &Schema{Keyspaces: maps.Clone(s.Keyspaces), Levels: s.Levels}
	delete(n.Keyspaces, name)
	return n.stamp()
}

// schemas counts schemas, so that no two have the same version.
var schemas atomic.Uint64

func (s *Schema) stamp() *Schema {
	s.Version = UUID3("schema " + strconv.FormatUint(schemas.Add(1), 10))
	return s
}

// SortedKeyspaces returns the keyspaces by name.
func (s *Schema) SortedKeyspaces() []*Keyspace {
	out := make([]*Keyspace, 0, len(s.Keyspaces))
	for _, k := range s.Keyspaces {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Table finds the table a statement names.
func (s *Schema) Table(keyspace, name string) (*Table, error) {
	ks := s.Keyspaces[keyspace]
	if ks == nil {
		return nil, protocol.Invalid("keyspace %s does not exist", keyspace)
	}
	if name == "" {
		return nil, protocol.Invalid("non-empty table is required")
	}
	t := ks.Tables[name]
	if t == nil {
		return nil, protocol.Invalid("table %s does not exist", name)
	}
	return t, nil
}

// UUID3 makes a name-based UUID, for ids that must be the same on every start.
func UUID3(name string) [16]byte {
	u := md5.Sum([]byte(name))
	u[6] = u[6]&0x0f | 0x30
	u[8] = u[8]&0x3f | 0x80
	return u
}

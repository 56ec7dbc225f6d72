package catalog

import (
	"maps"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/system"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

var initialSchemas = [2]func() *schema.Schema{
	sync.OnceValue(func() *schema.Schema { return buildInitial(system.Tables()) }),
	sync.OnceValue(func() *schema.Schema { return buildInitial(system.Scylla()) }),
}

// InitialSchema is the schema of a server that nobody has used yet.
func InitialSchema(d protocol.Dialect) *schema.Schema {
	s := *initialSchemas[d]()
	s.Keyspaces = maps.Clone(s.Keyspaces)
	for _, name := range []string{"system_traces", "system_distributed", "system_auth"} {
		ks := *s.Keyspaces[name]
		ks.Tables = maps.Clone(ks.Tables)
		for n, t := range ks.Tables {
			if n == "view_build_status" {
				continue // made up when it is read
			}
			stored := *t
			stored.Data = t.NewData()
			ks.Tables[n] = &stored
		}
		s.Keyspaces[name] = &ks
	}
	return &s
}

func buildInitial(tables []system.Table) *schema.Schema {
	s := &schema.Schema{Keyspaces: map[string]*schema.Keyspace{}, Version: schema.UUID3("schema")}
	for _, st := range tables {
		ks := s.Keyspaces[st.Keyspace]
		if ks == nil {
			ks = &schema.Keyspace{Name: st.Keyspace, Durable: true, System: true, Virtual: st.Virtual(), Replication: system.Replication(st.Keyspace),
				Tables: map[string]*schema.Table{}, Types: map[string]*types.Type{}}
			s.Keyspaces[st.Keyspace] = ks
		}
		t := &schema.Table{Keyspace: st.Keyspace, Name: st.Name, System: true, Virtual: st.Virtual(), Params: schema.DefaultParams(),
			ID: schema.UUID3(st.Keyspace + "." + st.Name)}
		for _, c := range st.Columns {
			t.Add(c.Name, systemType(c.Type), schema.ColumnKind(c.Kind), c.Desc)
		}
		ks.Tables[t.Name] = t.Finish()
	}
	return s
}

func systemType(s string) *types.Type {
	if t := types.Native(s); t != nil {
		return t
	}
	ast, err := cqlparse.ParseType(s)
	if err == nil {
		if t, err := types.Resolve("system", ast, func(string, string) *types.Type { return nil }); err == nil {
			return t
		}
	}
	return types.Blob
}

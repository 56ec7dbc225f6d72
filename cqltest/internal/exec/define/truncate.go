package define

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Truncate is TRUNCATE.
type Truncate struct{ table *schema.Table }

func (s *Truncate) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: "truncate", Keyspace: s.table.Keyspace, Table: s.table.Name}
}

func (s *Truncate) Allowed(x *server.Execution) error {
	return x.Ensure("MODIFY", roles.TableResource(s.table.Keyspace, s.table.Name))
}

func (s *Truncate) Run(x *server.Execution) (*protocol.Result, error) {
	if s.table.Data != nil {
		x.Server.Write.Lock()
		defer x.Server.Write.Unlock()
		s.table.Data.Truncate()
		if roles.Shown(s.table) {
			x.Server.ReadRoles()
		}
		for _, v := range x.Server.Schema.Load().Keyspaces[s.table.Keyspace].ViewsOf(s.table) {
			v.Data.Truncate()
		}
	}
	return &protocol.Result{Kind: protocol.Void}, nil
}

// PrepareTruncate prepares TRUNCATE.
func PrepareTruncate(p *server.Preparer, s *cqlparse.Truncate) (server.Statement, error) {
	t, err := p.Table(s.Table)
	if err != nil {
		return nil, err
	}
	if t.IsView() {
		return nil, protocol.Invalid("Cannot TRUNCATE materialized view directly; must truncate base table instead")
	}
	return &Truncate{t}, nil
}

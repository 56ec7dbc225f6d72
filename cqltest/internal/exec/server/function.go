package server

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/funcs"
)

// functions returns the users' functions of a name, and remembers that the
// statement asked for them.
func (p *Preparer) functions(keyspace, name string) []*funcs.Function {
	if f := funcs.Legacy(name); f != nil && p.Dialect == protocol.Scylla {
		return []*funcs.Function{f}
	}
	ks := p.Schema.Keyspaces[keyspace]
	if ks == nil {
		return nil
	}
	var list []*funcs.Function
	for _, f := range ks.Functions {
		if f.Name == name {
			list = append(list, f.Call)
		}
	}
	if len(list) > 0 {
		p.Called = append(p.Called, schema.TableName{Keyspace: keyspace, Name: name})
	}
	return list
}

package exec

import (
	"context"

	"github.com/coodie-go/coodie/cqltest/internal/exec/access"
	"github.com/coodie-go/coodie/cqltest/internal/exec/define"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/read"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/write"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

func parse(d protocol.Dialect, cql string) (cqlparse.Statement, error) {
	dialect := cqlparse.Cassandra
	if d == protocol.Scylla {
		dialect = cqlparse.Scylla
	}
	ast, err := cqlparse.ParseAs(dialect, cql)
	if err != nil {
		return nil, protocol.SyntaxError("%s", err.Error())
	}
	if d == protocol.Scylla {
		dropScyllaOptions(ast)
	}
	return ast, nil
}

func prepare(p *server.Preparer, ast cqlparse.Statement) (server.Statement, error) {
	switch s := ast.(type) {
	case *cqlparse.Select:
		return read.Prepare(p, s)
	case *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete:
		m, err := write.Prepare(p, s)
		if err != nil {
			return nil, err
		}
		return m, m.Validate()
	case *cqlparse.Batch:
		return write.PrepareBatch(p, s)
	case *cqlparse.Use:
		return &useStatement{s.Keyspace.Name}, nil
	case *cqlparse.Truncate:
		return define.PrepareTruncate(p, s)
	}
	if s, err := define.Prepare(p, ast); s != nil || err != nil {
		return s, err
	}
	if s, err := access.Prepare(p, ast); s != nil || err != nil {
		return s, err
	}
	return nil, protocol.Invalid("%s is not supported by cqltest", ast.Kind())
}

func (e *Engine) execution(ctx context.Context, c *protocol.Client, p *Prepared, params protocol.Params) (*server.Execution, error) {
	values, err := bind(p, &params)
	if err != nil {
		return nil, err
	}
	if _, describe := p.stmt.(*define.Describe); params.PagingState != nil && !describe {
		if _, err := read.DecodePageState(params.PagingState); err != nil {
			return nil, err
		}
	}
	x := e.server.NewExecution(ctx, c, &params)
	x.Schema = p.schema
	x.Env.Values = values
	return x, nil
}

// bind puts the values in the order of the markers.
func bind(p *Prepared, params *protocol.Params) ([][]byte, error) {
	values := params.Values
	if params.Names != nil {
		values = nil
		for _, b := range p.Binds {
			for i, name := range params.Names {
				if name == b.Name && i < len(params.Values) {
					values = append(values, params.Values[i])
					break
				}
			}
		}
	}
	if len(values) != len(p.Binds) {
		if !p.remembered {
			return nil, protocol.Invalid("Invalid amount of bind variables")
		}
		return nil, protocol.Invalid("there were %d markers(?) in CQL but %d bound variables", len(p.Binds), len(values))
	}
	return protocol.RawValues(values), nil
}

type useStatement struct{ keyspace string }

func (s *useStatement) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: "use", Keyspace: s.keyspace}
}

func (s *useStatement) Run(x *server.Execution) (*protocol.Result, error) {
	if x.Server.Schema.Load().Keyspaces[s.keyspace] == nil {
		return nil, protocol.Invalid("Keyspace '%s' does not exist", s.keyspace)
	}
	x.Client.Keyspace = s.keyspace
	return &protocol.Result{Kind: protocol.SetKeyspace, Keyspace: s.keyspace}, nil
}

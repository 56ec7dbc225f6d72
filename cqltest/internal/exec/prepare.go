package exec

import (
	"context"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// statement is a statement that has been prepared. It is immutable.
type statement interface {
	info() StatementInfo
	run(x *execution) (*Result, error)
}

// tabular is a statement whose columns are known before it runs.
type tabular interface{ columns() []ColumnSpec }

// preparer turns one syntax tree into a statement.
type preparer struct {
	server  *server
	schema  *schema
	client  *Client
	dialect Dialect

	markers   []types.Column  // by marker position
	tables    []*table        // the tables the statement concerns
	called    []tableName     // the users' functions it calls
	keyMarker map[*column]int // which marker a component of the partition key equals
}

func parse(d Dialect, cql string) (cqlparse.Statement, error) {
	dialect := cqlparse.Cassandra
	if d == Scylla {
		dialect = cqlparse.Scylla
	}
	ast, err := cqlparse.ParseAs(dialect, cql)
	if err != nil {
		return nil, syntaxError("%s", err.Error())
	}
	if d == Scylla {
		dropScyllaOptions(ast)
	}
	return ast, nil
}

func (p *preparer) prepare(ast cqlparse.Statement) (statement, error) {
	switch s := ast.(type) {
	case *cqlparse.Select:
		return p.selectStatement(s)
	case *cqlparse.Insert, *cqlparse.Update, *cqlparse.Delete:
		m, err := p.modification(s)
		if err != nil {
			return nil, err
		}
		return m, m.validate()
	case *cqlparse.Batch:
		return p.batch(s)
	case *cqlparse.Use:
		return &useStatement{s.Keyspace.Name}, nil
	case *cqlparse.Truncate:
		return p.truncate(s)
	}
	if s, err := p.definition(ast); s != nil || err != nil {
		return s, err
	}
	if s, err := p.roleStatement(ast); s != nil || err != nil {
		return s, err
	}
	return nil, invalid("%s is not supported by cqltest", ast.Kind())
}

// keyspaceOf returns the keyspace a name means.
func (p *preparer) keyspaceOf(name cqlparse.QualifiedName) (string, error) {
	if !name.Keyspace.IsZero() {
		return name.Keyspace.Name, nil
	}
	if p.client.Keyspace == "" {
		return "", invalid("No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename")
	}
	return p.client.Keyspace, nil
}

func (p *preparer) table(name cqlparse.QualifiedName) (*table, error) {
	ks, err := p.keyspaceOf(name)
	if err != nil {
		return nil, err
	}
	t, err := p.schema.table(ks, name.Name.Name)
	if err != nil {
		return nil, err
	}
	p.tables = append(p.tables, t)
	return t, nil
}

// scope returns what the terms of a statement on t may refer to. Markers are
// gathered in p when done is called.
func (p *preparer) scope(t *table) *terms.Scope {
	return &terms.Scope{
		Keyspace: t.keyspace, Table: t.name, UDT: p.schema.udt, Functions: p.functions,
		Columns: t.scope, PartitionKey: t.pk, Markers: p.markers,
		IsKey: func(i int) bool { return t.columns[i].primaryKey() },
	}
}

// done takes over the markers that scope has gathered.
func (p *preparer) done(s *terms.Scope) { p.markers = s.Markers }

// bindSpecs describes the bind markers.
func (p *preparer) bindSpecs(markers []*cqlparse.Marker) []ColumnSpec {
	specs := make([]ColumnSpec, len(markers))
	for i, m := range markers {
		if m.Index >= len(p.markers) || m.Index >= len(specs) {
			continue
		}
		c := p.markers[m.Index]
		specs[i] = ColumnSpec{c.Keyspace, c.Table, c.Name, c.Type}
		if !m.Name.IsZero() {
			specs[i].Name = m.Name.Name
		}
	}
	return specs
}

// boundKey remembers that v is compared with a component of the partition key.
func (p *preparer) boundKey(c *column, v cqlparse.Term) {
	m, marker := v.(*cqlparse.Marker)
	if !marker || c.kind != partitionKey {
		return
	}
	if p.keyMarker == nil {
		p.keyMarker = map[*column]int{}
	}
	p.keyMarker[c] = m.Index
}

// pkIndexes returns which markers are the components of the partition key; nil
// if markers concern several tables.
func (p *preparer) pkIndexes() []uint16 {
	if len(p.tables) == 0 {
		return nil
	}
	t := p.tables[0]
	for _, m := range p.markers {
		if m.Keyspace != t.keyspace || m.Table != t.name {
			return nil
		}
	}
	idx := make([]uint16, len(t.partition))
	for i, c := range t.partition {
		m, ok := p.keyMarker[c]
		if !ok {
			return nil
		}
		idx[i] = uint16(m)
	}
	return idx
}

// execution is one run of one statement.
type execution struct {
	ctx      context.Context
	server   *server
	client   *Client
	schema   *schema
	params   *Params
	env      terms.Env
	now      time.Time
	nowSec   int64 // for TTLs
	warnings []string
	lists    *listElements
}

// listElements counts the list elements written so far, for ScyllaDB's order.
type listElements struct{ appended, prepended int }

func (e *Engine) execution(ctx context.Context, c *Client, p *Prepared, params Params) (*execution, error) {
	values, err := bind(p, &params)
	if err != nil {
		return nil, err
	}
	if _, describe := p.stmt.(*describeStatement); params.PagingState != nil && !describe {
		if _, err := decodePageState(params.PagingState); err != nil {
			return nil, err
		}
	}
	x := e.server.newExecution(ctx, c, &params)
	x.schema = p.schema
	x.env.Values = values
	return x, nil
}

func (s *server) newExecution(ctx context.Context, c *Client, params *Params) *execution {
	x := &execution{ctx: ctx, server: s, client: c, schema: s.schema.Load(), params: params, now: s.clock.now(), lists: new(listElements)}
	x.nowSec = x.now.Unix()
	if params.NowInSeconds != nil {
		x.nowSec = *params.NowInSeconds
	}
	x.env.Now = x.now
	return x
}

// bind puts the values in the order of the markers.
func bind(p *Prepared, params *Params) ([][]byte, error) {
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
			return nil, invalid("Invalid amount of bind variables")
		}
		return nil, invalid("there were %d markers(?) in CQL but %d bound variables", len(p.Binds), len(values))
	}
	return rawValues(values), nil
}

// rawValues turns values of the protocol into values of terms. They are copied:
// what the store keeps must not hold on to a whole request.
func rawValues(values []Value) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		switch {
		case v.State == Unset:
			out[i] = types.Unset
		case v.State == Null:
		default:
			out[i] = append([]byte{}, v.Bytes...)
		}
	}
	return out
}

func (x *execution) eval(t terms.Term) ([]byte, error) { return t.Eval(&x.env) }

// err says that nobody waits for the rows any more.
func (x *execution) err() error {
	select {
	case <-x.client.Gone:
		return context.Canceled
	default:
	}
	if x.ctx == nil {
		return nil
	}
	return x.ctx.Err()
}

// timestamp is what the writes of this execution carry unless they say USING TIMESTAMP.
func (x *execution) timestamp() int64 {
	if x.params.DefaultTimestamp != nil {
		return *x.params.DefaultTimestamp
	}
	return x.server.clock.timestamp()
}

func (x *execution) warn(msg string) { x.warnings = append(x.warnings, msg) }

type useStatement struct{ keyspace string }

func (s *useStatement) info() StatementInfo {
	return StatementInfo{Kind: "use", Keyspace: s.keyspace}
}

func (s *useStatement) run(x *execution) (*Result, error) {
	if x.server.schema.Load().keyspaces[s.keyspace] == nil {
		return nil, invalid("Keyspace '%s' does not exist", s.keyspace)
	}
	x.client.Keyspace = s.keyspace
	return &Result{Kind: SetKeyspace, Keyspace: s.keyspace}, nil
}

func quoteIdent(name string) string { return cqlparse.QuoteIdentifier(name) }

// columnSpecs turns columns into what clients are told of them.
func columnSpecs(cols []types.Column) []ColumnSpec {
	out := make([]ColumnSpec, len(cols))
	for i, c := range cols {
		out[i] = ColumnSpec{c.Keyspace, c.Table, c.Name, c.Type}
	}
	return out
}

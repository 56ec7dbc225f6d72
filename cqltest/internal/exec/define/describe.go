package define

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Describe is DESCRIBE, which shells ask the server for.
type Describe struct{ ast *cqlparse.Describe }

func (d *Describe) Info() protocol.StatementInfo { return protocol.StatementInfo{Kind: "describe"} }

func (d *Describe) Run(x *server.Execution) (*protocol.Result, error) {
	s := x.Server.Schema.Load()
	if d.ast.What == cqlparse.DescribeCluster {
		return describeCluster(x), nil
	}
	list, listing, err := d.elements(x, s)
	if err != nil {
		return nil, err
	}
	names := []string{"keyspace_name", "type", "name", "create_statement"}
	if listing {
		names = names[:3]
	}
	res := &protocol.Result{Kind: protocol.Rows}
	for _, n := range names {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: "system", Table: "describe", Name: n, Type: types.Text})
	}
	offset := 0
	if st := x.Params.PagingState; len(st) == 8 {
		offset = int(min(binary.BigEndian.Uint64(st), uint64(len(list))))
	}
	list = list[offset:]
	if n := x.Params.PageSize; n > 0 && len(list) >= n {
		list = list[:n]
		res.PagingState = types.EncodeBigint(int64(offset + n))
	}
	for _, e := range list {
		name := e.name
		if !e.signed {
			name = schema.QuoteIdent(name)
		}
		line := [][]byte{[]byte(schema.QuoteIdent(e.keyspace)), []byte(e.kind), []byte(name), []byte(e.cql)}
		res.Rows = append(res.Rows, line[:len(names)])
	}
	return res, nil
}

func describeCluster(x *server.Execution) *protocol.Result {
	o := &x.Server.Opts
	res := &protocol.Result{Kind: protocol.Rows, Rows: [][][]byte{{[]byte(o.ClusterName), []byte("Murmur3Partitioner"), []byte("SimpleSnitch")}}}
	for _, n := range []string{"cluster", "partitioner", "snitch"} {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: "system", Table: "describe", Name: n, Type: types.Text})
	}
	if ks := x.Schema.Keyspaces[x.Client.Keyspace]; ks != nil && !ks.System {
		t := types.Map(types.Text, types.List(types.Text, false), false)
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: "system", Table: "describe", Name: "range_ownership", Type: t})
		owners := types.PackList(1, [][]byte{[]byte(x.Node().Address + ":7000")})
		res.Rows[0] = append(res.Rows[0], t.PackMap([][]byte{[]byte("0"), owners}))
	}
	return res
}

// elements returns what is described; listing if only by name.
func (d *Describe) elements(x *server.Execution, s *schema.Schema) (list []element, listing bool, err error) {
	a := d.ast
	switch a.What {
	case cqlparse.DescribeKeyspaces:
		for _, ks := range s.SortedKeyspaces() {
			list = append(list, element{keyspace: ks.Name, kind: "keyspace", name: ks.Name})
		}
		return list, true, nil
	case cqlparse.DescribeTables, cqlparse.DescribeTypes, cqlparse.DescribeFunctions, cqlparse.DescribeAggregates:
		list, err = d.listing(x, s)
		return list, true, err
	case cqlparse.DescribeSchema:
		for _, ks := range s.SortedKeyspaces() {
			if a.Full || !ks.System {
				list = append(list, elementsOfKeyspace(ks, a)...)
			}
		}
		return list, false, nil
	}
	list, err = d.one(x, s)
	return list, false, err
}

func (d *Describe) listing(x *server.Execution, s *schema.Schema) ([]element, error) {
	spaces := s.SortedKeyspaces()
	if name := x.Client.Keyspace; name != "" {
		ks := s.Keyspaces[name]
		if ks == nil {
			return nil, protocol.Invalid("'%s' not found in keyspaces", name)
		}
		spaces = []*schema.Keyspace{ks}
	}
	var list []element
	for _, ks := range spaces {
		if d.ast.What == cqlparse.DescribeTables {
			for _, t := range ks.BaseTables() {
				list = append(list, element{keyspace: ks.Name, kind: "table", name: t.Name})
			}
		}
		if d.ast.What == cqlparse.DescribeFunctions || d.ast.What == cqlparse.DescribeAggregates {
			list = append(list, elementsOfFunctions(ks, d.ast.What == cqlparse.DescribeAggregates, "")...)
		}
		if d.ast.What == cqlparse.DescribeTypes {
			for _, n := range slices.Sorted(maps.Keys(ks.Types)) {
				list = append(list, element{keyspace: ks.Name, kind: "type", name: n})
			}
		}
	}
	return list, nil
}

// one describes what a statement names.
func (d *Describe) one(x *server.Execution, s *schema.Schema) ([]element, error) {
	a := d.ast
	name := a.Name.Name.Name
	space := a.Name.Keyspace.Name
	if a.What == cqlparse.DescribeKeyspace {
		if a.Name.IsZero() {
			name = x.Client.Keyspace
		}
		space = name
	}
	if a.What == cqlparse.DescribeGeneric && a.Name.Keyspace.IsZero() {
		if ks := s.Keyspaces[name]; ks != nil {
			return elementsOfKeyspace(ks, a), nil
		}
		if space = x.Client.Keyspace; space == "" {
			space = name
		}
	}
	if space == "" {
		space = x.Client.Keyspace
	}
	if space == "" {
		return nil, protocol.Invalid("No keyspace specified and no current keyspace")
	}
	ks := s.Keyspaces[space]
	if ks == nil {
		return nil, protocol.Invalid("'%s' not found in keyspaces", space)
	}
	switch a.What {
	case cqlparse.DescribeKeyspace:
		return elementsOfKeyspace(ks, a), nil
	case cqlparse.DescribeTable:
		if t := ks.Tables[name]; t != nil && !t.IsView() {
			return elementsOfTableAndViews(ks, t, a.Internals), nil
		}
		return nil, protocol.Invalid("Table '%s' not found in keyspace '%s'", name, ks.Name)
	case cqlparse.DescribeType:
		if t := ks.Types[name]; t != nil {
			return []element{{keyspace: ks.Name, kind: "type", name: name, cql: schema.TypeCQL(t)}}, nil
		}
		return nil, protocol.Invalid("User defined type '%s' not found in '%s'", name, ks.Name)
	case cqlparse.DescribeIndex:
		if t := ks.HasIndex(name); t != nil {
			return elementOfIndex(t, name), nil
		}
		return nil, protocol.Invalid("Table for existing index '%s' not found in '%s'", name, ks.Name)
	case cqlparse.DescribeView:
		if t := ks.Tables[name]; t != nil && t.IsView() {
			return elementsOfTable(t, a.Internals), nil
		}
		return nil, protocol.Invalid("Materialized view '%s' not found in '%s'", name, ks.Name)
	case cqlparse.DescribeFunction:
		if list := elementsOfFunctions(ks, false, name); list != nil {
			return list, nil
		}
		return nil, protocol.Invalid("User defined function '%s' not found in '%s'", name, ks.Name)
	case cqlparse.DescribeAggregate:
		if list := elementsOfFunctions(ks, true, name); list != nil {
			return list, nil
		}
		return nil, protocol.Invalid("User defined aggregate '%s' not found in '%s'", name, ks.Name)
	}
	if t := ks.Tables[name]; t != nil {
		return elementsOfTableAndViews(ks, t, a.Internals), nil
	}
	if t := ks.HasIndex(name); t != nil {
		return elementOfIndex(t, name), nil
	}
	return nil, protocol.Invalid("'%s' not found in keyspace '%s'", name, ks.Name)
}

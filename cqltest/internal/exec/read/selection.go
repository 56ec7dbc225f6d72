// Package read is SELECT.
package read

import (
	"math"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/exec/where"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Selection is a prepared SELECT.
type Selection struct {
	table  *schema.Table
	where  *where.Restrictions
	sel    *terms.Selection      // nil for *
	cols   []protocol.ColumnSpec // of the result
	json   bool
	labels []string // of the JSON object

	distinct  bool
	reversed  bool
	sortBy    []sortColumn       // after the query, if IN on the partition key meets ORDER BY
	near      *where.Restriction // ORDER BY … ANN OF, if not nil
	limit     terms.Term
	perPart   terms.Term
	timeout   terms.Term
	aggregate bool // without GROUP BY: all rows are one group
	grouped   bool
	groupSize int              // clustering columns that make a group
	groupExpr *terms.Selection // a function of the last of them
}

type sortColumn struct {
	col  *schema.Column
	desc bool
}

func (s *Selection) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: "select", Keyspace: s.table.Keyspace, Table: s.table.Name}
}

func (s *Selection) Columns() []protocol.ColumnSpec { return s.cols }

// Prepare prepares a SELECT.
func Prepare(p *server.Preparer, ast *cqlparse.Select) (server.Statement, error) {
	t, err := p.Table(ast.From)
	if err != nil {
		return nil, err
	}
	sc := p.Scope(t)
	defer p.Done(sc)
	s := &Selection{table: t, distinct: ast.Distinct, json: ast.JSON}
	if s.near, err = where.Nearest(p, sc, t, ast.OrderBy); err != nil {
		return nil, err
	}
	sorted, err := orderings(p, t, ast.OrderBy)
	if err != nil {
		return nil, err
	}
	named, err := selectedColumns(t, ast.Selectors)
	if err != nil {
		return nil, err
	}
	if s.where, err = where.Relations(p, sc, t, "SELECT", ast.Where, ast.AllowFiltering); err != nil {
		return nil, err
	}
	if s.near != nil {
		if err := s.where.Add(s.near); err != nil {
			return nil, err
		}
		sorted = nil
	}
	if err := s.where.Validate(onlyStatics(t, ast.Selectors, named)); err != nil {
		return nil, err
	}
	selectors := ast.Selectors
	if len(selectors) == 0 && len(ast.GroupBy) > 0 {
		for _, c := range t.Columns {
			selectors = append(selectors, &cqlparse.Selector{Expr: &cqlparse.ColumnRef{Name: cqlparse.Identifier{Name: c.Name, Quoted: true}}})
		}
	}
	if err := s.prepareSelectors(sc, selectors); err != nil {
		return nil, err
	}
	if ast.Distinct {
		if ast.PerPartitionLimit != nil {
			return nil, protocol.Invalid("PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries")
		}
		if s.where.Partition.HasIn {
			for _, o := range sorted {
				named = append(named, o.col)
			}
		}
		if err := s.validateDistinct(named, len(ast.Selectors) == 0); err != nil {
			return nil, err
		}
	}
	if err := groupBy(p, sc, s, ast); err != nil {
		return nil, err
	}
	if s.aggregate && ast.PerPartitionLimit != nil {
		return nil, protocol.Invalid("PER PARTITION LIMIT is not allowed with aggregate queries.")
	}
	if err := s.order(sorted); err != nil {
		return nil, err
	}
	if !ast.AllowFiltering && (s.where.KeyRange || s.where.UsesIndex) && s.where.NeedFiltering() && !t.VirtualSchema() {
		return nil, protocol.Invalid(where.NeedsFiltering)
	}
	for _, l := range []struct {
		term cqlparse.Term
		name string
		into *terms.Term
	}{{ast.Limit, "[limit]", &s.limit}, {ast.PerPartitionLimit, "[per_partition_limit]", &s.perPart}} {
		if l.term == nil {
			continue
		}
		recv := types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: l.name, Type: types.Int}
		if *l.into, err = terms.Prepare(sc, l.term, recv); err != nil {
			return nil, err
		}
	}
	s.timeout, err = p.Timeout(sc, t, ast.Using)
	return s, err
}

// selectedColumns returns the columns that the selectors name.
func selectedColumns(t *schema.Table, sel []*cqlparse.Selector) ([]*schema.Column, error) {
	var named []*schema.Column
	var err error
	var walk func(n cqlparse.Term)
	walk = func(n cqlparse.Term) {
		if err != nil {
			return
		}
		switch n := n.(type) {
		case *cqlparse.ColumnRef:
			var c *schema.Column
			if c, err = t.Column(n.Name.Name); err == nil {
				named = append(named, c)
			}
		case *cqlparse.FieldRef:
			walk(n.X)
		case *cqlparse.ElementRef:
			walk(n.X)
			walk(n.Key)
		case *cqlparse.SliceRef:
			walk(n.X)
		case *cqlparse.FunctionCall:
			for _, a := range n.Args {
				walk(a)
			}
		case *cqlparse.Cast:
			walk(n.Arg)
		case *cqlparse.TypeHint:
			walk(n.Arg)
		case *cqlparse.Binary:
			walk(n.X)
			walk(n.Y)
		case *cqlparse.Negation:
			walk(n.X)
		case *cqlparse.TupleLiteral:
			for _, e := range n.Elems {
				walk(e)
			}
		case *cqlparse.ListLiteral:
			for _, e := range n.Elems {
				walk(e)
			}
		case *cqlparse.SetLiteral:
			for _, e := range n.Elems {
				walk(e)
			}
		}
	}
	for _, s := range sel {
		walk(s.Expr)
	}
	return named, err
}

// onlyStatics says whether nothing but static columns (and the partition key) is selected.
func onlyStatics(t *schema.Table, sel []*cqlparse.Selector, named []*schema.Column) bool {
	if len(t.Statics) == 0 || len(sel) == 0 {
		return false
	}
	static := false
	for _, c := range named {
		switch c.Kind {
		case schema.StaticColumn:
			static = true
		case schema.PartitionKey:
		default:
			return false
		}
	}
	return static
}

func (s *Selection) prepareSelectors(sc *terms.Scope, sel []*cqlparse.Selector) error {
	t := s.table
	if len(sel) == 0 {
		s.cols = protocol.ColumnSpecs(t.Scope)
	} else {
		var err error
		if s.sel, err = terms.PrepareSelection(sc, sel); err != nil {
			return err
		}
		s.cols = protocol.ColumnSpecs(s.sel.Columns)
	}
	if s.json {
		for _, c := range s.cols {
			s.labels = append(s.labels, c.Name)
		}
		s.cols = []protocol.ColumnSpec{{Keyspace: t.Keyspace, Table: t.Name, Name: "[json]", Type: types.Text}}
	}
	return nil
}

func (s *Selection) validateDistinct(named []*schema.Column, star bool) error {
	w := s.where
	for _, c := range w.Others.Cols {
		if c.Kind != schema.StaticColumn {
			return protocol.Invalid("SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.")
		}
	}
	if !w.Clustering.Empty() {
		return protocol.Invalid("SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.")
	}
	if star {
		named = s.table.Columns
	}
	for _, c := range named {
		if c.Kind != schema.PartitionKey && c.Kind != schema.StaticColumn {
			return protocol.Invalid("SELECT DISTINCT queries must only request partition key columns and/or static columns (not %s)", c.Name)
		}
	}
	if !w.KeyRange {
		return nil
	}
	for _, c := range s.table.Partition {
		if !slices.Contains(named, c) {
			return protocol.Invalid("SELECT DISTINCT queries must request all the partition key columns (missing %s)", c.Name)
		}
	}
	return nil
}

// evalLimit evaluates LIMIT or PER PARTITION LIMIT.
func evalLimit(x *server.Execution, t terms.Term) (int, error) {
	if t == nil {
		return math.MaxInt32, nil
	}
	b, err := x.Eval(t)
	switch {
	case err != nil:
		return 0, err
	case b == nil:
		return 0, protocol.Invalid("Invalid null value of limit")
	case types.IsUnset(b):
		return math.MaxInt32, nil
	case len(b) != 4:
		return 0, protocol.NullPointer(`Cannot invoke "java.lang.Integer.intValue()" because the return value of "org.apache.cassandra.db.marshal.Int32Type.compose(java.nio.ByteBuffer)" is null`)
	}
	n := int(int32(types.DecodeInteger(b)))
	if n <= 0 {
		return 0, protocol.Invalid("LIMIT must be strictly positive")
	}
	return n, nil
}

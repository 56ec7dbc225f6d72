package exec

import (
	"math"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// selection is a prepared SELECT.
type selection struct {
	table  *table
	where  *restrictions
	sel    *terms.Selection // nil for *
	cols   []ColumnSpec     // of the result
	json   bool
	labels []string // of the JSON object

	distinct  bool
	reversed  bool
	sortBy    []sortColumn // after the query, if IN on the partition key meets ORDER BY
	near      *restriction // ORDER BY … ANN OF, if not nil
	limit     terms.Term
	perPart   terms.Term
	timeout   terms.Term
	aggregate bool // without GROUP BY: all rows are one group
	grouped   bool
	groupSize int              // clustering columns that make a group
	groupExpr *terms.Selection // a function of the last of them
}

type sortColumn struct {
	col  *column
	desc bool
}

func (s *selection) info() StatementInfo {
	return StatementInfo{Kind: "select", Keyspace: s.table.keyspace, Table: s.table.name}
}

func (s *selection) columns() []ColumnSpec { return s.cols }

func (p *preparer) selectStatement(ast *cqlparse.Select) (statement, error) {
	t, err := p.table(ast.From)
	if err != nil {
		return nil, err
	}
	sc := p.scope(t)
	defer p.done(sc)
	s := &selection{table: t, distinct: ast.Distinct, json: ast.JSON}
	if s.near, err = p.nearest(sc, t, ast.OrderBy); err != nil {
		return nil, err
	}
	sorted, err := p.orderings(t, ast.OrderBy)
	if err != nil {
		return nil, err
	}
	named, err := selectedColumns(t, ast.Selectors)
	if err != nil {
		return nil, err
	}
	if s.where, err = p.relations(sc, t, "SELECT", ast.Where, ast.AllowFiltering); err != nil {
		return nil, err
	}
	if s.near != nil {
		if err := s.where.add(s.near); err != nil {
			return nil, err
		}
		sorted = nil
	}
	if err := s.where.validate(onlyStatics(t, ast.Selectors, named)); err != nil {
		return nil, err
	}
	selectors := ast.Selectors
	if len(selectors) == 0 && len(ast.GroupBy) > 0 {
		for _, c := range t.columns {
			selectors = append(selectors, &cqlparse.Selector{Expr: &cqlparse.ColumnRef{Name: cqlparse.Identifier{Name: c.name, Quoted: true}}})
		}
	}
	if err := s.prepareSelectors(sc, selectors); err != nil {
		return nil, err
	}
	if ast.Distinct {
		if ast.PerPartitionLimit != nil {
			return nil, invalid("PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries")
		}
		if s.where.partition.hasIn {
			for _, o := range sorted {
				named = append(named, o.col)
			}
		}
		if err := s.validateDistinct(named, len(ast.Selectors) == 0); err != nil {
			return nil, err
		}
	}
	if err := p.groupBy(sc, s, ast); err != nil {
		return nil, err
	}
	if s.aggregate && ast.PerPartitionLimit != nil {
		return nil, invalid("PER PARTITION LIMIT is not allowed with aggregate queries.")
	}
	if err := s.order(sorted); err != nil {
		return nil, err
	}
	if !ast.AllowFiltering && (s.where.keyRange || s.where.usesIndex) && s.where.needFiltering() && !t.virtualSchema() {
		return nil, invalid(needsFiltering)
	}
	for _, l := range []struct {
		term cqlparse.Term
		name string
		into *terms.Term
	}{{ast.Limit, "[limit]", &s.limit}, {ast.PerPartitionLimit, "[per_partition_limit]", &s.perPart}} {
		if l.term == nil {
			continue
		}
		recv := types.Column{Keyspace: t.keyspace, Table: t.name, Name: l.name, Type: types.Int}
		if *l.into, err = terms.Prepare(sc, l.term, recv); err != nil {
			return nil, err
		}
	}
	s.timeout, err = p.timeout(sc, t, ast.Using)
	return s, err
}

// selectedColumns returns the columns that the selectors name.
func selectedColumns(t *table, sel []*cqlparse.Selector) ([]*column, error) {
	var named []*column
	var err error
	var walk func(n cqlparse.Term)
	walk = func(n cqlparse.Term) {
		if err != nil {
			return
		}
		switch n := n.(type) {
		case *cqlparse.ColumnRef:
			var c *column
			if c, err = t.column(n.Name.Name); err == nil {
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
func onlyStatics(t *table, sel []*cqlparse.Selector, named []*column) bool {
	if len(t.statics) == 0 || len(sel) == 0 {
		return false
	}
	static := false
	for _, c := range named {
		switch c.kind {
		case staticColumn:
			static = true
		case partitionKey:
		default:
			return false
		}
	}
	return static
}

func (s *selection) prepareSelectors(sc *terms.Scope, sel []*cqlparse.Selector) error {
	t := s.table
	if len(sel) == 0 {
		s.cols = columnSpecs(t.scope)
	} else {
		var err error
		if s.sel, err = terms.PrepareSelection(sc, sel); err != nil {
			return err
		}
		s.cols = columnSpecs(s.sel.Columns)
	}
	if s.json {
		for _, c := range s.cols {
			s.labels = append(s.labels, c.Name)
		}
		s.cols = []ColumnSpec{{t.keyspace, t.name, "[json]", types.Text}}
	}
	return nil
}

func (s *selection) validateDistinct(named []*column, star bool) error {
	w := s.where
	for _, c := range w.others.cols {
		if c.kind != staticColumn {
			return invalid("SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.")
		}
	}
	if !w.clustering.empty() {
		return invalid("SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.")
	}
	if star {
		named = s.table.columns
	}
	for _, c := range named {
		if c.kind != partitionKey && c.kind != staticColumn {
			return invalid("SELECT DISTINCT queries must only request partition key columns and/or static columns (not %s)", c.name)
		}
	}
	if !w.keyRange {
		return nil
	}
	for _, c := range s.table.partition {
		if !slices.Contains(named, c) {
			return invalid("SELECT DISTINCT queries must request all the partition key columns (missing %s)", c.name)
		}
	}
	return nil
}

func (p *preparer) groupBy(sc *terms.Scope, s *selection, ast *cqlparse.Select) error {
	if len(ast.GroupBy) == 0 {
		s.aggregate = s.sel != nil && s.sel.IsAggregate()
		return nil
	}
	t := s.table
	s.grouped = true
	keys := slices.Concat(t.partition, t.clustering)
	at := 0
	for _, g := range ast.GroupBy {
		named, err := selectedColumns(t, []*cqlparse.Selector{{Expr: g}})
		if err != nil {
			return err
		}
		var col *column
		if ref, plain := g.(*cqlparse.ColumnRef); plain {
			col = t.byName[ref.Name.Name]
			if !col.primaryKey() {
				return invalid("Group by is currently only supported on the columns of the PRIMARY KEY, got %s", col.name)
			}
			if s.groupExpr != nil {
				return invalid("Functions are only supported on the last element of the GROUP BY clause")
			}
		} else {
			expr, err := terms.PrepareSelection(sc, []*cqlparse.Selector{{Expr: g}})
			if err != nil {
				return err
			}
			if expr.IsAggregate() {
				call, _ := g.(*cqlparse.FunctionCall)
				name := cqlparse.Print(g)
				if call != nil {
					name = "system." + call.Name.Name.Name
				}
				return invalid("Aggregate functions are not supported within the GROUP BY clause, got: %s", name)
			}
			if len(named) == 0 {
				return invalid("GROUP BY functions must have one clustering column name as parameter")
			}
			if len(named) > 1 {
				names := ""
				for i, c := range named {
					if i > 0 {
						names += ","
					}
					names += c.cql()
				}
				return invalid("GROUP BY functions accept only one clustering column as parameter, got: %s", names)
			}
			col = named[0]
			if col.kind != clusteringKey {
				return invalid("Group by functions are only supported on clustering columns, got %s", col.name)
			}
			s.groupExpr = expr
		}
		for {
			if at == len(keys) {
				return invalid("Group by currently only support groups of columns following their declared order in the PRIMARY KEY")
			}
			k := keys[at]
			at++
			if k.kind == clusteringKey {
				s.groupSize++
			}
			if k == col {
				break
			}
			if !s.where.eqOn(k) {
				return invalid("Group by currently only support groups of columns following their declared order in the PRIMARY KEY")
			}
		}
	}
	if at < len(t.partition) {
		return invalid("Group by is not supported on only a part of the partition key")
	}
	if s.groupSize > 0 && s.distinct {
		return invalid("Grouping on clustering columns is not allowed for SELECT DISTINCT queries")
	}
	return nil
}

func (p *preparer) orderings(t *table, list []*cqlparse.Ordering) ([]sortColumn, error) {
	var out []sortColumn
	for _, o := range list {
		c, err := t.column(o.Column.Name)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(x sortColumn) bool { return x.col == c }); i >= 0 {
			out[i].desc = o.Desc
			continue
		}
		out = append(out, sortColumn{c, o.Desc})
	}
	return out, nil
}

// order checks ORDER BY and works out the direction of reading.
func (s *selection) order(list []sortColumn) error {
	if len(list) == 0 {
		return nil
	}
	if s.where.usesIndex {
		return invalid("ORDER BY with 2ndary indexes is not supported, except for ANN queries.")
	}
	if s.where.keyRange {
		return invalid("ORDER BY is only supported when the partition key is restricted by an EQ or an IN.")
	}
	position := 0
	var reversed *bool
	for _, o := range list {
		if o.col.kind != clusteringKey {
			return invalid("Order by is currently only supported on the clustered columns of the PRIMARY KEY, got %s", o.col.name)
		}
		for position != o.col.position {
			if position >= len(s.table.clustering) || position > o.col.position || !s.where.eqOn(s.table.clustering[position]) {
				return invalid("Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY")
			}
			position++
		}
		position++
		r := o.desc != o.col.desc
		if reversed != nil && *reversed != r {
			return invalid("Unsupported order by relation")
		}
		reversed = &r
		if s.where.partition.hasIn {
			s.sortBy = append(s.sortBy, o)
		}
	}
	s.reversed = *reversed
	return nil
}

// evalLimit evaluates LIMIT or PER PARTITION LIMIT.
func (x *execution) evalLimit(t terms.Term) (int, error) {
	if t == nil {
		return math.MaxInt32, nil
	}
	b, err := x.eval(t)
	switch {
	case err != nil:
		return 0, err
	case b == nil:
		return 0, invalid("Invalid null value of limit")
	case types.IsUnset(b):
		return math.MaxInt32, nil
	case len(b) != 4:
		return 0, nullPointer(`Cannot invoke "java.lang.Integer.intValue()" because the return value of "org.apache.cassandra.db.marshal.Int32Type.compose(java.nio.ByteBuffer)" is null`)
	}
	n := int(int32(types.DecodeInteger(b)))
	if n <= 0 {
		return 0, invalid("LIMIT must be strictly positive")
	}
	return n, nil
}

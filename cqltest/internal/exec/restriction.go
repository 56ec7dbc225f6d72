package exec

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

type restrictionKind uint8

const (
	eqRestriction restrictionKind = iota
	inRestriction
	sliceRestriction
	containsRestriction
	likeRestriction
	notNullRestriction
	nearestRestriction // ORDER BY column ANN OF
)

// tuple is the right side of a relation: one term for each column, or one
// marker for them all.
type tuple struct {
	parts []terms.Term
	whole terms.Term
	n     int
	multi bool   // of a relation on several columns
	null  string // what the server stumbles over if whole is null
}

func (t *tuple) eval(x *execution) ([][]byte, error) {
	if t.whole != nil {
		b, err := x.eval(t.whole)
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, nullPointer(t.null)
		}
		if types.IsUnset(b) {
			return nil, invalid("Invalid unset value for tuple")
		}
		return types.UnpackTuple(b, t.n)
	}
	out := make([][]byte, len(t.parts))
	for i, p := range t.parts {
		b, err := x.eval(p)
		if err != nil {
			return nil, err
		}
		if t.multi && types.IsUnset(b) {
			return nil, invalid("Invalid unset value for tuple field number %d", i)
		}
		out[i] = b
	}
	return out, nil
}

// limit is one end of a slice restriction.
type limit struct {
	value     tuple
	inclusive bool
}

// restriction is what WHERE says about a column, or about several at once.
type restriction struct {
	kind  restrictionKind
	cols  []*column
	multi bool
	bound bool // ends of a slice are places between rows, whatever the direction of the columns
	token bool

	eq         tuple
	in         []tuple    // IN (…)
	inMarker   terms.Term // IN ?
	start, end *limit

	contains, containsKey  []terms.Term
	entryKeys, entryValues []terms.Term

	like    terms.Term
	nearest terms.Term // the vector of ANN OF
}

func (r *restriction) first() *column { return r.cols[0] }
func (r *restriction) last() *column  { return r.cols[len(r.cols)-1] }

// equality says whether the restriction names values rather than a range.
func (r *restriction) equality() bool { return r.kind == eqRestriction || r.kind == inRestriction }

// merge combines two restrictions that share a column.
func (r *restriction) merge(o *restriction) (*restriction, error) {
	if r.token {
		return r.mergeToken(o)
	}
	name := r.first().name
	if r.multi || o.multi && r.kind <= sliceRestriction {
		if o.kind == containsRestriction || o.kind == likeRestriction {
			return nil, serverError("java.lang.UnsupportedOperationException")
		}
		name = commonColumns(r, o)
	}
	switch r.kind {
	case eqRestriction:
		return nil, invalid("%s cannot be restricted by more than one relation if it includes an Equal", name)
	case inRestriction:
		return nil, invalid("%s cannot be restricted by more than one relation if it includes a IN", name)
	case likeRestriction:
		return nil, invalid("%s cannot be restricted by more than one relation if it includes a LIKE", name)
	case notNullRestriction:
		return nil, invalid("%s cannot be restricted by a relation if it includes an IS NOT NULL", name)
	case containsRestriction:
		if o.kind != containsRestriction {
			return nil, invalid("Collection column %s can only be restricted by CONTAINS, CONTAINS KEY, or map-entry equality", name)
		}
		m := *r
		m.contains = append(slices.Clone(r.contains), o.contains...)
		m.containsKey = append(slices.Clone(r.containsKey), o.containsKey...)
		m.entryKeys = append(slices.Clone(r.entryKeys), o.entryKeys...)
		m.entryValues = append(slices.Clone(r.entryValues), o.entryValues...)
		return &m, nil
	}
	if o.kind != sliceRestriction {
		return nil, invalid("Column \"%s\" cannot be restricted by both an equality and an inequality relation", name)
	}
	if r.first() != o.first() {
		later := r.first()
		if o.first().position > later.position {
			later = o.first()
		}
		return nil, invalid("Column \"%s\" cannot be restricted by two inequalities not starting with the same column", later.name)
	}
	return r.mergeSlice(o, "More than one restriction was found for the %s bound on "+strings.ReplaceAll(name, "%", "%%"))
}

func (r *restriction) mergeSlice(o *restriction, format string) (*restriction, error) {
	if r.start != nil && o.start != nil {
		return nil, invalid(format, "start")
	}
	if r.end != nil && o.end != nil {
		return nil, invalid(format, "end")
	}
	if r.bound != o.bound {
		return nil, invalid("Invalid combination of SCYLLA_CLUSTERING_BOUND with other restrictions of %s", r.first().name)
	}
	m := *r
	m.multi = r.multi || o.multi
	if len(o.cols) > len(m.cols) {
		m.cols = o.cols
	}
	if m.start == nil {
		m.start = o.start
	}
	if m.end == nil {
		m.end = o.end
	}
	return &m, nil
}

func (r *restriction) mergeToken(o *restriction) (*restriction, error) {
	names := columnNames(r.cols)
	if r.kind == eqRestriction {
		return nil, invalid("%s cannot be restricted by more than one relation if it includes an Equal", names)
	}
	if o.kind != sliceRestriction {
		return nil, invalid("Columns \"%s\" cannot be restricted by both an equality and an inequality relation", names)
	}
	return r.mergeSlice(o, "More than one restriction was found for the %s bound on "+strings.ReplaceAll(names, "%", "%%"))
}

func commonColumns(a, b *restriction) string {
	var names []string
	for _, c := range a.cols {
		if slices.Contains(b.cols, c) {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

func columnNames(cols []*column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// restrictionSet holds restrictions by column, in key order or by name.
type restrictionSet struct {
	cols  []*column
	byCol map[*column]*restriction

	hasIn, hasContains, hasSlice bool
	notOnlyEq                    bool
}

func (s *restrictionSet) empty() bool { return len(s.cols) == 0 }

func (s *restrictionSet) add(r *restriction) error {
	s.hasIn = s.hasIn || r.kind == inRestriction
	s.hasContains = s.hasContains || r.kind == containsRestriction
	s.hasSlice = s.hasSlice || r.kind == sliceRestriction
	s.notOnlyEq = s.notOnlyEq || !r.equality()
	if s.byCol == nil {
		s.byCol = map[*column]*restriction{}
	}
	merged := r
	seen := map[*restriction]bool{}
	for _, c := range r.cols {
		old := s.byCol[c]
		if old == nil || seen[old] {
			continue
		}
		seen[old] = true
		m, err := old.merge(r)
		if err != nil {
			return err
		}
		merged = m
	}
	for _, c := range r.cols {
		if s.byCol[c] == nil {
			s.cols = append(s.cols, c)
		}
		s.byCol[c] = merged
	}
	for _, c := range merged.cols {
		if s.byCol[c] != nil {
			s.byCol[c] = merged
		}
	}
	slices.SortFunc(s.cols, func(a, b *column) int {
		if a.position != b.position {
			return a.position - b.position
		}
		return strings.Compare(a.name, b.name)
	})
	return nil
}

// all returns the restrictions in order, each once.
func (s *restrictionSet) all() []*restriction {
	var out []*restriction
	for _, c := range s.cols {
		r := s.byCol[c]
		if len(out) == 0 || out[len(out)-1] != r {
			out = append(out, r)
		}
	}
	return out
}

func (s *restrictionSet) last() *restriction {
	if s.empty() {
		return nil
	}
	return s.byCol[s.cols[len(s.cols)-1]]
}

// relation prepares one relation of WHERE.
func (p *preparer) relation(sc *terms.Scope, t *table, rel *cqlparse.Relation) (*restriction, error) {
	switch rel.On {
	case cqlparse.OnTuple:
		return p.tupleRelation(sc, t, rel)
	case cqlparse.OnToken:
		return p.tokenRelation(sc, t, rel)
	case cqlparse.OnIndexExpr:
		return nil, invalid("Invalid index expression, index %s not found for %s", rel.Index.Name, t)
	}
	return p.columnRelation(sc, t, rel)
}

func (p *preparer) columnRelation(sc *terms.Scope, t *table, rel *cqlparse.Relation) (*restriction, error) {
	if rel.Op == cqlparse.OpNEQ || rel.Op == cqlparse.OpNotIn || rel.Op == cqlparse.OpNotContains || rel.Op == cqlparse.OpNotContainsKey {
		return nil, invalid("Unsupported \"!=\" relation: %s", cqlparse.Print(rel))
	}
	col, err := t.column(rel.Columns[0].Name)
	if err != nil {
		return nil, err
	}
	r := &restriction{cols: []*column{col}}
	if slice := rel.Op == cqlparse.OpLT || rel.Op == cqlparse.OpLTE || rel.Op == cqlparse.OpGT || rel.Op == cqlparse.OpGTE; slice {
		if err := refuseDurationSlice(col.typ, "Slice restrictions are not supported on duration columns", "restrictions"); err != nil {
			return nil, err
		}
	}
	if rel.Op == cqlparse.OpIsNot {
		r.kind = notNullRestriction
		return r, nil
	}
	if rel.Op == cqlparse.OpLike && rel.Key != nil {
		return nil, invalid("LIKE can't be used with collections.")
	}
	if err := checkReceiver(col, rel); err != nil {
		return nil, err
	}
	recv := t.spec(col)
	switch rel.Op {
	case cqlparse.OpContains, cqlparse.OpContainsKey:
		term, err := terms.Prepare(sc, rel.Value, elementSpec(recv, rel.Op == cqlparse.OpContainsKey))
		if err != nil {
			return nil, err
		}
		r.kind = containsRestriction
		if rel.Op == cqlparse.OpContains {
			r.contains = []terms.Term{term}
		} else {
			r.containsKey = []terms.Term{term}
		}
		return r, nil
	case cqlparse.OpIn:
		return r, p.inValues(sc, r, rel, recv)
	}
	if rel.Key != nil {
		k, err := terms.Prepare(sc, rel.Key, elementSpec(recv, true))
		if err != nil {
			return nil, err
		}
		v, err := terms.Prepare(sc, rel.Value, elementSpec(recv, false))
		if err != nil {
			return nil, err
		}
		r.kind, r.entryKeys, r.entryValues = containsRestriction, []terms.Term{k}, []terms.Term{v}
		return r, nil
	}
	term, err := terms.Prepare(sc, rel.Value, recv)
	if err != nil {
		return nil, err
	}
	if rel.Op == cqlparse.OpLike {
		r.kind, r.like = likeRestriction, term
		return r, nil
	}
	p.boundKey(col, rel.Value)
	r.set(rel.Op, tuple{parts: []terms.Term{term}, n: 1})
	return r, nil
}

func (p *preparer) inValues(sc *terms.Scope, r *restriction, rel *cqlparse.Relation, recv types.Column) error {
	r.kind = inRestriction
	if rel.Value != nil {
		m, err := terms.Prepare(sc, rel.Value, terms.InColumn(recv))
		r.inMarker = m
		return err
	}
	for _, v := range rel.Values {
		term, err := terms.Prepare(sc, v, recv)
		if err != nil {
			return err
		}
		p.boundKey(r.first(), v)
		r.in = append(r.in, tuple{parts: []terms.Term{term}, n: 1})
	}
	if len(r.in) == 1 {
		r.kind, r.eq, r.in = eqRestriction, r.in[0], nil
	}
	return nil
}

// set makes r what the operator says of a value.
func (r *restriction) set(op cqlparse.Operator, v tuple) {
	r.kind = sliceRestriction
	switch op {
	case cqlparse.OpGT, cqlparse.OpGTE:
		r.start = &limit{v, op == cqlparse.OpGTE}
	case cqlparse.OpLT, cqlparse.OpLTE:
		r.end = &limit{v, op == cqlparse.OpLTE}
	default:
		r.kind, r.eq = eqRestriction, v
	}
}

// checkReceiver refuses what cannot be asked of a column of its type.
func checkReceiver(col *column, rel *cqlparse.Relation) error {
	t, name := col.typ, col.name
	eq := rel.Op == cqlparse.OpEQ
	switch {
	case rel.Op == cqlparse.OpContainsKey && t.Kind != types.KindMap:
		return invalid("Cannot use CONTAINS KEY on non-map column %s", name)
	case rel.Op == cqlparse.OpContains && !t.IsCollection():
		return invalid("Cannot use CONTAINS on non-collection column %s", name)
	}
	if rel.Key != nil {
		switch {
		case t.Kind == types.KindList:
			return invalid("Indexes on list entries (%s[index] = value) are not currently supported.", name)
		case t.Kind != types.KindMap:
			return invalid("Column %s cannot be used as a map", name)
		case !t.IsMultiCell():
			return invalid("Map-entry equality predicates on frozen map column %s are not supported", name)
		case !eq:
			return invalid("Only EQ relations are supported on map entries")
		}
	}
	if t.Kind == types.KindUDT && t.IsMultiCell() {
		return invalid("Non-frozen UDT column '%s' (%s) cannot be restricted by any relation", name, t)
	}
	contains := rel.Op == cqlparse.OpContains || rel.Op == cqlparse.OpContainsKey
	if t.IsCollection() && t.IsMultiCell() && !contains && !(rel.Key != nil && eq) {
		return invalid("Collection column '%s' (%s) cannot be restricted by a '%s' relation", name, t, rel.Op)
	}
	return nil
}

// elementSpec is the receiver of an element of a collection column, as its
// name appears in the metadata of bind markers.
func elementSpec(c types.Column, key bool) types.Column {
	t := c.Type
	c.Name, c.Type = "value("+c.Name+")", t.Elem()
	if t.Kind == types.KindMap {
		if key {
			c.Name = "key" + c.Name[len("value"):]
		} else {
			c.Type = t.Value()
		}
	}
	return c
}

func refuseDurationSlice(t *types.Type, plain, what string) error {
	switch {
	case !t.ContainsDuration():
		return nil
	case t.IsCollection():
		return invalid("Slice %s are not supported on collections containing durations", what)
	case t.Kind == types.KindTuple:
		return invalid("Slice %s are not supported on tuples containing durations", what)
	case t.Kind == types.KindUDT:
		return invalid("Slice %s are not supported on UDTs containing durations", what)
	}
	return invalid("%s", plain)
}

func (p *preparer) tupleRelation(sc *terms.Scope, t *table, rel *cqlparse.Relation) (*restriction, error) {
	switch rel.Op {
	case cqlparse.OpContains, cqlparse.OpContainsKey, cqlparse.OpLike:
		return nil, invalid("%s cannot be used for multi-column relations", rel.Op)
	case cqlparse.OpNEQ, cqlparse.OpNotIn:
		return nil, invalid("Unsupported \"!=\" relation: %s", cqlparse.Print(rel))
	}
	r := &restriction{multi: true, bound: rel.Bound}
	if rel.Bound && (rel.Op == cqlparse.OpIn || rel.Op == cqlparse.OpEQ) {
		return nil, invalid("SCYLLA_CLUSTERING_BOUND takes <, <=, > and >= only")
	}
	var recv []types.Column
	for _, id := range rel.Columns {
		c, err := t.column(id.Name)
		if err != nil {
			return nil, err
		}
		if c.kind != clusteringKey {
			return nil, invalid("Multi-column relations can only be applied to clustering columns but was applied to: %s", c.name)
		}
		if slices.Contains(r.cols, c) {
			return nil, invalid("Column \"%s\" appeared twice in a relation: %s", c.name, cqlparse.Print(rel))
		}
		if n := len(r.cols); n > 0 && c.position != r.cols[n-1].position+1 {
			return nil, invalid("Clustering columns must appear in the PRIMARY KEY order in multi-column relations: %s", cqlparse.Print(rel))
		}
		r.cols = append(r.cols, c)
		recv = append(recv, t.spec(c))
	}
	one := func(v cqlparse.Term) (tuple, error) {
		parts, err := terms.PrepareTuple(sc, v, recv)
		if err != nil {
			return tuple{}, err
		}
		if _, marker := v.(*cqlparse.Marker); marker {
			return tuple{whole: parts[0], n: len(recv), null: nullTuple(rel.Op)}, nil
		}
		return tuple{parts: parts, n: len(recv), multi: true}, nil
	}
	if rel.Op != cqlparse.OpIn {
		v, err := one(rel.Value)
		if err != nil {
			return nil, err
		}
		r.set(rel.Op, v)
		return r, nil
	}
	r.kind = inRestriction
	if rel.Value != nil {
		m, err := terms.Prepare(sc, rel.Value, terms.InTupleColumn(recv))
		r.inMarker = m
		return r, err
	}
	for _, v := range rel.Values {
		tu, err := one(v)
		if err != nil {
			return nil, err
		}
		r.in = append(r.in, tu)
	}
	if len(r.in) == 1 {
		r.kind, r.eq, r.in = eqRestriction, r.in[0], nil
	}
	return r, nil
}

// nullTuple is what the server stumbles over where a null stands for a tuple.
func nullTuple(op cqlparse.Operator) string {
	switch op {
	case cqlparse.OpEQ:
		return `Cannot invoke "org.apache.cassandra.cql3.Tuples$Value.getElements()" because "t" is null`
	case cqlparse.OpIn:
		return `Cannot invoke "org.apache.cassandra.cql3.Term$MultiItemTerminal.getElements()" because "term" is null`
	}
	return `Cannot invoke "org.apache.cassandra.cql3.Term$Terminal.get(org.apache.cassandra.transport.ProtocolVersion)" because "terminal" is null`
}

func (p *preparer) tokenRelation(sc *terms.Scope, t *table, rel *cqlparse.Relation) (*restriction, error) {
	r := &restriction{token: true}
	for _, id := range rel.Columns {
		c, err := t.column(id.Name)
		if err != nil {
			return nil, err
		}
		r.cols = append(r.cols, c)
	}
	switch rel.Op {
	case cqlparse.OpEQ, cqlparse.OpLT, cqlparse.OpLTE, cqlparse.OpGT, cqlparse.OpGTE:
	case cqlparse.OpNEQ, cqlparse.OpNotIn:
		return nil, invalid("Unsupported \"!=\" relation: %s", cqlparse.Print(rel))
	default:
		return nil, invalid("%s cannot be used with the token function", rel.Op)
	}
	if !slices.Equal(r.cols, t.partition) {
		for _, c := range t.partition {
			if !slices.Contains(r.cols, c) {
				return nil, invalid("The token() function must be applied to all partition key components or none of them")
			}
		}
		for i, c := range r.cols {
			if slices.Contains(r.cols[:i], c) {
				return nil, invalid("The token() function contains duplicate partition key components")
			}
		}
		for _, c := range r.cols {
			if c.kind != partitionKey {
				return nil, invalid("The token() function must contains only partition key components")
			}
		}
		return nil, invalid("The token function arguments must be in the partition key order: %s", columnNames(t.partition))
	}
	recv := types.Column{Keyspace: t.keyspace, Table: t.name, Name: "partition key token", Type: types.Bigint}
	term, err := terms.Prepare(sc, rel.Value, recv)
	if err != nil {
		return nil, err
	}
	r.set(rel.Op, tuple{parts: []terms.Term{term}, n: 1})
	return r, nil
}

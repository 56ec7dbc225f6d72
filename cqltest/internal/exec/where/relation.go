package where

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/terms"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// relation prepares one relation of WHERE.
func relation(p *server.Preparer, sc *terms.Scope, t *schema.Table, rel *cqlparse.Relation) (*Restriction, error) {
	switch rel.On {
	case cqlparse.OnTuple:
		return tupleRelation(p, sc, t, rel)
	case cqlparse.OnToken:
		return tokenRelation(p, sc, t, rel)
	case cqlparse.OnIndexExpr:
		return nil, protocol.Invalid("Invalid index expression, index %s not found for %s", rel.Index.Name, t)
	}
	return columnRelation(p, sc, t, rel)
}

func columnRelation(p *server.Preparer, sc *terms.Scope, t *schema.Table, rel *cqlparse.Relation) (*Restriction, error) {
	if rel.Op == cqlparse.OpNEQ || rel.Op == cqlparse.OpNotIn || rel.Op == cqlparse.OpNotContains || rel.Op == cqlparse.OpNotContainsKey {
		return nil, protocol.Invalid("Unsupported \"!=\" relation: %s", cqlparse.Print(rel))
	}
	col, err := t.Column(rel.Columns[0].Name)
	if err != nil {
		return nil, err
	}
	r := &Restriction{Cols: []*schema.Column{col}}
	if slice := rel.Op == cqlparse.OpLT || rel.Op == cqlparse.OpLTE || rel.Op == cqlparse.OpGT || rel.Op == cqlparse.OpGTE; slice {
		if err := RefuseDurationSlice(col.Type, "Slice restrictions are not supported on duration columns", "restrictions"); err != nil {
			return nil, err
		}
	}
	if rel.Op == cqlparse.OpIsNot {
		r.kind = notNullRestriction
		return r, nil
	}
	if rel.Op == cqlparse.OpLike && rel.Key != nil {
		return nil, protocol.Invalid("LIKE can't be used with collections.")
	}
	if err := checkReceiver(col, rel); err != nil {
		return nil, err
	}
	recv := t.Spec(col)
	switch rel.Op {
	case cqlparse.OpContains, cqlparse.OpContainsKey:
		term, err := terms.Prepare(sc, rel.Value, ElementSpec(recv, rel.Op == cqlparse.OpContainsKey))
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
		return r, inValues(p, sc, r, rel, recv)
	}
	if rel.Key != nil {
		k, err := terms.Prepare(sc, rel.Key, ElementSpec(recv, true))
		if err != nil {
			return nil, err
		}
		v, err := terms.Prepare(sc, rel.Value, ElementSpec(recv, false))
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
	p.BoundKey(col, rel.Value)
	r.set(rel.Op, Tuple{Parts: []terms.Term{term}, N: 1})
	return r, nil
}

func inValues(p *server.Preparer, sc *terms.Scope, r *Restriction, rel *cqlparse.Relation, recv types.Column) error {
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
		p.BoundKey(r.First(), v)
		r.in = append(r.in, Tuple{Parts: []terms.Term{term}, N: 1})
	}
	if len(r.in) == 1 {
		r.kind, r.Eq, r.in = eqRestriction, r.in[0], nil
	}
	return nil
}

// set makes r what the operator says of a value.
func (r *Restriction) set(op cqlparse.Operator, v Tuple) {
	r.kind = sliceRestriction
	switch op {
	case cqlparse.OpGT, cqlparse.OpGTE:
		r.start = &limit{v, op == cqlparse.OpGTE}
	case cqlparse.OpLT, cqlparse.OpLTE:
		r.end = &limit{v, op == cqlparse.OpLTE}
	default:
		r.kind, r.Eq = eqRestriction, v
	}
}

// checkReceiver refuses what cannot be asked of a column of its type.
func checkReceiver(col *schema.Column, rel *cqlparse.Relation) error {
	t, name := col.Type, col.Name
	eq := rel.Op == cqlparse.OpEQ
	switch {
	case rel.Op == cqlparse.OpContainsKey && t.Kind != types.KindMap:
		return protocol.Invalid("Cannot use CONTAINS KEY on non-map column %s", name)
	case rel.Op == cqlparse.OpContains && !t.IsCollection():
		return protocol.Invalid("Cannot use CONTAINS on non-collection column %s", name)
	}
	if rel.Key != nil {
		switch {
		case t.Kind == types.KindList:
			return protocol.Invalid("Indexes on list entries (%s[index] = value) are not currently supported.", name)
		case t.Kind != types.KindMap:
			return protocol.Invalid("Column %s cannot be used as a map", name)
		case !t.IsMultiCell():
			return protocol.Invalid("Map-entry equality predicates on frozen map column %s are not supported", name)
		case !eq:
			return protocol.Invalid("Only EQ relations are supported on map entries")
		}
	}
	if t.Kind == types.KindUDT && t.IsMultiCell() {
		return protocol.Invalid("Non-frozen UDT column '%s' (%s) cannot be restricted by any relation", name, t)
	}
	contains := rel.Op == cqlparse.OpContains || rel.Op == cqlparse.OpContainsKey
	if t.IsCollection() && t.IsMultiCell() && !contains && !(rel.Key != nil && eq) {
		return protocol.Invalid("Collection column '%s' (%s) cannot be restricted by a '%s' relation", name, t, rel.Op)
	}
	return nil
}

// ElementSpec is the receiver of an element of a collection column, as its
// name appears in the metadata of bind markers.
func ElementSpec(c types.Column, key bool) types.Column {
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

// RefuseDurationSlice refuses to order durations.
func RefuseDurationSlice(t *types.Type, plain, what string) error {
	switch {
	case !t.Contains(types.KindDuration):
		return nil
	case t.IsCollection():
		return protocol.Invalid("Slice %s are not supported on collections containing durations", what)
	case t.Kind == types.KindTuple:
		return protocol.Invalid("Slice %s are not supported on tuples containing durations", what)
	case t.Kind == types.KindUDT:
		return protocol.Invalid("Slice %s are not supported on UDTs containing durations", what)
	}
	return protocol.Invalid("%s", plain)
}

func tupleRelation(p *server.Preparer, sc *terms.Scope, t *schema.Table, rel *cqlparse.Relation) (*Restriction, error) {
	switch rel.Op {
	case cqlparse.OpContains, cqlparse.OpContainsKey, cqlparse.OpLike:
		return nil, protocol.Invalid("%s cannot be used for multi-column relations", rel.Op)
	case cqlparse.OpNEQ, cqlparse.OpNotIn:
		return nil, protocol.Invalid("Unsupported \"!=\" relation: %s", cqlparse.Print(rel))
	}
	r := &Restriction{multi: true, bound: rel.Bound}
	if rel.Bound && (rel.Op == cqlparse.OpIn || rel.Op == cqlparse.OpEQ) {
		return nil, protocol.Invalid("SCYLLA_CLUSTERING_BOUND takes <, <=, > and >= only")
	}
	var recv []types.Column
	for _, id := range rel.Columns {
		c, err := t.Column(id.Name)
		if err != nil {
			return nil, err
		}
		if c.Kind != schema.ClusteringKey {
			return nil, protocol.Invalid("Multi-column relations can only be applied to clustering columns but was applied to: %s", c.Name)
		}
		if slices.Contains(r.Cols, c) {
			return nil, protocol.Invalid("Column \"%s\" appeared twice in a relation: %s", c.Name, cqlparse.Print(rel))
		}
		if n := len(r.Cols); n > 0 && c.Position != r.Cols[n-1].Position+1 {
			return nil, protocol.Invalid("Clustering columns must appear in the PRIMARY KEY order in multi-column relations: %s", cqlparse.Print(rel))
		}
		r.Cols = append(r.Cols, c)
		recv = append(recv, t.Spec(c))
	}
	one := func(v cqlparse.Term) (Tuple, error) {
		parts, err := terms.PrepareTuple(sc, v, recv)
		if err != nil {
			return Tuple{}, err
		}
		if _, marker := v.(*cqlparse.Marker); marker {
			return Tuple{whole: parts[0], N: len(recv), null: nullTuple(rel.Op)}, nil
		}
		return Tuple{Parts: parts, N: len(recv), multi: true}, nil
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
		r.kind, r.Eq, r.in = eqRestriction, r.in[0], nil
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

func tokenRelation(p *server.Preparer, sc *terms.Scope, t *schema.Table, rel *cqlparse.Relation) (*Restriction, error) {
	r := &Restriction{token: true}
	for _, id := range rel.Columns {
		c, err := t.Column(id.Name)
		if err != nil {
			return nil, err
		}
		r.Cols = append(r.Cols, c)
	}
	switch rel.Op {
	case cqlparse.OpEQ, cqlparse.OpLT, cqlparse.OpLTE, cqlparse.OpGT, cqlparse.OpGTE:
	case cqlparse.OpNEQ, cqlparse.OpNotIn:
		return nil, protocol.Invalid("Unsupported \"!=\" relation: %s", cqlparse.Print(rel))
	default:
		return nil, protocol.Invalid("%s cannot be used with the token function", rel.Op)
	}
	if !slices.Equal(r.Cols, t.Partition) {
		for _, c := range t.Partition {
			if !slices.Contains(r.Cols, c) {
				return nil, protocol.Invalid("The token() function must be applied to all partition key components or none of them")
			}
		}
		for i, c := range r.Cols {
			if slices.Contains(r.Cols[:i], c) {
				return nil, protocol.Invalid("The token() function contains duplicate partition key components")
			}
		}
		for _, c := range r.Cols {
			if c.Kind != schema.PartitionKey {
				return nil, protocol.Invalid("The token() function must contains only partition key components")
			}
		}
		return nil, protocol.Invalid("The token function arguments must be in the partition key order: %s", ColumnNames(t.Partition))
	}
	recv := types.Column{Keyspace: t.Keyspace, Table: t.Name, Name: "partition key token", Type: types.Bigint}
	term, err := terms.Prepare(sc, rel.Value, recv)
	if err != nil {
		return nil, err
	}
	r.set(rel.Op, Tuple{Parts: []terms.Term{term}, N: 1})
	return r, nil
}

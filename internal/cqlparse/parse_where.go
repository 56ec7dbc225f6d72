package cqlparse

// where parses the relations behind WHERE.
func (p *parser) where() (rs []*Relation) {
	for {
		rs = append(rs, p.relation())
		if !p.accept(kwAnd) {
			return rs
		}
	}
}

func (k kind) isComparison() bool {
	switch k {
	case tokEQ, tokNE, tokLT, tokLE, tokGT, tokGE:
		return true
	}
	return false
}

// comparison parses = and its kin.
func (p *parser) comparison() Operator {
	if !p.kind().isComparison() {
		p.noViable(1)
	}
	return Operator(p.next().text)
}

// relation parses one relation of WHERE.
func (p *parser) relation() *Relation {
	p.enter()
	defer p.leave()
	r := &Relation{Pos: p.here()}
	switch k := p.kind(); {
	case k == tokExpr:
		r.On = OnIndexExpr
		p.next()
		r.Index = p.nameOrMarker("index")
		p.expect(tokComma)
		r.Value = p.term()
		p.expect(tokRParen)
	case p.extended() && p.atWord("scylla_clustering_bound") && p.kindAt(2) == tokLParen:
		p.next()
		r.Bound = true
		p.tupleRelation(r)
	case k == kwToken:
		r.On = OnToken
		p.look(2)
		p.next()
		p.parens(func() { r.Columns = append(r.Columns, p.column()) })
		if p.extended() && p.atWord("between") {
			p.between(r, p.term)
			break
		}
		r.Op = p.comparison()
		r.Value = p.term()
	case k == tokLParen:
		if p.relationInParens() {
			p.next()
			*r = *p.relation()
			p.expect(tokRParen)
			break
		}
		p.tupleRelation(r)
	case k.isColumn():
		p.columnRelation(r)
	default:
		p.noViable(1)
	}
	return r
}

// relationInParens tells (a = 1) from (a, b) = (1, 2).
func (p *parser) relationInParens() bool {
	switch k := p.kindAt(2); {
	case k == tokLParen || k == kwToken:
		return true
	case !k.isColumn():
		p.noViable(2)
	}
	switch k := p.kindAt(3); {
	case k == tokComma || k == tokRParen:
		p.look(4)
		return false
	case p.opensRelation(3):
		return true
	}
	p.noViable(3)
	return false
}

// opensRelation reports whether the k-th token can follow the column of a
// relation.
func (p *parser) opensRelation(k int) bool {
	switch op := p.kindAt(k); op {
	case kwLike, kwIs, kwIn, kwContains, tokLBracket:
		return true
	case kwNot:
		return p.extended()
	default:
		return op.isComparison() || p.extended() && p.wordAt(k, "between")
	}
}

func (p *parser) columnRelation(r *Relation) {
	if !p.opensRelation(2) {
		p.noViable(2)
	}
	p.look(3)
	if p.kindAt(2) == kwIn && !p.opensIn(3) {
		p.noViable(3)
	}
	r.Columns = []Identifier{p.column()}
	switch k := p.kind(); {
	case k == tokLBracket:
		p.next()
		r.On, r.Key = OnElement, p.term()
		p.expect(tokRBracket)
		r.Op = p.comparison()
		r.Value = p.term()
	case k == kwIs:
		p.next()
		p.expect(kwNot)
		r.Op = OpIsNot
		t := p.expect(kwNull)
		r.Value = &Literal{Pos: t.pos, Kind: NullLiteral, Text: "NULL"}
	case k.isComparison():
		r.Op = p.comparison()
		r.Value = p.term()
	case p.atWord("between"):
		p.between(r, p.term)
	default:
		r.Op = p.wordOperator()
		if r.Op == OpIn || r.Op == OpNotIn {
			r.Value, r.Values = p.inValues(p.term)
			break
		}
		r.Value = p.term()
	}
}

// wordOperator parses the operators that are words.
func (p *parser) wordOperator() Operator {
	not := p.extended() && p.accept(kwNot)
	var op Operator
	switch {
	case p.accept(kwIn):
		op = OpIn
	case p.accept(kwLike):
		op = OpLike
	case p.accept(kwContains):
		op = OpContains
		if p.accept(kwKey) {
			op = OpContainsKey
		}
	default:
		p.noViable(1)
	}
	if !not {
		return op
	}
	if op == OpLike {
		p.noViable(1)
	}
	return "NOT " + op
}

func (p *parser) between(r *Relation, value func() Term) {
	p.next()
	r.Op = OpBetween
	low := value()
	p.expect(kwAnd)
	r.Values = []Term{low, value()}
}

// opensIn reports whether the k-th token can follow IN.
func (p *parser) opensIn(k int) bool {
	switch p.kindAt(k) {
	case tokLParen, tokMarker, tokColon:
		return true
	}
	return false
}

// inValues parses the right side of IN: a marker, or a list that may be empty.
func (p *parser) inValues(value func() Term) (Term, []Term) {
	switch p.kind() {
	case tokMarker, tokColon:
		return p.marker(), nil
	case tokLParen:
	default:
		p.noViable(1)
	}
	p.next()
	values := []Term{}
	if k := p.kind(); k == tokMinus || k.startsSimpleTerm() {
		p.list(func() { values = append(values, value()) })
	}
	p.expect(tokRParen)
	return nil, values
}

// tupleRelation parses (a, b) op …, with tuples and markers on its right.
func (p *parser) tupleRelation(r *Relation) {
	r.On = OnTuple
	p.parens(func() { r.Columns = append(r.Columns, p.column()) })
	switch k := p.kind(); {
	case k == kwIn, k == kwNot && p.extended():
		p.look(2)
		if r.Op = p.wordOperator(); r.Op != OpIn && r.Op != OpNotIn {
			p.noViable(1)
		}
		if p.at(tokLParen) && !p.opensIn(2) && p.kindAt(2) != tokRParen {
			p.noViable(2)
		}
		r.Value, r.Values = p.inValues(p.tuplesOrMarkers())
	case p.extended() && p.atWord("between"):
		p.between(r, p.tupleOrMarker)
	case k.isComparison():
		if !p.opensIn(2) {
			p.noViable(2)
		}
		p.look(3)
		r.Op = p.comparison()
		r.Value = p.tupleOrMarker()
	default:
		p.noViable(1)
	}
}

// tuplesOrMarkers returns how to parse what is in the parentheses here: only
// tuples or only markers.
func (p *parser) tuplesOrMarkers() func() Term {
	if p.at(tokLParen) && p.kindAt(2) == tokLParen {
		return func() Term {
			if !p.at(tokLParen) {
				p.mismatch(tokLParen.String())
			}
			return p.tuple(p.term)
		}
	}
	return func() Term {
		if !p.at(tokMarker) && !p.at(tokColon) {
			p.noViable(1)
		}
		return p.marker()
	}
}

func (p *parser) tupleOrMarker() Term {
	if p.at(tokLParen) {
		return p.tuple(p.term)
	}
	if !p.opensIn(1) {
		p.noViable(1)
	}
	return p.marker()
}

package cqlparse

// conditions parses what follows IF: EXISTS, or a list.
func (p *parser) conditions() (exists bool, cs []*Condition) {
	if !p.accept(kwIf) {
		return false, nil
	}
	if p.at(kwExists) && !p.opensCondition(2) {
		if k := p.kindAt(2); !afterStatement[k] {
			p.noViable(2)
		}
		p.next()
		return true, nil
	}
	for {
		cs = append(cs, p.condition())
		if !p.accept(kwAnd) {
			return false, cs
		}
	}
}

// afterStatement holds what may come behind a modification.
var afterStatement = kindSet{tokEOF: true, tokSemicolon: true, kwInsert: true, kwUpdate: true, kwDelete: true, kwApply: true}

// opensCondition reports whether the k-th token can follow the column of a
// condition.
func (p *parser) opensCondition(k int) bool {
	return p.kindAt(k) == tokDot || p.opensRelation(k)
}

// condition parses one condition of IF.
func (p *parser) condition() *Condition {
	c := &Condition{Pos: p.here(), Column: p.column()}
	element := true
	switch {
	case p.accept(tokLBracket):
		c.Key = p.term()
		p.expect(tokRBracket)
	case p.accept(tokDot):
		c.Field = p.name()
	default:
		element = false
	}
	switch k := p.kind(); {
	case k.isComparison():
		c.Op = p.comparison()
		c.Value = p.term()
	case k == kwIn, k == kwNot && p.extended():
		if c.Op = p.wordOperator(); element && c.Op != OpIn && c.Op != OpNotIn {
			p.noViable(1)
		}
		if c.Op != OpIn && c.Op != OpNotIn {
			c.Value = p.term()
			break
		}
		c.Value, c.Values = p.inValues(p.term)
	case k == kwContains && !element && p.dialect != Scylla, k == kwLike && p.extended():
		c.Op = p.wordOperator()
		c.Value = p.term()
	default:
		p.noViable(1)
	}
	return c
}

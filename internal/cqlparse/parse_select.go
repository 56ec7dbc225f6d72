package cqlparse

// selectStatement parses SELECT.
func (p *parser) selectStatement() Statement {
	s := &Select{Head: p.head()}
	p.next()
	p.selectClause(s)
	p.expect(kwFrom)
	s.From = p.table()
	if p.accept(kwWhere) {
		s.Where = p.where()
	}
	if p.accept(kwGroup) {
		p.expect(kwBy)
		p.list(func() { s.GroupBy = append(s.GroupBy, p.selection()) })
	}
	if p.accept(kwOrder) {
		p.expect(kwBy)
		p.list(func() { s.OrderBy = append(s.OrderBy, p.ordering()) })
	}
	if p.accept(kwPer) {
		p.expect(kwPartition)
		p.expect(kwLimit)
		s.PerPartitionLimit = p.intValue()
	}
	if p.accept(kwLimit) {
		s.Limit = p.intValue()
	}
	if p.accept(kwAllow) {
		p.expect(kwFiltering)
		s.AllowFiltering = true
	}
	if p.extended() && p.atWord("bypass") && p.wordAt(2, "cache") {
		p.next()
		p.next()
		s.BypassCache = true
	}
	if p.extended() && p.at(kwUsing) {
		s.Using = p.using()
	}
	return s
}

// selectClause parses JSON, DISTINCT and what is selected. Both words may also
// be columns.
func (p *parser) selectClause(s *Select) {
	if k := p.kind(); k == tokStar || k == tokMinus || k.startsSimpleTerm() {
		p.look(2)
	}
	if p.at(kwJson) && p.try(func() { p.next(); p.distinct(s) }) {
		s.JSON = true
		return
	}
	p.distinct(s)
}

func (p *parser) distinct(s *Select) {
	s.Distinct = false
	if p.at(kwDistinct) && p.try(func() { p.next(); s.Selectors = p.selectors() }) {
		s.Distinct = true
		return
	}
	s.Selectors = p.selectors()
}

// selectors parses * or a list.
func (p *parser) selectors() (ss []*Selector) {
	if p.accept(tokStar) {
		return nil
	}
	p.list(func() {
		s := &Selector{Pos: p.here(), Expr: p.selection()}
		if p.accept(kwAs) {
			s.Alias = p.name()
		}
		ss = append(ss, s)
	})
	return ss
}

func (p *parser) ordering() *Ordering {
	o := &Ordering{Pos: p.here(), Column: p.column()}
	if p.accept(kwAnn) {
		p.expect(kwOf)
		o.ANN = p.term()
	}
	if !p.accept(kwAsc) {
		o.Desc = p.accept(kwDesc)
	}
	return o
}

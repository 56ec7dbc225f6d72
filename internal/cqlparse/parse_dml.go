package cqlparse

// insertStatement parses INSERT.
func (p *parser) insertStatement() Statement {
	s := &Insert{Head: p.head()}
	p.next()
	p.expect(kwInto)
	s.Table = p.table()
	switch p.kind() {
	case tokLParen:
		p.parens(func() { s.Columns = append(s.Columns, p.column()) })
		p.expect(kwValues)
		p.parens(func() { s.Values = append(s.Values, p.term()) })
	case kwJson:
		p.next()
		p.jsonValue(s)
	default:
		p.noViable(1)
	}
	s.IfNotExists = p.ifNotExists()
	if p.at(kwUsing) {
		s.Using = p.using()
	}
	return s
}

func (p *parser) jsonValue(s *Insert) {
	switch p.kind() {
	case tokString:
		s.JSON = p.stringLiteral()
	case tokMarker, tokColon:
		s.JSON = p.marker()
	default:
		p.noViable(1)
	}
	if !p.accept(kwDefault) {
		return
	}
	switch p.kind() {
	case kwNull:
		s.Default = DefaultNull
	case kwUnset:
		s.Default = DefaultUnset
	default:
		p.noViable(1)
	}
	p.next()
}

// using parses a USING clause.
func (p *parser) using() (u Using) {
	p.expect(kwUsing)
	for {
		o := UsingOption{Pos: p.here()}
		switch {
		case p.at(kwTimestamp):
			o.Kind = UsingTimestamp
		case p.at(kwTtl):
			o.Kind = UsingTTL
		case p.extended() && p.atWord("timeout"):
			o.Kind = UsingTimeout
		default:
			p.noViable(1)
		}
		p.next()
		if o.Kind == UsingTimeout && p.at(tokDuration) {
			o.Value = p.scalar()
		} else {
			o.Value = p.intValue()
		}
		u = append(u, o)
		if !p.accept(kwAnd) {
			return u
		}
	}
}

// deleteStatement parses DELETE.
func (p *parser) deleteStatement() Statement {
	s := &Delete{Head: p.head()}
	p.next()
	if p.kind().isColumn() {
		p.list(func() { s.Columns = append(s.Columns, p.deletion()) })
	}
	p.expect(kwFrom)
	s.Table = p.table()
	if p.at(kwUsing) {
		if !p.extended() {
			if p.kindAt(2) != kwTimestamp {
				p.next()
				p.mismatch(kwTimestamp.String())
			}
			s.Using = p.usingOnlyTimestamp()
		} else {
			s.Using = p.using()
		}
	}
	p.expect(kwWhere)
	s.Where = p.where()
	s.IfExists, s.If = p.conditions()
	return s
}

func (p *parser) usingOnlyTimestamp() Using {
	p.next()
	pos := p.next().pos
	return Using{{Pos: pos, Kind: UsingTimestamp, Value: p.intValue()}}
}

func (p *parser) deletion() *Deletion {
	if p.kind().isColumn() {
		switch p.kindAt(2) {
		case tokLBracket, tokDot, tokComma, kwFrom:
			p.look(3)
		default:
			p.noViable(2)
		}
	}
	d := &Deletion{Pos: p.here(), Column: p.column()}
	switch {
	case p.accept(tokLBracket):
		d.Key = p.term()
		p.expect(tokRBracket)
	case p.accept(tokDot):
		d.Field = p.name()
	}
	return d
}

// batchStatement parses BEGIN BATCH … APPLY BATCH.
func (p *parser) batchStatement() Statement {
	s := &Batch{Head: p.head()}
	p.next()
	switch p.kind() {
	case kwUnlogged:
		s.Type = UnloggedBatch
		p.next()
	case kwCounter:
		s.Type = CounterBatch
		p.next()
	}
	p.expect(kwBatch)
	if p.at(kwUsing) {
		s.Using = p.using()
	}
	for {
		first := len(p.markers)
		var inner Statement
		switch p.kind() {
		case kwInsert:
			inner = p.insertStatement()
		case kwUpdate:
			inner = p.updateStatement()
		case kwDelete:
			inner = p.deleteStatement()
		default:
			p.expect(kwApply)
			p.expect(kwBatch)
			return s
		}
		p.finish(inner, first)
		s.Statements = append(s.Statements, inner)
		p.accept(tokSemicolon)
	}
}

// useStatement parses USE.
func (p *parser) useStatement() Statement {
	s := &Use{Head: p.head()}
	p.next()
	s.Keyspace = p.keyspace()
	return s
}

// truncateStatement parses TRUNCATE.
func (p *parser) truncateStatement() Statement {
	s := &Truncate{Head: p.head()}
	p.next()
	p.accept(kwColumnfamily)
	s.Table = p.table()
	if p.extended() && p.at(kwUsing) {
		s.Using = p.using()
	}
	return s
}

// pruneStatement parses ScyllaDB's PRUNE MATERIALIZED VIEW.
func (p *parser) pruneStatement() Statement {
	s := &PruneView{Head: p.head()}
	p.next()
	p.expect(kwMaterialized)
	p.expect(kwView)
	s.View = p.table()
	if p.accept(kwWhere) {
		s.Where = p.where()
	}
	return s
}

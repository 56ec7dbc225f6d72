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

// updateStatement parses UPDATE.
func (p *parser) updateStatement() Statement {
	s := &Update{Head: p.head()}
	p.next()
	s.Table = p.table()
	if p.at(kwUsing) {
		s.Using = p.using()
	}
	p.expect(kwSet)
	p.list(func() {
		a := p.assignment()
		for _, earlier := range s.Assignments {
			if conflict(earlier, a) {
				p.reject(a.Pos, "Multiple incompatible setting of column %s", a.Column.Name)
			}
		}
		s.Assignments = append(s.Assignments, a)
	})
	p.expect(kwWhere)
	s.Where = p.where()
	s.IfExists, s.If = p.conditions()
	return s
}

// conflict reports whether two assignments exclude each other.
func conflict(a, b *Assignment) bool {
	if a.Column.Name != b.Column.Name {
		return false
	}
	whole := func(x *Assignment) bool {
		return x.Op == AssignSet && x.Key == nil && x.Field.IsZero()
	}
	if whole(a) || whole(b) {
		return true
	}
	return !a.Field.IsZero() && a.Field.Name == b.Field.Name
}

// assignment parses one item of SET.
func (p *parser) assignment() *Assignment {
	a := &Assignment{Pos: p.here(), Column: p.column()}
	switch p.kind() {
	case tokEQ:
		p.next()
		p.assignedValue(a)
	case tokPlusEq, tokMinusEq:
		a.Op = AssignAdd
		if p.next().kind == tokMinusEq {
			a.Op = AssignSubtract
		}
		a.Value = p.term()
	case tokLBracket:
		p.next()
		a.Key = p.term()
		p.expect(tokRBracket)
		p.expect(tokEQ)
		a.Value = p.term()
	case tokDot:
		p.next()
		a.Field = p.name()
		p.expect(tokEQ)
		a.Value = p.term()
	default:
		p.noViable(1)
	}
	return a
}

// assignedValue parses v, c + v, c - v or v + c.
func (p *parser) assignedValue(a *Assignment) {
	if !p.columnOperand() {
		a.Value = p.term()
		if !p.at(tokPlus) {
			return
		}
		plus := p.next()
		if c := p.column(); c.Name != a.Column.Name {
			p.reject(plus.pos, "Only expressions of the form X = <value> + X are supported.")
		}
		a.Op = AssignPrepend
		return
	}
	pos := p.here()
	c := p.column()
	sign := p.next()
	wrong := c.Name != a.Column.Name
	switch {
	case sign.kind == tokInteger && wrong:
		op := "+"
		if sign.text[0] == '-' {
			op = "-"
		}
		p.reject(pos, "Only expressions of the form X = X %s <value> are supported.", op)
	case sign.kind == tokInteger: // c -1 is two tokens: c plus minus one
		a.Op = AssignAdd
		a.Value = &Literal{Pos: sign.pos, Kind: IntegerLiteral, Text: sign.text}
		return
	case wrong:
		// The message comes after the value, which may have an error of its own.
		p.term()
		p.reject(pos, "Only expressions of the form X = X %s<value> are supported.", sign.text)
	case sign.kind == tokMinus:
		a.Op = AssignSubtract
	default:
		a.Op = AssignAdd
	}
	a.Value = p.term()
}

// columnOperand reports whether a column, not a value, comes first here.
func (p *parser) columnOperand() bool {
	k := p.kind()
	if !k.isColumn() {
		return false
	}
	switch p.kindAt(2) {
	case tokLParen, tokDot:
		return false
	case tokPlus, tokMinus, tokInteger:
		p.look(3)
		return true
	}
	p.noViable(2)
	return false
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

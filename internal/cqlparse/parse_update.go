package cqlparse

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

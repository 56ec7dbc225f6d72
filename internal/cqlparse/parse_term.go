package cqlparse

// startsConstant holds the tokens that are constants.
var startsConstant = kindSet{tokString: true, tokInteger: true, tokFloat: true, tokBoolean: true, tokDuration: true, tokUUID: true, tokHex: true, tokNaN: true, tokInfinity: true, tokNegInfinity: true}

// startsSimpleTerm reports whether a term without a sign can start with k.
func (k kind) startsSimpleTerm() bool {
	switch k {
	case kwNull, tokMarker, tokColon, tokLParen, tokLBracket, tokLBrace, kwToken:
		return true
	}
	return startsConstant[k] || k.isName()
}

// afterTerm holds what may come behind a term, in any statement.
var afterTerm = kindSet{tokEOF: true, tokSemicolon: true, tokComma: true, tokRParen: true, tokRBracket: true, tokRBrace: true, tokColon: true, tokRange: true, tokPlus: true, tokMinus: true, kwAllow: true, kwAnd: true, kwApply: true, kwAsc: true, kwDelete: true, kwDesc: true, kwGroup: true, kwIf: true, kwInsert: true, kwLimit: true, kwOrder: true, kwPer: true, kwPrimary: true, kwUpdate: true, kwWhere: true}

// afterFactor holds what may come behind part of a term besides.
var afterFactor = kindSet{tokStar: true, tokSlash: true, tokPercent: true, kwAs: true}

// term parses a value, with arithmetic.
func (p *parser) term() Term {
	p.enter()
	defer p.leave()
	x := p.termProduct()
	for {
		k := p.kind()
		if !afterTerm[k] && !p.extensionAt(1) {
			p.noViable(1)
		}
		p.look(2)
		if k != tokPlus && k != tokMinus || k == tokPlus && p.plusColumn() {
			return x
		}
		pos := x.Position()
		x = &Binary{Pos: pos, Op: p.operator(), X: x, Y: p.termProduct()}
	}
}

// plusColumn reports whether a + here is followed by a column, as in
// c = [1] + c. Failing to tell, it fails as a choice does.
func (p *parser) plusColumn() bool {
	k := p.kindAt(2)
	switch {
	case k == tokEmptyQuotedName:
		return true
	case k == kwCast && p.kindAt(3) == tokLParen, k == kwToken:
		return false
	case k.isName():
		switch p.kindAt(3) {
		case tokLParen, tokDot:
			return false
		case tokComma, kwWhere:
			return true
		}
		p.noViable(3)
	case k != tokMinus && !k.startsSimpleTerm():
		p.noViable(2)
	}
	return false
}

func (p *parser) termProduct() Term {
	x := p.termFactor()
	for p.at(tokStar) || p.at(tokSlash) || p.at(tokPercent) {
		pos := x.Position()
		x = &Binary{Pos: pos, Op: p.operator(), X: x, Y: p.termFactor()}
	}
	return x
}

func (p *parser) termFactor() Term {
	if p.at(tokMinus) {
		pos := p.next().pos
		return &Negation{Pos: pos, X: p.simpleTerm()}
	}
	return p.simpleTerm()
}

// simpleTerm parses a term without operators.
func (p *parser) simpleTerm() Term {
	p.enter()
	defer p.leave()
	k := p.kind()
	switch {
	case startsConstant[k], k == kwNull, k == tokColon:
		return p.scalar()
	case k == tokMarker:
		if next := p.kindAt(2); !afterTerm[next] && !afterFactor[next] && !p.extensionAt(2) {
			p.noViable(2)
		}
		p.look(3)
		return p.scalar()
	case k == tokLBracket:
		return p.listLiteral(p.term)
	case k == tokLBrace:
		return p.braces()
	case k == tokLParen:
		if p.opensTypeHint() {
			return p.typeHint(p.simpleTerm)
		}
		return p.tuple(p.term)
	case k == kwCast && p.kindAt(2) == tokLParen:
		return p.cast(p.simpleTerm)
	case k == kwToken || k.isName():
		if next := p.kindAt(2); next != tokLParen && next != tokDot {
			p.noViable(2)
		}
		return p.call()
	}
	p.noViable(1)
	return nil
}

func (p *parser) listLiteral(elem func() Term) Term {
	l := &ListLiteral{Pos: p.next().pos}
	if k := p.kind(); k == tokMinus || k.startsSimpleTerm() {
		p.list(func() { l.Elems = append(l.Elems, elem()) })
	}
	p.expect(tokRBracket)
	return l
}

func (p *parser) tuple(elem func() Term) Term {
	t := &TupleLiteral{Pos: p.here()}
	p.parens(func() { t.Elems = append(t.Elems, elem()) })
	return t
}

// braces parses a set, map or user-type literal.
func (p *parser) braces() Term {
	switch k := p.kindAt(2); {
	case k == tokRBrace:
		pos := p.next().pos
		p.next()
		return &SetLiteral{Pos: pos}
	case k.isName():
		switch next := p.kindAt(3); {
		case next == tokColon:
			return p.udtLiteral(p.term)
		case next != tokLParen && next != tokDot:
			p.noViable(3)
		}
	case k != tokMinus && !k.startsSimpleTerm():
		p.noViable(2)
	}
	pos := p.next().pos
	first := p.term()
	switch p.kind() {
	case tokColon:
		return p.mapEntries(pos, first, p.term)
	case tokComma, tokRBrace:
	default:
		p.noViable(1)
	}
	s := &SetLiteral{Pos: pos, Elems: []Term{first}}
	for p.accept(tokComma) {
		s.Elems = append(s.Elems, p.term())
	}
	p.expect(tokRBrace)
	return s
}

// mapEntries parses the rest of a map behind its first key.
func (p *parser) mapEntries(pos Pos, first Term, elem func() Term) *MapLiteral {
	m := &MapLiteral{Pos: pos}
	for key := first; ; key = elem() {
		p.expect(tokColon)
		m.Entries = append(m.Entries, MapEntry{key, elem()})
		if !p.accept(tokComma) {
			break
		}
	}
	p.expect(tokRBrace)
	return m
}

func (p *parser) udtLiteral(elem func() Term) Term {
	u := &UDTLiteral{Pos: p.next().pos}
	p.list(func() {
		name := p.name()
		p.expect(tokColon)
		u.Fields = append(u.Fields, FieldValue{name, elem()})
	})
	p.expect(tokRBrace)
	return u
}

// opensTypeHint tells (type) x from a tuple. Columns being no values, a name
// alone is a type.
func (p *parser) opensTypeHint() bool {
	switch k := p.kindAt(2); {
	case k == kwSet:
		return true
	case k == tokString:
		switch p.kindAt(3) {
		case tokRParen:
			return p.kindAt(4).startsSimpleTerm()
		case tokComma, tokPlus, tokMinus, tokStar, tokSlash, tokPercent:
			return false
		}
		p.noViable(3)
	case k.isName():
		switch next := p.kindAt(3); {
		case next == tokRParen, next == tokLT && k.isCollection():
			return true
		case next == tokLParen:
			return false
		case next == tokDot:
			return p.kindAt(5) == tokRParen
		}
		p.noViable(3)
	case k != tokMinus && !k.startsSimpleTerm():
		p.noViable(2)
	}
	return false
}

func (p *parser) typeHint(arg func() Term) Term {
	p.enter()
	defer p.leave()
	h := &TypeHint{Pos: p.next().pos}
	h.Type = p.typ()
	p.expect(tokRParen)
	h.Arg = arg()
	return h
}

func (p *parser) cast(arg func() Term) Term {
	c := &Cast{Pos: p.next().pos}
	p.expect(tokLParen)
	c.Arg = arg()
	p.expect(kwAs)
	c.Type = p.nativeType()
	p.expect(tokRParen)
	return c
}

// call parses a function call of a value.
func (p *parser) call() Term {
	f := &FunctionCall{Pos: p.here()}
	open := 2
	if p.kindAt(2) == tokDot {
		if open = 4; p.kindAt(4) != tokLParen {
			if !p.kindAt(3).isFunction() {
				p.noViable(3)
			}
			p.noViable(4)
		}
	}
	arg := p.kindAt(open + 1)
	if arg != tokRParen && arg != tokMinus && !arg.startsSimpleTerm() {
		p.noViable(open + 1)
	}
	p.look(open + 2)
	f.Name = p.functionName()
	p.expect(tokLParen)
	if !p.at(tokRParen) {
		p.list(func() { f.Args = append(f.Args, p.term()) })
	}
	p.expect(tokRParen)
	return f
}

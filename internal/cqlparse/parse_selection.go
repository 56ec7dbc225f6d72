package cqlparse

// afterSelection holds what may come behind an expression in a selection.
var afterSelection = kindSet{tokEOF: true, tokSemicolon: true, tokComma: true, tokRParen: true, tokRBracket: true, tokRBrace: true, tokColon: true, tokPlus: true, tokMinus: true, tokStar: true, tokSlash: true, tokPercent: true, kwAllow: true, kwAs: true, kwFrom: true, kwLimit: true, kwOrder: true, kwPer: true}

// selection parses an expression over columns, with arithmetic.
func (p *parser) selection() Term {
	p.enter()
	defer p.leave()
	x := p.selectionProduct()
	for p.at(tokPlus) || p.at(tokMinus) {
		pos := x.Position()
		x = &Binary{Pos: pos, Op: p.operator(), X: x, Y: p.selectionProduct()}
	}
	return x
}

func (p *parser) selectionProduct() Term {
	x := p.selectionFactor()
	for p.at(tokStar) || p.at(tokSlash) || p.at(tokPercent) {
		pos := x.Position()
		x = &Binary{Pos: pos, Op: p.operator(), X: x, Y: p.selectionFactor()}
	}
	return x
}

// selectionFactor parses an expression with the fields and elements taken of
// it. Where those are malformed, the error is that they are there at all: the
// server's parser tries with them, then without.
func (p *parser) selectionFactor() Term {
	p.enter()
	defer p.leave()
	if p.at(tokMinus) {
		pos := p.next().pos
		return &Negation{Pos: pos, X: p.selectionFactor()}
	}
	switch k := p.kind(); {
	case k.isName():
		p.checkAfterName()
	case k.startsSimpleTerm():
		p.look(3)
	}
	x := p.simpleSelection()
	if !p.at(tokDot) && !p.at(tokLBracket) {
		return x
	}
	whole := x
	p.try(func() {
		y := p.modifiers(x)
		if !afterSelection[p.kind()] && !p.extensionAt(1) {
			p.noViable(1)
		}
		whole = y
	})
	return whole
}

// checkAfterName fails if a name here is followed by something odd.
func (p *parser) checkAfterName() {
	k := 2
	if p.kindAt(2) == tokDot {
		field := p.kindAt(3)
		if !field.isName() && !field.isFunction() {
			p.noViable(3)
		}
		if !field.isFunction() {
			return
		}
		k = 4
	}
	p.look(k + 1)
	next := p.kindAt(k)
	if next != tokLParen && next != tokDot && next != tokLBracket && !afterSelection[next] && !p.extensionAt(k) {
		p.noViable(k)
	}
}

func (p *parser) checkAfterMarker() {
	next := p.kindAt(2)
	if next != tokDot && next != tokLBracket && !afterSelection[next] && !p.extensionAt(2) {
		p.noViable(2)
	}
}

// modifiers parses any number of .field, [element] and [from..to].
func (p *parser) modifiers(x Term) Term {
	for n := 0; ; n++ {
		pos := x.Position()
		switch {
		case p.accept(tokDot):
			x = &FieldRef{Pos: pos, X: x, Field: p.name()}
		case p.accept(tokLBracket):
			x = p.subSelection(pos, x)
			p.expect(tokRBracket)
		default:
			return x
		}
		if n > maxDepth {
			p.noViable(1)
		}
	}
}

func (p *parser) subSelection(pos Pos, x Term) Term {
	if p.accept(tokRange) {
		return &SliceRef{Pos: pos, X: x, To: p.term()}
	}
	key := p.term()
	if !p.accept(tokRange) {
		return &ElementRef{Pos: pos, X: x, Key: key}
	}
	s := &SliceRef{Pos: pos, X: x, From: key}
	if !p.at(tokRBracket) {
		s.To = p.term()
	}
	return s
}

func (p *parser) simpleSelection() Term {
	k := p.kind()
	switch {
	case startsConstant[k], k == kwNull:
		return p.scalar()
	case k == tokMarker, k == tokColon:
		if k == tokMarker {
			p.checkAfterMarker()
		}
		return p.marker()
	case k == tokLBracket:
		return p.listLiteral(p.selection)
	case k == tokLBrace:
		return p.selectionBraces()
	case k == tokLParen:
		return p.selectionParens()
	case k == kwToken, k.isName() && p.kindAt(2) == tokLParen,
		k.isName() && p.kindAt(2) == tokDot && p.kindAt(4) == tokLParen:
		return p.selectionCall()
	case k.isName():
		t := p.next()
		return &ColumnRef{Pos: t.pos, Name: identifier(t)}
	}
	p.noViable(1)
	return nil
}

// selectionParens parses a type hint or, where that fails, a tuple.
func (p *parser) selectionParens() (x Term) {
	if p.typeHintAhead() && p.try(func() { x = p.typeHint(p.simpleSelection) }) {
		return x
	}
	if p.kindAt(3) == tokLT {
		p.look(4)
	}
	return p.tuple(p.selection)
}

// typeHintAhead tells (type) x from an expression in parentheses. What follows
// decides, and (a) AS b is an alias, not a hint on a column named "as".
func (p *parser) typeHintAhead() bool {
	saved := p.fetched
	defer func() { p.fetched = saved }()
	after := p.scanType(2)
	if after == 0 || p.kindAt(after) != tokRParen || !p.kindAt(after+1).startsSimpleTerm() {
		return false
	}
	return p.kindAt(after+1) != kwAs || !p.kindAt(after+2).isName()
}

func (p *parser) selectionBraces() Term {
	if k := p.kindAt(2); k != tokRBrace && k != tokMinus && !k.startsSimpleTerm() {
		p.noViable(2)
	}
	pos := p.next().pos
	if p.accept(tokRBrace) {
		return &SetLiteral{Pos: pos}
	}
	first := p.selection()
	switch p.kind() {
	case tokColon:
		return fieldsOrEntries(p.mapEntries(pos, first, p.selection))
	case tokComma, tokRBrace:
	default:
		p.noViable(1)
	}
	s := &SetLiteral{Pos: pos, Elems: []Term{first}}
	for p.accept(tokComma) {
		s.Elems = append(s.Elems, p.selection())
	}
	p.expect(tokRBrace)
	return s
}

// fieldsOrEntries turns a map whose keys are all bare names into a UDT literal.
func fieldsOrEntries(m *MapLiteral) Term {
	u := &UDTLiteral{Pos: m.Pos}
	for _, e := range m.Entries {
		c, ok := e.Key.(*ColumnRef)
		if !ok {
			return m
		}
		u.Fields = append(u.Fields, FieldValue{c.Name, e.Value})
	}
	return u
}

// selectionCall parses a function call in a selection.
func (p *parser) selectionCall() Term {
	f := &FunctionCall{Pos: p.here()}
	k := p.kind()
	if p.kindAt(2) == tokLParen {
		switch k {
		case kwCast:
			return p.cast(p.selection)
		case kwTtl, kwWritetime, kwMaxwritetime:
			f.Name = QualifiedName{Pos: f.Pos, Name: identifier(p.next())}
			p.next()
			f.Args = []Term{p.writtenColumn()}
			p.expect(tokRParen)
			return f
		case kwCount:
			if p.kindAt(3) == tokStar {
				f.Name = QualifiedName{Pos: f.Pos, Name: identifier(p.next())}
				p.next()
				p.next()
				f.Star = true
				p.expect(tokRParen)
				return f
			}
			if arg := p.kindAt(3); arg != tokRParen && arg != tokMinus && !arg.startsSimpleTerm() {
				p.noViable(3)
			}
		}
	}
	if k == kwToken && p.kindAt(2) != tokLParen {
		p.look(3)
		p.next()
		p.mismatch(tokLParen.String())
	}
	f.Name = p.functionName()
	p.expect(tokLParen)
	if k := p.kind(); k == tokMinus || k.startsSimpleTerm() {
		p.list(func() { f.Args = append(f.Args, p.selection()) })
	}
	p.expect(tokRParen)
	return f
}

// writtenColumn parses the argument of ttl and writetime.
func (p *parser) writtenColumn() Term {
	pos := p.here()
	x := p.modifiers(&ColumnRef{Pos: pos, Name: p.name()})
	if !afterSelection[p.kind()] {
		p.noViable(1)
	}
	return x
}

package cqlparse

// propertyNames finds properties given twice.
type propertyNames map[string]bool

// properties parses property AND property ….
func (p *parser) properties() (ps []*Property) {
	var seen propertyNames
	for {
		ps = append(ps, p.property(&seen))
		if !p.accept(kwAnd) {
			return ps
		}
	}
}

// property parses name = value.
func (p *parser) property(seen *propertyNames) *Property {
	if !p.kind().isName() {
		p.noViable(1)
	}
	if p.kindAt(2) != tokEQ {
		p.noViable(2)
	}
	value := p.kindAt(3)
	if !startsConstant[value] && !value.isUnreserved() && value != tokLBrace && (value != kwNull || !p.extended()) {
		p.noViable(3)
	}
	p.look(4)
	pr := &Property{Pos: p.here(), Name: p.name()}
	p.next()
	switch {
	case value == tokLBrace:
		m := p.mapLiteral()
		p.checkPropertyMap(m)
		pr.Value = m
	case startsConstant[value]:
		pr.Value = p.scalar()
	default:
		pr.Value = p.wordLiteral()
	}
	if (*seen)[pr.Name.Name] {
		p.reject(pr.Pos, "Multiple definitions for property '%s'", pr.Name.Name)
	}
	if *seen == nil {
		*seen = propertyNames{}
	}
	(*seen)[pr.Name.Name] = true
	return pr
}

// mapLiteral parses {k: v, …}, which may be empty.
func (p *parser) mapLiteral() *MapLiteral {
	pos := p.expect(tokLBrace).pos
	if k := p.kind(); k != tokMinus && !k.startsSimpleTerm() {
		p.expect(tokRBrace)
		return &MapLiteral{Pos: pos}
	}
	return p.mapEntries(pos, p.term(), p.term)
}

// checkPropertyMap wants constants, and each key once.
func (p *parser) checkPropertyMap(m *MapLiteral) {
	bound := func(t Term) string {
		if _, ok := t.(*Marker); ok {
			return " (bind variables are not supported in DDL queries)"
		}
		return ""
	}
	constant := func(t Term) bool {
		l, ok := t.(*Literal)
		return ok && l.Kind != NullLiteral
	}
	keys := map[string]bool{}
	for _, e := range m.Entries {
		if !constant(e.Key) {
			p.reject(e.Key.Position(), "Invalid property name: %s%s", Print(e.Key), bound(e.Key))
		}
		if !constant(e.Value) {
			p.reject(e.Value.Position(), "Invalid property value: %s for property: %s%s", Print(e.Value), Print(e.Key), bound(e.Value))
		}
		key := e.Key.(*Literal).Text
		if keys[key] {
			p.reject(e.Key.Position(), "Multiple definition for property %s", key)
		}
		keys[key] = true
	}
}

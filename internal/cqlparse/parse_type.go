package cqlparse

import "strconv"

// afterType holds what may come behind a type, in any statement.
var afterType = kindSet{tokEOF: true, tokSemicolon: true, tokComma: true, tokRParen: true, tokGT: true, kwFinalfunc: true, kwInitcond: true, kwLanguage: true, kwMasked: true, kwPrimary: true, kwStatic: true}

// typ parses a type.
func (p *parser) typ() *Type {
	p.enter()
	defer p.leave()
	t := &Type{Pos: p.here()}
	switch k := p.kind(); {
	case k == tokString:
		t.Kind, t.Class = CustomType, p.next().text
		return t
	case k.isNative() && p.kindAt(2) != tokDot:
		p.checkAfterType()
		t.Kind, t.Name = NativeType, QualifiedName{Pos: t.Pos, Name: identifier(p.next())}
		return t
	case k == kwSet:
		t.Kind = SetType
	case !k.isName():
		p.noViable(1)
	case p.kindAt(2) == tokLT && k == kwList:
		t.Kind = ListType
	case p.kindAt(2) == tokLT && k == kwMap:
		t.Kind = MapType
	case p.kindAt(2) == tokLT && k == kwTuple:
		t.Kind = TupleType
	case p.kindAt(2) == tokLT && k == kwVector:
		t.Kind = VectorType
	case p.kindAt(2) == tokLT && k == kwFrozen:
		t.Kind = FrozenType
	default:
		if k.isCollection() && p.kindAt(2) != tokDot {
			p.checkAfterType()
		}
		t.Kind, t.Name = UserType, p.typeName()
		return t
	}
	p.next()
	p.expect(tokLT)
	p.params(t)
	p.expect(tokGT)
	if t.Kind == FrozenType {
		p.checkFrozen(t)
	}
	return t
}

// isCollection reports whether k starts a type with parameters. All but SET
// may also be the name of a user type.
func (k kind) isCollection() bool {
	switch k {
	case kwSet, kwList, kwMap, kwTuple, kwVector, kwFrozen:
		return true
	}
	return false
}

// checkAfterType fails when the token behind this word cannot follow a type.
func (p *parser) checkAfterType() {
	if !afterType[p.kindAt(2)] {
		p.noViable(2)
	}
	p.look(3)
}

func (p *parser) params(t *Type) {
	t.Params = []*Type{p.typ()}
	switch t.Kind {
	case MapType:
		p.expect(tokComma)
		t.Params = append(t.Params, p.typ())
	case TupleType:
		for p.accept(tokComma) {
			t.Params = append(t.Params, p.typ())
		}
	case VectorType:
		p.expect(tokComma)
		n := p.expect(tokInteger)
		dim, err := strconv.ParseInt(n.text, 10, 32)
		if err != nil {
			p.rejectNumber(n, `For input string: "`+n.text+`"`)
		}
		t.Dimension = int(dim)
	}
}

// checkFrozen refuses what cannot be frozen.
func (p *parser) checkFrozen(t *Type) {
	if k := t.Params[0].Kind; k == NativeType || k == CustomType {
		p.reject(t.Pos, "frozen<> is only allowed on collections, tuples, and user-defined types (got %s)", t.Params[0])
	}
}

// reservedTypeNames are kept for types of the future, in this exact case.
var reservedTypeNames = map[string]bool{
	"byte": true, "complex": true, "enum": true, "date": true,
	"interval": true, "macaddr": true, "bitstring": true,
}

// typeName parses [keyspace.]type of a user type.
func (p *parser) typeName() QualifiedName {
	q := QualifiedName{Pos: p.here()}
	k := p.kind()
	if !k.isName() {
		p.noViable(1)
	}
	if p.kindAt(2) == tokDot {
		q.Keyspace = p.name()
		p.next()
		k = p.kind()
	} else if !k.isTypeName() {
		p.name()
		p.mismatch(tokDot.String())
	}
	if !k.isTypeName() {
		p.noViable(1)
	}
	t := p.next()
	if t.kind == tokIdent && reservedTypeNames[t.text] {
		p.reject(t.pos, "Invalid (reserved) user type name %s", t.text)
	}
	q.Name = identifier(t)
	return q
}

// isTypeName reports whether k can be the name of a user type.
func (k kind) isTypeName() bool {
	return k == tokIdent || k == tokQuotedName || k >= firstBasic && k <= lastBasic || k == kwKey
}

// nativeType parses the target of CAST.
func (p *parser) nativeType() *Type {
	if !p.kind().isNative() {
		p.noViable(1)
	}
	t := p.next()
	return &Type{Pos: t.pos, Kind: NativeType, Name: QualifiedName{Pos: t.pos, Name: identifier(t)}}
}

// scanType returns the index of the token behind the type at the k-th token,
// without consuming it, or 0 if there is none.
func (p *parser) scanType(k int) int {
	first := p.kindAt(k)
	switch {
	case first == tokString:
		return k + 1
	case p.kindAt(k+1) == tokDot && first.isName():
		if p.kindAt(k + 2).isTypeName() {
			return k + 3
		}
		return 0
	case p.kindAt(k+1) != tokLT:
		if first.isNative() || first.isTypeName() {
			return k + 1
		}
		return 0
	case !first.isCollection():
		return 0
	}
	// Balanced angle brackets are a type, or will never be anything else.
	depth := 0
	for i := k + 1; ; i++ {
		switch p.kindAt(i) {
		case tokLT:
			depth++
		case tokGT:
			if depth--; depth == 0 {
				return i + 1
			}
		case tokEOF, tokSemicolon, tokLParen, tokRParen:
			return 0
		}
	}
}

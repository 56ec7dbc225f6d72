package cqlparse

func (p *parser) orReplace() bool {
	if !p.accept(kwOr) {
		return false
	}
	p.expect(kwReplace)
	return true
}

// createFunction parses CREATE FUNCTION.
func (p *parser) createFunction() Statement {
	s := &CreateFunction{Head: p.head()}
	p.next()
	s.OrReplace = p.orReplace()
	p.expect(kwFunction)
	s.IfNotExists = p.ifNotExists()
	s.Name = p.functionName()
	p.expect(tokLParen)
	if p.kind().isName() {
		p.list(func() { s.Args = append(s.Args, p.fieldDef()) })
	}
	p.expect(tokRParen)
	switch p.kind() {
	case kwReturns:
		p.next()
		p.expect(kwNull)
	case kwCalled:
		p.next()
		s.CalledOnNullInput = true
	default:
		p.noViable(1)
	}
	p.expect(kwOn)
	p.expect(kwNull)
	p.expect(kwInput)
	p.expect(kwReturns)
	s.Returns = p.typ()
	p.expect(kwLanguage)
	s.Language = identifier(p.expect(tokIdent))
	p.expect(kwAs)
	s.Body = p.stringLiteral()
	return s
}

// types parses a list of types in parentheses, possibly empty.
func (p *parser) types() (ts []*Type) {
	p.expect(tokLParen)
	if k := p.kind(); k.isName() || k == kwSet || k == tokString {
		p.list(func() { ts = append(ts, p.typ()) })
	}
	p.expect(tokRParen)
	return ts
}

func (p *parser) signature() *Signature {
	if !p.at(tokLParen) {
		return nil
	}
	return &Signature{Pos: p.here(), Types: p.types()}
}

func (p *parser) dropFunction() Statement {
	s := &DropFunction{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Name = p.functionName()
	s.Signature = p.signature()
	return s
}

// createAggregate parses CREATE AGGREGATE.
func (p *parser) createAggregate() Statement {
	s := &CreateAggregate{Head: p.head()}
	p.next()
	s.OrReplace = p.orReplace()
	p.expect(kwAggregate)
	s.IfNotExists = p.ifNotExists()
	s.Name = p.functionName()
	s.Args = p.types()
	p.expect(kwSfunc)
	s.StateFunc = p.ownFunction()
	p.expect(kwStype)
	s.StateType = p.typ()
	if p.accept(kwFinalfunc) {
		s.FinalFunc = p.ownFunction()
	}
	if p.accept(kwInitcond) {
		s.InitCond = p.term()
	}
	return s
}

// ownFunction parses a function of the same keyspace.
func (p *parser) ownFunction() Identifier {
	if !p.kind().isFunction() {
		p.noViable(1)
	}
	return identifier(p.next())
}

func (p *parser) dropAggregate() Statement {
	s := &DropAggregate{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Name = p.functionName()
	s.Signature = p.signature()
	return s
}

// describeStatement parses DESCRIBE.
func (p *parser) describeStatement() Statement {
	s := &Describe{Head: p.head()}
	p.next()
	p.describeWhat(s)
	if p.accept(kwWith) {
		p.expect(kwInternals)
		s.Internals = true
	}
	return s
}

// describeLists are the words that stand for all of a kind. They are names,
// too, when a dot follows.
var describeLists = map[kind]DescribeKind{
	kwCluster: DescribeCluster, kwKeyspaces: DescribeKeyspaces, kwTables: DescribeTables,
	kwTypes: DescribeTypes, kwFunctions: DescribeFunctions, kwAggregates: DescribeAggregates,
}

func (p *parser) describeWhat(s *Describe) {
	k := p.kind()
	if what, ok := describeLists[k]; ok && p.kindAt(2) != tokDot {
		p.look(3)
		p.next()
		s.What = what
		return
	}
	named := func(what DescribeKind, name func() QualifiedName) {
		p.next()
		s.What, s.Name = what, name()
	}
	// Unreserved words name something themselves unless a name follows.
	word := k.isUnreserved() && !p.describedNameAt(2)
	switch {
	case k == kwFull || k == kwSchema:
		s.What, s.Full = DescribeSchema, p.accept(kwFull)
		p.expect(kwSchema)
	case k == kwOnly && p.kindAt(2) == kwKeyspace, k == kwKeyspace:
		s.What, s.Only = DescribeKeyspace, p.accept(kwOnly)
		p.next()
		if p.kind().isName() || p.at(tokMarker) {
			s.Name = keyspaceName(p.keyspace())
		}
	case k == kwColumnfamily:
		named(DescribeTable, p.table)
	case k == kwIndex:
		named(DescribeIndex, p.table)
	case k == kwMaterialized:
		p.next()
		if !p.at(kwView) {
			p.mismatch(kwView.String())
		}
		named(DescribeView, p.table)
	case k == kwType && !word:
		named(DescribeType, p.typeName)
	case k == kwFunction && !word:
		named(DescribeFunction, p.functionName)
	case k == kwAggregate && !word:
		named(DescribeAggregate, p.functionName)
	case k.isName():
		s.Name = p.describedName()
	default:
		p.noViable(1)
	}
}

func keyspaceName(ks Identifier) QualifiedName { return QualifiedName{Pos: ks.Pos, Name: ks} }

// describedNameAt reports whether the k-th token is a name.
func (p *parser) describedNameAt(k int) bool {
	n := p.kindAt(k)
	return n.isName() || n == kwToken
}

func (p *parser) describedName() QualifiedName {
	if n := p.kindAt(2); n != tokDot && n != tokEOF && n != tokSemicolon && n != kwWith {
		p.noViable(2)
	}
	q := QualifiedName{Pos: p.here(), Name: p.name()}
	if p.accept(tokDot) {
		q.Keyspace, q.Name = q.Name, p.name()
	}
	return q
}

package cqlparse

// createIndex parses CREATE [CUSTOM] INDEX.
func (p *parser) createIndex() Statement {
	s := &CreateIndex{Head: p.head()}
	p.next()
	s.Custom = p.accept(kwCustom)
	p.expect(kwIndex)
	s.IfNotExists = p.ifNotExists()
	if p.kind().isName() || p.at(tokMarker) {
		s.Name = p.nameOrMarker("index")
	}
	p.expect(kwOn)
	s.Table = p.table()
	p.expect(tokLParen)
	if p.indexTargetAhead() {
		p.list(func() { s.Targets = append(s.Targets, p.indexTarget()) })
	}
	p.expect(tokRParen)
	if p.accept(kwUsing) {
		s.Using = p.stringLiteral()
	}
	if p.accept(kwWith) {
		s.Options = p.properties()
	}
	return s
}

func (p *parser) indexTargetAhead() bool {
	k := p.kind()
	return k.isColumn() || k == kwEntries || k == kwFull || k == tokLParen && p.extended()
}

func (p *parser) indexTarget() *IndexTarget {
	t := &IndexTarget{Pos: p.here()}
	switch k := p.kind(); k {
	case tokLParen:
		if !p.extended() {
			p.noViable(1)
		}
		p.parens(func() { t.Partition = append(t.Partition, p.column()) })
		return t
	case kwValues, kwKeys:
		// These are columns, too.
		switch p.kindAt(2) {
		case tokLParen:
		case tokComma, tokRParen:
			t.Column = p.column()
			return t
		default:
			p.noViable(2)
		}
		t.Kind = IndexKeys
		if k == kwValues {
			t.Kind = IndexValues
		}
	case kwEntries:
		t.Kind = IndexEntries
	case kwFull:
		t.Kind = IndexFull
	default:
		t.Column = p.column()
		return t
	}
	p.next()
	p.expect(tokLParen)
	t.Column = p.column()
	p.expect(tokRParen)
	return t
}

func (p *parser) dropIndex() Statement {
	s := &DropIndex{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Name = p.qualified("index", &afterIndex)
	return s
}

// createView parses CREATE MATERIALIZED VIEW.
func (p *parser) createView() Statement {
	s := &CreateView{Head: p.head()}
	p.next()
	p.next()
	p.expect(kwView)
	s.IfNotExists = p.ifNotExists()
	s.Name = p.table()
	p.expect(kwAs)
	p.expect(kwSelect)
	s.Selectors = p.selectors()
	p.expect(kwFrom)
	s.Base = p.table()
	if p.accept(kwWhere) {
		s.Where = p.where()
	}
	s.Key = p.primaryKey()
	if !p.accept(kwWith) {
		return s
	}
	var seen propertyNames
	for {
		pos := p.here()
		p.tableOption(&s.ClusteringOrder, &s.Options, &seen, func() {
			p.reject(pos, "COMPACT STORAGE tables are not allowed starting with version 4.0")
		})
		if !p.accept(kwAnd) {
			return s
		}
	}
}

func (p *parser) alterView() Statement {
	s := &AlterView{Head: p.head()}
	p.next()
	p.next()
	p.expect(kwView)
	s.IfExists = p.ifExists()
	s.Name = p.table()
	p.expect(kwWith)
	s.Options = p.properties()
	return s
}

func (p *parser) dropView() Statement {
	s := &DropView{Head: p.head()}
	p.next()
	p.next()
	p.expect(kwView)
	s.IfExists = p.ifExists()
	s.Name = p.table()
	return s
}

// createTrigger parses CREATE TRIGGER.
func (p *parser) createTrigger() Statement {
	s := &CreateTrigger{Head: p.head()}
	p.next()
	p.next()
	s.IfNotExists = p.ifNotExists()
	s.Name = p.name()
	p.expect(kwOn)
	s.Table = p.table()
	p.expect(kwUsing)
	s.Class = p.stringLiteral()
	return s
}

func (p *parser) dropTrigger() Statement {
	s := &DropTrigger{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Name = p.name()
	p.expect(kwOn)
	s.Table = p.table()
	return s
}

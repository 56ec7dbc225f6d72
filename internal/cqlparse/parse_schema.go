package cqlparse

// createKeyspace parses CREATE KEYSPACE.
func (p *parser) createKeyspace() Statement {
	s := &CreateKeyspace{Head: p.head()}
	p.next()
	p.next()
	s.IfNotExists = p.ifNotExists()
	s.Keyspace = p.keyspace()
	p.expect(kwWith)
	s.Options = p.properties()
	return s
}

func (p *parser) alterKeyspace() Statement {
	s := &AlterKeyspace{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Keyspace = p.keyspace()
	p.expect(kwWith)
	s.Options = p.properties()
	return s
}

func (p *parser) dropKeyspace() Statement {
	s := &DropKeyspace{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Keyspace = p.keyspace()
	return s
}

// createTable parses CREATE TABLE.
func (p *parser) createTable() Statement {
	s := &CreateTable{Head: p.head()}
	p.next()
	p.next()
	s.IfNotExists = p.ifNotExists()
	s.Table = p.table()
	p.expect(tokLParen)
	p.tableElement(s)
	for p.accept(tokComma) {
		if k := p.kind(); k.isName() || k == kwPrimary {
			p.tableElement(s)
		}
	}
	p.expect(tokRParen)
	if !p.accept(kwWith) {
		return s
	}
	var seen propertyNames
	for {
		p.tableOption(&s.ClusteringOrder, &s.Options, &seen, func() { s.CompactStorage = true })
		if !p.accept(kwAnd) {
			return s
		}
	}
}

// tableElement parses a column or a primary key.
func (p *parser) tableElement(s *CreateTable) {
	if p.at(kwPrimary) {
		s.PrimaryKeys = append(s.PrimaryKeys, p.primaryKey())
		return
	}
	c := p.columnDef()
	if p.accept(kwPrimary) {
		p.expect(kwKey)
		c.PrimaryKey = true
	}
	s.Columns = append(s.Columns, c)
}

// columnDef parses name type [STATIC] [MASKED WITH …].
func (p *parser) columnDef() *ColumnDef {
	c := &ColumnDef{Pos: p.here(), Name: p.name()}
	c.Type = p.typ()
	c.Static = p.accept(kwStatic)
	if p.at(kwMasked) {
		c.Mask = p.mask()
	}
	return c
}

func (p *parser) mask() *Mask {
	m := &Mask{Pos: p.here()}
	if p.kindAt(2) != kwWith {
		p.noViable(2)
	}
	// DEFAULT is also the name of a function.
	if p.kindAt(3) == kwDefault && p.kindAt(4) != tokLParen && p.kindAt(4) != tokDot {
		p.next()
		p.next()
		p.next()
		m.Default = true
		return m
	}
	if k := p.kindAt(3); !k.isFunction() && !k.isName() {
		p.noViable(3)
	}
	p.next()
	p.next()
	if k := p.kindAt(2); k != tokLParen && k != tokDot {
		p.noViable(2)
	}
	m.Function = p.functionName()
	if !p.at(tokLParen) {
		p.noViable(1)
	}
	if k := p.kindAt(2); k != tokRParen && k != tokMinus && !k.startsSimpleTerm() {
		p.noViable(2)
	}
	p.next()
	if !p.at(tokRParen) {
		p.list(func() { m.Args = append(m.Args, p.term()) })
	}
	p.expect(tokRParen)
	return m
}

// primaryKey parses PRIMARY KEY (…).
func (p *parser) primaryKey() *PrimaryKey {
	k := &PrimaryKey{Pos: p.expect(kwPrimary).pos}
	p.expect(kwKey)
	p.expect(tokLParen)
	if p.at(tokLParen) {
		p.parens(func() { k.Partition = append(k.Partition, p.name()) })
	} else {
		k.Partition = []Identifier{p.name()}
	}
	for p.accept(tokComma) {
		k.Clustering = append(k.Clustering, p.name())
	}
	p.expect(tokRParen)
	return k
}

// tableOption parses one option of WITH for a table or view.
func (p *parser) tableOption(order *[]*ColumnOrder, options *[]*Property, seen *propertyNames, compact func()) {
	switch k := p.kind(); {
	case k == kwCompact && p.kindAt(2) == kwStorage:
		p.next()
		p.next()
		compact()
	case k == kwClustering && p.kindAt(2) == kwOrder:
		p.next()
		p.next()
		p.expect(kwBy)
		p.parens(func() { *order = append(*order, p.columnOrder()) })
	case k == kwCompact || k == kwClustering:
		if p.kindAt(2) != tokEQ {
			p.noViable(2)
		}
		fallthrough
	default:
		*options = append(*options, p.property(seen))
	}
}

func (p *parser) columnOrder() *ColumnOrder {
	o := &ColumnOrder{Pos: p.here(), Column: p.name()}
	switch p.kind() {
	case kwAsc:
	case kwDesc:
		o.Desc = true
	default:
		p.noViable(1)
	}
	p.next()
	return o
}

// dropTable parses DROP TABLE.
func (p *parser) dropTable() Statement {
	s := &DropTable{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Table = p.table()
	return s
}

// createType parses CREATE TYPE.
func (p *parser) createType() Statement {
	s := &CreateType{Head: p.head()}
	p.next()
	p.next()
	s.IfNotExists = p.ifNotExists()
	s.Name = p.typeName()
	p.expect(tokLParen)
	s.Fields = append(s.Fields, p.fieldDef())
	for p.accept(tokComma) {
		if p.kind().isName() {
			s.Fields = append(s.Fields, p.fieldDef())
		}
	}
	p.expect(tokRParen)
	return s
}

func (p *parser) fieldDef() *FieldDef {
	f := &FieldDef{Pos: p.here(), Name: p.name()}
	f.Type = p.typ()
	return f
}

func (p *parser) dropType() Statement {
	s := &DropType{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Name = p.typeName()
	return s
}

package cqlparse

import "strconv"

// alterTable parses ALTER TABLE.
func (p *parser) alterTable() Statement {
	s := &AlterTable{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Table = p.table()
	switch p.kind() {
	case kwAdd:
		p.next()
		s.Op = AlterAddColumns
		s.IfColumnNotExists = p.ifNotExists()
		p.oneOrMore(func() { s.Columns = append(s.Columns, p.columnDef()) })
	case kwDrop:
		p.dropColumns(s)
	case kwRename:
		p.next()
		s.Op = AlterRenameColumns
		s.IfColumnExists = p.ifExists()
		s.Renames = p.renames()
	case kwAlter:
		p.alterColumn(s)
	case kwWith:
		p.next()
		s.Op = AlterOptions
		s.Options = p.properties()
	default:
		p.noViable(1)
	}
	return s
}

// oneOrMore parses an item, or a list of them in parentheses.
func (p *parser) oneOrMore(item func()) {
	switch k := p.kind(); {
	case k == tokLParen:
		p.parens(item)
	case k.isName():
		item()
	default:
		p.noViable(1)
	}
}

func (p *parser) dropColumns(s *AlterTable) {
	switch k := p.kindAt(2); {
	case k == kwCompact && p.kindAt(3) == kwStorage:
		p.look(4)
		p.next()
		p.next()
		p.next()
		s.Op = AlterDropCompactStorage
		return
	case k == kwCompact:
		if after := p.kindAt(3); after != tokEOF && after != tokSemicolon && after != kwUsing {
			p.noViable(3)
		}
	case k == kwIf || k == tokLParen || k.isName():
	default:
		p.noViable(2)
	}
	p.look(3)
	p.next()
	s.Op = AlterDropColumns
	s.IfColumnExists = p.ifExists()
	p.oneOrMore(func() { s.Drops = append(s.Drops, p.name()) })
	if p.accept(kwUsing) {
		p.expect(kwTimestamp)
		if !p.at(tokInteger) {
			p.mismatch(tokInteger.String())
		}
		t := p.look(1)
		if _, err := strconv.ParseInt(t.text, 10, 64); err != nil {
			p.rejectNumber(t, `For input string: "`+t.text+`"`)
		}
		s.Timestamp = p.scalar().(*Literal)
	}
}

// renames parses a TO b AND c TO d.
func (p *parser) renames() (rs []Rename) {
	for {
		from := p.name()
		p.expect(kwTo)
		rs = append(rs, Rename{from, p.name()})
		if !p.accept(kwAnd) {
			return rs
		}
	}
}

// alterColumn parses ALTER column TYPE …, or its mask.
func (p *parser) alterColumn(s *AlterTable) {
	switch k := p.kindAt(2); {
	case k == kwIf:
	case !k.isColumn():
		p.noViable(2)
	case p.kindAt(3) != kwType && p.kindAt(3) != kwMasked && p.kindAt(3) != kwDrop:
		p.noViable(3)
	default:
		p.look(4)
	}
	p.next()
	s.IfColumnExists = p.ifExists()
	c := &ColumnDef{Pos: p.here(), Name: p.column()}
	s.Columns = []*ColumnDef{c}
	switch p.kind() {
	case kwType:
		if s.IfColumnExists {
			p.noViable(1)
		}
		p.next()
		s.Op = AlterColumnType
		c.Type = p.typ()
	case kwMasked:
		s.Op = AlterMaskColumn
		c.Mask = p.mask()
	case kwDrop:
		p.next()
		p.expect(kwMasked)
		s.Op = AlterUnmaskColumn
	default:
		p.noViable(1)
	}
}

// alterType parses ALTER TYPE.
func (p *parser) alterType() Statement {
	s := &AlterType{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Name = p.typeName()
	switch p.kind() {
	case kwAlter:
		p.next()
		s.Op = AlterFieldType
		f := &FieldDef{Pos: p.here(), Name: p.name()}
		p.expect(kwType)
		f.Type = p.typ()
		s.Field = f
	case kwAdd:
		p.next()
		s.IfFieldNotExists = p.ifNotExists()
		s.Field = p.fieldDef()
	case kwRename:
		p.next()
		s.Op = AlterRenameFields
		s.IfFieldExists = p.ifExists()
		s.Renames = p.renames()
	default:
		p.noViable(1)
	}
	return s
}

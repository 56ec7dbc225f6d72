package cqlparse

import "strings"

// isUnreserved reports whether k is a keyword that serves as a name.
func (k kind) isUnreserved() bool { return k >= firstBasic && k <= lastUnreserved }

func (k kind) isNative() bool { return k >= firstNative && k <= lastNative }

// isName reports whether k can be the name of a keyspace, table, field, ….
func (k kind) isName() bool {
	return k == tokIdent || k == tokQuotedName || k.isUnreserved()
}

// isColumn is isName with the empty name that old tables may have.
func (k kind) isColumn() bool { return k == tokEmptyQuotedName || k.isName() }

// identifier makes an identifier of t.
func identifier(t token) Identifier {
	switch t.kind {
	case tokQuotedName, tokString:
		return Identifier{Pos: t.pos, Name: t.text, Quoted: true}
	case tokEmptyQuotedName:
		return Identifier{Pos: t.pos, Quoted: true}
	}
	return Identifier{Pos: t.pos, Name: strings.ToLower(t.text)}
}

// name parses an identifier that is no column of an existing table.
func (p *parser) name() Identifier {
	if !p.kind().isName() {
		p.noViable(1)
	}
	return identifier(p.next())
}

// column parses a column of an existing table.
func (p *parser) column() Identifier {
	if !p.kind().isColumn() {
		p.noViable(1)
	}
	return identifier(p.next())
}

// nameOrMarker parses an identifier where a marker gets its own error.
func (p *parser) nameOrMarker(what string) Identifier {
	if p.at(tokMarker) {
		p.reject(p.here(), "Bind variables cannot be used for %s names", what)
	}
	return p.name()
}

func (p *parser) keyspace() Identifier { return p.nameOrMarker("keyspace") }

func (p *parser) role() Identifier {
	if p.at(tokString) {
		return identifier(p.next())
	}
	return p.nameOrMarker("role")
}

// afterTable holds what may come behind the name of a table, in any statement.
var afterTable = kindSet{tokEOF: true, tokSemicolon: true, tokLParen: true, kwAdd: true, kwAllow: true, kwAlter: true, kwAs: true, kwDrop: true, kwFrom: true, kwGroup: true, kwJson: true, kwLimit: true, kwNorecursive: true, kwOf: true, kwOrder: true, kwPer: true, kwPrimary: true, kwRename: true, kwSet: true, kwTo: true, kwUsing: true, kwWhere: true, kwWith: true}

type kindSet [numKinds]bool

// table parses [keyspace.]table, the table having a marker error of its own.
func (p *parser) table() QualifiedName { return p.qualified("table", &afterTable) }

var afterIndex = kindSet{tokEOF: true, tokSemicolon: true}

func (p *parser) qualified(what string, follow *kindSet) QualifiedName {
	q := QualifiedName{Pos: p.here()}
	if k := p.kind(); !k.isName() && k != tokMarker {
		p.noViable(1)
	}
	if p.kindAt(2) == tokDot {
		q.Keyspace = p.keyspace()
		p.next()
		q.Name = p.nameOrMarker(what)
		return q
	}
	if !follow[p.kindAt(2)] && !p.extensionAt(2) {
		p.noViable(2)
	}
	p.look(3)
	q.Name = p.nameOrMarker(what)
	return q
}

// extensionAt reports whether the k-th token may start a clause that only
// extended dialects have behind a table's name or a term.
func (p *parser) extensionAt(k int) bool {
	return p.extended() && (p.kindAt(k) == kwUsing || p.wordAt(k, "bypass"))
}

// afterFunction holds what may come behind the name of a function.
var afterFunction = kindSet{tokEOF: true, tokSemicolon: true, tokLParen: true, tokDot: true, kwWith: true}

// functionName parses [keyspace.]function.
func (p *parser) functionName() QualifiedName {
	q := QualifiedName{Pos: p.here()}
	if k := p.kind(); !k.isFunction() && !k.isName() && k != tokMarker {
		p.noViable(1)
	}
	if !afterFunction[p.kindAt(2)] {
		p.noViable(2)
	}
	if p.kindAt(2) == tokDot {
		q.Keyspace = p.keyspace()
		p.next()
	}
	if !p.kind().isFunction() {
		p.noViable(1)
	}
	q.Name = identifier(p.next())
	return q
}

// isFunction reports whether k can be the name of a function.
func (k kind) isFunction() bool {
	return k == tokIdent || k == tokQuotedName || k >= firstBasic && k <= lastNative ||
		k == kwToken || k == kwCount
}

package cqlparse

// Pos is a place in the source text. The zero Pos means "nowhere", as in a
// tree built by hand.
type Pos struct {
	Offset int // bytes from the start, from 0
	Line   int // from 1
	Col    int // characters from the start of the line, from 0, as the server counts
}

// Position returns p. Every node has it by embedding Pos.
func (p Pos) Position() Pos { return p }

// IsValid reports whether p is a place in a source text.
func (p Pos) IsValid() bool { return p.Line > 0 }

// Node is any part of a syntax tree, always a pointer.
type Node interface {
	Position() Pos
}

// Statement is one CQL statement: *Select, *Insert, *Update, *Delete, *Batch,
// *Use, *Truncate, or one of the schema, role and DESCRIBE statements.
type Statement interface {
	Node
	// Kind names the kind of statement.
	Kind() Kind
	// Header returns what all statements share.
	Header() *Head
}

// Head is embedded in every statement.
type Head struct {
	Pos
	// End is just behind the last token, the closing semicolon excluded.
	End Pos
	// Markers are the bind markers of the statement in textual order, which
	// is the order of the protocol's values. In a statement inside a batch
	// they are that statement's own, and Index still counts over the batch.
	Markers []*Marker
}

// Header returns h.
func (h *Head) Header() *Head { return h }

// Identifier is a name of a column, table, keyspace, field, role, ….
type Identifier struct {
	Pos
	Name   string // lower-cased unless Quoted
	Quoted bool   // written "Name" (or 'Name', where roles allow it)
}

// IsZero reports whether there is no name. The empty quoted name is a name.
func (i Identifier) IsZero() bool { return i.Name == "" && !i.Quoted }

// String returns the identifier as CQL, quoted when it was or must be.
func (i Identifier) String() string {
	if i.Quoted || NeedsQuoting(i.Name) {
		return quoteName(i.Name)
	}
	return i.Name
}

// QualifiedName is the name of something that lives in a keyspace.
type QualifiedName struct {
	Pos
	Keyspace Identifier // zero when not given
	Name     Identifier
}

// IsZero reports whether there is no name.
func (q QualifiedName) IsZero() bool { return q.Name.IsZero() }

// String returns the name as CQL: keyspace.name or name.
func (q QualifiedName) String() string {
	if q.Keyspace.IsZero() {
		return q.Name.String()
	}
	return q.Keyspace.String() + "." + q.Name.String()
}

// Property is `name = value` of a WITH clause.
type Property struct {
	Pos
	Name  Identifier
	Value Term // *Literal, or *MapLiteral of literals, possibly empty
}

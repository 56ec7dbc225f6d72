package cqlparse

// Term is an expression: a value of INSERT, SET, WHERE and IF, or what a
// SELECT selects. Columns, fields, elements and slices occur in selections
// (and GROUP BY) only.
type Term interface {
	Node
	term()
}

// LiteralKind tells constants apart by their spelling. CQL types them by the
// column they meet, so an integer literal may end up in a float column.
type LiteralKind int

// The kinds of constant.
const (
	StringLiteral   LiteralKind = iota // 'it''s' or $$it's$$
	IntegerLiteral                     // -12
	FloatLiteral                       // 1.5e3, NaN, Infinity, -Infinity
	BooleanLiteral                     // true
	UUIDLiteral                        // 123e4567-e89b-12d3-a456-426614174000
	BlobLiteral                        // 0xCAFE
	DurationLiteral                    // 1y2mo, P1Y2M, P0001-02-03T04:05:06
	NullLiteral                        // NULL
	WordLiteral                        // a bare keyword, as the value of a property only
)

// Literal is a constant.
type Literal struct {
	Pos
	Kind LiteralKind
	// Text is the unescaped content of a string, and the source text of any
	// other constant, but NULL, NaN (without its sign) and Infinity have this
	// one spelling, and words are in lower case.
	Text   string
	Dollar bool // a string written $$…$$
}

// Marker is a bind marker: ?, or :name. As the right side of IN it stands for
// a whole list.
type Marker struct {
	Pos
	Index int        // its place among the statement's markers, from 0
	Name  Identifier // zero for ?
}

// ListLiteral is [a, b]: a list or a vector.
type ListLiteral struct {
	Pos
	Elems []Term
}

// SetLiteral is {a, b}. The empty one may also mean an empty map.
type SetLiteral struct {
	Pos
	Elems []Term
}

// MapLiteral is {k: v, …}. It has entries, except as the value of a property.
type MapLiteral struct {
	Pos
	Entries []MapEntry
}

// MapEntry is one k: v of a [MapLiteral].
type MapEntry struct{ Key, Value Term }

// UDTLiteral is {field: value, …}. In a selection, the same text may also mean
// a map whose keys are columns.
type UDTLiteral struct {
	Pos
	Fields []FieldValue
}

// FieldValue is one field: value of a [UDTLiteral].
type FieldValue struct {
	Name  Identifier
	Value Term
}

// TupleLiteral is (a, b). In a selection, one element alone is an expression
// in parentheses; elsewhere it is a tuple of one.
type TupleLiteral struct {
	Pos
	Elems []Term
}

// FunctionCall is name(args). count(*), token(k), writetime(c), maxwritetime(c)
// and ttl(c) are calls too, with a lower-case name.
type FunctionCall struct {
	Pos
	Name QualifiedName
	Args []Term
	Star bool // count(*)
}

// Cast is CAST(arg AS type).
type Cast struct {
	Pos
	Arg  Term
	Type *Type
}

// TypeHint is (type) arg.
type TypeHint struct {
	Pos
	Type *Type
	Arg  Term
}

// Binary is x op y, Op being one of + - * / %.
type Binary struct {
	Pos
	Op   byte
	X, Y Term
}

// Negation is -x. A negative number is a [Literal] instead.
type Negation struct {
	Pos
	X Term
}

// ColumnRef is a column.
type ColumnRef struct {
	Pos
	Name Identifier
}

// FieldRef is x.field.
type FieldRef struct {
	Pos
	X     Term
	Field Identifier
}

// ElementRef is x[key].
type ElementRef struct {
	Pos
	X   Term
	Key Term
}

// SliceRef is x[from..to].
type SliceRef struct {
	Pos
	X        Term
	From, To Term // one of them may be nil
}

func (*Literal) term()      {}
func (*Marker) term()       {}
func (*ListLiteral) term()  {}
func (*SetLiteral) term()   {}
func (*MapLiteral) term()   {}
func (*UDTLiteral) term()   {}
func (*TupleLiteral) term() {}
func (*FunctionCall) term() {}
func (*Cast) term()         {}
func (*TypeHint) term()     {}
func (*Binary) term()       {}
func (*Negation) term()     {}
func (*ColumnRef) term()    {}
func (*FieldRef) term()     {}
func (*ElementRef) term()   {}
func (*SliceRef) term()     {}

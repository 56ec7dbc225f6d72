// Package cql renders statements: parts in, text out. It knows nothing of Go
// structs, sessions or values. gocqlx's qb writes the clauses; the names, markers
// and everything qb has no word for are made here.
package cql

import "slices"

// Verb is the kind of statement.
type Verb uint8

const (
	Insert Verb = iota
	Update
	Delete
	Select
)

func (v Verb) String() string { return [...]string{"INSERT", "UPDATE", "DELETE", "SELECT"}[v] }

// Op compares a column with a value, in WHERE and in IF.
type Op uint8

const (
	Eq Op = iota
	Ne
	Lt
	Le
	Gt
	Ge
	In
	Contains
	ContainsKey
	Like
)

func (o Op) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">=", "IN", "CONTAINS", "CONTAINS KEY", "LIKE"}[o]
}

// Ordered reports whether the operator asks which of two values comes first.
func (o Op) Ordered() bool { return o >= Lt && o <= Ge }

// Change is what an assignment does to its column.
type Change uint8

const (
	Set     Change = iota // c = ?
	Add                   // c = c + ?
	Remove                // c = c - ?
	Prepend               // c = ? + c
)

// Markers. A top-level tuple is bound element by element, because gocql counts
// its elements as values of their own: such a marker is "(?, ?)".
const (
	Mark = "?"
	Null = "null"
)

// Column is a column of the statement's table. ID is what tells it from the table's other
// columns; the name is what is written.
type Column struct {
	ID   int
	Name string
}

// Target is a column or a part of one.
type Target struct {
	Column Column
	Elem   string // marker of the list index or map key: c[?]; "" when there is none
	Field  string // field of a user-defined type: c.f; "" when there is none
}

// Relation is one term of WHERE or IF.
type Relation struct {
	Target
	Op     Op
	Marker string
	Tuple  *Tuple // what is compared instead of the target; nil: the target is
}

// Tuple is several columns compared at once: (a, b), or token(a, b).
type Tuple struct {
	Columns []Column
	Token   bool
}

// Order is one term of ORDER BY.
type Order struct {
	Column    Column
	Direction Direction
}

// Direction is how a column orders.
type Direction uint8

const (
	Asc Direction = iota
	Desc
	ANN // by likeness to a vector: c ANN OF ?
)

// Assignment is one term of SET.
type Assignment struct {
	Target
	Change Change
	Marker string
}

// Value is one column of an INSERT.
type Value struct {
	Column Column
	Marker string
}

// Statement is everything that decides a statement's text.
//
// Its values are bound in this order: INSERT: values, TTL, timestamp, timeout. UPDATE:
// TTL, timestamp, timeout, each assignment's element key then value, WHERE, IF. DELETE:
// each deletion's element key, timestamp, timeout, WHERE, IF. SELECT: list, WHERE, ANN's
// vector, limit per partition, limit, timeout.
type Statement struct {
	Verb        Verb
	Table       string // rendered by TableName
	Values      []Value
	Assignments []Assignment
	Columns     []Column // SELECT list: not the statement's own memory
	Line        string   // one more term of the SELECT list, written out; "": none
	TokenOf     []Column // the SELECT list ends with the token of these; empty: it does not
	Deletions   []Target // DELETE list; empty deletes the row
	Where       []Relation
	If          []Relation
	IfExists    bool
	IfNotExists bool
	TTL         bool
	Timestamp   bool
	Limit       bool
	Count       bool     // SELECT count(*), or the one of Terms
	Terms       []string // SELECT list where there is more to it than columns, written out
	JSON        bool     // SELECT JSON; INSERT JSON, whose one value is the object
	Distinct    bool
	GroupBy     []Column
	OrderBy     []Order
	PerPart     bool // PER PARTITION LIMIT
	Filtering   bool // ALLOW FILTERING
	Timeout     bool // ScyllaDB's USING TIMEOUT
	BypassCache bool // ScyllaDB's, of a SELECT

	key []byte // memory of shape
}

// Clone is a copy with memory of its own.
func (s *Statement) Clone() Statement {
	c := *s
	c.Values, c.Assignments, c.TokenOf = slices.Clone(s.Values), slices.Clone(s.Assignments), slices.Clone(s.TokenOf)
	c.Deletions, c.Where, c.If = slices.Clone(s.Deletions), slices.Clone(s.Where), slices.Clone(s.If)
	c.key = nil
	return c
}

// Reset empties the statement and keeps its memory, but for the lists that a SELECT
// only borrows.
func (s *Statement) Reset() {
	*s = Statement{
		Values: s.Values[:0], Assignments: s.Assignments[:0], TokenOf: s.TokenOf[:0],
		Deletions: s.Deletions[:0], Where: s.Where[:0], If: s.If[:0], key: s.key[:0],
	}
}

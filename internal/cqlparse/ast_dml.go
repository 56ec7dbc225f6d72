package cqlparse

// Select is SELECT.
type Select struct {
	Head
	JSON              bool
	Distinct          bool
	Selectors         []*Selector // empty for *
	From              QualifiedName
	Where             []*Relation
	GroupBy           []Term
	OrderBy           []*Ordering
	PerPartitionLimit Term // nil, *Literal or *Marker
	Limit             Term // nil, *Literal or *Marker
	AllowFiltering    bool
	BypassCache       bool  // ScyllaDB
	Using             Using // ScyllaDB: TIMEOUT
}

// Selector is one `expr [AS alias]` of a selection.
type Selector struct {
	Pos
	Expr  Term
	Alias Identifier
}

// Ordering is one column of ORDER BY.
type Ordering struct {
	Pos
	Column Identifier
	ANN    Term // the vector of `column ANN OF vector`, or nil
	Desc   bool
}

// Insert is INSERT, of values or of JSON.
type Insert struct {
	Head
	Table       QualifiedName
	Columns     []Identifier // nil with JSON
	Values      []Term       // as many as written: perhaps not as many as Columns
	JSON        Term         // a string *Literal or a *Marker, nil without JSON
	Default     JSONDefault
	IfNotExists bool
	Using       Using
}

// JSONDefault says what INSERT JSON does with columns the document leaves out.
type JSONDefault int

// The forms of DEFAULT. The server treats DefaultNone as DefaultNull.
const (
	DefaultNone  JSONDefault = iota // nothing written
	DefaultNull                     // DEFAULT NULL
	DefaultUnset                    // DEFAULT UNSET
)

// Update is UPDATE.
type Update struct {
	Head
	Table       QualifiedName
	Using       Using
	Assignments []*Assignment
	Where       []*Relation
	IfExists    bool
	If          []*Condition
}

// AssignOp is what an [Assignment] does.
type AssignOp int

// The assignments. Whether AssignAdd appends to a list, adds to a set or map,
// or increments a counter depends on the column.
const (
	AssignSet      AssignOp = iota // c = v, c[k] = v, c.f = v
	AssignAdd                      // c = c + v, c += v
	AssignSubtract                 // c = c - v, c -= v
	AssignPrepend                  // c = v + c
)

// Assignment is one item of SET.
type Assignment struct {
	Pos
	Column Identifier
	Key    Term       // of c[k] = v, else nil
	Field  Identifier // of c.f = v, else zero
	Op     AssignOp
	Value  Term
}

// Delete is DELETE.
type Delete struct {
	Head
	Columns  []*Deletion // empty: whole rows
	Table    QualifiedName
	Using    Using
	Where    []*Relation
	IfExists bool
	If       []*Condition
}

// Deletion is one of the things DELETE names: c, c[k] or c.f.
type Deletion struct {
	Pos
	Column Identifier
	Key    Term       // of c[k], else nil
	Field  Identifier // of c.f, else zero
}

// BatchType is the kind of a batch.
type BatchType int

// The kinds of batch.
const (
	LoggedBatch BatchType = iota
	UnloggedBatch
	CounterBatch
)

// Batch is BEGIN BATCH … APPLY BATCH.
type Batch struct {
	Head
	Type       BatchType
	Using      Using
	Statements []Statement // *Insert, *Update, *Delete
}

// UsingKind is the subject of a USING clause.
type UsingKind int

// The subjects of USING.
const (
	UsingTimestamp UsingKind = iota
	UsingTTL
	UsingTimeout // ScyllaDB
)

// Using is a USING clause, as written.
type Using []UsingOption

// UsingOption is one subject of USING with its value.
type UsingOption struct {
	Pos
	Kind  UsingKind
	Value Term // *Literal or *Marker
}

// Timestamp returns the value of USING TIMESTAMP, or nil.
func (u Using) Timestamp() Term { return u.get(UsingTimestamp) }

// TTL returns the value of USING TTL, or nil.
func (u Using) TTL() Term { return u.get(UsingTTL) }

// Timeout returns the value of ScyllaDB's USING TIMEOUT, or nil.
func (u Using) Timeout() Term { return u.get(UsingTimeout) }

// get returns the last value, which is the one that counts for the server.
func (u Using) get(kind UsingKind) Term {
	for i := len(u) - 1; i >= 0; i-- {
		if u[i].Kind == kind {
			return u[i].Value
		}
	}
	return nil
}

// Operator compares, in a [Relation] or a [Condition].
type Operator string

// The operators, in the words of CQL.
const (
	OpEQ             Operator = "="
	OpNEQ            Operator = "!="
	OpLT             Operator = "<"
	OpLTE            Operator = "<="
	OpGT             Operator = ">"
	OpGTE            Operator = ">="
	OpIn             Operator = "IN"
	OpNotIn          Operator = "NOT IN"
	OpContains       Operator = "CONTAINS"
	OpContainsKey    Operator = "CONTAINS KEY"
	OpNotContains    Operator = "NOT CONTAINS"
	OpNotContainsKey Operator = "NOT CONTAINS KEY"
	OpLike           Operator = "LIKE"
	OpIsNot          Operator = "IS NOT" // with NULL
	OpBetween        Operator = "BETWEEN"
)

// RelationKind is the left side of a [Relation].
type RelationKind int

// The left sides of a relation.
const (
	OnColumn    RelationKind = iota // c op v
	OnElement                       // c[k] op v
	OnTuple                         // (c, d) op v
	OnToken                         // token(c, d) op v
	OnIndexExpr                     // expr(index, v): Index
)

// Relation is one term of WHERE.
//
// The right side is Value for most operators. BETWEEN has its two bounds in
// Values. IN has either a marker for the whole list in Value, or the listed
// values in Values, which may be empty.
type Relation struct {
	Pos
	On      RelationKind
	Bound   bool         // ScyllaDB's SCYLLA_CLUSTERING_BOUND: OnTuple in the order of the rows
	Columns []Identifier // exactly one for OnColumn and OnElement
	Key     Term         // OnElement
	Index   Identifier   // OnIndexExpr
	Op      Operator
	Value   Term
	Values  []Term
}

// Condition is one term of IF. Its right side is as in a [Relation].
type Condition struct {
	Pos
	Column Identifier
	Key    Term       // of c[k] op v, else nil
	Field  Identifier // of c.f op v, else zero
	Op     Operator
	Value  Term
	Values []Term
}

// Use is USE.
type Use struct {
	Head
	Keyspace Identifier
}

// Truncate is TRUNCATE [TABLE].
type Truncate struct {
	Head
	Table QualifiedName
	Using Using // ScyllaDB: TIMEOUT
}

// PruneView is ScyllaDB's PRUNE MATERIALIZED VIEW.
type PruneView struct {
	Head
	View  QualifiedName
	Where []*Relation
}

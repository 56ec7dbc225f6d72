package cqlparse

// CreateFunction is CREATE FUNCTION.
type CreateFunction struct {
	Head
	OrReplace         bool
	IfNotExists       bool
	Name              QualifiedName
	Args              []*FieldDef
	CalledOnNullInput bool // CALLED, not RETURNS NULL, ON NULL INPUT
	Returns           *Type
	Language          Identifier
	Body              *Literal
}

// DropFunction is DROP FUNCTION.
type DropFunction struct {
	Head
	IfExists  bool
	Name      QualifiedName
	Signature *Signature // nil when the types are left out
}

// Signature is the argument types that pick one of several functions.
type Signature struct {
	Pos
	Types []*Type
}

// CreateAggregate is CREATE AGGREGATE.
type CreateAggregate struct {
	Head
	OrReplace   bool
	IfNotExists bool
	Name        QualifiedName
	Args        []*Type
	StateFunc   Identifier
	StateType   *Type
	FinalFunc   Identifier // may be zero
	InitCond    Term       // may be nil
}

// DropAggregate is DROP AGGREGATE.
type DropAggregate struct {
	Head
	IfExists  bool
	Name      QualifiedName
	Signature *Signature // nil when the types are left out
}

// DescribeKind is the subject of DESCRIBE.
type DescribeKind int

// The subjects of DESCRIBE.
const (
	DescribeGeneric    DescribeKind = iota // any name: Name
	DescribeCluster                        // CLUSTER
	DescribeSchema                         // [FULL] SCHEMA
	DescribeKeyspaces                      // KEYSPACES
	DescribeKeyspace                       // [ONLY] KEYSPACE [Name]
	DescribeTables                         // TABLES
	DescribeTable                          // TABLE Name
	DescribeIndex                          // INDEX Name
	DescribeView                           // MATERIALIZED VIEW Name
	DescribeTypes                          // TYPES
	DescribeType                           // TYPE Name
	DescribeFunctions                      // FUNCTIONS
	DescribeFunction                       // FUNCTION Name
	DescribeAggregates                     // AGGREGATES
	DescribeAggregate                      // AGGREGATE Name
)

// Describe is DESCRIBE, which the server itself answers since Cassandra 4.0.
type Describe struct {
	Head
	What      DescribeKind
	Name      QualifiedName // a keyspace is in Name.Name
	Full      bool          // FULL SCHEMA
	Only      bool          // ONLY KEYSPACE
	Internals bool          // WITH INTERNALS
}

package cqlparse

// CreateKeyspace is CREATE KEYSPACE.
type CreateKeyspace struct {
	Head
	IfNotExists bool
	Keyspace    Identifier
	Options     []*Property
}

// AlterKeyspace is ALTER KEYSPACE.
type AlterKeyspace struct {
	Head
	IfExists bool
	Keyspace Identifier
	Options  []*Property
}

// DropKeyspace is DROP KEYSPACE.
type DropKeyspace struct {
	Head
	IfExists bool
	Keyspace Identifier
}

// CreateTable is CREATE TABLE.
type CreateTable struct {
	Head
	IfNotExists     bool
	Table           QualifiedName
	Columns         []*ColumnDef
	PrimaryKeys     []*PrimaryKey // the PRIMARY KEY (…) clauses
	ClusteringOrder []*ColumnOrder
	CompactStorage  bool
	Options         []*Property
}

// Keys returns every primary key the statement declares, those written behind
// a column first. A valid statement has exactly one.
func (c *CreateTable) Keys() []*PrimaryKey {
	var keys []*PrimaryKey
	for _, col := range c.Columns {
		if col.PrimaryKey {
			keys = append(keys, &PrimaryKey{Pos: col.Pos, Partition: []Identifier{col.Name}})
		}
	}
	return append(keys, c.PrimaryKeys...)
}

// ColumnDef declares a column.
type ColumnDef struct {
	Pos
	Name       Identifier
	Type       *Type
	Static     bool
	Mask       *Mask
	PrimaryKey bool // PRIMARY KEY written behind the column
}

// Mask is MASKED WITH.
type Mask struct {
	Pos
	Default  bool          // MASKED WITH DEFAULT
	Function QualifiedName // else
	Args     []Term
}

// PrimaryKey is PRIMARY KEY ((a, b), c).
type PrimaryKey struct {
	Pos
	Partition  []Identifier
	Clustering []Identifier
}

// ColumnOrder is one column of CLUSTERING ORDER BY.
type ColumnOrder struct {
	Pos
	Column Identifier
	Desc   bool
}

// AlterTableOp is what ALTER TABLE does.
type AlterTableOp int

// The forms of ALTER TABLE, and the fields of [AlterTable] each uses.
const (
	AlterAddColumns         AlterTableOp = iota // Columns, IfColumnNotExists
	AlterDropColumns                            // Drops, Timestamp, IfColumnExists
	AlterRenameColumns                          // Renames, IfColumnExists
	AlterColumnType                             // Columns[0]
	AlterMaskColumn                             // Columns[0] without type, IfColumnExists
	AlterUnmaskColumn                           // Columns[0] without type, IfColumnExists
	AlterOptions                                // Options
	AlterDropCompactStorage                     // none
)

// AlterTable is ALTER TABLE.
type AlterTable struct {
	Head
	IfExists          bool
	Table             QualifiedName
	Op                AlterTableOp
	IfColumnExists    bool
	IfColumnNotExists bool
	Columns           []*ColumnDef
	Drops             []Identifier
	Timestamp         *Literal // DROP … USING TIMESTAMP, or nil
	Renames           []Rename
	Options           []*Property
}

// Rename is `from TO to`.
type Rename struct{ From, To Identifier }

// DropTable is DROP TABLE.
type DropTable struct {
	Head
	IfExists bool
	Table    QualifiedName
}

// CreateType is CREATE TYPE.
type CreateType struct {
	Head
	IfNotExists bool
	Name        QualifiedName
	Fields      []*FieldDef
}

// FieldDef declares a field of a user type.
type FieldDef struct {
	Pos
	Name Identifier
	Type *Type
}

// AlterTypeOp is what ALTER TYPE does.
type AlterTypeOp int

// The forms of ALTER TYPE, and the fields of [AlterType] each uses.
const (
	AlterAddField     AlterTypeOp = iota // Field, IfFieldNotExists
	AlterRenameFields                    // Renames, IfFieldExists
	AlterFieldType                       // Field
)

// AlterType is ALTER TYPE.
type AlterType struct {
	Head
	IfExists         bool
	Name             QualifiedName
	Op               AlterTypeOp
	IfFieldExists    bool
	IfFieldNotExists bool
	Field            *FieldDef
	Renames          []Rename
}

// DropType is DROP TYPE.
type DropType struct {
	Head
	IfExists bool
	Name     QualifiedName
}

// IndexTargetKind is the part of a column that an index covers.
type IndexTargetKind int

// The parts of a column to index.
const (
	IndexColumn  IndexTargetKind = iota // c
	IndexKeys                           // KEYS(c)
	IndexValues                         // VALUES(c)
	IndexEntries                        // ENTRIES(c)
	IndexFull                           // FULL(c)
)

// IndexTarget is what an index covers.
type IndexTarget struct {
	Pos
	Kind   IndexTargetKind
	Column Identifier
	// Partition holds the columns of ScyllaDB's ((p1, p2), c), a local
	// index, in the target that stands for the inner parentheses.
	Partition []Identifier
}

// CreateIndex is CREATE [CUSTOM] INDEX.
type CreateIndex struct {
	Head
	Custom      bool
	IfNotExists bool
	Name        Identifier // zero: the server names it
	Table       QualifiedName
	Targets     []*IndexTarget
	Using       *Literal // the class of USING 'class', or nil
	Options     []*Property
}

// DropIndex is DROP INDEX.
type DropIndex struct {
	Head
	IfExists bool
	Name     QualifiedName
}

// CreateView is CREATE MATERIALIZED VIEW.
type CreateView struct {
	Head
	IfNotExists     bool
	Name            QualifiedName
	Selectors       []*Selector // empty for *
	Base            QualifiedName
	Where           []*Relation
	Key             *PrimaryKey
	ClusteringOrder []*ColumnOrder
	Options         []*Property
}

// AlterView is ALTER MATERIALIZED VIEW.
type AlterView struct {
	Head
	IfExists bool
	Name     QualifiedName
	Options  []*Property
}

// DropView is DROP MATERIALIZED VIEW.
type DropView struct {
	Head
	IfExists bool
	Name     QualifiedName
}

// CreateTrigger is CREATE TRIGGER.
type CreateTrigger struct {
	Head
	IfNotExists bool
	Name        Identifier
	Table       QualifiedName
	Class       *Literal
}

// DropTrigger is DROP TRIGGER.
type DropTrigger struct {
	Head
	IfExists bool
	Name     Identifier
	Table    QualifiedName
}

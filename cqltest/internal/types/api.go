package types

// Column says where a value goes: the column (or argument) it is assigned to.
// Its name and type appear in error messages; its type rules the conversion.
type Column struct {
	Keyspace, Table, Name string
	Type                  *Type
}

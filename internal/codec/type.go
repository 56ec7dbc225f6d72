package codec

// Kind is the outermost constructor of a CQL type.
type Kind uint8

// The kinds of CQL type. Text stands for text and its alias varchar.
const (
	Invalid Kind = iota
	ASCII
	BigInt
	Blob
	Boolean
	Counter
	Date
	Decimal
	Double
	Duration
	Float
	Inet
	Int
	SmallInt
	Text
	Time
	Timestamp
	TimeUUID
	TinyInt
	UUID
	Varint
	List
	Set
	Map
	Tuple
	UDT
	Vector
	Custom
)

var kindNames = [...]string{
	Invalid: "invalid", ASCII: "ascii", BigInt: "bigint", Blob: "blob", Boolean: "boolean",
	Counter: "counter", Date: "date", Decimal: "decimal", Double: "double", Duration: "duration",
	Float: "float", Inet: "inet", Int: "int", SmallInt: "smallint", Text: "text", Time: "time",
	Timestamp: "timestamp", TimeUUID: "timeuuid", TinyInt: "tinyint", UUID: "uuid",
	Varint: "varint", List: "list", Set: "set", Map: "map", Tuple: "tuple", UDT: "udt",
	Vector: "vector", Custom: "custom",
}

// String returns the CQL name of a native kind, and a descriptive word for the others.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// Type describes a CQL type. A Type is shared once it is built: treat it as immutable.
type Type struct {
	Kind   Kind
	Key    *Type   // map
	Elem   *Type   // list, set, map (its values), vector
	Elems  []*Type // tuple
	Name   string  // udt: its unquoted name; custom: its class
	Fields []Field // udt; nil where only the name is known
	Len    int     // vector
	Frozen bool    // written frozen<…>; nested types are frozen without saying so
}

// Field is a field of a user-defined type.
type Field struct {
	Name string
	Type *Type
}

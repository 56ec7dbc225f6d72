package types

import "errors"

var errTodo = errors.New("types: not written yet")

func (t *Type) appendCQL(b interface{ WriteString(string) (int, error) }) {}

// ClassName returns the Java class name of t, as custom types travel on the
// wire: "org.apache.cassandra.db.marshal.Int32Type".
func (t *Type) ClassName() string { return "" }

// Validate checks that b is an encoded value of t. Null is always valid.
func (t *Type) Validate(b []byte) error { return errTodo }

// Compare orders two valid, non-null values of t as clustering columns, sets
// and map keys sort. Empty values come first.
func (t *Type) Compare(a, b []byte) int { return 0 }

// FromString parses the text of a literal without its quotes.
func (t *Type) FromString(s string) ([]byte, error) { return nil, errTodo }

// Literal returns b as a CQL literal.
func (t *Type) Literal(b []byte) string { return "" }

// AppendJSON appends b as toJson writes it.
func (t *Type) AppendJSON(dst, b []byte) []byte { return nil }

// FromJSON converts a decoded JSON value to t: see [ParseJSON].
func (t *Type) FromJSON(v any) ([]byte, error) { return nil, errTodo }

// PackList encodes the elements of a list or set, or the flattened pairs of a map as n entries.
func PackList(n int, elems [][]byte) []byte { return nil }

// UnpackList returns the elements of an encoded list or set.
func UnpackList(b []byte) ([][]byte, error) { return nil, errTodo }

// UnpackMap returns the keys and values of an encoded map, alternating.
func UnpackMap(b []byte) ([][]byte, error) { return nil, errTodo }

// PackTuple encodes the components of a tuple or UDT; nil is null.
func PackTuple(elems [][]byte) []byte { return nil }

// UnpackTuple returns the n components of a tuple or UDT; those missing at the end are nil.
func UnpackTuple(b []byte, n int) ([][]byte, error) { return nil, errTodo }

// PackVector encodes a vector of type t.
func (t *Type) PackVector(elems [][]byte) []byte { return nil }

// UnpackVector returns the elements of a vector of type t.
func (t *Type) UnpackVector(b []byte) ([][]byte, error) { return nil, errTodo }

// Token returns the Murmur3Partitioner token of a serialized partition key.
func Token(key []byte) int64 { return 0 }

// PartitionKey serializes the components of a partition key: one as it is, several as a composite.
func PartitionKey(components [][]byte) []byte { return nil }

// SplitPartitionKey undoes PartitionKey for n components.
func SplitPartitionKey(key []byte, n int) ([][]byte, error) { return nil, errTodo }

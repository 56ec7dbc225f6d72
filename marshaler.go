package coodie

// Marshaler is implemented by a Go type that encodes itself, beside the Marshaler of a driver. A type that
// implements one of the two interfaces mostly needs the other too. Its method CQLType() string names the type
// of its column where no type= option does.
type Marshaler interface {
	// MarshalCell returns the cell of a column, whose type is given in CQL, such as list<int>. Nil is null.
	MarshalCell(cqlType string) ([]byte, error)
}

// Unmarshaler is implemented by a Go type that decodes itself.
type Unmarshaler interface {
	// UnmarshalCell sets the value to a cell; nil is null. It must not keep the cell's memory.
	UnmarshalCell(cqlType string, cell []byte) error
}

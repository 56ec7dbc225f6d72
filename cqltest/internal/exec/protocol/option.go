package protocol

// Dialect selects whose answers the engine gives.
type Dialect int

// The dialects.
const (
	Cassandra Dialect = iota
	Scylla
)

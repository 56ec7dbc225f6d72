package coodie

import (
	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/cql"
)

// Cassandra, 5.0 included, evaluates `IF m[k] <op> value` with the comparator of the map's
// keys, not that of its values. With uuid keys, say, any two values that are no uuids are
// equal, so that the condition holds whatever the value is. Only what comes out right
// all the same is sent.

// misjudged reports whether Cassandra may decide wrongly a condition with op on the value
// of a map's key.
func misjudged(m *codec.Type, op cql.Op) bool {
	key, value := comparison(m.Key), comparison(m.Elem)
	if key == byType {
		return m.Key.Kind != m.Elem.Kind || !m.Key.Equal(m.Elem)
	}
	switch op {
	case cql.Lt, cql.Le, cql.Gt, cql.Ge:
		return key != value
	}
	return false // both orders tell any two values apart
}

// cellOrder is how Cassandra compares the cells of a type.
type cellOrder uint8

const (
	byType   cellOrder = iota // in a way that makes no sense of other types' cells
	byBytes                   // as unsigned bytes
	bySigned                  // as unsigned bytes after a signed one
)

func comparison(t *codec.Type) cellOrder {
	switch t.Kind {
	case codec.ASCII, codec.Text, codec.Blob, codec.Inet, codec.Date, codec.Time:
		return byBytes
	case codec.SmallInt, codec.Int, codec.BigInt, codec.Timestamp:
		return bySigned
	}
	return byType
}

// Package codec turns Go values into native-protocol v4 cells and back, keeping
// null, empty and missing apart.
//
// A [Codec] is compiled once for a Go type and a CQL type; then it reads and
// writes memory by offset, without reflection and without boxing. The package
// sends nothing, and knows neither statements nor drivers. A driver registers its interfaces for
// Go types that encode themselves: see [Adapt].
//
// [Infer] lists the CQL type that each Go type has by default. The other way
// round, each CQL type takes these Go types, pointers to them (nil is null) and
// types that implement Marshaler and Unmarshaler, or those of the driver; a named type
// counts as its kind:
//
//	ascii, text        string kinds
//	boolean            bool kinds
//	tinyint, smallint  every Go integer; what does not fit is an error, both ways
//	int
//	bigint, counter    every Go integer, big.Int
//	varint             every Go integer, big.Int
//	float, double      float32, float64; what would lose precision is an error, both ways
//	decimal            inf.Dec
//	blob               []byte kinds (nil is null), [n]byte of that length
//	uuid, timeuuid     any [16]byte; string kinds ("" is null)
//	timestamp          time.Time (UTC, milliseconds; the zero time is null), int64 of milliseconds
//	date               coodie.Date, time.Time (the day in its own zone); zero is null
//	time               time.Duration, int64 of nanoseconds, from 0 to below 24 hours
//	duration           Span, or a type of its fields such as coodie.Duration; time.Duration (no months and days)
//	inet               net.IP (nil is null), netip.Addr (the zero Addr is null)
//	list, set          []E, [n]E of exactly n; set also map[K]struct{}; nil is null
//	map                map[K]V; nil is null
//	vector<E, n>       [n]E, []E of length n (nil is null)
//	tuple              a struct with as many fields, []any
//	user-defined type  a struct with fields of the same names, map[string]any
//
// Collections cannot hold null: a nil pointer or a zero time in one is an error,
// a nil slice or map in one is written as an empty one. Sets and maps are
// written in the server's order, sets without duplicates, so that equal values
// have equal cells. Decoded strings of one list, set or map share memory.
//
// Not supported: gocql.UDTMarshaler and UDTUnmarshaler, structs that contain
// themselves, interfaces other than any inside []any and map[string]any.
package codec

package types

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

var cqlNames = map[Kind]string{
	KindASCII: "ascii", KindBigint: "bigint", KindBlob: "blob", KindBoolean: "boolean",
	KindCounter: "counter", KindDate: "date", KindDecimal: "decimal", KindDouble: "double",
	KindDuration: "duration", KindEmpty: "empty", KindFloat: "float", KindInet: "inet",
	KindInt: "int", KindSmallint: "smallint", KindText: "text", KindTime: "time",
	KindTimestamp: "timestamp", KindTimeUUID: "timeuuid", KindTinyint: "tinyint",
	KindUUID: "uuid", KindVarint: "varint",
	KindList: "list", KindSet: "set", KindMap: "map", KindTuple: "tuple", KindVector: "vector",
}

var natives = map[string]*Type{
	"ascii": ASCII, "bigint": Bigint, "blob": Blob, "boolean": Boolean, "counter": Counter,
	"date": Date, "decimal": Decimal, "double": Double, "duration": Duration, "empty": Empty,
	"float": Float, "inet": Inet, "int": Int, "smallint": Smallint, "text": Text,
	"time": Time, "timestamp": Timestamp, "timeuuid": TimeUUID, "tinyint": Tinyint,
	"uuid": UUID, "varchar": Text, "varint": Varint,
}

// Native returns the native type of a lower-case name, varchar included, or
// nil.
func Native(name string) *Type { return natives[name] }

// String returns the type as CQL, the way system_schema shows it:
// "frozen<map<text, int>>".
func (t *Type) String() string {
	if s := cqlNames[t.Kind]; len(t.Elems) == 0 && s != "" && t.Kind != KindTuple {
		return s
	}
	var b strings.Builder
	t.appendCQL(&b, true)
	return b.String()
}

// StringIgnoringFrozen is like String without the outermost frozen<…>, as a
// function's signature shows a tuple.
func (t *Type) StringIgnoringFrozen() string {
	var b strings.Builder
	t.appendCQL(&b, false)
	return b.String()
}

func (t *Type) appendCQL(b *strings.Builder, frozen bool) {
	frozen = frozen && t.Kind != KindVector && (t.Kind == KindTuple || t.Frozen && (t.IsCollection() || t.Kind == KindUDT))
	if frozen {
		b.WriteString("frozen<")
		defer b.WriteByte('>')
	}
	switch t.Kind {
	case KindCustom:
		b.WriteString("'" + t.Class + "'")
	case KindUDT:
		b.WriteString(cqlparse.QuoteIdentifier(t.Name))
	case KindList, KindSet, KindMap, KindTuple, KindVector:
		b.WriteString(cqlNames[t.Kind])
		b.WriteByte('<')
		for i, e := range t.Elems {
			if i > 0 {
				b.WriteString(", ")
			}
			e.appendCQL(b, true)
		}
		if t.Kind == KindVector {
			b.WriteString(", " + strconv.Itoa(t.Dim))
		}
		b.WriteByte('>')
	default:
		b.WriteString(cqlNames[t.Kind])
	}
}

const marshalPackage = "org.apache.cassandra.db.marshal."

var classNames = map[Kind]string{
	KindASCII: "AsciiType", KindBigint: "LongType", KindBlob: "BytesType", KindBoolean: "BooleanType",
	KindCounter: "CounterColumnType", KindDate: "SimpleDateType", KindDecimal: "DecimalType",
	KindDouble: "DoubleType", KindDuration: "DurationType", KindEmpty: "EmptyType", KindFloat: "FloatType",
	KindInet: "InetAddressType", KindInt: "Int32Type", KindSmallint: "ShortType", KindText: "UTF8Type",
	KindTime: "TimeType", KindTimestamp: "TimestampType", KindTimeUUID: "TimeUUIDType",
	KindTinyint: "ByteType", KindUUID: "UUIDType", KindVarint: "IntegerType",
	KindList: "ListType", KindSet: "SetType", KindMap: "MapType", KindTuple: "TupleType",
	KindUDT: "UserType", KindVector: "VectorType",
}

// ClassName returns the Java class name of t, as custom types travel on the
// wire: "org.apache.cassandra.db.marshal.Int32Type".
func (t *Type) ClassName() string {
	var b strings.Builder
	t.appendClass(&b, false)
	return b.String()
}

// appendClass writes the class; inside something frozen, what it holds is not
// marked frozen again.
func (t *Type) appendClass(b *strings.Builder, ignoreFrozen bool) {
	if t.Kind == KindCustom {
		b.WriteString(t.Class)
		return
	}
	frozen := t.Frozen && (t.IsCollection() || t.Kind == KindUDT)
	if frozen && !ignoreFrozen {
		b.WriteString(marshalPackage + "FrozenType(")
		defer b.WriteByte(')')
	}
	b.WriteString(marshalPackage + classNames[t.Kind])
	ignoreFrozen = ignoreFrozen || frozen || t.Kind == KindTuple
	switch t.Kind {
	case KindList, KindSet, KindMap, KindTuple:
		b.WriteByte('(')
		for i, e := range t.Elems {
			if i > 0 {
				b.WriteByte(',')
			}
			e.appendClass(b, ignoreFrozen)
		}
		b.WriteByte(')')
	case KindVector:
		b.WriteByte('(')
		t.Elem().appendClass(b, ignoreFrozen)
		b.WriteString(" , " + strconv.Itoa(t.Dim) + ")")
	case KindUDT:
		b.WriteString("(" + t.Keyspace + "," + hex.EncodeToString([]byte(t.Name)))
		for i, e := range t.Elems {
			b.WriteString("," + hex.EncodeToString([]byte(t.Fields[i])) + ":")
			e.appendClass(b, ignoreFrozen)
		}
		b.WriteByte(')')
	}
}

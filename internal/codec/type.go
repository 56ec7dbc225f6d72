package codec

import (
	"strconv"
	"strings"
)

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

func (k Kind) native() bool { return k > Invalid && k < List }

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
	Name string // unquoted
	Type *Type
}

var natives = func() (ts [List]Type) {
	for k := range ts {
		ts[k].Kind = Kind(k)
	}
	return
}()

// Native returns the type of a native kind.
func Native(k Kind) *Type {
	if !k.native() {
		return &natives[Invalid]
	}
	return &natives[k]
}

// Freeze returns the type as a primary key or a nested type holds it: a
// collection or user-defined type frozen, any other as it is.
func (t *Type) Freeze() *Type {
	if t.Frozen || !t.multiCell() {
		return t
	}
	f := *t
	f.Frozen = true
	return &f
}

// MultiCell reports whether a column of the type has one cell per element, which the server keeps
// in its own order, and none if the value is empty.
func (t *Type) MultiCell() bool { return !t.Frozen && t.multiCell() }

// multiCell is MultiCell of the type unfrozen.
func (t *Type) multiCell() bool {
	return t.Kind == List || t.Kind == Set || t.Kind == Map || t.Kind == UDT
}

// String returns the type as CQL, as CREATE TABLE takes it. Collections and
// user-defined types inside another type are written frozen<…>, as CQL demands.
func (t *Type) String() string {
	if t == nil {
		return "invalid"
	}
	if t.Kind.native() {
		return t.Kind.String()
	}
	var b strings.Builder
	t.write(&b, false, false)
	return b.String()
}

// signature is String with the fields of user-defined types: what a codec depends on.
func (t *Type) signature() string {
	if t.Kind.native() {
		return t.Kind.String()
	}
	var b strings.Builder
	t.write(&b, false, true)
	return b.String()
}

func (t *Type) write(b *strings.Builder, nested, fields bool) {
	if t == nil {
		b.WriteString("invalid")
		return
	}
	frozen := t.Frozen && (t.multiCell() || t.Kind == Tuple) || nested && t.multiCell()
	if frozen {
		b.WriteString("frozen<")
	}
	switch t.Kind {
	case List, Set:
		b.WriteString(t.Kind.String())
		b.WriteByte('<')
		t.Elem.write(b, true, fields)
		b.WriteByte('>')
	case Map:
		b.WriteString("map<")
		t.Key.write(b, true, fields)
		b.WriteString(", ")
		t.Elem.write(b, true, fields)
		b.WriteByte('>')
	case Tuple:
		b.WriteString("tuple<")
		for i, e := range t.Elems {
			if i > 0 {
				b.WriteString(", ")
			}
			e.write(b, true, fields)
		}
		b.WriteByte('>')
	case Vector:
		b.WriteString("vector<")
		t.Elem.write(b, true, fields)
		b.WriteString(", ")
		b.WriteString(strconv.Itoa(t.Len))
		b.WriteByte('>')
	case UDT:
		b.WriteString(quoteType(t.Name))
		if fields {
			t.writeFields(b)
		}
	case Custom:
		b.WriteByte('\'')
		b.WriteString(strings.ReplaceAll(t.Name, "'", "''"))
		b.WriteByte('\'')
	default:
		b.WriteString(t.Kind.String())
	}
	if frozen {
		b.WriteByte('>')
	}
}

func (t *Type) writeFields(b *strings.Builder) {
	b.WriteByte('{')
	for _, f := range t.Fields {
		b.WriteString(strconv.Quote(f.Name))
		b.WriteByte(' ')
		f.Type.write(b, true, true)
		b.WriteByte(';')
	}
	b.WriteByte('}')
}

// Equal reports whether two types declare the same column. Frozen counts where
// it makes a difference: at the top, for collections and user-defined types.
// The fields of a user-defined type count where both sides know them.
func (t *Type) Equal(o *Type) bool {
	if t == nil || o == nil {
		return t == o
	}
	return t.Frozen == o.Frozen && t.equal(o) || !t.multiCell() && t.equal(o)
}

func (t *Type) equal(o *Type) bool {
	if t == o {
		return true
	}
	if t == nil || o == nil || t.Kind != o.Kind || t.Name != o.Name || t.Len != o.Len || len(t.Elems) != len(o.Elems) {
		return false
	}
	if !t.Key.equal(o.Key) || !t.Elem.equal(o.Elem) {
		return false
	}
	for i, e := range t.Elems {
		if !e.equal(o.Elems[i]) {
			return false
		}
	}
	if t.Fields == nil || o.Fields == nil {
		return true
	}
	if len(t.Fields) != len(o.Fields) {
		return false
	}
	for i, f := range t.Fields {
		if f.Name != o.Fields[i].Name || !f.Type.equal(o.Fields[i].Type) {
			return false
		}
	}
	return true
}

// quoteType quotes the name of a user-defined type where CQL demands it.
func quoteType(name string) string {
	plain := name != "" && name[0] >= 'a' && name[0] <= 'z'
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	if plain && !reservedTypeName(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// reservedWords are the words that cannot name a type unquoted: Cassandra's
// reserved keywords, and others that its grammar does not take for a type.
const reservedWords = " add allow alter and apply asc authorize batch begin bitstring by byte columnfamily complex" +
	" create default delete desc describe drop entries enum execute from full grant if in index infinity insert interval" +
	" into is keyspace limit macaddr materialized mbean mbeans modify nan norecursive not null of on or order primary" +
	" rename replace revoke schema select set table to token truncate unlogged unset update use using view where with" +
	" cast count distinct json maxwritetime ttl writetime list map tuple vector frozen "

func reservedTypeName(name string) bool {
	if _, native := nativeByName[name]; native {
		return true
	}
	return strings.Contains(reservedWords, " "+name+" ")
}

// Has reports whether the type is of kind k, or has one in it.
func (t *Type) Has(k Kind) bool {
	if t == nil {
		return false
	}
	if t.Kind == k || t.Key.Has(k) || t.Elem.Has(k) {
		return true
	}
	for _, e := range t.Elems {
		if e.Has(k) {
			return true
		}
	}
	for _, f := range t.Fields {
		if f.Type.Has(k) {
			return true
		}
	}
	return false
}

// Invalid says why no column can have the type, as CREATE TABLE would; "" if one can.
func (t *Type) Invalid() string {
	switch {
	case t == nil:
		return ""
	case t.Kind == Set && t.Elem.is(Duration):
		return "a set cannot hold durations, which have no order, since months and days vary in length"
	case t.Kind == Map && t.Key.is(Duration):
		return "a duration cannot be a map's key: durations have no order, since months and days vary in length"
	}
	inner := append([]*Type{t.Key, t.Elem}, t.Elems...)
	for _, f := range t.Fields {
		inner = append(inner, f.Type)
	}
	for _, i := range inner {
		if i.is(Counter) {
			return "a counter cannot be part of another type: " + t.String()
		}
		if reason := i.Invalid(); reason != "" {
			return reason
		}
	}
	return ""
}

func (t *Type) is(k Kind) bool { return t != nil && t.Kind == k }

// Unordered reports whether the type is a duration, or holds one in a way that the server
// refuses in a key. In a vector it does not see it.
func (t *Type) Unordered() bool {
	if t == nil || t.Kind == Vector {
		return false
	}
	if t.Kind == Duration || t.Key.Unordered() || t.Elem.Unordered() {
		return true
	}
	for _, e := range t.Elems {
		if e.Unordered() {
			return true
		}
	}
	for _, f := range t.Fields {
		if f.Type.Unordered() {
			return true
		}
	}
	return false
}

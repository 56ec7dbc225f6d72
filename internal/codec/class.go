package codec

import (
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
)

// Types without a number of their own, vectors above all, travel as the name of
// the server's class:
// org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3).

const classPrefix = "org.apache.cassandra.db.marshal."

var classOfKind = [...]string{
	ASCII: "AsciiType", BigInt: "LongType", Blob: "BytesType", Boolean: "BooleanType", Counter: "CounterColumnType",
	Date: "SimpleDateType", Decimal: "DecimalType", Double: "DoubleType", Duration: "DurationType", Float: "FloatType",
	Inet: "InetAddressType", Int: "Int32Type", SmallInt: "ShortType", Text: "UTF8Type", Time: "TimeType",
	Timestamp: "TimestampType", TimeUUID: "TimeUUIDType", TinyInt: "ByteType", UUID: "UUIDType", Varint: "IntegerType",
}

var kindOfClass = func() map[string]Kind {
	m := map[string]Kind{"DateType": Timestamp, "LexicalUUIDType": UUID, "LegacyTimeUUIDType": TimeUUID}
	for k, class := range classOfKind {
		if class != "" {
			m[class] = Kind(k)
		}
	}
	return m
}()

// classes remembers what was parsed, so that FromClass need not parse for every row.
// It is bounded: a class name can hold a user's type names.
var classes = struct {
	sync.RWMutex
	m map[string]*Type
}{m: map[string]*Type{}}

const maxClasses = 1024

// FromClass returns the type of a server's class, such as a vector travels by. A class that is not
// known is a custom type of that name.
func FromClass(class string) *Type {
	classes.RLock()
	t := classes.m[class]
	classes.RUnlock()
	if t == nil {
		t = parseClass(class)
		classes.Lock()
		if len(classes.m) < maxClasses {
			classes.m[strings.Clone(class)] = t
		}
		classes.Unlock()
	}
	return t
}

// parseClass returns the type of a class name; one that is not known is Custom.
func parseClass(class string) *Type {
	p := typeParser{s: class}
	if t := p.class(0); t != nil {
		if p.space(); p.i == len(class) {
			return t
		}
	}
	return &Type{Kind: Custom, Name: class}
}

// class reads one class; nil if it is not known.
func (p *typeParser) class(depth int) *Type {
	if depth > maxDepth {
		return nil
	}
	p.space()
	from := p.i
	for p.i < len(p.s) && strings.IndexByte("(), :", p.s[p.i]) < 0 {
		p.i++
	}
	name := strings.TrimPrefix(p.s[from:p.i], classPrefix)
	if k, ok := kindOfClass[name]; ok {
		return Native(k)
	}
	if !p.eat('(') {
		return nil
	}
	if name == "UserType" {
		return p.userClass(depth)
	}
	args := []*Type{p.class(depth + 1)}
	for args[len(args)-1] != nil && p.eat(',') {
		if name == "VectorType" {
			return p.vectorClass(args[0])
		}
		args = append(args, p.class(depth+1))
	}
	if args[len(args)-1] == nil || !p.eat(')') {
		return nil
	}
	switch {
	case name == "FrozenType" && len(args) == 1:
		return args[0].Freeze()
	case name == "ReversedType" && len(args) == 1:
		return args[0]
	case name == "ListType" && len(args) == 1:
		return &Type{Kind: List, Elem: args[0]}
	case name == "SetType" && len(args) == 1:
		return &Type{Kind: Set, Elem: args[0]}
	case name == "MapType" && len(args) == 2:
		return &Type{Kind: Map, Key: args[0], Elem: args[1]}
	case name == "TupleType":
		return &Type{Kind: Tuple, Elems: args}
	}
	return nil
}

func (p *typeParser) vectorClass(elem *Type) *Type {
	p.space()
	n, err := strconv.Atoi(p.word())
	if err != nil || n < 1 || n > 1<<20 || !p.eat(')') {
		return nil
	}
	return &Type{Kind: Vector, Elem: elem, Len: n}
}

// userClass reads keyspace,hex(name),hex(field):class,… up to the parenthesis.
func (p *typeParser) userClass(depth int) *Type {
	p.space()
	p.word() // the keyspace
	name, ok := p.hexName()
	if !ok {
		return nil
	}
	t := &Type{Kind: UDT, Name: name, Fields: []Field{}}
	for !p.eat(')') {
		field, ok := p.hexName()
		if !ok || !p.eat(':') {
			return nil
		}
		typ := p.class(depth + 1)
		if typ == nil {
			return nil
		}
		t.Fields = append(t.Fields, Field{Name: field, Type: typ})
	}
	return t
}

func (p *typeParser) hexName() (string, bool) {
	if !p.eat(',') {
		return "", false
	}
	p.space()
	b, err := hex.DecodeString(p.word())
	return string(b), err == nil && len(b) > 0
}

// Class returns the class of a type as the server writes it, with an empty
// keyspace for user-defined types.
func (t *Type) Class() string {
	if t == nil {
		return ""
	}
	if t.Kind.native() {
		return classPrefix + classOfKind[t.Kind]
	}
	var args []string
	name := "ListType"
	switch t.Kind {
	case Custom:
		return t.Name
	case List, Set:
		if t.Kind == Set {
			name = "SetType"
		}
		args = []string{t.Elem.Class()}
	case Map:
		name, args = "MapType", []string{t.Key.Class(), t.Elem.Class()}
	case Vector:
		name, args = "VectorType", []string{t.Elem.Class(), strconv.Itoa(t.Len)}
	case Tuple:
		name = "TupleType"
		for _, e := range t.Elems {
			args = append(args, e.Class())
		}
	case UDT:
		name, args = "UserType", []string{"", hex.EncodeToString([]byte(t.Name))}
		for _, f := range t.Fields {
			args = append(args, hex.EncodeToString([]byte(f.Name))+":"+f.Type.Class())
		}
	}
	return classPrefix + name + "(" + strings.Join(args, ",") + ")"
}

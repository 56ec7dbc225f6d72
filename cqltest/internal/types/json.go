package types

import (
	"cmp"
	"slices"
	"strings"
)

// ParseJSON converts a JSON text to a value of t, as fromJson does. JSON null
// is null.
func (t *Type) ParseJSON(text string) ([]byte, error) {
	v, err := parseJSON(text)
	if err != nil || v == nil {
		return nil, err
	}
	return t.fromJSON(v)
}

// ParseJSONRow takes apart the document of INSERT JSON. Columns that it does
// not name are [Unset]; the others are null or a value.
func ParseJSONRow(text string, columns []Column) ([][]byte, error) {
	v, err := parseJSONMap(text)
	if err != nil {
		return nil, Invalidf("Could not decode JSON string as a map: %s. (String was: %s)", err.String(), text)
	}
	if v == nil {
		return nil, Invalidf("Got null for INSERT JSON values")
	}
	o := v.foldKeys()
	out := make([][]byte, len(columns))
	known := make(map[string]bool, len(columns))
	for _, i := range hashOrder(columns) {
		c := columns[i]
		known[c.Name] = true
		v, ok := o.values[c.Name]
		switch {
		case !ok:
			out[i] = Unset
		case v != nil:
			var err error
			if out[i], err = c.Type.fromJSON(v); err != nil {
				if isDurationError(err) {
					return nil, err
				}
				return nil, Invalidf("Error decoding JSON value for %s: %s", c.Name, err)
			}
		}
	}
	for _, k := range o.keys {
		if !known[k] {
			return nil, Invalidf("JSON values map contains unrecognized column: %s", k)
		}
	}
	return out, nil
}

// hashOrder returns the columns in the order of the hash table in which the
// server keeps them, so that of several errors the same comes first.
func hashOrder(columns []Column) []int {
	buckets := uint32(16)
	for len(columns) > int(buckets)*3/4 {
		buckets *= 2
	}
	order, bucket := make([]int, len(columns)), make([]uint32, len(columns))
	for i, c := range columns {
		h := uint32(1)
		for j := len(c.Name) - 1; j >= 0; j-- {
			h = 31*h + uint32(int8(c.Name[j]))
		}
		order[i], bucket[i] = i, (h^h>>16)&(buckets-1)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(bucket[a], bucket[b]) })
	return order
}

// parseJSONMap parses an object, or null, which gives nil. The kind of value is
// looked at before the value.
func parseJSONMap(text string) (*jsonObject, *jsonError) {
	p := &jsonParser{s: text}
	p.space()
	at := p.location(p.pos)
	v, err := parseJSON(text)
	e, _ := err.(*jsonError)
	kind := ""
	switch {
	case p.pos == len(text):
		return nil, e
	case text[p.pos] == '[':
		kind = "Array value (token `JsonToken.START_ARRAY`)"
	case e != nil:
		return nil, e
	}
	switch v := v.(type) {
	case *jsonObject:
		return v, nil
	case string:
		return nil, &jsonError{jsonMismatched, "Cannot construct instance of `java.util.LinkedHashMap` (although at least one Creator exists): " +
			"no String-argument constructor/factory method to deserialize from String value ('" + v + "')\n at " + at}
	case bool:
		kind = "Boolean value (token `JsonToken.VALUE_" + strings.ToUpper(javaString(v)) + "`)"
	case jsonNumber:
		kind = "Integer value (token `JsonToken.VALUE_NUMBER_INT`)"
		if v.class == "Double" {
			kind = "Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)"
		}
	}
	if kind == "" {
		return nil, nil
	}
	return nil, &jsonError{jsonMismatched, "Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.Object,java.lang.Object>` from " +
		kind + "\n at " + at}
}

// errNullDocument answers a string that holds JSON null where a collection is
// wanted.
var errNullDocument error = &Error{Code: CodeInvalid, Message: "Expected a value, but got null"}

// fromJSON converts a parsed value other than null.
func (t *Type) fromJSON(v any) ([]byte, error) {
	switch t.Kind {
	case KindList, KindSet, KindMap, KindTuple, KindUDT, KindVector:
		return t.structFromJSON(v)
	}
	s, isString := v.(string)
	n, isNumber := v.(jsonNumber)
	switch t.Kind {
	case KindTinyint, KindSmallint:
		if isString || isNumber {
			return t.FromString(javaString(v))
		}
		return nil, jsonMismatch(map[Kind]string{KindTinyint: "a byte value", KindSmallint: "a short value"}[t.Kind], v)
	case KindInt:
		if isString || n.class == "Integer" {
			return t.FromString(javaString(v))
		}
		return nil, jsonMismatch("an int value", v)
	case KindBigint:
		if isString || n.class == "Integer" || n.class == "Long" {
			return t.FromString(javaString(v))
		}
		return nil, jsonMismatch("a bigint value", v)
	case KindFloat, KindDouble:
		if isString || isNumber {
			return t.FromString(javaString(v))
		}
		return nil, jsonMismatch("a "+t.String()+" value", v)
	case KindVarint:
		if i, ok := parseBigInt(javaString(v)); ok {
			return EncodeVarint(i), nil
		}
		return nil, Invalidf("Value '%s' is not a valid representation of a varint value", javaString(v))
	case KindDecimal:
		b, err := t.FromString(javaString(v))
		if err != nil {
			return nil, Invalidf("Value '%s' is not a valid representation of a decimal value", javaString(v))
		}
		return b, nil
	case KindBoolean:
		if b, ok := v.(bool); ok {
			return EncodeBoolean(b), nil
		}
		if isString {
			return t.FromString(s)
		}
		return nil, jsonMismatch("a boolean value", v)
	case KindBlob, KindCustom:
		return blobFromJSON(v)
	case KindTimestamp:
		if n.class == "Long" {
			return t.FromString(n.text)
		}
	case KindEmpty:
		if !isString {
			return nil, Invalidf("Expected an empty string, but got: %s", javaString(v))
		}
	case KindCounter:
		return nil, Invalidf("Counters cannot be given as JSON")
	}
	if !isString {
		return nil, jsonMismatch(jsonStringForms[t.Kind], v)
	}
	return t.FromString(s)
}

var jsonStringForms = map[Kind]string{
	KindASCII: "an ascii string", KindText: "a UTF-8 string", KindUUID: "a string representation of a uuid",
	KindTimeUUID: "a string representation of a timeuuid", KindInet: "a string representation of an inet value",
	KindDate: "a string representation of a date value", KindTime: "a string representation of a time value",
	KindTimestamp: "a long or a datestring representation of a timestamp value",
	KindDuration:  "a string representation of a duration",
}

func jsonMismatch(want string, v any) error {
	return Invalidf("Expected %s, but got a %s: %s", want, javaClass(v), javaString(v))
}

func blobFromJSON(v any) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		// The server quotes the JVM's own words for a failed cast here.
		class := javaClass(v)
		pkg := "java.lang."
		if class == "ArrayList" || class == "LinkedHashMap" {
			pkg = "java.util."
		} else if class == "BigInteger" {
			pkg = "java.math."
		}
		return nil, Invalidf("Value '%s' is not a valid blob representation: class %s%s cannot be cast to class java.lang.String "+
			"(%s%s and java.lang.String are in module java.base of loader 'bootstrap')", javaString(v), pkg, class, pkg, class)
	}
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return nil, Invalidf("Value '%s' is not a valid blob representation: String representation of blob is missing 0x prefix: %s", s, s)
	}
	b, err := parseHex(digits)
	if err != nil {
		return nil, Invalidf("Value '%s' is not a valid blob representation: %s", s, err)
	}
	return b, nil
}

func (t *Type) structFromJSON(v any) ([]byte, error) {
	if s, ok := v.(string); ok {
		var err error
		if v, err = parseJSON(s); err != nil || v == nil {
			return nil, Invalidf("%s", cmp.Or(err, errNullDocument))
		}
	}
	switch t.Kind {
	case KindMap:
		o, ok := v.(*jsonObject)
		if !ok {
			return nil, jsonMismatch("a map", v)
		}
		return t.mapFromJSON(o)
	case KindUDT:
		o, ok := v.(*jsonObject)
		if !ok {
			return nil, jsonMismatch("a map", v)
		}
		return t.udtFromJSON(o.foldKeys())
	}
	list, ok := v.([]any)
	if !ok {
		want := "a list"
		if t.Kind == KindSet {
			want = "a list (representing a set)"
		} else if t.Kind == KindTuple {
			want = "a list representation of a tuple"
		}
		return nil, jsonMismatch(want, v)
	}
	switch t.Kind {
	case KindTuple:
		return t.tupleFromJSON(list)
	case KindVector:
		if len(list) != t.Dim {
			return nil, Invalidf("List had incorrect size: expected %d but given %d; %s", t.Dim, len(list), javaString(list))
		}
	}
	elems := make([][]byte, len(list))
	for i, e := range list {
		if e == nil {
			if t.Kind == KindSet {
				return nil, Invalidf("Invalid null element in set")
			}
			return nil, Invalidf("Invalid null element in list")
		}
		var err error
		if elems[i], err = t.Elem().fromJSON(e); err != nil {
			return nil, err
		}
	}
	switch t.Kind {
	case KindVector:
		return t.PackVector(elems), nil
	case KindSet:
		return t.PackSet(elems), nil
	}
	return PackList(len(elems), elems), nil
}

func (t *Type) mapFromJSON(o *jsonObject) ([]byte, error) {
	kvs := make([][]byte, 0, 2*len(o.keys))
	for _, k := range o.keys {
		if o.values[k] == nil {
			return nil, Invalidf("Invalid null value in map")
		}
		kb, err := t.Key().fromJSON(k)
		if err != nil {
			return nil, err
		}
		vb, err := t.Value().fromJSON(o.values[k])
		if err != nil {
			return nil, err
		}
		kvs = append(kvs, kb, vb)
	}
	return t.PackMap(kvs), nil
}

func (t *Type) udtFromJSON(o *jsonObject) ([]byte, error) {
	elems := make([][]byte, len(t.Elems))
	for i, f := range t.Fields {
		if v := o.values[f]; v != nil {
			var err error
			if elems[i], err = t.Elems[i].fromJSON(v); err != nil {
				return nil, err
			}
		}
	}
	for _, k := range o.keys {
		if t.FieldIndex(k) < 0 {
			return nil, Invalidf("Unknown field '%s' in value of user defined type %s", k, t.Name)
		}
	}
	return PackTuple(elems), nil
}

func (t *Type) tupleFromJSON(list []any) ([]byte, error) {
	if len(list) > len(t.Elems) {
		return nil, Invalidf("Tuple contains extra items (expected %d): %s", len(t.Elems), javaString(list))
	}
	if len(list) < len(t.Elems) {
		return nil, Invalidf("Tuple is missing items (expected %d): %s", len(t.Elems), javaString(list))
	}
	elems := make([][]byte, len(list))
	for i, e := range list {
		if e != nil {
			var err error
			if elems[i], err = t.Elems[i].fromJSON(e); err != nil {
				return nil, err
			}
		}
	}
	return PackTuple(elems), nil
}

// JSONFailure words an error of [Type.ParseJSON] the way the from_json function
// reports it, or returns "" for an error that is reported as it is.
func JSONFailure(function, text string, err error) string {
	if isDurationError(err) {
		return ""
	}
	if e, ok := err.(*jsonError); ok {
		return "execution of '" + function + "[text]' failed: Could not decode JSON string '" + text + "': " + e.String()
	}
	return "org.apache.cassandra.serializers.MarshalException: " + err.Error()
}

package types

import (
	"fmt"
	"strings"
)

// A parsed JSON value is nil, a string, a bool, a jsonNumber, a []any or
// a *jsonObject. The standard library's decoder would lose the order of keys
// and the kinds of number, on which conversions and messages depend.

type jsonNumber struct {
	text  string
	class string // the Java class that the server's parser picks
}

type jsonObject struct {
	keys   []string
	values map[string]any
}

func (o *jsonObject) put(k string, v any) {
	if _, ok := o.values[k]; !ok {
		o.keys = append(o.keys, k)
	}
	o.values[k] = v
}

// foldKeys applies CQL's case rules to the keys: quoted ones lose their quotes,
// others become lower-case.
func (o *jsonObject) foldKeys() *jsonObject {
	out := &jsonObject{values: make(map[string]any, len(o.keys))}
	for _, k := range o.keys {
		folded := strings.ToLower(k)
		if len(k) >= 2 && k[0] == '"' && k[len(k)-1] == '"' {
			folded = k[1 : len(k)-1]
		}
		out.put(folded, o.values[k])
	}
	return out
}

// javaClass names the Java class of a parsed value, for messages.
func javaClass(v any) string {
	switch v := v.(type) {
	case string:
		return "String"
	case bool:
		return "Boolean"
	case jsonNumber:
		return v.class
	case []any:
		return "ArrayList"
	}
	return "LinkedHashMap"
}

// javaString writes a parsed value like Java's toString.
func javaString(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case jsonNumber:
		return v.text
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = javaString(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *jsonObject:
		parts := make([]string, len(v.keys))
		for i, k := range v.keys {
			parts[i] = k + "=" + javaString(v.values[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

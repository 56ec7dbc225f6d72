package diff

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/datastax/go-cassandra-native-protocol/primitive"
)

// A Value is bound to a marker, by position or, with a Name, by name.
type Value struct {
	Name string
	Wire *primitive.Value
}

func parseValues(text string) ([]Value, error) {
	r := &valueReader{rest: text}
	values := []Value{}
	for r.skip(); r.rest != ""; r.skip() {
		v, err := r.named()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

type valueReader struct{ rest string }

func (r *valueReader) skip() { r.rest = strings.TrimLeft(r.rest, " ") }

func (r *valueReader) named() (Value, error) {
	var v Value
	if i := strings.IndexAny(r.rest, "=: \"("); i > 0 && r.rest[i] == '=' {
		v.Name, r.rest = r.rest[:i], r.rest[i+1:]
	}
	var err error
	v.Wire, err = r.value()
	return v, err
}

// word cuts what precedes a space, a colon or a parenthesis.
func (r *valueReader) word() string {
	i := strings.IndexAny(r.rest, " :()")
	if i < 0 {
		i = len(r.rest)
	}
	w := r.rest[:i]
	r.rest = r.rest[i:]
	return w
}

func (r *valueReader) value() (*primitive.Value, error) {
	kind := r.word()
	switch {
	case kind == "null":
		return primitive.NewNullValue(), nil
	case kind == "unset":
		return primitive.NewUnsetValue(), nil
	case strings.HasPrefix(kind, "0x"):
		raw, err := hex.DecodeString(kind[2:])
		if raw == nil {
			raw = []byte{}
		}
		return primitive.NewValue(raw), err
	case strings.HasPrefix(r.rest, "("):
		return r.collection(kind)
	case strings.HasPrefix(r.rest, ":"):
		r.rest = r.rest[1:]
		text := ""
		if strings.HasPrefix(r.rest, `"`) {
			quoted, err := strconv.QuotedPrefix(r.rest)
			if err != nil {
				return nil, err
			}
			r.rest = r.rest[len(quoted):]
			text, _ = strconv.Unquote(quoted)
		} else {
			text = r.word()
		}
		raw, err := encodeScalar(kind, text)
		return primitive.NewValue(raw), err
	}
	return nil, fmt.Errorf("cannot read value %q", kind+r.rest)
}

func (r *valueReader) collection(kind string) (*primitive.Value, error) {
	r.rest = r.rest[1:]
	var body []byte
	n := 0
	for r.skip(); !strings.HasPrefix(r.rest, ")"); r.skip() {
		if r.rest == "" {
			return nil, fmt.Errorf("%s( without )", kind)
		}
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		n++
		if v.Type != primitive.ValueTypeRegular {
			body = binary.BigEndian.AppendUint32(body, uint32(v.Type))
			continue
		}
		if kind != "vector" {
			body = binary.BigEndian.AppendUint32(body, uint32(len(v.Contents)))
		}
		body = append(body, v.Contents...)
	}
	r.rest = r.rest[1:]
	switch kind {
	case "map":
		n /= 2
		fallthrough
	case "list", "set":
		body = append(binary.BigEndian.AppendUint32(nil, uint32(n)), body...)
	case "tuple", "udt", "vector":
	default:
		return nil, fmt.Errorf("no collection %q", kind)
	}
	return primitive.NewValue(body), nil
}

func encodeScalar(kind, text string) ([]byte, error) {
	var sizes = map[string]int{"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
	if bits, ok := sizes[kind]; ok {
		n, err := strconv.ParseInt(text, 10, bits)
		raw := binary.BigEndian.AppendUint64(nil, uint64(n))
		return raw[8-bits/8:], err
	}
	switch kind {
	case "text":
		return []byte(text), nil
	case "bool":
		if text == "true" {
			return []byte{1}, nil
		}
		return []byte{0}, nil
	case "float":
		f, err := strconv.ParseFloat(text, 32)
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(f))), err
	case "double":
		f, err := strconv.ParseFloat(text, 64)
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(f)), err
	case "fill":
		n, err := strconv.Atoi(text)
		return bytes.Repeat([]byte("x"), n), err
	case "uuid":
		return hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	}
	return nil, fmt.Errorf("no type %q", kind)
}

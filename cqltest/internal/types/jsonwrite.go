package types

import (
	"encoding/hex"
	"math"
	"strings"
)

// AppendJSON appends a valid value as toJson writes it.
func (t *Type) AppendJSON(dst, b []byte) []byte {
	if b == nil {
		return append(dst, "null"...)
	}
	switch t.Kind {
	case KindASCII, KindText:
		return append(AppendJSONString(append(dst, '"'), string(b)), '"')
	case KindBlob, KindCustom:
		dst = hex.AppendEncode(append(dst, `"0x`...), b)
		return append(dst, '"')
	case KindList, KindSet, KindVector, KindTuple:
		return t.appendJSONList(dst, b)
	case KindMap:
		return t.appendJSONMap(dst, b)
	case KindUDT:
		elems, _ := UnpackTuple(b, len(t.Elems))
		dst = append(dst, '{')
		for i, f := range t.Fields {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if f != strings.ToLower(f) {
				f = `"` + f + `"`
			}
			dst = AppendJSONString(append(dst, '"'), f)
			dst = append(dst, `": `...)
			dst = t.Elems[i].AppendJSON(dst, at(elems, i))
		}
		return append(dst, '}')
	}
	if len(b) == 0 {
		return append(dst, `""`...)
	}
	switch t.Kind {
	case KindBoolean, KindTinyint, KindSmallint, KindInt, KindBigint, KindCounter, KindVarint, KindDecimal:
		return append(dst, t.Text(b)...)
	case KindFloat, KindDouble:
		f := DecodeDouble(b)
		if t.Kind == KindFloat {
			f = float64(DecodeFloat(b))
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(dst, "null"...)
		}
		return append(dst, t.Text(b)...)
	case KindTimestamp:
		return append(append(append(dst, '"'), FormatTimestamp(DecodeInteger(b), ' ')...), '"')
	}
	return append(append(append(dst, '"'), t.Text(b)...), '"')
}

func (t *Type) appendJSONList(dst, b []byte) []byte {
	var elems [][]byte
	switch t.Kind {
	case KindVector:
		elems, _ = t.UnpackVector(b)
	case KindTuple:
		elems, _ = UnpackTuple(b, len(t.Elems))
	default:
		elems, _ = UnpackList(b)
	}
	dst = append(dst, '[')
	for i, e := range elems {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = t.Elems[i%len(t.Elems)].AppendJSON(dst, e)
	}
	return append(dst, ']')
}

func (t *Type) appendJSONMap(dst, b []byte) []byte {
	kvs, _ := UnpackMap(b)
	dst = append(dst, '{')
	for i := 0; i+1 < len(kvs); i += 2 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		key := string(t.Key().AppendJSON(nil, kvs[i]))
		if !strings.HasPrefix(key, `"`) {
			key = string(AppendJSONString([]byte{'"'}, key)) + `"`
		}
		dst = append(append(dst, key...), ": "...)
		dst = t.Value().AppendJSON(dst, kvs[i+1])
	}
	return append(dst, '}')
}

func at(elems [][]byte, i int) []byte {
	if i < len(elems) {
		return elems[i]
	}
	return nil
}

// AppendJSONString appends s with JSON's escapes, without quotes.
func AppendJSONString(dst []byte, s string) []byte {
	const hexDigits = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			dst = append(dst, c)
			continue
		}
		if j := strings.IndexByte("\"\\\b\f\n\r\t", c); j >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[j])
			continue
		}
		dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

package types

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Text returns the text of a non-null value of a native type: what cast gives
// and JSON quotes. It is empty for the empty value.
func (t *Type) Text(b []byte) string {
	switch t.Kind {
	case KindASCII, KindText:
		return string(b)
	case KindBlob, KindCustom:
		return hex.EncodeToString(b)
	case KindTime:
		if len(b) == 0 {
			return "null"
		}
	}
	if len(b) == 0 {
		return ""
	}
	switch t.Kind {
	case KindBoolean:
		return strconv.FormatBool(b[0] != 0)
	case KindTinyint, KindSmallint, KindInt, KindBigint, KindCounter:
		return strconv.FormatInt(DecodeInteger(b), 10)
	case KindVarint:
		if len(b) <= 8 {
			return strconv.FormatInt(DecodeInteger(b), 10)
		}
		return DecodeVarint(b).String()
	case KindDecimal:
		return DecodeDecimal(b).String()
	case KindFloat:
		return FormatFloat(DecodeFloat(b))
	case KindDouble:
		return FormatDouble(DecodeDouble(b))
	case KindUUID, KindTimeUUID:
		return FormatUUID(b)
	case KindInet:
		return FormatInet(b)
	case KindDate:
		return FormatDate(DecodeDate(b))
	case KindTime:
		return FormatTime(DecodeInteger(b))
	case KindTimestamp:
		return FormatTimestamp(DecodeInteger(b), 'T')
	case KindDuration:
		return DecodeDuration(b).String()
	}
	return ""
}

// Literal returns a valid value as a CQL literal, "null" for null.
func (t *Type) Literal(b []byte) string {
	if b == nil {
		return "null"
	}
	switch t.Kind {
	case KindASCII, KindText:
		return cqlparse.QuoteString(string(b))
	case KindBlob, KindCustom:
		return "0x" + hex.EncodeToString(b)
	case KindList, KindSet, KindVector:
		elems, err := UnpackList(b)
		if t.Kind == KindVector {
			elems, err = t.UnpackVector(b)
		}
		if err != nil {
			return "null"
		}
		parts := make([]string, len(elems))
		for i, e := range elems {
			parts[i] = t.Elem().Literal(e)
		}
		if t.Kind == KindSet {
			return "{" + strings.Join(parts, ", ") + "}"
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case KindMap:
		kvs, _ := UnpackMap(b)
		parts := make([]string, 0, len(kvs)/2)
		for i := 0; i+1 < len(kvs); i += 2 {
			parts = append(parts, t.Key().Literal(kvs[i])+": "+t.Value().Literal(kvs[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case KindTuple, KindUDT:
		var parts []string
		for i, e := range t.Elems {
			if len(b) == 0 {
				break
			}
			v, rest, ok := cutValue(b)
			if !ok {
				return "null"
			}
			s := e.Literal(v)
			if t.Kind == KindUDT {
				s = cqlparse.QuoteIdentifier(t.Fields[i]) + ": " + s
			}
			parts, b = append(parts, s), rest
		}
		if t.Kind == KindUDT {
			return "{" + strings.Join(parts, ", ") + "}"
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	if len(b) == 0 {
		return "null"
	}
	switch t.Kind {
	case KindInet, KindDate, KindTime, KindTimestamp:
		return "'" + t.Text(b) + "'"
	}
	return t.Text(b)
}

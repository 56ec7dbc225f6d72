package diff

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/datastax/go-cassandra-native-protocol/datatype"
	"github.com/datastax/go-cassandra-native-protocol/message"
	"github.com/datastax/go-cassandra-native-protocol/primitive"
)

// renderColumns writes columns as "ks.table: name type, name type", repeating
// the table only where it changes.
func renderColumns(columns []*message.ColumnMetadata) string {
	var b strings.Builder
	table := ""
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		if t := c.Keyspace + "." + c.Table; t != table {
			table = t
			b.WriteString(t + ": ")
		}
		b.WriteString(c.Name + " " + renderType(c.Type))
	}
	return b.String()
}

func renderType(t datatype.DataType) string {
	return strings.ReplaceAll(t.AsCql(), "org.apache.cassandra.db.marshal.", "")
}

// renderCell writes a cell so that different bytes never look the same: as
// text where the bytes are what that text is encoded as, else in hex.
func renderCell(t datatype.DataType, raw []byte) string {
	if raw == nil {
		return "null"
	}
	if text, ok := renderScalar(t, raw); ok {
		return text
	}
	switch t := t.(type) {
	case *datatype.List:
		return renderElements("[", raw, 1, []datatype.DataType{t.ElementType}, "]")
	case *datatype.Set:
		return renderElements("{", raw, 1, []datatype.DataType{t.ElementType}, "}")
	case *datatype.Map:
		return renderElements("{", raw, 2, []datatype.DataType{t.KeyType, t.ValueType}, "}")
	case *datatype.Tuple:
		return renderElements("(", raw, 0, t.FieldTypes, ")")
	case *datatype.UserDefined:
		return renderElements("(", raw, 0, t.FieldTypes, ")")
	}
	return "0x" + hex.EncodeToString(raw)
}

func renderScalar(t datatype.DataType, raw []byte) (string, bool) {
	integer := func(size int) (string, bool) {
		if len(raw) != size {
			return "", false
		}
		var wide [8]byte
		if raw[0]&0x80 != 0 {
			copy(wide[:], "\xff\xff\xff\xff\xff\xff\xff\xff")
		}
		copy(wide[8-size:], raw)
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(wide[:])), 10), true
	}
	switch t.Code() {
	case primitive.DataTypeCodeTinyint:
		return integer(1)
	case primitive.DataTypeCodeSmallint:
		return integer(2)
	case primitive.DataTypeCodeInt:
		return integer(4)
	case primitive.DataTypeCodeBigint, primitive.DataTypeCodeCounter, primitive.DataTypeCodeTimestamp:
		return integer(8)
	case primitive.DataTypeCodeBoolean:
		if len(raw) == 1 && raw[0] <= 1 {
			return strconv.FormatBool(raw[0] == 1), true
		}
	case primitive.DataTypeCodeVarchar, primitive.DataTypeCodeAscii:
		return strconv.Quote(string(raw)), utf8.Valid(raw)
	case primitive.DataTypeCodeFloat:
		if len(raw) == 4 {
			f := math.Float32frombits(binary.BigEndian.Uint32(raw))
			return strconv.FormatFloat(float64(f), 'g', -1, 32), f == f
		}
	case primitive.DataTypeCodeDouble:
		if len(raw) == 8 {
			f := math.Float64frombits(binary.BigEndian.Uint64(raw))
			return strconv.FormatFloat(f, 'g', -1, 64), f == f
		}
	case primitive.DataTypeCodeUuid, primitive.DataTypeCodeTimeuuid:
		if len(raw) == 16 {
			return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]), true
		}
	}
	return "", false
}

// renderElements writes a collection (with a count of groups of per values) or
// a tuple (per = 0: no count, one type a field).
func renderElements(open string, raw []byte, per int, types []datatype.DataType, end string) string {
	malformed := "0x" + hex.EncodeToString(raw)
	rest := raw
	n := len(types)
	if per > 0 {
		if len(rest) < 4 {
			return malformed
		}
		n = int(int32(binary.BigEndian.Uint32(rest))) * per
		rest = rest[4:]
	}
	var b strings.Builder
	b.WriteString(open)
	for i := 0; i < n && (per > 0 || len(rest) > 0); i++ {
		if len(rest) < 4 {
			return malformed
		}
		size := int(int32(binary.BigEndian.Uint32(rest)))
		rest = rest[4:]
		var element []byte
		if size >= 0 {
			if size > len(rest) {
				return malformed
			}
			element, rest = rest[:size:size], rest[size:]
		}
		switch {
		case i == 0:
		case per == 2 && i%2 == 1:
			b.WriteString(": ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(renderCell(types[i%len(types)], element))
	}
	if len(rest) > 0 {
		return malformed
	}
	return b.String() + end
}

// fromNode is where a message about a failure names the node.
var fromNode = regexp.MustCompile(`UNKNOWN from /[^ ]+:7000`)

var javaObject = regexp.MustCompile(`@[0-9a-f]+\)$`)

// steady takes out of a message what is not the same each time: the node's address; the words
// of a NullPointerException, which Java leaves out once there were many; the numbers of
// Java's objects; and the name of from_json, which stands for both its spellings as the server met them first.
func steady(message string) string {
	if short := "java.lang.NullPointerException"; strings.HasPrefix(message, short) {
		return short
	}
	message = javaObject.ReplaceAllString(message, "@0)")
	return sortSignatures(fromNode.ReplaceAllString(strings.ReplaceAll(message, "'system.fromjson[", "'system.from_json["), "UNKNOWN from the node"))
}

var nextSignature = regexp.MustCompile(`, (?:system|d_\w+)\.`)

func splitSignatures(list string) (signatures []string) {
	start := 0
	for _, at := range nextSignature.FindAllStringIndex(list, -1) {
		signatures = append(signatures, list[start:at[0]])
		start = at[0] + len(", ")
	}
	return append(signatures, list[start:])
}

// sortSignatures puts the overloads that a message about a function call lists
// in order: the server lists them as its hash map holds them.
func sortSignatures(message string) string {
	for _, opening := range []string{"(known type signatures: ", "(can be matched by following signatures: "} {
		before, list, ok := strings.Cut(message, opening)
		if !ok {
			continue
		}
		list, after, _ := cutLast(list, ")")
		overloads := splitSignatures(list)
		slices.Sort(overloads)
		return before + opening + strings.Join(overloads, ", ") + ")" + after
	}
	return message
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// oneLine keeps a message on one line, and its invisible characters visible.
func oneLine(s string) string {
	plain := func(r rune) bool { return r != '\\' && unicode.IsPrint(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

package types

import (
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// FromString converts the text of a constant, without quotes or 0x, to
// a value of t.
func (t *Type) FromString(s string) ([]byte, error) {
	switch t.Kind {
	case KindASCII:
		if i := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }); i >= 0 {
			return nil, Invalidf("Invalid ASCII character in string literal: java.nio.charset.UnmappableCharacterException: Input length = 1")
		}
		return []byte(s), nil
	case KindText:
		return []byte(strings.ToValidUTF8(s, "\uFFFD")), nil
	case KindBoolean:
		switch {
		case s == "" || strings.EqualFold(s, "false"):
			return []byte{0}, nil
		case strings.EqualFold(s, "true"):
			return []byte{1}, nil
		}
		return nil, Invalidf("Unable to make boolean from '%s'", s)
	case KindDate:
		return parseDate(s)
	case KindTime:
		return parseTime(s)
	case KindTimestamp:
		return parseTimestamp(s, time.Now)
	case KindTuple:
		return t.tupleFromString(s)
	case KindCustom:
		if t.Class == marshalPackage+lexicalUUID {
			return UUID.FromString(s)
		}
		if t.IsComposite() {
			return t.compositeFromString(s)
		}
		return parseHex(s)
	case KindBlob, KindList, KindSet, KindMap, KindVector, KindUDT:
		return parseHex(s)
	}
	if s == "" {
		return []byte{}, nil
	}
	switch t.Kind {
	case KindTinyint:
		return parseInteger(s, 8, "byte")
	case KindSmallint:
		return parseInteger(s, 16, "short")
	case KindInt:
		return parseInteger(s, 32, "int")
	case KindBigint, KindCounter:
		return parseInteger(s, 64, "long")
	case KindVarint:
		if v, ok := parseBigInt(s); ok {
			return EncodeVarint(v), nil
		}
		return nil, Invalidf("unable to make int from '%s'", s)
	case KindDecimal:
		if d, ok := ParseDecimal(s); ok {
			return EncodeDecimal(d), nil
		}
		return nil, Invalidf("unable to make BigDecimal from '%s'", s)
	case KindFloat:
		if f, ok := parseFloat(s, 32); ok {
			return EncodeFloat(float32(f)), nil
		}
		return nil, Invalidf("Unable to make float from '%s'", s)
	case KindDouble:
		if f, ok := parseFloat(s, 64); ok {
			return EncodeDouble(f), nil
		}
		return nil, Invalidf("Unable to make double from '%s'", s)
	case KindUUID:
		if b := parseUUID(s); b != nil {
			return b, nil
		}
		return nil, Invalidf("Unable to make UUID from '%s'", s)
	case KindTimeUUID:
		b := parseUUID(s)
		if b == nil {
			return nil, Invalidf("Unknown timeuuid representation: %s", s)
		}
		if b[6]>>4 != 1 {
			return nil, Invalidf("TimeUUID supports only version 1 UUIDs")
		}
		return b, nil
	case KindInet:
		return parseInet(s)
	case KindDuration:
		d, err := ParseDuration(s)
		if err != nil {
			return nil, err
		}
		return EncodeDuration(d), nil
	}
	return nil, Invalidf("'%s' is not empty", s)
}

func parseInteger(s string, bits int, name string) ([]byte, error) {
	v, err := strconv.ParseInt(s, 10, bits)
	if err != nil {
		return nil, Invalidf("Unable to make %s from '%s'", name, s)
	}
	return EncodeBigint(v)[8-bits/8:], nil
}

func parseBigInt(s string) (*big.Int, bool) {
	unsigned := strings.TrimPrefix(s, "-")
	if unsigned == s {
		unsigned = strings.TrimPrefix(s, "+")
	}
	if unsigned == "" || !isDigits(unsigned) {
		return nil, false
	}
	return new(big.Int).SetString(strings.TrimPrefix(s, "+"), 10)
}

func parseHex(s string) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, Invalidf("cannot parse '%s' as hex bytes", s)
	}
	return b, nil
}

// tupleFromString parses the server's own text for a tuple, a:b:@.
func (t *Type) tupleFromString(s string) ([]byte, error) {
	if s == "" {
		return []byte{}, nil
	}
	var parts []string
	prev := 0
	for i := 0; i < len(s); i++ {
		if s[i] == ':' && (i == 0 || s[i-1] != '\\') {
			parts = append(parts, s[prev:i])
			prev = i + 1
		}
	}
	parts = append(parts, s[prev:])
	if len(parts) > len(t.Elems) {
		return nil, Invalidf("Invalid tuple literal: too many elements. Type %s expects %d but got %d", t, len(t.Elems), len(parts))
	}
	elems := make([][]byte, len(parts))
	for i, p := range parts {
		if p == "@" {
			continue
		}
		p = strings.ReplaceAll(strings.ReplaceAll(p, `\:`, ":"), `\@`, "@")
		b, err := t.Elems[i].FromString(p)
		if err != nil {
			return nil, err
		}
		elems[i] = b
	}
	return PackTuple(elems), nil
}

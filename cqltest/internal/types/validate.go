package types

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"unicode/utf8"
)

// AllowsEmpty says whether the empty value is a value of t.
func (t *Type) AllowsEmpty() bool {
	switch t.Kind {
	case KindTinyint, KindSmallint, KindDate, KindTime, KindDuration, KindList, KindSet, KindMap, KindVector:
		return false
	}
	return true
}

// EmptyIsNull says whether functions and operators take the empty value of t
// for null: true for types that have no natural empty value, such as int.
func (t *Type) EmptyIsNull() bool {
	switch t.Kind {
	case KindBigint, KindBoolean, KindCounter, KindDecimal, KindDouble, KindFloat, KindInet, KindInt,
		KindTimestamp, KindUUID, KindTimeUUID, KindVarint:
		return true
	}
	return false
}

// Validate checks that b is an encoded value of t. Null is always valid.
func (t *Type) Validate(b []byte) error {
	if b == nil {
		return nil
	}
	switch t.Kind {
	case KindASCII:
		for _, c := range b {
			if c >= 0x80 {
				return Invalidf("Invalid byte for ascii: %d", int8(c))
			}
		}
	case KindText:
		if !utf8.Valid(b) && !validUTF8(b) {
			return Invalidf("String didn't validate.")
		}
	case KindBoolean:
		if len(b) > 1 {
			return Invalidf("Expected 1 or 0 byte value (%d)", len(b))
		}
	case KindTinyint:
		if len(b) != 1 {
			return Invalidf("Expected 1 byte for a tinyint (%d)", len(b))
		}
	case KindSmallint:
		if len(b) != 2 {
			return Invalidf("Expected 2 bytes for a smallint (%d)", len(b))
		}
	case KindInt:
		if len(b) != 4 && len(b) != 0 {
			return Invalidf("Expected 4 or 0 byte int (%d)", len(b))
		}
	case KindBigint, KindCounter:
		if len(b) != 8 && len(b) != 0 {
			return Invalidf("Expected 8 or 0 byte long (%d)", len(b))
		}
	case KindFloat:
		if len(b) != 4 && len(b) != 0 {
			return Invalidf("Expected 4 or 0 byte value for a float (%d)", len(b))
		}
	case KindDouble:
		if len(b) != 8 && len(b) != 0 {
			return Invalidf("Expected 8 or 0 byte value for a double (%d)", len(b))
		}
	case KindDecimal:
		if len(b) != 0 && len(b) < 5 {
			// Four bytes, a scale without digits, pass the server's check and
			// fail in its arithmetic.
			return Invalidf("Expected 0 or at least 4 bytes (%d)", len(b))
		}
	case KindTimestamp:
		if len(b) != 8 && len(b) != 0 {
			return Invalidf("Expected 8 or 0 byte long for date (%d)", len(b))
		}
	case KindDate:
		if len(b) != 4 {
			return Invalidf("Expected 4 byte long for date (%d)", len(b))
		}
	case KindTime:
		if len(b) != 8 {
			return Invalidf("Expected 8 byte long for time (%d)", len(b))
		}
	case KindUUID:
		if len(b) != 16 && len(b) != 0 {
			return Invalidf("UUID should be 16 or 0 bytes (%d)", len(b))
		}
	case KindTimeUUID:
		if len(b) == 0 {
			return nil
		}
		if len(b) != 16 {
			return Invalidf("UUID should be 16 or 0 bytes (%d)", len(b))
		}
		if b[6]&0xf0 != 0x10 {
			// The server prints the wrong nibble; so do we.
			return Invalidf("Invalid version for TimeUUID type: 0x%x", b[0]>>4)
		}
	case KindCustom:
		if t.IsComposite() {
			return t.validateComposite(b)
		}
		if t.Class == marshalPackage+lexicalUUID && len(b) != 16 && len(b) != 0 {
			return Invalidf("UUID should be 16 or 0 bytes (%d)", len(b))
		}
	case KindInet:
		if len(b) != 4 && len(b) != 16 && len(b) != 0 {
			return Invalidf("Expected 4 or 16 byte inetaddress; got %s", hex.EncodeToString(b))
		}
	case KindDuration:
		return validateDuration(b)
	case KindEmpty:
		if len(b) != 0 {
			return Invalidf("EmptyType only accept empty values")
		}
	case KindList, KindSet, KindMap:
		return t.validateCollection(b, false)
	case KindTuple, KindUDT:
		return t.validateTuple(b)
	case KindVector:
		return t.validateVector(b)
	}
	return nil
}

// ValidateBound checks the value that a client bound to a marker of type t. It
// differs from Validate for collections: the server decodes them right away,
// which lets a list hold nulls and refuses a negative size.
func (t *Type) ValidateBound(b []byte) error {
	if b == nil || !t.IsCollection() {
		return t.Validate(b)
	}
	if len(b) >= 4 && b[0] >= 0x80 {
		return Invalidf("The data cannot be deserialized as a %s", cqlNames[t.Kind])
	}
	return t.validateCollection(b, t.Kind == KindList)
}

func (t *Type) validateCollection(b []byte, nulls bool) error {
	what := cqlNames[t.Kind]
	per := len(t.Elems)
	if len(b) < 4 {
		return Invalidf("Not enough bytes to read a %s", what)
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	b = b[4:]
	for i := 0; i < n; i++ {
		for j := 0; j < per; j++ {
			e, rest, ok := cutValue(b)
			if !ok {
				return Invalidf("Not enough bytes to read a %s", what)
			}
			if e == nil && !nulls {
				return Invalidf("Null value read when not allowed")
			}
			if err := t.Elems[j].Validate(e); err != nil {
				return err
			}
			b = rest
		}
	}
	if len(b) != 0 {
		return Invalidf("Unexpected extraneous bytes after %s value", what)
	}
	return nil
}

func (t *Type) validateTuple(b []byte) error {
	udt := t.Kind == KindUDT
	for i, e := range t.Elems {
		if len(b) == 0 {
			return nil
		}
		if len(b) < 4 {
			if udt {
				return Invalidf("Not enough bytes to read size of %dth field %s", i, t.Fields[i])
			}
			return Invalidf("Not enough bytes to read size of %dth component", i)
		}
		f, rest, ok := cutValue(b)
		if !ok {
			if udt {
				return Invalidf("Not enough bytes to read %dth field %s", i, t.Fields[i])
			}
			return Invalidf("Not enough bytes to read %dth component", i)
		}
		b = rest
		if err := e.Validate(f); err != nil {
			if udt {
				return Invalidf("Failure validating the %dth field %s; %s", i, t.Fields[i], err)
			}
			return err
		}
	}
	if len(b) != 0 {
		if udt {
			return Invalidf("Invalid remaining data after end of UDT value")
		}
		return Invalidf("Invalid remaining data after end of tuple value")
	}
	return nil
}

// validUTF8 accepts what Cassandra's validator accepts beyond UTF-8 proper:
// surrogates, and Java's two-byte encoding of NUL.
func validUTF8(b []byte) bool {
	for len(b) > 0 {
		c := b[0]
		switch {
		case c < 0x80:
			b = b[1:]
		case c == 0xc0:
			if len(b) < 2 || b[1] != 0x80 {
				return false
			}
			b = b[2:]
		case c >= 0xc2 && c <= 0xdf:
			if len(b) < 2 || b[1]&0xc0 != 0x80 {
				return false
			}
			b = b[2:]
		case c >= 0xe0 && c <= 0xef:
			if len(b) < 3 || b[1]&0xc0 != 0x80 || b[2]&0xc0 != 0x80 || c == 0xe0 && b[1]&0xe0 == 0x80 {
				return false
			}
			b = b[3:]
		case c >= 0xf0 && c <= 0xf7:
			if len(b) < 4 || b[1]&0xc0 != 0x80 || b[2]&0xc0 != 0x80 || b[3]&0xc0 != 0x80 || c == 0xf0 && b[1]&0x30 == 0 {
				return false
			}
			b = b[4:]
		default:
			return false
		}
	}
	return true
}

func validateDuration(b []byte) error {
	if len(b) < 3 {
		return Invalidf("Expected at least 3 bytes for a duration (%d)", len(b))
	}
	months, days, nanos, ok := cutDuration(b)
	if !ok {
		return Invalidf("Not enough bytes to read a duration")
	}
	if months != int64(int32(months)) {
		return Invalidf("The duration months must be a 32 bits integer but was: %d", months)
	}
	if days != int64(int32(days)) {
		return Invalidf("The duration days must be a 32 bits integer but was: %d", days)
	}
	if !(months >= 0 && days >= 0 && nanos >= 0) && !(months <= 0 && days <= 0 && nanos <= 0) {
		return Invalidf("The duration months, days and nanoseconds must be all of the same sign (%d, %d, %d)", months, days, nanos)
	}
	return nil
}

// cutValue takes one [bytes] off b: a length of four bytes, negative for null,
// and as many bytes.
func cutValue(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int32(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n < 0 {
		return nil, b, true
	}
	if int(n) > len(b) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}

func appendValue(dst, v []byte) []byte {
	if v == nil {
		return binary.BigEndian.AppendUint32(dst, math.MaxUint32)
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(v)))
	return append(dst, v...)
}

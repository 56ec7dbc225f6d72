package funcs

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"strings"
	"unicode/utf16"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func maskFactories() []*factory {
	first := 0
	text := fixedParam(types.Text).orNothing()
	partial := func(name string, inner bool) *factory {
		params := []param{fixedParam(types.Text, types.ASCII), fixedParam(types.Int), fixedParam(types.Int), text}
		params[0].text = "[text|varchar|ascii]"
		params[0].requirement = "an argument of type [text|varchar|ascii]"
		return &factory{name: name, params: params, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			sig := append([]*types.Type{args[0], types.Int, types.Int}, args[3:]...)
			return &Function{Args: sig, Result: args[0], Call: func(_ *Env, values [][]byte) ([]byte, error) {
				return maskPart(name, inner, values)
			}}, nil
		}}
	}
	return []*factory{
		{name: "mask_null", params: []param{anyParam(false)}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			return &Function{Args: args, Result: args[0], Call: func(*Env, [][]byte) ([]byte, error) { return nil, nil }}, nil
		}},
		{name: "mask_default", params: []param{anyParam(false)}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			masked := maskedValue(args[0])
			return &Function{Args: args, Result: args[0], Call: func(*Env, [][]byte) ([]byte, error) { return masked, nil }}, nil
		}},
		{name: "mask_replace", params: []param{anyParam(true), {text: "any", fromReceiver: true, same: &first, preferSame: true}},
			make: func(args []*types.Type, _ *types.Type) (*Function, error) {
				return &Function{Args: args, Result: args[1], Call: func(_ *Env, values [][]byte) ([]byte, error) { return values[1], nil }}, nil
			}},
		{name: "mask_hash", params: []param{anyParam(false), text}, make: func(args []*types.Type, _ *types.Type) (*Function, error) {
			sig := append([]*types.Type{}, args...)
			return &Function{Args: sig, Result: types.Blob, Call: func(_ *Env, values [][]byte) ([]byte, error) {
				if values[0] == nil {
					return nil, nil
				}
				algorithm := "SHA-256"
				if len(values) > 1 && values[1] != nil {
					algorithm = string(values[1])
				}
				return digest(algorithm, values[0])
			}}, nil
		}},
		partial("mask_inner", true),
		partial("mask_outer", false),
	}
}

func digest(algorithm string, b []byte) ([]byte, error) {
	switch strings.ToUpper(algorithm) {
	case "MD5":
		h := md5.Sum(b)
		return h[:], nil
	case "SHA", "SHA-1", "SHA1":
		h := sha1.Sum(b)
		return h[:], nil
	case "SHA-224":
		h := sha256.Sum224(b)
		return h[:], nil
	case "SHA-256":
		h := sha256.Sum256(b)
		return h[:], nil
	case "SHA-384":
		h := sha512.Sum384(b)
		return h[:], nil
	case "SHA-512":
		h := sha512.Sum512(b)
		return h[:], nil
	}
	return nil, types.Invalidf("Hash algorithm not found: %s", algorithm)
}

// maskPart replaces the characters between, or outside of, a number of them at
// the begin and at the end.
func maskPart(name string, inner bool, values [][]byte) ([]byte, error) {
	if values[0] == nil {
		return nil, nil
	}
	begin, end := types.DecodeInteger(values[1]), types.DecodeInteger(values[2])
	padding := uint16('*')
	if len(values) > 3 && values[3] != nil {
		p := utf16.Encode([]rune(string(values[3])))
		if len(p) != 1 {
			return nil, types.Invalidf("The padding argument for function system.%s should be single-character, but '%s' has %d characters.",
				name, values[3], len(p))
		}
		padding = p[0]
	}
	chars := utf16.Encode([]rune(string(values[0])))
	last := int64(len(chars)) - 1 - end
	for i := range chars {
		if pos := int64(i); (pos >= begin && pos <= last) == inner {
			chars[i] = padding
		}
	}
	return []byte(string(utf16.Decode(chars))), nil
}

// maskedValue is what mask_default shows for a type.
func maskedValue(t *types.Type) []byte {
	switch t.Kind {
	case types.KindASCII, types.KindText:
		return []byte("****")
	case types.KindBoolean:
		return []byte{0}
	case types.KindFloat:
		return types.EncodeFloat(0)
	case types.KindTinyint, types.KindSmallint, types.KindInt, types.KindBigint, types.KindCounter, types.KindDouble:
		return encodeInteger(t, 0)
	case types.KindTime, types.KindTimestamp:
		return types.EncodeBigint(0)
	case types.KindDate:
		return types.EncodeDate(0)
	case types.KindVarint:
		return []byte{0}
	case types.KindDecimal:
		return []byte{0, 0, 0, 0, 0}
	case types.KindDuration:
		return types.EncodeDuration(types.Span{})
	case types.KindInet:
		return []byte{0, 0, 0, 0}
	case types.KindUUID:
		return make([]byte, 16)
	case types.KindTimeUUID:
		return minTimeUUID(0)
	case types.KindList, types.KindSet, types.KindMap:
		return types.PackList(0, nil)
	case types.KindTuple, types.KindUDT, types.KindVector:
		elems := make([][]byte, max(len(t.Elems), t.Dim))
		for i := range elems {
			elems[i] = maskedValue(t.Elems[i%len(t.Elems)])
		}
		if t.Kind == types.KindVector {
			return t.PackVector(elems)
		}
		return types.PackTuple(elems)
	}
	return []byte{}
}

package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error says why a Go type and a CQL type, or a value and a cell, do not fit.
// It never holds the value itself, so it is safe to log.
type Error struct {
	GoType  string
	CQLType string // empty where no CQL type is known yet
	Path    string // where inside a nested value, as in [3].street; empty at its top
	Reason  string
	Err     error // what a custom Marshaler, Unmarshaler or registered codec returned
}

func (e *Error) Error() string {
	s := "Go " + e.GoType
	if e.GoType == "" {
		s = "codec"
	}
	if e.CQLType != "" {
		s += " as CQL " + e.CQLType
	}
	if e.Path != "" {
		s += ", at " + e.Path
	}
	return s + ": " + e.Reason
}

func (e *Error) Unwrap() error { return e.Err }

// fail makes an error that learns its types and path on its way out.
func fail(format string, args ...any) error {
	if len(args) == 0 {
		return &Error{Reason: format}
	}
	return &Error{Reason: fmt.Sprintf(format, args...)}
}

var (
	errOverflow = errors.New("the value overflows the type it goes to")
	errNullElem = errors.New("a collection cannot hold null")
	errShort    = errors.New("the cell ends too early")
)

func asError(err error) *Error {
	if e, ok := err.(*Error); ok {
		return e
	}
	return &Error{Reason: err.Error()}
}

// at prepends a step to the path of an error.
func at(err error, step string) error {
	e := asError(err)
	e.Path = step + e.Path
	return e
}

func atIndex(err error, i int) error { return at(err, "["+strconv.Itoa(i)+"]") }

func atField(err error, name string) error { return at(err, "."+name) }

// named fills in the types, at the boundary of the package or of a compilation.
func named(err error, goType reflect.Type, t *Type) error {
	e := asError(err)
	if e.GoType == "" && goType != nil {
		e.GoType = goType.String()
	}
	if e.CQLType == "" && t != nil {
		e.CQLType = t.String()
	}
	return e
}

// because is an error that a function of the application returned for the value v. Its text
// becomes part of the reason, unless it quotes v or a part of it.
func because(reason string, err error, v reflect.Value) error {
	if text := err.Error(); !quotes(text, v, 4) {
		reason += ": " + strings.TrimPrefix(text, "coodie: ")
	}
	return &Error{Reason: reason, Err: err}
}

// quotes reports whether a text holds v, or a value that lies in v at most depth levels deep.
func quotes(text string, v reflect.Value, depth int) bool {
	if !v.IsValid() || depth < 0 {
		return false
	}
	if v.CanInterface() && hasWord(text, fmt.Sprint(v.Interface())) {
		return true
	}
	inner := func(n int, at func(int) reflect.Value) bool {
		for i := range n {
			if quotes(text, at(i), depth-1) {
				return true
			}
		}
		return false
	}
	switch v.Kind() {
	case reflect.String:
		return hasWord(text, v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return hasWord(text, strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return hasWord(text, strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return hasWord(text, fmt.Sprint(v.Float()))
	case reflect.Pointer, reflect.Interface:
		return quotes(text, v.Elem(), depth-1)
	case reflect.Struct:
		return inner(v.NumField(), v.Field)
	case reflect.Map:
		keys := v.MapKeys()
		return inner(len(keys), func(i int) reflect.Value { return keys[i] }) ||
			inner(len(keys), func(i int) reflect.Value { return v.MapIndex(keys[i]) })
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(b), v)
			return hasWord(text, string(b)) || hasWord(text, fmt.Sprintf("%x", b))
		}
		return inner(v.Len(), v.Index)
	}
	return false
}

// hasWord reports whether word stands in a text, and is not only a part of a longer word there.
func hasWord(text, word string) bool {
	for from := 0; word != ""; from++ {
		i := strings.Index(text[from:], word)
		if i < 0 {
			break
		}
		from += i
		before, _ := utf8.DecodeLastRuneInString(text[:from])
		after, _ := utf8.DecodeRuneInString(text[from+len(word):])
		if !inWord(before) && !inWord(after) {
			return true
		}
	}
	return false
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

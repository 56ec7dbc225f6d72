package codec

import (
	"errors"
	"reflect"
	"unsafe"

	"github.com/gocql/gocql"
)

var errTODO = errors.New("codec: not written yet")

// ParseType reads a CQL type.
func ParseType(s string) (*Type, error) { return nil, errTODO }

// String returns the type as CQL.
func (t *Type) String() string { return t.Kind.String() }

// Equal reports whether two declarations are the same type to the server.
func (t *Type) Equal(o *Type) bool { return false }

// FromTypeInfo returns the type that the server reports.
func FromTypeInfo(info gocql.TypeInfo) (*Type, error) { return nil, errTODO }

// TypeInfo returns the type as gocql describes it.
func (t *Type) TypeInfo(proto byte) gocql.TypeInfo { return nil }

// Same reports whether a codec compiled for t reads and writes cells of the server's type. It does not allocate.
func (t *Type) Same(info gocql.TypeInfo) bool { return false }

// Options choose between the CQL types of one Go type.
type Options struct {
	Set   bool // a slice is a set instead of a list
	Tuple bool // a struct is a tuple instead of a user-defined type
}

// Infer returns the default CQL type of a Go type.
func Infer(t reflect.Type, opts Options) (*Type, error) { return nil, errTODO }

// Codec reads and writes cells of one CQL type as values of one Go type. It is safe for concurrent use.
type Codec struct{ typ *Type }

// For returns the codec of a Go type for a CQL type.
func For(goType reflect.Type, t *Type) (*Codec, error) { return nil, errTODO }

// Type returns the CQL type, with the fields of user-defined types filled in from the Go type.
func (c *Codec) Type() *Type { return c.typ }

// Append appends the cell of the value at p to dst. null: the value is CQL null and nothing was appended.
func (c *Codec) Append(dst []byte, p unsafe.Pointer) (out []byte, null bool, err error) {
	return dst, false, errTODO
}

// Decode sets the value at p from a cell. Nil data is null and sets the zero value; data is never kept.
func (c *Codec) Decode(p unsafe.Pointer, data []byte) error { return errTODO }

// AppendValue is Append for a reflect.Value.
func (c *Codec) AppendValue(dst []byte, v reflect.Value) (out []byte, null bool, err error) {
	return dst, false, errTODO
}

// EncodeAny appends the cell of v as type t; nil is null.
func EncodeAny(dst []byte, t *Type, v any) (out []byte, null bool, err error) {
	return dst, false, errTODO
}

// DecodeAny returns the natural Go value of a cell; nil for null.
func DecodeAny(t *Type, data []byte) (any, error) { return nil, errTODO }

// Split appends the n elements of a tuple cell to dst; a null element is nil. The elements alias cell.
func Split(dst [][]byte, cell []byte, n int) ([][]byte, error) { return dst, errTODO }

// Join appends the tuple cell made of elems to dst; null: all elements are nil and nothing was appended.
func Join(dst []byte, elems [][]byte) (out []byte, null bool) { return dst, false }

// SnakeCase returns the CQL name of a Go identifier: UserID is user_id, HTTPServer is http_server.
func SnakeCase(s string) string { return s }

// Error says why a Go value and a CQL cell do not fit. It never holds the value.
type Error struct {
	GoType, CQLType string
	Path            string // where in a nested value, as in [3].street; empty at the top
	Reason          string
	Err             error // of a custom Marshaler or Unmarshaler
}

func (e *Error) Error() string { return e.Reason }
func (e *Error) Unwrap() error { return e.Err }

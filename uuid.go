package coodie

import (
	"reflect"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// UUID is a uuid or a timeuuid. A column may be any other [16]byte type as well, such as a driver's UUID. Where no
// struct says which, as in Row.Value, coodie returns a UUID.
type UUID [16]byte

// NewUUID returns a new random UUID (version 4).
func NewUUID() UUID { return codec.NewUUID() }

// NewTimeUUID returns a new UUID that holds the time (version 1), for a timeuuid column.
func NewTimeUUID() UUID { return codec.NewTimeUUID() }

// ParseUUID reads 32 hexadecimal digits, with hyphens between any two bytes.
func ParseUUID(text string) (UUID, error) {
	id, err := codec.ParseUUID(text)
	return id, err
}

// String returns the usual form, such as 01234567-89ab-cdef-0123-456789abcdef.
func (u UUID) String() string { return codec.UUIDText(u) }

// IsZero reports whether all bits are 0.
func (u UUID) IsZero() bool { return u == UUID{} }

// MarshalText returns the usual form.
func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what ParseUUID does; an empty text is the zero UUID.
func (u *UUID) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*u = UUID{}
		return nil
	}
	*u, err = ParseUUID(string(text))
	return err
}

// Duration is a CQL duration, whose parts have no fixed length in each other and all have the same sign. A column
// may be any other struct of these fields as well, such as a driver's Duration, or a time.Duration.
type Duration struct {
	Months, Days int32
	Nanoseconds  int64
}

// Unset is an argument of Raw that leaves the column as it is. A driver's own value for this does too.
var Unset any = driver.Unset

func init() { codec.Naturals(reflect.TypeFor[UUID](), reflect.TypeFor[Duration]()) }

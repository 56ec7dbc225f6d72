package coodie

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
)

// Date is a calendar date without a time or a zone: CQL's date, over its whole
// range, which is five million years to either side of 1970. The zero Date is null.
//
// Dates are comparable with ==. A column may be any other struct of these fields as well, such as a civil.Date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the date of t in t's own location; of the zero time the zero Date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads a date as String writes it: 2006-01-02.
func ParseDate(s string) (Date, error) {
	digits := strings.TrimLeft(s, "+-")
	parts := strings.Split(digits, "-")
	if len(s)-len(digits) > 1 || len(parts) != 3 || len(parts[0]) < 4 || len(parts[1]) != 2 || len(parts[2]) != 2 {
		return Date{}, errors.New("coodie: a date is written as 2006-01-02")
	}
	var n [3]int
	for i, part := range parts {
		u, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return Date{}, errors.New("coodie: a date is written as 2006-01-02")
		}
		n[i] = int(u)
	}
	if s[0] == '-' {
		n[0] = -n[0]
	}
	d := Date{n[0], time.Month(n[1]), n[2]}
	if err := d.check(); err != nil {
		return Date{}, err
	}
	return d, nil
}

// IsZero reports whether d is the zero Date, null.
func (d Date) IsZero() bool { return d == Date{} }

// IsValid reports whether d is in the calendar and in CQL's range. The zero Date is not.
func (d Date) IsValid() bool { return d.check() == nil }

func (d Date) check() error {
	if _, err := codec.Calendar(d).Days(); err != nil {
		return fmt.Errorf("coodie: %w", err)
	}
	return nil
}

// In returns midnight of the date in loc, or UTC if loc is nil; of the zero Date
// the zero time. Where that midnight does not exist, it is as [time.Date] has it.
func (d Date) In(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	if loc == nil {
		loc = time.UTC
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// AddDays returns the date n days later, or earlier if n is negative. The zero
// Date stays zero.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 12, 0, 0, 0, time.UTC)) // noon is never the zero time
}

// Compare returns -1, 0 or +1 as d is before, equal to or after o.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// String returns the date as ISO 8601 has it: 2006-01-02; a year before 0 or
// after 9999 has a sign.
func (d Date) String() string {
	switch {
	case d.Year < 0:
		return fmt.Sprintf("-%04d-%02d-%02d", -d.Year, d.Month, d.Day)
	case d.Year > 9999:
		return fmt.Sprintf("+%d-%02d-%02d", d.Year, d.Month, d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText returns String, or nothing for the zero Date.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return []byte{}, nil
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d = Date{}
	if len(text) > 0 {
		*d, err = ParseDate(string(text))
	}
	return err
}

// UUID is a uuid or a timeuuid. A column may be any other [16]byte type as well, such as a driver's UUID. Where no
// struct says which, as in Row.Map, coodie returns a UUID.
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

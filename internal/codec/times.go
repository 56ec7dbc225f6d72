package codec

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
	"unsafe"
)

// timestampCoder is a time.Time as a timestamp: milliseconds, UTC. The zero
// time is null.
type timestampCoder struct{}

func (timestampCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	t := (*time.Time)(p)
	if t.IsZero() {
		return dst, true, nil
	}
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Unix() != t.Unix() {
		return dst, false, errOverflow
	}
	return binary.BigEndian.AppendUint64(dst, uint64(ms)), false, nil
}

func (timestampCoder) decode(p unsafe.Pointer, data []byte) error {
	t := (*time.Time)(p)
	if len(data) != 8 {
		*t = time.Time{}
		return badLength(data)
	}
	*t = time.UnixMilli(int64(binary.BigEndian.Uint64(data))).UTC()
	return nil
}

const secondsPerDay = 24 * 60 * 60

// dateCoder is a time.Time as a date: the calendar date in the time's own
// location. It comes back as midnight UTC. The zero time is null.
type dateCoder struct{}

func (dateCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	t := (*time.Time)(p)
	if t.IsZero() {
		return dst, true, nil
	}
	y, m, d := t.Date()
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay // exact
	if days < math.MinInt32 || days > math.MaxInt32 {
		return dst, false, errOverflow
	}
	return binary.BigEndian.AppendUint32(dst, uint32(days+1<<31)), false, nil
}

func (dateCoder) decode(p unsafe.Pointer, data []byte) error {
	t := (*time.Time)(p)
	if len(data) != 4 {
		*t = time.Time{}
		return badLength(data)
	}
	days := int64(binary.BigEndian.Uint32(data)) - 1<<31
	*t = time.Unix(days*secondsPerDay, 0).UTC()
	return nil
}

// Calendar is a date of the calendar. A type of the same fields, such as coodie.Date, is taken as one.
type Calendar struct {
	Year  int
	Month time.Month
	Day   int
}

// Days counts from 1970-01-01. The zero Calendar is no date.
func (c Calendar) Days() (int64, error) {
	const maxYear = 5_900_000 // beyond CQL's range, within time's
	if c.Year < -maxYear || c.Year > maxYear {
		return 0, errDateRange
	}
	t := time.Date(c.Year, c.Month, c.Day, 0, 0, 0, 0, time.UTC)
	if y, m, d := t.Date(); y != c.Year || m != c.Month || d != c.Day {
		return 0, errNoDate
	}
	days := t.Unix() / secondsPerDay // exact, also before 1970
	if days < math.MinInt32 || days > math.MaxInt32 {
		return 0, errDateRange
	}
	return days, nil
}

var (
	errDateRange = errors.New("the date is out of CQL's range")
	errNoDate    = errors.New("the date is not in the calendar")
)

// calendarCoder is a Calendar as a date. The zero Calendar is null.
type calendarCoder struct{}

func (calendarCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	c := (*Calendar)(p)
	if *c == (Calendar{}) {
		return dst, true, nil
	}
	days, err := c.Days()
	if err != nil {
		return dst, false, err
	}
	return binary.BigEndian.AppendUint32(dst, uint32(days+1<<31)), false, nil
}

func (calendarCoder) decode(p unsafe.Pointer, data []byte) error {
	c := (*Calendar)(p)
	*c = Calendar{}
	if len(data) == 0 {
		return nil
	}
	if len(data) != 4 {
		return badLength(data)
	}
	days := int64(binary.BigEndian.Uint32(data)) - 1<<31
	c.Year, c.Month, c.Day = time.Unix(days*secondsPerDay, 0).UTC().Date()
	return nil
}

// timeCoder is a time.Duration, or nanoseconds in an int64 kind, as a time of day.
type timeCoder struct{}

const dayNanos = int64(24 * time.Hour)

var errTimeOfDay = errors.New("a time of day is from 0 to below 24 hours")

func (timeCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	n := *(*int64)(p)
	if n < 0 || n >= dayNanos {
		return dst, false, errTimeOfDay
	}
	return binary.BigEndian.AppendUint64(dst, uint64(n)), false, nil
}

func (timeCoder) decode(p unsafe.Pointer, data []byte) error {
	*(*int64)(p) = 0
	if len(data) != 8 {
		return badLength(data)
	}
	n := int64(binary.BigEndian.Uint64(data))
	if n < 0 || n >= dayNanos {
		return errTimeOfDay
	}
	*(*int64)(p) = n
	return nil
}

// Span is a CQL duration. A driver's type of the same fields, such as coodie.Duration, is taken as one.
type Span struct {
	Months, Days int32
	Nanoseconds  int64
}

// durationCoder is a Span as a duration.
type durationCoder struct{}

func (durationCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	d := (*Span)(p)
	negative := d.Months < 0 || d.Days < 0 || d.Nanoseconds < 0
	if negative && (d.Months > 0 || d.Days > 0 || d.Nanoseconds > 0) {
		return dst, false, fail("the parts of a duration must have the same sign")
	}
	dst = appendVint(dst, int64(d.Months))
	dst = appendVint(dst, int64(d.Days))
	return appendVint(dst, d.Nanoseconds), false, nil
}

func (durationCoder) decode(p unsafe.Pointer, data []byte) (err error) {
	d := (*Span)(p)
	*d = Span{}
	if len(data) == 0 {
		return nil
	}
	if d.Months, data, err = vint32(data); err != nil {
		return err
	}
	if d.Days, data, err = vint32(data); err != nil {
		return err
	}
	if d.Nanoseconds, data, err = vint(data); err != nil {
		return err
	}
	return end(data)
}

// nanosCoder is a time.Duration as a duration without months and days.
type nanosCoder struct{}

func (nanosCoder) encode(dst []byte, p unsafe.Pointer) ([]byte, bool, error) {
	return appendVint(append(dst, 0, 0), *(*int64)(p)), false, nil
}

func (nanosCoder) decode(p unsafe.Pointer, data []byte) error {
	var d Span
	err := durationCoder{}.decode(unsafe.Pointer(&d), data)
	if err == nil && (d.Months != 0 || d.Days != 0) {
		d.Nanoseconds, err = 0, fail("months and days have no fixed length: use coodie.Duration")
	}
	*(*int64)(p) = d.Nanoseconds
	return err
}

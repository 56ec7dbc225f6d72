package types

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Span is a duration: calendar months and days, and nanoseconds, all of one
// sign.
type Span struct {
	Months, Days int32
	Nanos        int64
}

// EncodeDuration encodes a duration.
func EncodeDuration(d Span) []byte {
	b := appendVint(nil, int64(d.Months))
	b = appendVint(b, int64(d.Days))
	return appendVint(b, d.Nanos)
}

// DecodeDuration decodes a valid duration.
func DecodeDuration(b []byte) Span {
	m, d, n, _ := cutDuration(b)
	return Span{int32(m), int32(d), n}
}

func cutDuration(b []byte) (months, days, nanos int64, ok bool) {
	if months, b, ok = cutVint(b); !ok {
		return
	}
	if days, b, ok = cutVint(b); !ok {
		return
	}
	nanos, _, ok = cutVint(b)
	return
}

// IsNegative says whether the span goes back in time.
func (d Span) IsNegative() bool { return d.Months < 0 || d.Days < 0 || d.Nanos < 0 }

// Negate returns -d.
func (d Span) Negate() Span { return Span{-d.Months, -d.Days, -d.Nanos} }

const millisPerDay = 24 * 60 * 60 * 1000

// AddTo adds d to a time in milliseconds since 1970. A day that the resulting
// month does not have becomes the month's last.
func (d Span) AddTo(millis int64) int64 {
	if d.Months != 0 {
		millis = addMonths(millis, int64(d.Months))
	}
	return millis + int64(d.Days)*millisPerDay + d.Nanos/int64(time.Millisecond)
}

func addMonths(millis, months int64) int64 {
	t := time.UnixMilli(millis).UTC()
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	day := first.AddDate(0, 0, min(t.Day(), last)-1)
	h, m, s := t.Clock()
	return day.UnixMilli() + int64(h*3600+m*60+s)*1000 + int64(t.Nanosecond()/1e6)
}

// String writes d as a literal: 1y2mo3d4h.
func (d Span) String() string {
	var b strings.Builder
	if d.IsNegative() {
		b.WriteByte('-')
	}
	put := func(v, unit uint64, name string) uint64 {
		if v >= unit {
			b.WriteString(strconv.FormatUint(v/unit, 10) + name)
		}
		return v % unit
	}
	put(put(magnitude(int64(d.Months)), 12, "y"), 1, "mo")
	put(magnitude(int64(d.Days)), 1, "d")
	n := magnitude(d.Nanos)
	for _, u := range nanoUnits {
		n = put(n, u.nanos, u.name)
	}
	return b.String()
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

var nanoUnits = []struct {
	name  string
	nanos uint64
}{
	{"h", uint64(time.Hour)}, {"m", uint64(time.Minute)}, {"s", uint64(time.Second)},
	{"ms", uint64(time.Millisecond)}, {"us", uint64(time.Microsecond)}, {"ns", 1},
}

type durationUnit struct {
	order  int
	plural string
	months int64
	days   int64
	nanos  int64
}

var durationUnits = map[string]durationUnit{
	"y":  {1, "years", 12, 0, 0},
	"mo": {2, "months", 1, 0, 0},
	"w":  {3, "weeks", 0, 7, 0},
	"d":  {4, "days", 0, 1, 0},
	"h":  {5, "hours", 0, 0, int64(time.Hour)},
	"m":  {6, "minutes", 0, 0, int64(time.Minute)},
	"s":  {7, "seconds", 0, 0, int64(time.Second)},
	"ms": {8, "milliseconds", 0, 0, int64(time.Millisecond)},
	"us": {9, "microseconds", 0, 0, int64(time.Microsecond)},
	"µs": {9, "microseconds", 0, 0, int64(time.Microsecond)},
	"ns": {10, "nanoseconds", 0, 0, 1},
}

var unitPlurals = [...]string{1: "years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}

type durationBuilder struct {
	months, days, nanos int64
	last                int
}

func (b *durationBuilder) add(n int64, u durationUnit) error {
	if u.order == b.last {
		return durationError("Invalid duration. The %s are specified multiple times", u.plural)
	}
	if u.order < b.last {
		return durationError("Invalid duration. The %s should be after %s", unitPlurals[b.last], u.plural)
	}
	b.last = u.order
	// The server names the largest int as the limit for every unit.
	switch {
	case u.months > 0 && n > (math.MaxInt32-b.months)/u.months:
		return durationTooLong("months")
	case u.days > 0 && n > (math.MaxInt32-b.days)/u.days:
		return durationTooLong("days")
	case u.nanos > 0 && n > (math.MaxInt64-b.nanos)/u.nanos:
		return durationTooLong("nanoseconds")
	}
	b.months += n * u.months
	b.days += n * u.days
	b.nanos += n * u.nanos
	return nil
}

func durationTooLong(unit string) error {
	return durationError("Invalid duration. The total number of %s must be less or equal to %d", unit, math.MaxInt32)
}

// ParseDuration parses the three forms of a duration literal: 1h30m, ISO 8601
// P1DT2H or P2W, and P0001-02-03T04:05:06.
func ParseDuration(s string) (Span, error) {
	src := strings.TrimPrefix(s, "-")
	var b durationBuilder
	var err error
	switch {
	case !strings.HasPrefix(src, "P"):
		err = b.units(src, src, durationUnits)
	case strings.HasSuffix(src, "W"):
		if n, rest := cutDigits(src[1:]); n == "" || rest != "W" {
			err = notADuration(src)
		} else {
			err = b.number(n, durationUnits["w"])
		}
	case strings.Contains(src, "-"):
		err = b.alternative(src)
	default:
		date, clock, hasClock := strings.Cut(src[1:], "T")
		if err = b.iso(src, date, "YMD", []string{"y", "mo", "d"}); err == nil && hasClock {
			err = b.iso(src, clock, "HMS", []string{"h", "m", "s"})
		}
	}
	if err != nil {
		return Span{}, err
	}
	d := Span{int32(b.months), int32(b.days), b.nanos}
	if len(src) < len(s) {
		d = d.Negate()
	}
	return d, nil
}

func notADuration(s string) error { return durationError("Unable to convert '%s' to a duration", s) }

func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

func (b *durationBuilder) number(digits string, u durationUnit) error {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return &Error{Code: CodeServer, Message: "java.lang.NumberFormatException: For input string: \"" + digits + "\"", duration: true}
	}
	return b.add(n, u)
}

func (b *durationBuilder) units(src, s string, units map[string]durationUnit) error {
	if s == "" {
		return notADuration(src)
	}
	for s != "" {
		n, rest := cutDigits(s)
		i := strings.IndexAny(rest, "0123456789")
		if i < 0 {
			i = len(rest)
		}
		u, ok := units[strings.ToLower(rest[:i])]
		if n == "" || !ok {
			return notADuration(src)
		}
		if err := b.number(n, u); err != nil {
			return err
		}
		s = rest[i:]
	}
	return nil
}

// iso parses digits each followed by one of letters, in that order.
func (b *durationBuilder) iso(src, s, letters string, names []string) error {
	for i := range letters {
		n, rest := cutDigits(s)
		if n == "" || rest == "" || rest[0] != letters[i] {
			continue
		}
		if err := b.number(n, durationUnits[names[i]]); err != nil {
			return err
		}
		s = rest[1:]
	}
	if s != "" {
		return notADuration(src)
	}
	return nil
}

func (b *durationBuilder) alternative(src string) error {
	const form = "P0000-00-00T00:00:00"
	if len(src) != len(form) {
		return notADuration(src)
	}
	units := []string{"y", "mo", "d", "h", "m", "s"}
	for i := 0; i < len(form); {
		if form[i] != '0' {
			if src[i] != form[i] {
				return notADuration(src)
			}
			i++
			continue
		}
		width := len(form[i:]) - len(strings.TrimLeft(form[i:], "0"))
		if !isDigits(src[i : i+width]) {
			return notADuration(src)
		}
		if err := b.number(src[i:i+width], durationUnits[units[0]]); err != nil {
			return err
		}
		units, i = units[1:], i+width
	}
	return nil
}

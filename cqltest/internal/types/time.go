package types

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// epochDay is the encoded value of 1970-01-01.
const epochDay = 1 << 31

// EncodeDate encodes a date given as days since 1970.
func EncodeDate(days int64) []byte { return EncodeInt(int32(uint32(days + epochDay))) }

// DecodeDate returns the days since 1970 of an encoded date.
func DecodeDate(b []byte) int64 {
	if len(b) != 4 {
		return 0
	}
	return int64(binary.BigEndian.Uint32(b)) - epochDay
}

// DateFromMillis encodes the date of a time in milliseconds since 1970. Like
// the server it rounds towards 1970, so that the last day of 1969 has no
// moment but its first.
func DateFromMillis(millis int64) []byte {
	seconds := millis / 1000
	if millis%1000 < 0 {
		seconds--
	}
	return EncodeDate(seconds / (24 * 60 * 60))
}

// FormatDate writes a date as yyyy-mm-dd.
func FormatDate(days int64) string {
	t := time.Unix(days*24*60*60, 0).UTC()
	return fmt.Sprintf("%s-%02d-%02d", formatYear(t.Year()), t.Month(), t.Day())
}

func formatYear(y int) string {
	switch {
	case y > 9999:
		return "+" + strconv.Itoa(y)
	case y < 0:
		return fmt.Sprintf("-%04d", -y)
	}
	return fmt.Sprintf("%04d", y)
}

func parseDate(s string) ([]byte, error) {
	if isDigits(strings.TrimPrefix(s, "-")) && s != "" && s != "-" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n > math.MaxUint32 {
			return nil, Invalidf("Unable to make unsigned int (for date) from: '%s'", s)
		}
		return EncodeInt(int32(uint32(n))), nil
	}
	days, rest, ok := cutISODate(s, true)
	if !ok || rest != "" {
		return nil, Invalidf("Unable to coerce '%s' to a formatted date (long)", s)
	}
	if days < math.MinInt32 {
		return nil, Invalidf("Input date %s is less than min supported date -5877641-06-23T00:00Z", s)
	}
	if days > math.MaxInt32 {
		return nil, Invalidf("Input date %s is greater than max supported date +5881580-07-11T00:00Z", s)
	}
	return EncodeDate(days), nil
}

// FormatTime writes a time of day with its nine decimals.
func FormatTime(nanos int64) string {
	s := nanos / int64(time.Second)
	return fmt.Sprintf("%02d:%02d:%02d.%09d", s/3600%24, s/60%60, s%60, nanos%int64(time.Second))
}

func parseTime(s string) ([]byte, error) {
	if isDigits(strings.TrimPrefix(s, "-")) && s != "" && s != "-" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n >= int64(24*time.Hour) {
			return nil, Invalidf("Unable to make long (for time) from: '%s'", s)
		}
		return EncodeBigint(n), nil
	}
	n, ok := clockNanos(strings.TrimSpace(s))
	if !ok {
		return nil, Invalidf("(TimeType) Unable to coerce '%s' to a formatted time (long)", s)
	}
	return EncodeBigint(n), nil
}

// clockNanos parses h:m:s[.fffffffff].
func clockNanos(s string) (int64, bool) {
	hms, frac, hasFrac := strings.Cut(s, ".")
	parts := strings.Split(hms, ":")
	if len(parts) != 3 || hasFrac && (frac == "" || len(frac) > 9 || !isDigits(frac)) {
		return 0, false
	}
	limits := [...]int64{24, 60, 60}
	var n int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 32)
		if err != nil || v < 0 || v >= limits[i] {
			return 0, false
		}
		n = n*60 + v
	}
	n *= int64(time.Second)
	if hasFrac {
		f, _ := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
		n += f
	}
	return n, true
}

// FormatTimestamp writes a timestamp as yyyy-mm-ddThh:mm:ss.mmmZ, in UTC, with
// sep between date and time.
func FormatTimestamp(millis int64, sep byte) string {
	t := time.UnixMilli(millis).UTC()
	y := t.Year()
	if y <= 0 { // the server writes the year of the era, without the era
		y = 1 - y
	}
	return fmt.Sprintf("%s-%02d-%02d%c%02d:%02d:%02d.%03dZ", formatYear(y), t.Month(), t.Day(), sep,
		t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1e6)
}

func parseTimestamp(s string, now func() time.Time) ([]byte, error) {
	if s == "" {
		return []byte{}, nil
	}
	if strings.EqualFold(s, "now") {
		return EncodeBigint(now().UnixMilli()), nil
	}
	if isDigits(strings.TrimPrefix(s, "-")) && s != "-" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, Invalidf("Unable to make long (for date) from: '%s'", s)
		}
		return EncodeBigint(n), nil
	}
	n, ok := timestampMillis(s)
	if !ok {
		return nil, Invalidf("Unable to parse a date/time from '%s'", s)
	}
	return EncodeBigint(n), nil
}

// timestampMillis parses a date with an optional time of day and an optional
// zone, UTC unless given.
func timestampMillis(s string) (int64, bool) {
	if days, rest, ok := cutISODate(s, false); ok {
		if rest == "" {
			return days * millisPerDay, true
		}
		if off, ok := parseZone(rest, days*millisPerDay); ok {
			return days*millisPerDay - off, true
		}
	}
	days, rest, ok := cutLooseDate(s)
	if !ok || rest == "" || rest[0] != 'T' && rest[0] != ' ' {
		return 0, false
	}
	clock, rest, ok := cutClock(rest[1:])
	if !ok {
		return 0, false
	}
	local := days*millisPerDay + clock
	if rest == "" {
		return local, true
	}
	off, ok := parseZone(rest, local)
	return local - off, ok
}

// cutISODate takes yyyy-mm-dd off s. More than four digits of year need
// a sign. Strict refuses days the month does not have; otherwise they become
// its last.
func cutISODate(s string, strict bool) (days int64, rest string, ok bool) {
	sign := 1
	rest = s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign = 1 - 2*int(boolByte(s[0] == '-'))
		rest = s[1:]
	}
	year, rest := cutDigits(rest)
	plus := strings.HasPrefix(s, "+")
	if len(year) < 4 || len(year) > 9 || len(year) > 4 && sign > 0 && !plus || len(year) == 4 && plus {
		return 0, "", false
	}
	if len(rest) < 6 || rest[0] != '-' || rest[3] != '-' || !isDigits(rest[1:3]) || !isDigits(rest[4:6]) {
		return 0, "", false
	}
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(rest[1:3])
	d, _ := strconv.Atoi(rest[4:6])
	days, ok = dayNumber(sign*y, m, d, strict)
	return days, rest[6:], ok
}

// cutLooseDate takes y-m-d, of any number of digits, off s.
func cutLooseDate(s string) (days int64, rest string, ok bool) {
	var n [3]int
	rest = s
	for i := range n {
		if i > 0 {
			if rest == "" || rest[0] != '-' {
				return 0, "", false
			}
			rest = rest[1:]
		}
		var digits string
		digits, rest = cutDigits(rest)
		if digits == "" || len(digits) > 9 {
			return 0, "", false
		}
		n[i], _ = strconv.Atoi(digits)
	}
	if n[0] == 0 {
		return 0, "", false
	}
	days, ok = dayNumber(n[0], n[1], n[2], false)
	return days, rest, ok
}

func dayNumber(y, m, d int, strict bool) (int64, bool) {
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	last := time.Date(2000+y%400, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if d > last {
		if strict {
			return 0, false
		}
		d = last
	}
	// Years beyond what milliseconds can hold are of no use to anybody.
	if y < -200_000_000 || y > 200_000_000 {
		return 0, false
	}
	seconds := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix()
	return seconds / (24 * 60 * 60), true
}

// cutClock takes h:m[:s[.f]] off s, in milliseconds. 24:00 is the next
// midnight.
func cutClock(s string) (millis int64, rest string, ok bool) {
	var n [3]int64
	count := 0
	rest = s
	for i := range n {
		if i > 0 {
			if rest == "" || rest[0] != ':' {
				break
			}
			if after, _ := cutDigits(rest[1:]); after == "" {
				break
			}
			rest = rest[1:]
		}
		var digits string
		digits, rest = cutDigits(rest)
		if digits == "" || len(digits) > 9 {
			return 0, "", false
		}
		n[i], _ = strconv.ParseInt(digits, 10, 64)
		count++
	}
	if count < 2 || n[0] > 24 || n[1] > 59 || n[2] > 59 {
		return 0, "", false
	}
	millis = (n[0]*3600 + n[1]*60 + n[2]) * 1000
	if count == 3 && strings.HasPrefix(rest, ".") {
		frac, after := cutDigits(rest[1:])
		if len(frac) > 9 {
			return 0, "", false
		}
		f, _ := strconv.ParseInt((frac + "000")[:3], 10, 64)
		millis, rest = millis+f, after
	}
	return millis, rest, n[0] < 24 || millis == millisPerDay
}

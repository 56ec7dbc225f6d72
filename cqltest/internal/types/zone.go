package types

import (
	"strconv"
	"strings"
	"time"
)

// parseZone parses what may follow a time: an offset, or a blank and the name
// of a zone. It returns the offset in milliseconds; local is the time that the
// zone is for.
func parseZone(s string, local int64) (int64, bool) {
	if off, ok := parseOffset(s, true); ok {
		return off, true
	}
	name, ok := strings.CutPrefix(s, " ")
	if !ok || name == "" {
		return 0, false
	}
	if off, ok := parseOffset(name, true); ok {
		return off, true
	}
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(strings.ToUpper(name), prefix); ok {
			if rest == "" {
				return 0, true
			}
			return parseOffset(rest, false)
		}
	}
	if id := zoneIDs[strings.ToUpper(name)]; id != "" {
		name = id
	}
	loc, err := time.LoadLocation(name)
	if err != nil || !strings.Contains(name, "/") {
		return 0, false
	}
	t := time.UnixMilli(local).UTC()
	_, off := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc).Zone()
	return int64(off) * 1000, true
}

// zoneIDs has the short names in common use.
var zoneIDs = map[string]string{
	"EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
	"MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
	"CET": "Europe/Paris", "CEST": "Europe/Paris", "EET": "Europe/Bucharest", "EEST": "Europe/Bucharest",
	"WET": "Europe/Lisbon", "BST": "Europe/London", "JST": "Asia/Tokyo", "IST": "Asia/Kolkata", "MSK": "Europe/Moscow",
}

// parseOffset parses Z, ±hh, ±hh:mm, and ±hhmm if compact, in milliseconds.
func parseOffset(s string, compact bool) (int64, bool) {
	if s == "Z" {
		return 0, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	digits := s[1:]
	switch {
	case len(digits) == 2:
		digits += "00"
	case len(digits) == 5 && digits[2] == ':':
		digits = digits[:2] + digits[3:]
	case len(digits) == 4 && compact:
	default:
		return 0, false
	}
	if !isDigits(digits) {
		return 0, false
	}
	h, _ := strconv.Atoi(digits[:2])
	m, _ := strconv.Atoi(digits[2:])
	if m > 59 || h*60+m > 18*60 {
		return 0, false
	}
	off := int64(h*60+m) * 60_000
	if s[0] == '-' {
		off = -off
	}
	return off, true
}

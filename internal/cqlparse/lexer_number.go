package cqlparse

import "strings"

// scanNumber returns the kind and length of the number, duration, UUID or blob
// that s starts with, or 0. Of several readings the longest wins, and a word
// that is longer still is left to the caller.
func scanNumber(s string) (kind, int) {
	best, length := tokEOF, 0
	try := func(k kind, n int) {
		if n > length {
			best, length = k, n
		}
	}
	if n, ok := scanInfinite(s); ok {
		return n.kind, n.length
	}
	try(tokInteger, scanInteger(s))
	if length > 0 {
		try(tokFloat, scanFloat(s, length))
		try(tokDuration, scanUnits(s))
	}
	try(tokDuration, scanISODuration(s))
	try(tokHex, scanBlob(s))
	try(tokUUID, scanUUID(s))
	if length > 0 && isLetter(s[0]) && length < scanWord(s) {
		return tokEOF, 0
	}
	return best, length
}

func scanWord(s string) int {
	n := 0
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

type infinite struct {
	kind   kind
	length int
}

// scanInfinite scans -NaN and -Infinity. Their positive forms are words.
func scanInfinite(s string) (infinite, bool) {
	if s[0] != '-' {
		return infinite{}, false
	}
	switch {
	case hasPrefixFold(s, "-nan"):
		return infinite{tokNaN, len("-nan")}, true
	case hasPrefixFold(s, "-infinity"):
		return infinite{tokNegInfinity, len("-infinity")}, true
	}
	return infinite{}, false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func scanDigits(s string, from int) int {
	n := from
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n - from
}

func scanInteger(s string) int {
	sign := 0
	if s[0] == '-' {
		sign = 1
	}
	if d := scanDigits(s, sign); d > 0 {
		return sign + d
	}
	return 0
}

// scanFloat continues an integer of length n. In 1..2 the dots are a range.
func scanFloat(s string, n int) int {
	start := n
	if n < len(s) && s[n] == '.' && (!strings.HasPrefix(s[n:], "..") || strings.HasPrefix(s[n:], "...")) {
		n++
		n += scanDigits(s, n)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		e := n + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		if d := scanDigits(s, e); d > 0 {
			n = e + d
		}
	}
	if n == start {
		return 0
	}
	return n
}

// scanUnits scans 1y2mo3w4d5h6m7s8ms9us10ns.
func scanUnits(s string) int {
	n := 0
	if s[0] == '-' {
		n = 1
	}
	end := 0
	for {
		d := scanDigits(s, n)
		if d == 0 {
			return end
		}
		u := scanUnit(s[n+d:])
		if u == 0 {
			return end
		}
		n += d + u
		end = n
	}
}

func scanUnit(s string) int {
	for _, unit := range []string{"mo", "ms", "us", "µs", "ns"} {
		if hasPrefixFold(s, unit) {
			return len(unit)
		}
	}
	if s != "" && strings.IndexByte("yYwWdDhHmMsS", s[0]) >= 0 {
		return 1
	}
	return 0
}

// scanISODuration scans P1Y2M3DT4H5M6S, P5W and P0001-02-03T04:05:06.
func scanISODuration(s string) int {
	n := 0
	if s[0] == '-' {
		n = 1
	}
	if n >= len(s) || s[n] != 'P' {
		return 0
	}
	n++
	if alt := n + len("0001-02-03T04:05:06"); alt <= len(s) && matches(s[n:alt], "dddd-dd-ddTdd:dd:dd") {
		return alt
	}
	if d := scanDigits(s, n); d > 0 && n+d < len(s) && s[n+d] == 'W' {
		return n + d + 1
	}
	date := scanDesignators(s, n, "YMD")
	end := n + date
	if end < len(s) && s[end] == 'T' {
		if time := scanDesignators(s, end+1, "HMS"); time > 0 {
			return end + 1 + time
		}
	}
	if date == 0 {
		return 0
	}
	return end
}

// scanDesignators scans digits followed by one of the letters, each letter at
// most once and in their order.
func scanDesignators(s string, from int, letters string) int {
	n := from
	for letters != "" {
		d := scanDigits(s, n)
		if d == 0 || n+d >= len(s) {
			break
		}
		i := strings.IndexByte(letters, s[n+d])
		if i < 0 {
			break
		}
		n += d + 1
		letters = letters[i+1:]
	}
	return n - from
}

func scanBlob(s string) int {
	if len(s) < 2 || s[0] != '0' || s[1] != 'x' && s[1] != 'X' {
		return 0
	}
	n := 2
	for n < len(s) && isHex(s[n]) {
		n++
	}
	return n
}

const uuidForm = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"

func scanUUID(s string) int {
	if len(s) >= len(uuidForm) && matches(s[:len(uuidForm)], uuidForm) {
		return len(uuidForm)
	}
	return 0
}

// matches compares s with a pattern of its length, in which d is a digit and h
// a hexadecimal one.
func matches(s, pattern string) bool {
	for i := 0; i < len(s); i++ {
		switch pattern[i] {
		case 'd':
			if !isDigit(s[i]) {
				return false
			}
		case 'h':
			if !isHex(s[i]) {
				return false
			}
		default:
			if s[i] != pattern[i] {
				return false
			}
		}
	}
	return true
}

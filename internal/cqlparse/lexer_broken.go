package cqlparse

import "strings"

// Cassandra's lexer decides by the first characters what it reads. When the
// rest disagrees it fails, where another reading might have been possible:
// -name is no negated column but a broken -NaN, and 12345678-1 no subtraction
// but a broken UUID.

const (
	noViableChar = "no viable alternative at character %s"
	noLoopChar   = "required (...)+ loop did not match anything at character %s"
	expecting    = "mismatched character %s expecting "
)

// scanBroken returns where s, which starts with a letter, digit or minus,
// breaks off for Cassandra, and its message about the character there, or 0.
func scanBroken(s string) (n int, problem string) {
	if s[0] == '-' && len(s) > 1 && isLetter(s[1]) {
		return scanBrokenNegative(s)
	}
	if n, problem := scanBrokenForm(s, "Pdddd-dd-ddTdd:dd:dd", len("P0001-")); n > 0 {
		return n, problem
	}
	if n, problem := scanBrokenForm(s, uuidForm, len("00000000-")); n > 0 || scanUUID(s) > 0 {
		return n, problem
	}
	digits := scanInteger(s)
	if digits == 0 {
		return 0, ""
	}
	if s[0] != '-' {
		if n, problem := scanBrokenHex(s, digits); n > 0 {
			return n, problem
		}
	}
	if n, problem := scanBrokenUnits(s, digits); n > 0 {
		return n, problem
	}
	return scanBrokenExponent(s, digits)
}

// scanBrokenForm compares s with a pattern, as in [matches], to which the
// lexer is committed after some characters.
func scanBrokenForm(s, form string, committed int) (int, string) {
	n := 0
	for n < len(form) && n < len(s) && matches(s[n:n+1], form[n:n+1]) {
		n++
	}
	switch {
	case n < committed || n == len(form):
		return 0, ""
	case form[n] == 'd' || form[n] == 'h':
		return n, expecting + "set null"
	}
	return n, expecting + "'" + form[n:n+1] + "'"
}

// scanBrokenNegative looks at a minus before a letter: -NaN, -Infinity and
// -P1Y start like this.
func scanBrokenNegative(s string) (int, string) {
	for _, word := range []string{"-nan", "-infinity"} {
		n := 1
		for n < len(word) && n < len(s) && s[n]|0x20 == word[n] {
			n++
		}
		if 1 < n && n < len(word) {
			return n, expecting + "set null"
		}
	}
	if s[1] != 'P' || scanISODuration(s) > 0 {
		return 0, ""
	}
	n := 2
	if n < len(s) && s[n] == 'T' {
		n++
	}
	return n + scanDigits(s, n), noViableChar
}

// scanBrokenHex looks at digits that a letter makes the start of a UUID.
func scanBrokenHex(s string, digits int) (int, string) {
	n := digits
	for n < len(s) && n < 8 && isHex(s[n]) {
		n++
	}
	if n == digits {
		return 0, ""
	}
	if strings.IndexByte("deDE", s[digits]) >= 0 && (digits+1 >= n || isDigit(s[digits+1])) {
		return 0, "" // 1d and 1e5 are something else
	}
	if n < 8 {
		return n, expecting + "set null"
	}
	return n, expecting + "'-'"
}

// scanBrokenUnits looks at a duration whose last number lacks its unit.
func scanBrokenUnits(s string, digits int) (int, string) {
	n := scanUnits(s)
	if n == 0 {
		if digits < len(s) && strings.IndexByte("nNuU", s[digits]) >= 0 {
			return digits + 1, expecting + "set null"
		}
		return 0, ""
	}
	if d := scanDigits(s, n); d > 0 {
		return n + d, noViableChar
	}
	return 0, ""
}

// scanBrokenExponent looks at a float whose exponent lacks its digits.
func scanBrokenExponent(s string, digits int) (int, string) {
	n := digits
	if n < len(s) && s[n] == '.' {
		n++
		n += scanDigits(s, n)
	}
	if n >= len(s) || s[n] != 'e' && s[n] != 'E' {
		return 0, ""
	}
	e := n + 1
	if e < len(s) && (s[e] == '+' || s[e] == '-') {
		e++
	}
	switch {
	case scanDigits(s, e) > 0:
		return 0, ""
	case n == digits && e == n+1: // 1e may still become a UUID
		return e, noViableChar
	}
	return e, noLoopChar
}

package cqlparse

import "strings"

// NeedsQuoting reports whether name must be quoted to be an identifier: it is
// a reserved word, has capitals or is not of the form [a-z][a-z0-9_]*.
func NeedsQuoting(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '_'):
		default:
			return true
		}
	}
	return name == "" || IsReserved(name)
}

// QuoteIdentifier returns name as an identifier that means exactly name:
// quoted if it must be, else as it is.
func QuoteIdentifier(name string) string {
	if NeedsQuoting(name) {
		return quoteName(name)
	}
	return name
}

// QuoteString returns s as a string literal.
func QuoteString(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func quoteName(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

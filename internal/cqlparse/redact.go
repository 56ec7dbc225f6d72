package cqlparse

import "regexp"

// password is one that CREATE or ALTER ROLE or USER sets, with what may stand between the word and its string; brackets
// are those of a message of the parser.
var password = regexp.MustCompile(`(?is)(\bPASSWORD\b\]?(?:\s|=|\[|--[^\n]*\n|//[^\n]*\n|/\*.*?\*/)*)(?:'(?:[^']|'')*(?:'|$)|\$\$.*?(?:\$\$|$))`)

// Redact replaces the passwords in a text of CQL, which need not parse, by '***'.
func Redact(text string) string { return password.ReplaceAllString(text, "$1'***'") }

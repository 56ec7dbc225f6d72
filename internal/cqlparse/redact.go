package cqlparse

import (
	"regexp"
	"strings"
)

// password is one that CREATE or ALTER ROLE or USER sets, with what may stand between the word and its string; brackets
// are those of a message of the parser.
var password = regexp.MustCompile(`(?is)(\bPASSWORD\b\]?(?:\s|=|\[|--[^\n]*\n|//[^\n]*\n|/\*.*?\*/)*)(?:'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$\$.*?(?:\$\$|$))`)

// input is the text of a token in a message of the parser.
var input = regexp.MustCompile(`(?s)\binput '.*?'( expecting | \(|$)`)

// Redact replaces the passwords in a text of CQL, which need not parse, or in a message of the parser, by '***'.
func Redact(text string) string {
	text = password.ReplaceAllString(text, "$1'***'")
	if strings.Contains(text, "['***'") { // the message is about the password, and quotes it at its beginning too
		text = input.ReplaceAllString(text, "input '***'$1")
	}
	return text
}

package cqlparse

import (
	"strings"
	"sync"
)

// keywords maps each keyword, in lower case, to its kind. It is made when it is first needed: most
// programs never parse.
var keywords = sync.OnceValue(func() map[string]kind {
	m := make(map[string]kind, numKinds)
	for k := firstBasic; k < numKinds; k++ {
		m[strings.ToLower(keywordNames[k])] = k
	}
	// Other spellings of the same keywords.
	m["table"] = kwColumnfamily
	m["columnfamilies"] = kwTables
	// Keywords that are values.
	m["nan"] = tokNaN
	m["infinity"] = tokInfinity
	m["true"] = tokBoolean
	m["false"] = tokBoolean
	return m
})

// maxKeyword is the length of the longest keyword.
const maxKeyword = len("columnfamilies")

// keyword returns the kind of word in any case, or tokIdent.
func keyword(word string) kind {
	if len(word) > maxKeyword {
		return tokIdent
	}
	var low [maxKeyword]byte
	for i := 0; i < len(word); i++ {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	if k, ok := keywords()[string(low[:len(word)])]; ok {
		return k
	}
	return tokIdent
}

// IsReserved reports whether word, in any case, cannot be an identifier
// without quotes: it is one of the reserved words of Cassandra 5.0, or a
// constant. The other keywords can.
func IsReserved(word string) bool {
	k := keyword(word)
	return k != tokIdent && (k < firstBasic || k > lastUnreserved)
}

// IsKeyword reports whether word, in any case, is a keyword, reserved or not.
func IsKeyword(word string) bool { return keyword(word) != tokIdent }

package schema

import (
	"strings"
	"sync"
	"unicode"
)

// letterAndMark is a letter that a mark stands on.
type letterAndMark struct{ letter, mark rune }

// compositions gives what a letter and a mark make together, and parts the reverse.
var compositions = sync.OnceValues(func() (of map[letterAndMark]rune, parts map[rune]letterAndMark) {
	of, parts = map[letterAndMark]rune{}, map[rune]letterAndMark{}
	for mark, list := range composed {
		runes := []rune(list)
		for i := 0; i+1 < len(runes); i += 2 {
			of[letterAndMark{runes[i], mark}] = runes[i+1]
			parts[runes[i+1]] = letterAndMark{runes[i], mark}
		}
	}
	return of, parts
})

// compose puts letters and the marks after them together, as Unicode's
// normalization form C does. It leaves marks in the order they come in.
func compose(s string) string {
	of, parts := compositions()
	var flat []rune
	var split func(r rune)
	split = func(r rune) {
		if p, ok := parts[r]; ok {
			split(p.letter)
			flat = append(flat, p.mark)
			return
		}
		flat = append(flat, r)
	}
	for _, r := range s {
		split(r)
	}
	var out []rune
	letter := -1 // in out
	for _, r := range flat {
		if letter >= 0 {
			if c, ok := of[letterAndMark{out[letter], r}]; ok {
				out[letter] = c
				continue
			}
		}
		if !unicode.Is(unicode.M, r) {
			letter = len(out)
		}
		out = append(out, r)
	}
	return string(out)
}

var foldings = sync.OnceValue(func() map[rune]string {
	of := map[rune]string{}
	for text, list := range folded {
		for _, r := range list {
			of[r] = text
		}
	}
	return of
})

// foldASCII replaces characters that have an ASCII equivalent by it.
func foldASCII(s string) string {
	of := foldings()
	var b strings.Builder
	for _, r := range s {
		if text, ok := of[r]; ok {
			b.WriteString(text)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

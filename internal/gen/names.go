package gen

import (
	"go/token"
	"strings"
	"unicode"
)

// initialisms are written in capitals, as Go does.
var initialisms = map[string]bool{}

func init() {
	for word := range strings.FieldsSeq("acl api ascii cpu cql css dns eof guid html http https id ip json lhs lwt os qps ram rhs rpc sla smtp sql ssh tcp tls ttl udp ui uid uri url utf8 uuid vm xml xss") {
		initialisms[word] = true
	}
}

// goName is the exported Go name of a name in CQL: user_id is UserID.
func goName(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if initialisms[strings.ToLower(word)] {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		if one, plural := strings.CutSuffix(strings.ToLower(word), "s"); plural && initialisms[one] {
			b.WriteString(strings.ToUpper(one) + "s")
			continue
		}
		runes := []rune(word)
		b.WriteString(string(unicode.ToUpper(runes[0])) + string(runes[1:]))
	}
	if s := b.String(); s != "" && unicode.IsUpper([]rune(s)[0]) {
		return s
	}
	return "X" + b.String()
}

// unexported begins with a small letter: URLCount is urlCount.
func unexported(name string) string {
	runes := []rune(name)
	n := 0
	for n < len(runes) && unicode.IsUpper(runes[n]) {
		n++
	}
	if n > 1 && n < len(runes) && unicode.IsLower(runes[n]) {
		n--
	}
	for i := range n {
		runes[i] = unicode.ToLower(runes[i])
	}
	if s := string(runes); !token.IsKeyword(s) {
		return s
	}
	return string(runes) + "_"
}

// scope hands out names, each once.
type scope map[string]bool

// take returns the name, or one like it that is free.
func (s scope) take(name string, others ...string) string {
	for _, n := range append([]string{name}, others...) {
		if !s[n] {
			s[n] = true
			return n
		}
	}
	for {
		name += "_"
		if !s[name] {
			s[name] = true
			return name
		}
	}
}

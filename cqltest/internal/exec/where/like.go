package where

import (
	"regexp"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
)

// matches says whether each of the wanted terms matches one that is there.
func matches(k schema.LikeKind, have, want []string) bool {
	match := [...]func(s, part string) bool{func(s, part string) bool { return s == part }, strings.HasPrefix, strings.HasSuffix, strings.Contains}[k]
	return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(have, func(h string) bool { return match(h, w) })
	})
}

// splitPattern takes the wildcards off a LIKE pattern.
func splitPattern(pattern string) (schema.LikeKind, string) {
	kind := schema.LikeMatches
	if s, open := strings.CutSuffix(pattern, "%"); open {
		kind, pattern = schema.LikePrefix, s
	}
	if s, open := strings.CutPrefix(pattern, "%"); open {
		kind, pattern = kind+schema.LikeSuffix, s
	}
	return kind, pattern
}

// likeExpression prepares column LIKE value.
func (w *Restrictions) likeExpression(r *Restriction, value []byte) (Expression, error) {
	if value == nil {
		return Expression{}, protocol.NullPointer(`Cannot invoke "java.nio.ByteBuffer.remaining()" because "value" is null`)
	}
	kind, term := splitPattern(string(value))
	if term == "" {
		return Expression{}, protocol.Invalid("LIKE value can't be empty.")
	}
	e := Expression{Col: r.First(), Op: opLike, Value: []byte(term), like: kind}
	for _, ix := range w.Table.Indexes {
		if serves(ix, r) && ix.SupportsLike(kind) {
			e.index = ix
			return e, nil
		}
	}
	return Expression{}, protocol.Invalid("%s %s %s is only supported on properly indexed columns", e.Col.Name, kind, term)
}

// Like matches a pattern of ScyllaDB: % stands for any text, _ for one character, and \
// takes the meaning from what follows.
func Like(s, pattern string) bool {
	expr := []byte("(?s)^")
	escaped := false
	for _, c := range pattern {
		switch {
		case escaped:
			expr, escaped = append(expr, regexp.QuoteMeta(string(c))...), false
		case c == '\\':
			escaped = true
		case c == '%':
			expr = append(expr, ".*"...)
		case c == '_':
			expr = append(expr, '.')
		default:
			expr = append(expr, regexp.QuoteMeta(string(c))...)
		}
	}
	if escaped {
		expr = append(expr, `\\`...)
	}
	match, err := regexp.MatchString(string(append(expr, '$')), s)
	return err == nil && match
}

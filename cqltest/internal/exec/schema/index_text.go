package schema

import (
	"strings"
	"unicode"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// termTypes are the types of what the index holds: of a map's entries, two.
func (ix *Index) termTypes() []*types.Type {
	t := ix.Target.Type
	switch {
	case ix.Mode == "entries":
		return []*types.Type{t.Key(), t.Value()}
	case ix.Mode == "keys":
		return []*types.Type{t.Key()}
	case ix.Mode == "values" && t.Kind == types.KindMap:
		return []*types.Type{t.Value()}
	case ix.Mode == "values":
		return []*types.Type{t.Elem()}
	}
	return []*types.Type{t}
}

// Term is the type of what the index holds.
func (ix *Index) Term() *types.Type { return ix.termTypes()[0] }

func (ix *Index) termName() string {
	if parts := ix.termTypes(); len(parts) == 2 {
		return "'org.apache.cassandra.db.marshal.CompositeType(" + parts[0].ClassName() + "," + parts[1].ClassName() + ")'"
	}
	return ix.Term().String()
}

// IsTrue says whether an option is set.
func IsTrue(option string) bool { return strings.EqualFold(option, "true") }

// SASIMode is how a SASI index finds values: by prefix, by any part, or by range.
func (ix *Index) SASIMode() string {
	if mode := ix.Options["mode"]; mode != "" {
		return strings.ToUpper(mode)
	}
	return "PREFIX"
}

// Literal says whether a SASI index holds texts.
func (ix *Index) Literal() bool {
	if v, given := ix.Options["is_literal"]; given {
		return IsTrue(v)
	}
	return ix.Target.Type.IsText()
}

// Tokenizes says whether a SASI index holds the words of a text instead of all of it.
func (ix *Index) Tokenizes() bool {
	if v, given := ix.Options["analyzed"]; given {
		return IsTrue(v)
	}
	name := strings.TrimPrefix(ix.Options["analyzer_class"], sasiAnalyzers)
	return name == "StandardAnalyzer" || name == "DelimiterAnalyzer"
}

// LikeKind is which ends of a LIKE pattern are open.
type LikeKind uint8

const (
	LikeMatches LikeKind = iota
	LikePrefix
	LikeSuffix
	likeContains
)

func (k LikeKind) String() string {
	return [...]string{"LIKE '<term>'", "LIKE '<term>%'", "LIKE '%<term>'", "LIKE '%<term>%'"}[k]
}

// SupportsLike says whether a SASI index answers a pattern of the kind.
func (ix *Index) SupportsLike(kind LikeKind) bool {
	switch ix.SASIMode() {
	case "CONTAINS":
		return kind != LikePrefix || !ix.Tokenizes()
	case "PREFIX":
		return kind == LikeMatches || kind == LikePrefix
	}
	return false
}

// Terms returns what the index holds of a text: the text, changed as its options
// say, or its words.
func (ix *Index) Terms(s string) []string {
	words := []string{s}
	lower, upper := false, false
	if ix.StorageAttached() {
		lower = strings.EqualFold(ix.Options["case_sensitive"], "false")
		if IsTrue(ix.Options["normalize"]) {
			words[0] = compose(s)
		}
		if IsTrue(ix.Options["ascii"]) {
			words[0] = foldASCII(words[0])
		}
	} else {
		class := strings.TrimPrefix(ix.Options["analyzer_class"], sasiAnalyzers)
		if class == "" && ix.Tokenizes() {
			class = "StandardAnalyzer"
		}
		switch class {
		case "NonTokenizingAnalyzer":
			lower = strings.EqualFold(ix.Options["case_sensitive"], "false") || IsTrue(ix.Options["normalize_lowercase"])
			upper = IsTrue(ix.Options["normalize_uppercase"])
		case "DelimiterAnalyzer":
			delimiter := ix.Options["delimiter"]
			if delimiter == "" {
				delimiter = ","
			}
			words = strings.Split(s, delimiter)
		case "StandardAnalyzer":
			lower, upper = IsTrue(ix.Options["tokenization_normalize_lowercase"]), IsTrue(ix.Options["tokenization_normalize_uppercase"])
			words = strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		}
	}
	for i, w := range words {
		if lower {
			words[i] = strings.ToLower(strings.ReplaceAll(w, "İ", "i̇")) // as Java does
		}
		if upper {
			words[i] = strings.ToUpper(w)
		}
	}
	if ix.Tokenizes() {
		words = ix.stemmed(words)
	}
	return words
}

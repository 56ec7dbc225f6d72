package schema

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/kljensen/snowball"
)

// languages are those whose words an index can stem, by the locale that names them.
var languages = map[string]string{
	"en": "english", "es": "spanish", "fr": "french", "hu": "hungarian", "no": "norwegian", "ru": "russian", "sv": "swedish",
}

// Languages of Cassandra's indexes that are refused here. Of any other a word is its stem,
// and none is left out.
var (
	foreignStems     = strings.Fields("da de fi it nl pt ro tr")
	foreignStopWords = strings.Fields("ar bg cs de es fi fr hi hu it pl pt ro ru sv")
)

// stopWordsEnglish are those that Cassandra's index leaves out, the list of Jacques Savoy.
//
//go:embed stop_words_en.txt
var stopWordsEnglish string

var stopWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(stopWordsEnglish) {
		words[w] = true
	}
	return words
})

// language is the part of a locale that says so: en of en_US. Without a locale an index
// neither stems nor leaves words out, whatever its options say.
func (ix *Index) language() string {
	name, _, _ := strings.Cut(strings.ReplaceAll(ix.Options["tokenization_locale"], "-", "_"), "_")
	return strings.ToLower(name)
}

// stemmed returns the stems of words, without stop words, as the index's options say.
func (ix *Index) stemmed(words []string) []string {
	lang := ix.language()
	if IsTrue(ix.Options["tokenization_skip_stop_words"]) && lang == "en" {
		words = slices.DeleteFunc(words, func(w string) bool { return stopWords()[w] })
	}
	if name := languages[lang]; name != "" && IsTrue(ix.Options["tokenization_enable_stemming"]) {
		for i, w := range words {
			words[i] = stem(w, name)
		}
	}
	return words
}

// stem takes the ending off a word. Its rules are about small letters: others stay, and
// an ending written in them is none.
func stem(word, language string) string {
	s, err := snowball.Stem(word, language, true)
	if err != nil || word == strings.ToLower(word) {
		return s
	}
	kept := 0
	for kept < min(len(s), len(word)) && strings.EqualFold(s[kept:kept+1], word[kept:kept+1]) {
		kept++
	}
	if word[kept:] != strings.ToLower(word[kept:]) {
		return word
	}
	return word[:kept] + s[kept:]
}

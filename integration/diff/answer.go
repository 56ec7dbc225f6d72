package diff

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// An Answer is what a server said to one step, a line for each fact; the first
// word of a line says which.
type Answer []string

// An Aspect is a part of an answer that is compared on its own.
type Aspect int

const (
	Outcome Aspect = iota // void, rows, error, …: the kinds of frames
	Columns               // names, types and tables of columns and markers
	Rows                  // cells and pages
	Code                  // error codes with their fields
	Message               // error messages and warnings
	aspects
)

func (a Aspect) String() string {
	return [...]string{"outcome", "columns", "rows", "code", "message"}[a]
}

// Part returns the lines of one aspect.
func (a Answer) Part(aspect Aspect) []string {
	var part []string
	for _, line := range a {
		word, _, _ := strings.Cut(line, " ")
		in := Outcome
		switch word {
		case "rows", "prepared":
			in = Columns
		case "|", "more":
			in = Rows
		case "error":
			in = Code
		case "message", "warning":
			in = Message
		}
		if aspect == Outcome && in != Rows && in != Message {
			if in == Outcome {
				word = line
			}
			part = append(part, word)
		} else if aspect == in {
			part = append(part, line)
		}
	}
	return part
}

// Compare returns the aspects in which two answers differ.
func Compare(want, got Answer) []Aspect {
	var differ []Aspect
	for aspect := range aspects {
		if !slices.Equal(want.Part(aspect), got.Part(aspect)) {
			differ = append(differ, aspect)
		}
	}
	return differ
}

// FormatGolden writes the answers to a script's steps.
func FormatGolden(s *Script, answers []Answer) string {
	var b strings.Builder
	for i := range s.Steps {
		fmt.Fprintf(&b, "> %s\n", s.Steps[i].Title())
		for _, line := range answers[i] {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// LoadGolden reads the recorded answers to a script. It fails when the script
// has changed since they were recorded.
func LoadGolden(path string, s *Script) ([]Answer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var titles []string
	var answers []Answer
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		if title, ok := strings.CutPrefix(line, "> "); ok {
			titles = append(titles, title)
			answers = append(answers, nil)
		} else if n := len(answers); n > 0 {
			answers[n-1] = append(answers[n-1], line)
		}
	}
	for i := range s.Steps {
		if i >= len(titles) || titles[i] != s.Steps[i].Title() {
			return nil, fmt.Errorf("%s.cql:%d: not in %s: record it with -update", s.Name, s.Steps[i].Line, path)
		}
	}
	if len(titles) > len(s.Steps) {
		return nil, fmt.Errorf("%s has %d answers too many: record it with -update", path, len(titles)-len(s.Steps))
	}
	return answers, nil
}

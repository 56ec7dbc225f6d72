package diff

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// A Fault is a mistake of the real server that random statements meet, by which the
// embedded server is right to differ.
type Fault struct {
	Statement *regexp.Regexp
	Answer    *regexp.Regexp // the real server's, its lines joined
	Alike     [2]string      // texts that the two answers may exchange; empty if they may differ in anything
	Reason    string
	Met       int
}

// Faults are those that a random run may meet.
type Faults []*Fault

// LoadFaults reads a list: two lines "statement PATTERN" and "answer PATTERN" for
// each fault, after # lines with the cause; then perhaps "alike TEXT TEXT" with what is
// all that differs.
func LoadFaults(path string) (Faults, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list Faults
	next := &Fault{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "":
			next = &Fault{}
		case word == "#":
			next.Reason = strings.TrimSpace(next.Reason + " " + rest)
		case word == "statement" && next.Reason != "":
			next.Statement, err = regexp.Compile(rest)
		case word == "answer" && next.Statement != nil:
			next.Answer, err = regexp.Compile(rest)
			list = append(list, next)
		case word == "alike" && next.Answer != nil:
			next.Alike[0], next.Alike[1], _ = strings.Cut(rest, " ")
		default:
			err = fmt.Errorf("a line out of place")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, line, err)
		}
	}
	return list, lines.Err()
}

// Explain says whether a fault of the real server explains that its answer differs.
func (l Faults) Explain(statement string, want, got Answer) bool {
	for _, f := range l {
		alike := func(a Answer) string { return strings.ReplaceAll(strings.Join(a, "\n"), f.Alike[0], f.Alike[1]) }
		if f.Statement.MatchString(statement) && f.Answer.MatchString(strings.Join(want, "\n")) && (f.Alike[0] == "" || alike(want) == alike(got)) {
			f.Met++
			return true
		}
	}
	return false
}

// String says how often each fault was met.
func (l Faults) String() string {
	var b strings.Builder
	for _, f := range l {
		fmt.Fprintf(&b, "%6d  %s\n", f.Met, f.Reason)
	}
	return b.String()
}

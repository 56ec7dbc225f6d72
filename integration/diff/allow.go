package diff

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
)

// An Allowance is a difference from the real server that is known and
// explained.
type Allowance struct {
	Kind   string // message: only the words differ; refused: answered with an error instead; crash: the real server fails
	Script string
	Title  string
	Reason string
	Used   bool
}

// Allowances is what a list of known differences permits.
type Allowances []*Allowance

// LoadAllowances reads a list: lines "KIND SCRIPT: STATEMENT", each group
// of them after # lines with the reason.
func LoadAllowances(path string) (Allowances, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list Allowances
	var reason []string
	inReason := false
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if text, ok := strings.CutPrefix(line, "#"); ok {
			if !inReason {
				reason = nil
			}
			reason, inReason = append(reason, strings.TrimSpace(text)), true
			continue
		}
		inReason = false
		if line == "" {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		script, title, ok := strings.Cut(rest, ": ")
		if !ok || !slices.Contains([]string{"message", "refused", "crash"}, kind) || len(reason) == 0 {
			return nil, fmt.Errorf("%s: cannot read %q", path, line)
		}
		list = append(list, &Allowance{Kind: kind, Script: script, Title: title, Reason: strings.Join(reason, " ")})
	}
	return list, lines.Err()
}

// Permits reports whether two answers that differ are known to.
func (l Allowances) Permits(s *Script, step *Step, want, got Answer) bool {
	for _, a := range l {
		if a.Script == s.Name && a.Title == step.Title() && a.permits(want, got) {
			a.Used = true
			return true
		}
	}
	return false
}

func (a *Allowance) permits(want, got Answer) bool {
	switch a.Kind {
	case "message":
		return slices.Equal(Compare(want, got), []Aspect{Message})
	case "refused":
		return len(got.Part(Code)) > 0
	default: // crash
		return slices.Equal(want.Part(Code), []string{"error 0000"})
	}
}

// Unused returns the allowances that nothing needed.
func (l Allowances) Unused() []string {
	var unused []string
	for _, a := range l {
		if !a.Used {
			unused = append(unused, a.Kind+" "+a.Script+": "+a.Title)
		}
	}
	return unused
}

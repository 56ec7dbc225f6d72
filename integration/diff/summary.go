package diff

import (
	"fmt"
	"slices"
	"strings"
)

// FormatDiff shows one step whose answers differ.
func FormatDiff(s *Script, step *Step, want, got Answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.cql:%d: %s\n", s.Name, step.Line, step.Title())
	for i := range max(len(want), len(got)) {
		switch {
		case i < len(want) && i < len(got) && want[i] == got[i]:
			fmt.Fprintf(&b, "    both  %s\n", want[i])
		default:
			if i < len(want) {
				fmt.Fprintf(&b, "    want  %s\n", want[i])
			}
			if i < len(got) {
				fmt.Fprintf(&b, "    got   %s\n", got[i])
			}
		}
	}
	return b.String()
}

// A Summary counts equal answers by area.
type Summary struct {
	areas []string
	count map[string]*[aspects + 1]Tally
}

// A Tally is how many answers had an aspect, and in how many it was equal.
type Tally struct{ Equal, Total int }

func (t Tally) String() string { return fmt.Sprintf("%d/%d", t.Equal, t.Total) }

// Add counts a pair of answers and returns the aspects in which they differ.
func (s *Summary) Add(area string, want, got Answer) []Aspect {
	differ := Compare(want, got)
	for _, name := range []string{area, ""} {
		s.row(name)[aspects].add(len(differ) == 0)
		for aspect := range aspects {
			if len(want.Part(aspect)) > 0 {
				s.row(name)[aspect].add(!slices.Contains(differ, aspect))
			}
		}
	}
	return differ
}

// Total returns the tally of an aspect over all areas.
func (s *Summary) Total(aspect Aspect) Tally { return s.row("")[aspect] }

func (s *Summary) row(area string) *[aspects + 1]Tally {
	if s.count == nil {
		s.count = map[string]*[aspects + 1]Tally{}
	}
	row := s.count[area]
	if row == nil {
		row = new([aspects + 1]Tally)
		s.count[area] = row
		if area != "" {
			s.areas = append(s.areas, area)
		}
	}
	return row
}

func (t *Tally) add(equal bool) {
	t.Total++
	if equal {
		t.Equal++
	}
}

func (s *Summary) String() string {
	var b strings.Builder
	line := func(name string, row *[aspects + 1]Tally) {
		fmt.Fprintf(&b, "%-22s %11v", name, row[aspects])
		for aspect := range aspects {
			fmt.Fprintf(&b, " %11v", row[aspect])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%-22s %11s", "area", "all")
	for aspect := range aspects {
		fmt.Fprintf(&b, " %11v", aspect)
	}
	b.WriteByte('\n')
	for _, area := range s.areas {
		line(area, s.row(area))
	}
	line("total", s.row(""))
	return b.String()
}

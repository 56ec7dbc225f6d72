package explore

import (
	"fmt"
	"regexp"
	"strings"
)

// Report is what exploring found.
type Report struct {
	Runs     int  // of the function
	Points   int  // statements and connections of a run without a fault
	LeftOut  int  // schedules that the budget did not allow
	Unstable bool // two runs without a fault sent different statements
	// Failure is the first schedule that failed, reduced; nil if all passed.
	Failure *Finding
}

// String is the report in a line, or the failure.
func (r *Report) String() string {
	if r.Failure != nil {
		return r.Failure.String()
	}
	s := fmt.Sprintf("explore: %d runs passed; places to fail without a fault: %d", r.Runs, r.Points)
	if r.LeftOut > 0 {
		s += fmt.Sprintf("; schedules of several faults left out: %d", r.LeftOut)
	}
	if r.Unstable {
		s += "; " + unstable
	}
	return s
}

const unstable = "two runs without a fault sent different statements, so schedules may not strike what they name"

// Finding is a schedule that fails the test.
type Finding struct {
	Schedule string   // for [Replay]; empty if the test fails without a fault
	Words    []string // the faults, each as a sentence
	Messages []string // what the test said
	Sent     []string // the statements of the run, marked where a fault struck

	run    int
	repeat bool // it failed when it was run again
	test   string
	stable bool
}

// String says it all, and how to run the schedule again.
func (f *Finding) String() string {
	var b strings.Builder
	if len(f.Words) == 0 {
		b.WriteString("explore: the test fails without a fault")
	} else {
		fmt.Fprintf(&b, "explore: the test fails in run %d, in which\n    %s", f.run, strings.Join(f.Words, ", and then\n    "))
	}
	b.WriteString("\n\n" + strings.Join(f.Messages, "\n") + "\n\nWhat was sent:\n")
	for _, s := range f.Sent {
		b.WriteString("    " + s + "\n")
	}
	if !f.repeat {
		b.WriteString("\nRun again, this schedule passed: the test does not behave the same each time.\n")
	} else if !f.stable {
		b.WriteString("\nNote: " + unstable + ".\n")
	}
	var names []string
	for name := range strings.SplitSeq(f.test, "/") {
		names = append(names, "^"+regexp.QuoteMeta(name)+"$")
	}
	fmt.Fprintf(&b, "\nTo run it alone: %s=%s go test -run %s\n", variable, quoted(f.Schedule), quoted(strings.Join(names, "/")))
	return b.String()
}

// quoted is s as a word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

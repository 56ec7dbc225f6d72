package chaos

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes reports as a table in Markdown, one line for each kind of row.
func Table(w io.Writer, reports []*Report) {
	fmt.Fprintln(w, "| clients | rows | operations | applied | refused | failed | unknown | settled | left open | rows wrong | held twice | miscounted | undecided |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range reports {
		for k := range kinds {
			if c := r.Kinds[k]; c != nil {
				fmt.Fprintf(w, "| %s | %d %ss | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", r.Variant, c.Rows, k,
					c.Operations, c.Applied, c.Refused, c.Failed, c.Unknown, c.Settled, c.Open, c.Wrong, c.HeldTwice, c.Lost, c.Undecided)
			}
		}
	}
}

// Summary says what was done to the cluster and what came of it, in a few lines.
func (r *Report) Summary() string {
	var b strings.Builder
	var done []string
	for f, n := range r.Faults {
		done = append(done, fmt.Sprintf("%s %d times", Fault(f), n))
	}
	fmt.Fprintf(&b, "%s: %d clients, %.0f s; %s\n", r.Variant, r.Clients, r.Lasted.Seconds(), strings.Join(done, ", "))
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\trows\toperations\tapplied\trefused\tfailed\tunknown\tsettled\topen\twrong\theld twice\tmiscounted\tundecided\t")
	for k := range kinds {
		if c := r.Kinds[k]; c != nil {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", k, c.Rows,
				c.Operations, c.Applied, c.Refused, c.Failed, c.Unknown, c.Settled, c.Open, c.Wrong, c.HeldTwice, c.Lost, c.Undecided)
		}
	}
	t.Flush()
	return b.String()
}

// Total adds the counts of all kinds.
func (v *Verdict) Total() (sum Count) {
	for _, c := range v.Kinds {
		sum.Rows += c.Rows
		sum.Operations += c.Operations
		sum.Applied += c.Applied
		sum.Refused += c.Refused
		sum.Failed += c.Failed
		sum.Unknown += c.Unknown
		sum.Settled += c.Settled
		sum.Open += c.Open
		sum.Wrong += c.Wrong
		sum.Undecided += c.Undecided
		sum.HeldTwice += c.HeldTwice
		sum.Lost += c.Lost
	}
	return sum
}

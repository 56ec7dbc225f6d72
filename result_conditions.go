package coodie

import (
	"github.com/coodie-go/coodie/internal/answer"

	"github.com/coodie-go/coodie/internal/stmt"
)

// Verdict is what a refused write's answer tells about one of its conditions.
type Verdict uint8

const (
	// VerdictUnknown: the answer does not tell.
	VerdictUnknown Verdict = iota
	// Held: the condition held.
	Held
	// NotHeld: the condition did not hold, and so refused the write.
	NotHeld
)

func (v Verdict) String() string { return [...]string{"unknown", "held", "not held"}[v] }

// Condition is one condition of a write and what the answer tells about it.
type Condition struct {
	Text    string // "version = ?", without the value
	Verdict Verdict
	Guard   bool // it was not given, but guards the row that the write is decided on: see Document.IfUnchanged
}

// String is the text and the verdict: "version = ?: not held (guard)".
func (c Condition) String() string {
	s := c.Text + ": " + c.Verdict.String()
	if c.Guard {
		s += " (guard)"
	}
	return s
}

// Conditions tells which conditions held, in the order they were given, and then those that
// guard the row. The server says only that one of them did not. The verdicts are worked out from the values that it sent, in
// the order of the server's types: NaN equals NaN, -0.0 is less than 0.0, and the decimals 1.0
// and 1.00 are equal. If all other conditions held, the one that the answer leaves open did not.
// What remains is VerdictUnknown.
func (r LWTResult[T]) Conditions() []Condition { return plainResult(&r).conditions() }

func (r *result) conditions() []Condition {
	if !r.batched {
		exclude([]*result{r})
	}
	conds := r.conds()
	out := make([]Condition, len(conds))
	for i := range conds {
		out[i] = Condition{Text: conds[i].Relation("?").String(), Verdict: Verdict(r.verdict(i)), Guard: i >= int(r.given)}
	}
	return out
}

// verdict is that of condition i, or behind the last one that of IF EXISTS or IF NOT EXISTS.
func (r *result) verdict(i int) answer.Verdict {
	switch {
	case r.applied:
		return answer.Held
	case !r.answered:
		return answer.Unknown
	case int(r.excluded) == i+1:
		return answer.NotHeld
	case i < int(r.n):
		return r.judge(&r.conds()[i])
	case r.kind == stmt.IfConditions && !r.beyond:
		return answer.Held // there is no such condition
	}
	switch row := r.row(); {
	case r.beyond || row == answer.RowUnknown:
		return answer.Unknown
	default:
		return answer.VerdictOf((row == answer.RowPresent) == (r.kind == stmt.IfExists))
	}
}

// exclude finds the condition that has refused a write, or a batch of these, where all others
// held and the answer leaves only this one open.
func exclude(writes []*result) {
	var open *result
	at := 0
	for _, r := range writes {
		for i := range int(r.n) + 1 {
			switch r.verdict(i) {
			case answer.NotHeld:
				return
			case answer.Unknown:
				if open != nil {
					return
				}
				open, at = r, i
			}
		}
	}
	if open != nil && open.answered {
		open.excluded = int32(at + 1)
	}
}

func (r *result) judge(c *stmt.Cond) answer.Verdict {
	switch {
	case r.existing != nil:
		return r.existing.Judge(c)
	case r.row() != answer.RowMissing:
		return answer.Unknown
	}
	// The columns of a missing row read as null. (Its static columns were sent if a
	// condition on them failed, so they would not be missing from the answer.)
	return answer.Evaluate(c, c.Ref().Type(), c.Ref().Type(), nil)
}

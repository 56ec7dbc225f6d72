package diff_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/integration/diff"
)

var (
	rounds = flag.Int("rounds", 1, "how often TestMutated changes every script")
	seed   = flag.Uint64("seed", 1, "of TestMutated, and the first script of TestRandomLong")
)

var (
	token  = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_]\w*|[0-9][0-9A-Fa-f.xX-]*|[<>!=]=|\S`)
	danger = regexp.MustCompile(`(?i)system|keyspace|\buse\b|role|user|grant`)
	expiry = regexp.MustCompile(`(?i)(\bttl|\bdefault_time_to_live =) ([1-9])\b`)
)

// TestMutated changes words of recorded scripts at random, puts others of the
// same script in their place, and runs the result on both servers.
func TestMutated(t *testing.T) {
	real := realServer(t)
	addr := embedded(t)
	for _, s := range scripts(t) {
		// protocol is about what stands beside the text, which a server may refuse before it
		// looks at the text; user_functions holds Java, which only one of the two compiles.
		if slices.Contains([]string{"ddl_keyspace", "protocol", "system", "syntax", "unsupported", "user_functions"}, s.Name) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for round := range *rounds {
				m := mutated(s, rand.New(rand.NewPCG(*seed, uint64(round))))
				want, err := diff.Run(context.Background(), real, m)
				require.NoError(t, err)
				got, err := diff.Run(context.Background(), addr, m)
				require.NoError(t, err)
				for i := range m.Steps {
					if differs(want[i], got[i]) {
						t.Errorf("round %d, maybe because of an earlier statement:\n%s", round, diff.FormatDiff(m, &m.Steps[i], want[i], got[i]))
						break
					}
				}
			}
		})
	}
}

// differs compares all but the words of errors, and lets pass where the real
// server failed rather than answered.
func differs(want, got diff.Answer) bool {
	if slices.Contains(want.Part(diff.Code), "error 0000") {
		return false
	}
	// Of a page of groups that ends at some keys the real server does not read the state
	// that it has just given out.
	if slices.Contains(want, "more") && slices.Contains(want, "message Invalid value for the paging state") {
		return false
	}
	return !same(want, got)
}

// same compares all but the words of errors and warnings.
func same(want, got diff.Answer) bool {
	return !slices.ContainsFunc(diff.Compare(want, got), func(a diff.Aspect) bool { return a != diff.Message })
}

// mutated returns a copy of a script with a fifth of its statements changed.
func mutated(s *diff.Script, random *rand.Rand) *diff.Script {
	m := &diff.Script{Name: s.Name, Steps: slices.Clone(s.Steps)}
	pool := map[byte][]string{}
	for i := range s.Steps {
		for _, tok := range token.FindAllString(s.Steps[i].Text, -1) {
			pool[class(tok)] = append(pool[class(tok)], tok)
		}
	}
	for i := range m.Steps {
		step := &m.Steps[i]
		if step.How == diff.Batch || danger.MatchString(step.Text) || random.IntN(5) > 0 {
			continue
		}
		at := token.FindAllStringIndex(step.Text, -1)
		if len(at) < 4 {
			continue
		}
		here := at[1+random.IntN(len(at)-1)]
		old := step.Text[here[0]:here[1]]
		with := pool[class(old)][random.IntN(len(pool[class(old)]))]
		switch random.IntN(10) {
		case 0:
			with = ""
		case 1:
			with = old + " " + old
		}
		text := step.Text[:here[0]] + with + step.Text[here[1]:]
		if !danger.MatchString(text) && strings.TrimSpace(text) != "" {
			step.Text = text
		}
	}
	for i := range m.Steps { // what expires within seconds is there for one server and gone for the other
		m.Steps[i].Text = expiry.ReplaceAllString(m.Steps[i].Text, "$1 ${2}000")
	}
	return m
}

// class sorts tokens into those that can stand in each other's place.
func class(tok string) byte {
	switch c := tok[0]; {
	case c == '\'' || c == '"':
		return c
	case c >= '0' && c <= '9':
		return '0'
	case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return 'a'
	}
	return '='
}

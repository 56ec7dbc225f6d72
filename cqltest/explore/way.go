package explore

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/coodie-go/coodie/cqltest"
)

// Class is what a fault strikes.
type Class string

// The classes.
const (
	LWT        Class = "lwt"   // a conditional write, or a batch with one
	Write      Class = "write" // any other write
	Read       Class = "read"  // each page is one
	Connection Class = "connection"
)

// Way is a way to fail.
type Way string

// The ways. Those that do not say otherwise are for each LWT, write and read.
const (
	// NotSent: the driver finds no connection and sends nothing. The program hears so.
	NotSent Way = "not-sent"
	// Lost: the request, or the answer of a read, is lost, and the client waits until its timeout.
	Lost Way = "lost"
	// AppliedLost: a write is applied, and its answer is lost.
	AppliedLost Way = "applied-lost"
	// Late: a write is held up. The client gives up; the write is applied after the next statement.
	Late Way = "late"
	// VeryLate: a write is held up and applied when the test's function has returned.
	VeryLate Way = "very-late"
	// Copied: a write is executed and answered, and a copy of it is executed after the next statement.
	Copied Way = "copied"
	// Retried: a write is executed twice in a row, as by a driver or proxy that sends it again, and
	// the client gets the second answer.
	Retried Way = "retried"
	// Unavailable: the coordinator refuses, because too few replicas are up.
	Unavailable Way = "unavailable"
	// Overloaded: the coordinator refuses, because it has too much to do.
	Overloaded Way = "overloaded"
	// Timeout: the coordinator answers that the replicas were too slow. A write is not applied.
	Timeout Way = "timeout"
	// AppliedTimeout: a write is applied, and the coordinator answers that the replicas were too slow.
	AppliedTimeout Way = "applied-timeout"
	// Failure: the coordinator answers that a replica failed. A write is not applied.
	Failure Way = "failure"
	// AppliedFailure: a write is applied, and the coordinator answers that a replica failed.
	AppliedFailure Way = "applied-failure"
	// Cut: the connection breaks before the request is executed.
	Cut Way = "cut"
	// AppliedCut: a write is applied, and the connection breaks before it is answered.
	AppliedCut Way = "applied-cut"
	// Down: the node goes down before it executes the request, and comes back after twice the
	// client's timeout.
	Down Way = "down"
	// AppliedDown: a write is applied, and the node goes down before it answers.
	AppliedDown Way = "applied-down"

	// Refused: a connection is refused.
	Refused Way = "refused"
	// Silent: a connection is not answered until the client gives up.
	Silent Way = "silent"
)

// meanwhile is the beginning of the ways that T.Meanwhile adds.
const meanwhile = "meanwhile-"

const (
	writes     = "lwt write"
	statements = "lwt write read"
)

// ways are all ways but those of T.Meanwhile, in the order in which they are tried.
var ways = []struct {
	Way
	classes string
	words   string
}{
	{AppliedLost, writes, "was applied, and its answer was lost"},
	{Lost, writes, "was lost on its way and not applied"},
	{Lost, "read", "was lost"},
	{NotSent, statements, "was not sent, because there was no connection"},
	{Timeout, writes, "was answered with a timeout, and not applied"},
	{Timeout, "read", "was answered with a timeout"},
	{AppliedTimeout, writes, "was applied, and answered with a timeout"},
	{Late, writes, "was applied late: the client had given up and sent another statement"},
	{VeryLate, writes, "was applied very late: the test's function had returned"},
	{Copied, writes, "was executed, and a copy of it once more after another statement"},
	{Retried, writes, "was executed twice, and the second answer arrived"},
	{AppliedCut, writes, "was applied, and the connection broke before the answer"},
	{Cut, writes, "was not applied, because the connection broke"},
	{Cut, "read", "had its connection broken"},
	{AppliedDown, writes, "was applied, and its node went down before it answered"},
	{Down, writes, "was not applied, because its node went down"},
	{Down, "read", "found its node going down"},
	{AppliedFailure, writes, "was applied, and answered with the failure of a replica"},
	{Failure, writes, "was answered with the failure of a replica, and not applied"},
	{Failure, "read", "was answered with the failure of a replica"},
	{Unavailable, statements, "was refused as unavailable"},
	{Overloaded, statements, "was refused as overloaded"},
	{Refused, "connection", "was refused"},
	{Silent, "connection", "was never answered"},
}

// steps are what a fault of the way does on a node; nil for the ways that strike elsewhere.
func (w Way) steps(x *T, node int, writeType string) []cqltest.Step {
	down := do(func() { x.down(node) })
	timeout, failure := cqltest.ReadTimeout(), cqltest.ReadFailure()
	if writeType != "" {
		timeout, failure = cqltest.WriteTimeout(writeType), cqltest.WriteFailure(writeType)
	}
	switch w {
	case Lost:
		return []cqltest.Step{cqltest.LoseAnswer}
	case AppliedLost:
		return []cqltest.Step{cqltest.Apply, cqltest.LoseAnswer}
	case Late, VeryLate:
		h := x.hold(w)
		return []cqltest.Step{do(h.wait), do(h.released), cqltest.Apply, do(h.applied), cqltest.LoseAnswer}
	case Copied:
		h := x.hold(w)
		return []cqltest.Step{cqltest.Apply, do(h.wait), cqltest.RepeatLater(h.released, h.applied)}
	case Retried:
		return []cqltest.Step{cqltest.Apply, cqltest.Repeat}
	case Unavailable:
		return []cqltest.Step{cqltest.Unavailable()}
	case Overloaded:
		return []cqltest.Step{cqltest.Overloaded()}
	case Timeout:
		return []cqltest.Step{timeout}
	case AppliedTimeout:
		return []cqltest.Step{cqltest.Apply, timeout}
	case Failure:
		return []cqltest.Step{failure}
	case AppliedFailure:
		return []cqltest.Step{cqltest.Apply, failure}
	case Cut:
		return []cqltest.Step{cqltest.CloseConnection}
	case AppliedCut:
		return []cqltest.Step{cqltest.Apply, cqltest.CloseConnection}
	case Down:
		return []cqltest.Step{down, cqltest.LoseAnswer}
	case AppliedDown:
		return []cqltest.Step{cqltest.Apply, down, cqltest.LoseAnswer}
	}
	if _, ok := w.meanwhile(); ok {
		h := x.hold(w)
		return []cqltest.Step{do(h.act), cqltest.Apply, do(h.applied)}
	}
	return nil
}

func do(f func()) cqltest.Step { return cqltest.Do(func(cqltest.Statement) { f() }) }

// breaks reports whether clients have to connect again after the way.
func (w Way) breaks() bool {
	return slices.Contains([]Way{Cut, AppliedCut, Down, AppliedDown, Refused, Silent}, w)
}

// meanwhile returns which function of T.Meanwhile the way calls.
func (w Way) meanwhile() (i int, ok bool) {
	n, ok := strings.CutPrefix(string(w), meanwhile)
	i, err := strconv.Atoi(n)
	return i - 1, ok && err == nil && i > 0
}

// other returns the words of T.Meanwhile that the way stands for; "" if it is another.
func (w Way) other(others []string) string {
	i, ok := w.meanwhile()
	switch {
	case !ok:
		return ""
	case i < len(others):
		return others[i]
	}
	return "another client acted"
}

// classOf says what a statement counts as; false if no fault strikes it.
func classOf(s cqltest.Statement) (Class, bool) {
	switch {
	case s.Conditional():
		return LWT, true
	case s.Kind&cqltest.Write != 0:
		return Write, true
	case s.Kind&cqltest.Select != 0:
		return Read, true
	}
	return "", false
}

// tableOf names the table of a statement, or those of a batch, as one word.
func tableOf(s cqltest.Statement) string {
	var names []string
	for _, e := range append([]cqltest.Statement{s}, s.Entries...) {
		if e.Table == "" {
			continue
		}
		name := e.Table
		if e.Keyspace != keyspace {
			name = e.Keyspace + "." + name
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "several"
	}
	return oneWord(strings.Join(names, "+"))
}

// oneWord replaces what would break a schedule's text, or a shell's line.
func oneWord(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ',' || r == '\'' {
			return '_'
		}
		return r
	}, s)
}

// writeTypes are those that a write's timeout can have; "" stands for a read.
var writeTypes = []string{"", "CAS", "SIMPLE", "BATCH", "UNLOGGED_BATCH", "COUNTER"}

// writeTypeOf is what the server calls the write in a timeout.
func writeTypeOf(s cqltest.Statement) string {
	switch c, _ := classOf(s); {
	case c == Read:
		return ""
	case c == LWT:
		return "CAS"
	case s.Kind&cqltest.Batch == 0:
		return "SIMPLE"
	}
	return [...]string{"BATCH", "UNLOGGED_BATCH", "COUNTER"}[min(int(s.BatchType), 2)]
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/coodie-go/coodie/migrate"
)

// output prints results to one stream, and progress and errors to the other.
type output struct {
	out, err io.Writer
	json     bool
	color    bool
}

func newOutput(stdout, stderr io.Writer) *output {
	return &output{out: stdout, err: stderr, color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(stdout) && terminal(stderr)}
}

// terminal says whether people are looking.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// bar says whether to draw a bar of progress.
func (o *output) bar() bool { return !o.json && os.Getenv("TERM") != "dumb" && terminal(o.err) }

// The colors.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (o *output) paint(color, text string) string {
	if !o.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// result prints v as JSON, or calls text, whose tabs align its columns.
func (o *output) result(v any, text func(io.Writer)) error {
	return o.plain(v, func(w io.Writer) error {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		text(table)
		return table.Flush()
	})
}

// plain prints v as JSON, or calls text.
func (o *output) plain(v any, text func(io.Writer) error) error {
	if o.json {
		encoder := json.NewEncoder(o.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(v)
	}
	return text(o.out)
}

// note prints a line for people.
func (o *output) note(format string, args ...any) {
	if !o.json {
		fmt.Fprintf(o.err, format+"\n", args...)
	}
}

// mistake is an error as JSON.
type mistake struct {
	Error  string `json:"error"`
	Kind   string `json:"kind,omitempty"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// failure prints an error: those that are joined a line each.
func (o *output) failure(err error) {
	var mistakes []mistake
	for _, e := range split(err) {
		m := mistake{Error: strings.TrimPrefix(strings.TrimPrefix(e.Error(), "migrate: "), "gen: ")}
		var at *migrate.Error
		var unknown *migrate.UnknownStepError
		switch {
		case errors.As(e, &at):
			m.File, m.Line, m.Column = at.File, at.Line, at.Column
			if at.Kind != nil {
				m.Kind = at.Kind.Error()
			}
		case errors.As(e, &unknown):
			m.File, m.Line, m.Column, m.Kind = unknown.Step.File, unknown.Step.Line, unknown.Step.Column, migrate.ErrUnknownStep.Error()
			m.Error += fmt.Sprintf(" (coodie migrate repair %d executed, or not-executed)", unknown.Step.Version)
		}
		mistakes = append(mistakes, m)
	}
	if o.json {
		encoder := json.NewEncoder(o.err)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(map[string]any{"errors": mistakes})
		return
	}
	for _, m := range mistakes {
		// A place at the beginning stays there, for editors.
		if placed.MatchString(m.Error) {
			fmt.Fprintf(o.err, "%s\n", o.paint(red, m.Error))
		} else {
			fmt.Fprintf(o.err, "%s\n", o.paint(red, "coodie: "+strings.TrimPrefix(m.Error, "coodie: ")))
		}
	}
}

// placed is a message that begins with file:line:column.
var placed = regexp.MustCompile(`^[^\s:]+:\d+:\d+: `)

// split are the errors that were joined.
func split(err error) []error {
	var usage usageError
	if errors.As(err, &usage) {
		err = usage.error
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, split(e)...)
		}
		return all
	}
	return []error{err}
}

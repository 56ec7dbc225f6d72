package vet

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// directive begins a comment that silences analyzers on its line and the next:
//
//	//coodievet:ignore lwtresult the lock ends by itself
const directive = "//coodievet:ignore"

// finder makes an analyzer of a function that looks through the code and reports.
func finder(name, doc string, find func(*code)) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:             name,
		Doc:              doc,
		URL:              "https://" + coodiePath + "/blob/main/docs/vet/" + name + ".md",
		Requires:         []*analysis.Analyzer{codeOf},
		RunDespiteErrors: true,
		Run: func(pass *analysis.Pass) (any, error) {
			c := *pass.ResultOf[codeOf].(*code)
			c.Pass = pass
			find(&c)
			return nil, nil
		},
	}
}

// inTests are the analyzers that look at tests, too: what they find never does what it seems to do. The
// others find what a test may do: a row that it begins with, a refusal that it provokes.
var inTests = []string{"lostchain", "lostbatch", "columnkind", "casscan", "directive"}

// report reports unless the line is silenced, generated, or in a test that may do so.
func (c *code) report(at ast.Node, fix *analysis.SuggestedFix, format string, args ...any) {
	p := c.Fset.Position(at.Pos())
	name := c.Analyzer.Name
	if c.silent[p.Filename][p.Line][name] || c.generated(at.Pos()) || c.inTest(at.Pos()) && !slices.Contains(inTests, name) {
		return
	}
	d := analysis.Diagnostic{Pos: at.Pos(), End: at.End(), Category: name, URL: c.Analyzer.URL, Message: fmt.Sprintf(format, args...)}
	if fix != nil {
		d.SuggestedFixes = []analysis.SuggestedFix{*fix}
	}
	c.Report(d)
}

// replacing is a fix that puts text in place of a node.
func replacing(n ast.Node, text, message string) *analysis.SuggestedFix {
	return edit(n.Pos(), n.End(), text, message)
}

func edit(from, to token.Pos, text, message string) *analysis.SuggestedFix {
	return &analysis.SuggestedFix{Message: message, TextEdits: []analysis.TextEdit{{Pos: from, End: to, NewText: []byte(text)}}}
}

func (c *code) generated(pos token.Pos) bool {
	for _, file := range c.Files {
		if file.FileStart <= pos && pos < file.FileEnd {
			return ast.IsGenerated(file)
		}
	}
	return false
}

// readDirectives finds the comments that silence analyzers.
func (c *code) readDirectives() {
	c.silent = map[string]map[int]map[string]bool{}
	for _, file := range c.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				rest, ok := strings.CutPrefix(comment.Text, directive)
				if spaced := strings.TrimLeft(strings.TrimPrefix(comment.Text, "//"), " \t"); !ok && strings.HasPrefix("//"+spaced, directive+" ") {
					c.bad = append(c.bad, comment)
				}
				if !ok {
					continue
				}
				rest, _, _ = strings.Cut(rest, "//")
				words := strings.Fields(rest)
				if len(words) < 2 || !allNamed(strings.Split(words[0], ",")) {
					c.bad = append(c.bad, comment)
					continue
				}
				p := c.Fset.Position(comment.Pos())
				if c.alone(p) {
					p.Line++
				}
				for _, name := range strings.Split(words[0], ",") {
					c.silence(p.Filename, p.Line, name)
				}
			}
		}
	}
}

// alone reports whether only space is before the place on its line.
func (c *code) alone(p token.Position) bool {
	source, err := c.ReadFile(p.Filename)
	if err != nil || p.Offset > len(source) {
		return false
	}
	before := source[bytes.LastIndexByte(source[:p.Offset], '\n')+1 : p.Offset]
	return len(bytes.TrimSpace(before)) == 0
}

func (c *code) silence(file string, line int, name string) {
	if c.silent[file] == nil {
		c.silent[file] = map[int]map[string]bool{}
	}
	if c.silent[file][line] == nil {
		c.silent[file][line] = map[string]bool{}
	}
	c.silent[file][line][name] = true
}

func allNamed(list []string) bool {
	return !slices.ContainsFunc(list, func(name string) bool { return !slices.Contains(analyzerNames, name) })
}

// Directive finds comments that were to silence an analyzer and do not.
var Directive = finder("directive", "report "+directive+" comments that silence nothing\n\n"+
	"Such a comment names an analyzer, or several with commas, and gives a reason.", func(c *code) {
	for _, comment := range c.bad {
		c.report(comment, nil, "this silences nothing: write %s NAME the reason, with a NAME among %s", directive, strings.Join(analyzerNames, ", "))
	}
})

package vet

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
)

// CQLValue finds values that are written into the text of a statement.
var CQLValue = finder("cqlvalue", `report values that are written into the text of CQL instead of being bound

A value in the text can change the statement, and each value makes another statement, which every
node prepares and keeps. Names of keyspaces, tables and columns cannot be bound and are not reported.`, func(c *code) {
	for at, q := range c.statements() {
		c.checkHoles(q.text, q.call)
		if arg := c.cqlArgument(q.call); arg != nil {
			c.checkParts(at, arg)
		}
	}
})

// checkParts looks at a statement that is put together in a variable, step by step.
func (c *code) checkParts(at inspector.Cursor, arg ast.Expr) {
	v := c.variable(arg)
	if !c.local(v) || len(c.sets[v]) < 2 {
		return
	}
	statement := false
	for _, set := range c.sets[v] {
		if t := c.textOf(set.value); t.op != "" {
			statement = true
			c.checkHoles(t, set.value)
		}
	}
	if !statement {
		return
	}
	for _, set := range c.sets[v] {
		if t := c.textOf(set.value); t.op == "" && set.index < 0 {
			t.op = "SELECT"
			c.checkHoles(t, set.value)
		}
	}
}

func (c *code) checkHoles(t *text, at ast.Node) {
	if t.op == "" || t.op == "BEGIN" {
		return
	}
	for i, w := range t.words {
		if w.hole < 0 || w.hole >= len(t.holes) {
			continue
		}
		filled := t.holes[w.hole]
		var where ast.Node = filled
		if filled.Pos() < at.Pos() || filled.End() > at.End() {
			where = at
		}
		switch {
		case w.inner && w.text == "'":
			c.report(where, nil, "a value within quotes: bind it with ?, or it can end the quotes and change the statement")
			return
		case !w.inner && c.isValue(t.words, i) && c.isScalar(filled):
			c.report(where, nil, "a value in the text of the statement: bind it with ?; each value makes another statement to prepare")
			return
		}
	}
}

// isValue reports whether the place is one of a value that can be bound.
func (c *code) isValue(all []word, i int) bool {
	if i == 0 || i+1 < len(all) && (all[i+1].text == "." || all[i+1].text == "(") {
		return false
	}
	switch all[i-1].text {
	case "LIMIT", "TTL", "TIMESTAMP":
		return true
	case "=", "<", ">":
		return true
	}
	return false
}

// isScalar reports whether e is a number or text, rather than a part of a statement that the
// program has chosen among constants.
func (c *code) isScalar(e ast.Expr) bool {
	t := c.typeOf(e)
	if t == nil {
		return false
	}
	if v := c.variable(e); v != nil && c.local(v) && len(c.sets[v]) > 0 && !c.unclear[v] {
		constant := true
		for _, set := range c.sets[v] {
			constant = constant && c.TypesInfo.Types[set.value].Value != nil
		}
		if constant {
			return false
		}
	}
	_, ok := t.Underlying().(*types.Basic)
	return ok
}

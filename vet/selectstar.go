package vet

import (
	"go/ast"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// SelectStar finds SELECT * in statements for gocql and gocqlx.
var SelectStar = finder("selectstar", `report SELECT * in statements for gocql and gocqlx

The driver keeps the columns of a prepared SELECT *. After ALTER TABLE on protocol version 4 it decodes rows of
the new columns as though they were the old ones: wrong values, or a panic. Name the columns.`, func(c *code) {
	for at, q := range c.statements() {
		if f := c.callee(q.call); coodie.raw.in(f) {
			continue
		}
		if q.text.star && !ofServer(q.text) && !c.onlyExecuted(at) {
			c.report(q.call, nil, "SELECT * is decoded wrongly after ALTER TABLE: name the columns")
		}
	}
})

// ofServer reports whether the statement reads what the server itself defines, which no ALTER TABLE changes.
func ofServer(t *text) bool {
	for i, w := range t.words {
		if w.text == "FROM" && i+1 < len(t.words) {
			function := i+2 < len(t.words) && t.words[i+2].text == "("
			return function || strings.HasPrefix(t.words[i+1].text, "SYSTEM")
		}
	}
	return false
}

// onlyExecuted reports whether all that is ever done with a query is to execute it, so that no row is decoded.
func (c *code) onlyExecuted(at inspector.Cursor) bool {
	for {
		up, parent := outer(at)
		switch parent.Node().(type) {
		case *ast.SelectorExpr:
			call, ok := parent.Parent().Node().(*ast.CallExpr)
			if !ok {
				return false
			}
			if strings.HasPrefix(c.method(call), "Exec") {
				return true
			}
			at = parent.Parent()
		case *ast.AssignStmt:
			_, v := c.answer(up, 0)
			if v == nil || len(c.uses[v]) == 0 {
				return false
			}
			for _, use := range c.uses[v] {
				if use.ParentEdgeKind() != edge.SelectorExpr_X || !c.onlyExecuted(use) {
					return false
				}
			}
			return true
		default:
			return false
		}
	}
}

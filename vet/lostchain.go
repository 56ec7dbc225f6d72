package vet

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// LostChain finds chains that end before anything is sent.
var LostChain = finder("lostchain", `report chains without their last call, and steps whose result is lost

A step such as If, With or Limit returns a changed copy, and gocql's Query returns a query that
nothing has sent yet. As a statement of its own either does nothing.`, func(c *code) {
	for at, call := range calls(c.root) {
		at, parent := outer(at)
		switch n := parent.Node().(type) {
		case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt:
			c.checkChain(call)
		case *ast.AssignStmt:
			if i := at.ParentEdgeIndex(); len(n.Lhs) == len(n.Rhs) && i < len(n.Lhs) {
				if id, ok := n.Lhs[i].(*ast.Ident); ok && id.Name == "_" {
					c.checkChain(call)
				}
			}
		}
	}
})

func (c *code) checkChain(call *ast.CallExpr) {
	t := c.typeOf(call)
	if t == nil {
		return
	}
	begun := c.receiver(call)
	for _, step := range c.links(call) {
		begun = c.receiver(step)
	}
	switch {
	case coodie.immutable.is(t) && c.variable(begun) != nil && types.Identical(c.typeOf(begun), t):
		c.report(call, c.assigning(call, begun), "%s is not changed: a step returns a changed copy", typeName(t))
	case coodie.immutable.is(t) && typeName(t) == queryName && c.variable(begun) != nil && coodie.immutable.is(c.typeOf(begun)): // Limit makes one of a QuerySet
		c.report(call, nil, "%s is not changed: a step returns a changed copy", typeName(c.typeOf(begun)))
	case coodie.builders.is(t):
		c.report(call, nil, "nothing is sent: the chain has no last call")
	case isSequence(t) && c.callee(call) != nil && c.callee(call).Pkg() != nil && c.callee(call).Pkg().Path() == coodiePath:
		c.report(call, nil, "nothing is read: range over the sequence")
	case !c.isQuery(t):
	case c.makesQuery(call):
		c.report(call, nil, "nothing is sent: the query is not executed")
	case c.method(call) == "WithContext" && c.variable(begun) != nil && types.Identical(c.typeOf(begun), t) && isGocql(typePath(t)):
		c.report(call, c.assigning(call, begun), "%s has no effect: WithContext returns a copy", c.method(call))
	}
}

// makesQuery reports whether a step of the chain made the query, so that nobody else has it.
func (c *code) makesQuery(call *ast.CallExpr) bool {
	for _, step := range c.links(call) {
		if c.cqlArgument(step) != nil {
			return true
		}
		if r := c.receiver(step); r != nil && !c.isQuery(c.typeOf(r)) && c.isQuery(c.typeOf(step)) && isGocql(typePath(c.typeOf(step))) {
			return true
		}
	}
	return false
}

func isSequence(t types.Type) bool {
	of := namedType(t)
	return of != nil && of.Obj().Pkg() != nil && of.Obj().Pkg().Path() == "iter"
}

// assigning is the fix that gives the variable what the call returns.
func (c *code) assigning(call *ast.CallExpr, to ast.Expr) *analysis.SuggestedFix {
	return edit(call.Pos(), call.Pos(), fmt.Sprintf("%s = ", to.(*ast.Ident).Name), "keep what the step returns")
}

package vet

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// CASScan finds traps of gocql's ScanCAS and MapScanCAS.
var CASScan = finder("casscan", `report traps of ScanCAS and MapScanCAS

ScanCAS takes the columns of a refused answer by position, and as many as there are: those of an
INSERT IF NOT EXISTS are all of the table, in the server's order, so that ALTER TABLE breaks the
program. MapScanCAS panics on a nil map, and on a map that it has been given before.`, func(c *code) {
	for at, call := range calls(c.root) {
		if !c.answersCAS(call) {
			continue
		}
		switch name := c.method(call); name {
		case "ScanCAS", "ScanCASContext":
			c.checkScan(call, name)
		case "MapScanCAS", "MapScanCASContext", "MapExecuteBatchCAS", "MapExecCAS", "MapExecCASContext":
			c.checkMap(at, call, name)
		}
	}
})

func (c *code) checkScan(call *ast.CallExpr, name string) {
	q, ok := c.queryOf(call)
	if !ok || q.text.op == "" || call.Ellipsis.IsValid() {
		return
	}
	targets := call.Args
	if strings.HasSuffix(name, "Context") && len(targets) > 0 {
		targets = targets[1:]
	}
	switch {
	case !q.text.conditional:
		if q.text.op != "BEGIN" && len(q.text.holes) == 0 {
			c.report(call, nil, "%s of a statement without IF: it is executed, and reported as not applied", name)
		}
	case q.text.notExists && len(targets) == 0:
		c.report(call, nil, "%s without targets is an error if the row is there: use Map%s", name, name)
	case q.text.notExists && len(targets) > 0 && !slices.ContainsFunc(targets, func(e ast.Expr) bool { return !c.isNil(e) }):
		c.report(call, nil, "%s wants as many targets as the table has columns, and fails once there is another: use Map%s", name, name)
	case q.text.notExists && len(targets) > 1:
		c.report(call, nil, "%s takes the columns of the row in the server's order, which is not that of the INSERT: use Map%s", name, name)
	}
}

func (c *code) checkMap(at inspector.Cursor, call *ast.CallExpr, name string) {
	if len(call.Args) == 0 {
		return
	}
	arg := call.Args[len(call.Args)-1]
	if q, ok := c.queryOf(call); ok && !q.text.conditional && len(q.text.holes) == 0 && q.text.op != "" && q.text.op != "BEGIN" {
		c.report(call, nil, "%s of a statement without IF: it is executed, and reported as not applied", name)
		return
	}
	t := c.typeOf(arg)
	if t == nil {
		return
	}
	if c.isNil(arg) {
		c.report(arg, replacing(arg, "map[string]interface{}{}", "give it a map"), "%s panics on a nil map", name)
		return
	}
	v := c.variable(arg)
	if v == nil || !c.local(v) {
		return
	}
	if c.neverMade(v) {
		c.report(arg, nil, "%s panics on a nil map, and %s is given no other", name, v.Name())
		return
	}
	if loop, ok := c.repeats(at, v); ok && !c.renewed(loop, v) {
		c.report(arg, c.clearing(at, v), "%s panics on a map that holds an answer already: make a map for each call", name)
	}
}

// neverMade reports whether the variable, of a function's own, is nil for good.
func (c *code) neverMade(v types.Object) bool {
	return !c.unclear[v] && len(c.sets[v]) == 0
}

// repeats is the loop around at, in the same function, that the variable is declared outside of.
func (c *code) repeats(at inspector.Cursor, v types.Object) (inspector.Cursor, bool) {
	for loop := range at.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		switch loop.Node().(type) {
		case *ast.FuncLit, *ast.FuncDecl:
			return loop, false
		}
		return loop, v.Pos() < loop.Node().Pos() && !c.leaves(at, loop)
	}
	return at, false
}

// leaves reports whether the loop ends behind the call in any case.
func (c *code) leaves(at, loop inspector.Cursor) bool {
	for at.Parent().Node() != nil && at.Parent().ParentEdgeKind() != edge.ForStmt_Body && at.Parent().ParentEdgeKind() != edge.RangeStmt_Body {
		if at = at.Parent(); !loop.Contains(at) {
			return false
		}
	}
	for {
		switch at.Node().(type) {
		case *ast.ReturnStmt:
			return true
		case *ast.BranchStmt:
			return at.Node().(*ast.BranchStmt).Tok == token.BREAK
		case *ast.IfStmt:
			if c.leavesWithout(at.Node().(*ast.IfStmt)) {
				return true
			}
		}
		next, ok := at.NextSibling()
		if !ok {
			return false
		}
		at = next
	}
}

// leavesWithout reports whether the loop ends there if the call had no error: a map that came with one is empty still.
func (c *code) leavesWithout(n *ast.IfStmt) bool {
	compare, ok := ast.Unparen(n.Cond).(*ast.BinaryExpr)
	if !ok || compare.Op != token.EQL || !c.isNil(compare.Y) || !isError(c.typeOf(compare.X)) || len(n.Body.List) == 0 {
		return false
	}
	switch last := n.Body.List[len(n.Body.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Tok == token.BREAK
	}
	return false
}

// renewed reports whether the loop gives the variable another map, or empties it.
func (c *code) renewed(loop inspector.Cursor, v types.Object) bool {
	if slices.ContainsFunc(c.sets[v], func(set assignment) bool { return loop.Contains(set.at) }) {
		return true
	}
	for _, use := range c.uses[v] {
		if !loop.Contains(use) {
			continue
		}
		if call, ok := use.Parent().Node().(*ast.CallExpr); ok && use.ParentEdgeKind() == edge.CallExpr_Args {
			if id, ok := call.Fun.(*ast.Ident); ok && (id.Name == "clear" || id.Name == "delete") {
				return true
			}
		}
	}
	return false
}

// clearing is the fix that empties the map before the statement of the call.
func (c *code) clearing(at inspector.Cursor, v types.Object) *analysis.SuggestedFix {
	for stmt := range at.Enclosing((*ast.AssignStmt)(nil), (*ast.ExprStmt)(nil), (*ast.DeclStmt)(nil)) {
		if _, ok := stmt.Parent().Node().(*ast.BlockStmt); ok {
			return edit(stmt.Node().Pos(), stmt.Node().Pos(), fmt.Sprintf("clear(%s)\n", v.Name()), "empty the map first")
		}
		break
	}
	return nil
}

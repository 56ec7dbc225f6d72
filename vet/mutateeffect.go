package vet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
)

// MutateEffect finds functions of Mutate that do more than change the row.
var MutateEffect = finder("mutateeffect", `report functions of Mutate with effects that are repeated

Mutate runs its function once for each attempt, on the row as it is then. What the function sends,
counts or appends happens again each time, also if the write is refused. Do it after Mutate.`, func(c *code) {
	for _, call := range calls(c.root) {
		if f := c.callee(call); f == nil || !coodie.mutate.in(f) {
			continue
		}
		for _, arg := range call.Args {
			if lit, ok := c.only(arg).(*ast.FuncLit); ok {
				if at, ok := c.root.FindNode(lit); ok {
					c.checkEffects(at)
				}
			}
		}
	}
})

func (c *code) checkEffects(f inspector.Cursor) {
	outside := func(e ast.Expr) types.Object {
		v := c.variable(root(e))
		if v == nil || f.Node().Pos() <= v.Pos() && v.Pos() < f.Node().End() {
			return nil
		}
		return v
	}
	for at := range f.Preorder((*ast.SendStmt)(nil), (*ast.GoStmt)(nil), (*ast.IncDecStmt)(nil), (*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := at.Node().(type) {
		case *ast.SendStmt, *ast.GoStmt:
			c.report(n, nil, "this happens again with each attempt of "+mutateName+", also if the write is refused: do it after "+mutateName)
		case *ast.IncDecStmt:
			if v := outside(n.X); v != nil {
				c.report(n, nil, "%s counts the attempts of "+mutateName+": set it to a value instead", v.Name())
			}
		case *ast.AssignStmt:
			c.checkAssigned(n, outside)
		case *ast.CallExpr:
			if g := c.callee(n); g != nil && (coodie.plain.in(g) || c.sendsLWT(n)) {
				c.report(n, nil, "this write is made with each attempt of "+mutateName+", also if its own write is refused: do it after "+mutateName)
			}
		}
	}
}

// checkAssigned reports what adds to a variable from outside of the function, which a second
// attempt adds to again.
func (c *code) checkAssigned(n *ast.AssignStmt, outside func(ast.Expr) types.Object) {
	for i, left := range n.Lhs {
		v := outside(left)
		if v == nil {
			continue
		}
		adds := n.Tok != token.ASSIGN && n.Tok != token.DEFINE
		if call, ok := n.Rhs[min(i, len(n.Rhs)-1)].(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "append" && len(call.Args) > 0 && outside(call.Args[0]) == v {
				adds = true
			}
		}
		if adds {
			c.report(n, nil, "%s is added to with each attempt of "+mutateName+": set it to a value instead", v.Name())
		}
	}
}

// root is the variable that an expression such as a.b[i] begins with.
func root(e ast.Expr) ast.Expr {
	for {
		switch n := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = n.X
		case *ast.IndexExpr:
			e = n.X
		case *ast.StarExpr:
			e = n.X
		default:
			return n
		}
	}
}

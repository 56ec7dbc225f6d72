package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// branch is what is done when an error is not nil.
type branch struct {
	at   ast.Node
	body []ast.Stmt // nil if only the case without an error has a body
}

// branchOf is the branch of an if or switch that compares the error with nil.
func (c *code) branchOf(use inspector.Cursor) (branch, bool) {
	_, parent := outer(use)
	compare, ok := parent.Node().(*ast.BinaryExpr)
	if !ok || compare.Op != token.EQL && compare.Op != token.NEQ || !c.isNil(compare.X) && !c.isNil(compare.Y) {
		return branch{}, false
	}
	at := parent
	for {
		up, outside := outer(at)
		b, ok := outside.Node().(*ast.BinaryExpr)
		if !ok || b.Op != token.LAND && b.Op != token.LOR {
			at = up
			break
		}
		at = outside
	}
	_, outside := outer(at)
	switch n := outside.Node().(type) {
	case *ast.IfStmt:
		if compare.Op == token.NEQ {
			return branch{compare, orEmpty(n.Body.List)}, true
		}
		if otherwise, ok := n.Else.(*ast.BlockStmt); ok {
			return branch{compare, orEmpty(otherwise.List)}, true
		}
		return branch{at: compare}, true
	case *ast.CaseClause:
		if compare.Op == token.NEQ {
			return branch{compare, orEmpty(n.Body)}, true
		}
		return branch{at: compare}, true
	}
	return branch{}, false
}

func orEmpty(list []ast.Stmt) []ast.Stmt {
	if list == nil {
		return []ast.Stmt{}
	}
	return list
}

// asksForOther reports whether the error is compared with some other one.
func (c *code) asksForOther(use inspector.Cursor) bool {
	use, parent := outer(use)
	call, ok := parent.Node().(*ast.CallExpr)
	return ok && use.ParentEdgeKind() == edge.CallExpr_Args && c.isFunction(call, "errors", "Is", "As")
}

var logs = regexp.MustCompile(`(?i)^(print|log|debug|info|warn|error|trace|msg|send)`)

// isLogged reports whether the use ends in a statement that logs.
func (c *code) isLogged(use inspector.Cursor) bool {
	for at := range use.Enclosing((*ast.ExprStmt)(nil), (*ast.FuncLit)(nil), (*ast.BlockStmt)(nil), (*ast.AssignStmt)(nil), (*ast.ReturnStmt)(nil)) {
		stmt, ok := at.Node().(*ast.ExprStmt)
		if !ok {
			return false
		}
		call, ok := stmt.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		f := c.callee(call)
		if f == nil || !logs.MatchString(f.Name()) {
			return false
		}
		if recv := f.Signature().Recv(); recv != nil && typePath(recv.Type()) == "testing" {
			return false // it fails the test
		}
		path := ""
		if f.Pkg() != nil {
			path = f.Pkg().Path()
		}
		return path != "net/http"
	}
	return false
}

// goesOn reports whether the program goes on after the statements as though nothing but a
// failure had happened.
func (c *code) goesOn(f inspector.Cursor, body []ast.Stmt, v types.Object) bool {
	if len(body) == 0 {
		return true
	}
	switch last := body[len(body)-1].(type) {
	case *ast.ReturnStmt:
		if len(last.Results) == 0 {
			return false
		}
		var values []types.Type
		for _, e := range last.Results {
			if call, ok := e.(*ast.CallExpr); ok && len(last.Results) == 1 {
				values = c.results(call)
				break
			}
			if c.isNil(e) {
				continue
			}
			values = append(values, c.typeOf(e))
		}
		return !slices.ContainsFunc(values, func(t types.Type) bool { return t != nil && !types.Identical(t.Underlying(), types.Typ[types.Bool]) })
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		if !ok {
			return true
		}
		if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
			return false
		}
		if g := c.callee(call); g != nil {
			for _, ends := range []string{"Fatal", "Panic", "Exit", "Goexit", "FailNow", "Skip"} {
				if strings.HasPrefix(g.Name(), ends) {
					return false
				}
			}
			if recv := g.Signature().Recv(); recv != nil && typePath(recv.Type()) == "testing" {
				return false
			}
		}
	case *ast.IfStmt, *ast.SwitchStmt, *ast.SelectStmt, *ast.BlockStmt, *ast.ForStmt, *ast.RangeStmt:
		return false // it is too much to say
	}
	return true
}

// isResult reports whether the variable is a named result of the function.
func (c *code) isResult(f inspector.Cursor, v types.Object) bool {
	var list *ast.FieldList
	switch n := f.Node().(type) {
	case *ast.FuncDecl:
		list = n.Type.Results
	case *ast.FuncLit:
		list = n.Type.Results
	}
	if list == nil {
		return false
	}
	return list.Pos() <= v.Pos() && v.Pos() < list.End()
}

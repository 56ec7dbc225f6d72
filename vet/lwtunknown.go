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

// LWTUnknown finds programs that take an unknown outcome for a failure.
var LWTUnknown = finder("lwtunknown", `report errors of conditional writes that are swallowed without a look at ErrOutcomeUnknown

A write whose answer got lost may have been applied. Code that goes on after the error of a
conditional write, as though it had failed, does so wrongly in that case. Return the error, or
ask errors.Is(err, coodie.ErrOutcomeUnknown) and settle it.`, func(c *code) {
	for at, call := range calls(c.root) {
		c.checkOrder(at, call)
		f := c.callee(call)
		if f == nil || f.Pkg() == nil || f.Pkg().Path() != coodiePath || !c.sendsLWT(call) {
			continue
		}
		results := c.results(call)
		last := len(results) - 1
		if last < 1 || !isError(results[last]) || c.looksForUnknown(at) {
			continue
		}
		switch how, v := c.answer(at, last); how {
		case dropped:
			if first, _ := c.answer(at, 0); first != dropped || c.outcomeOf(call) < 0 { // or else lwtresult reports it
				c.report(call, nil, "the error of a conditional write is dropped: if it is ErrOutcomeUnknown, the write may have been applied")
			}
		case kept:
			c.checkError(at, call, v)
		}
	}
})

// checkOrder reports a look at whether a write was applied before a look at its error.
func (c *code) checkOrder(at inspector.Cursor, call *ast.CallExpr) {
	if !c.sendsLWT(call) || len(c.results(call)) < 2 {
		return
	}
	how, outcome := c.answer(at, 0)
	also, err := c.answer(at, len(c.results(call))-1)
	f, ok := function(at)
	if how != kept || also != kept || !ok {
		return
	}
	first := func(v types.Object) (found inspector.Cursor) {
		for _, use := range c.uses[v] {
			if use.Node().Pos() > call.End() && f.Contains(use) && (!found.Valid() || use.Node().Pos() < found.Node().Pos()) {
				found = use
			}
		}
		return found
	}
	asked, looked := first(outcome), first(err)
	if !asked.Valid() || looked.Valid() && looked.Node().Pos() < asked.Node().Pos() {
		return
	}
	for branch := range asked.Enclosing((*ast.IfStmt)(nil), (*ast.FuncLit)(nil)) {
		n, ok := branch.Node().(*ast.IfStmt)
		if !ok || n.Cond.End() < asked.Node().End() {
			return
		}
		refused, ok := ast.Unparen(n.Cond).(*ast.UnaryExpr)
		if !ok || refused.Op != token.NOT || n.Else != nil {
			return
		}
		if looked.Valid() && looked.Node().Pos() < n.Body.End() {
			return
		}
		c.report(n.Cond, nil, "this holds beside an error, too: look at %s first, or a lost answer is taken for a refusal", err.Name())
		return
	}
}

// looksForUnknown reports whether the function around mentions what tells unknown outcomes from others.
func (c *code) looksForUnknown(at inspector.Cursor) bool {
	f, ok := outermost(at)
	if !ok {
		f = c.root
	}
	for id := range f.Preorder((*ast.Ident)(nil)) {
		if coodie.unknown.in(c.TypesInfo.Uses[id.Node().(*ast.Ident)]) {
			return true
		}
	}
	return false
}

// checkError looks at what is done with the error, from the call to the next value of the variable.
func (c *code) checkError(at inspector.Cursor, call *ast.CallExpr, v types.Object) {
	f, ok := function(at)
	if !ok || c.unclear[v] && !c.isResult(f, v) {
		return
	}
	end := f.Node().End()
	for _, set := range c.sets[v] {
		if pos := set.at.Node().Pos(); pos > call.Pos() && pos < end && f.Contains(set.at) {
			end = pos
		}
	}
	var branches []branch
	for _, use := range c.uses[v] {
		if pos := use.Node().Pos(); pos < call.End() || pos >= end || !f.Contains(use) {
			continue
		}
		b, is := c.branchOf(use)
		if !is {
			if c.isLogged(use) {
				continue
			}
			if !c.asksForOther(use) {
				return // it goes somewhere
			}
			continue
		}
		branches = append(branches, b)
	}
	if len(branches) == 0 || !slices.ContainsFunc(branches, func(b branch) bool { return b.body != nil }) {
		if c.isResult(f, v) {
			return // a bare return
		}
		c.report(call, nil, "the error of a conditional write is not handled: if it is ErrOutcomeUnknown, the write may have been applied")
		return
	}
	for _, b := range branches {
		if b.body != nil && c.goesOn(f, b.body, v) {
			c.report(b.at, nil, "the program goes on after the error of a conditional write without a look at ErrOutcomeUnknown: the write may have been applied")
			return
		}
	}
}

// branch is what is done when an error is not nil.
type branch struct {
	at   ast.Node
	body []ast.Stmt // nil if only the case without an error has a body
}

// branchOf is the branch of an if or switch that compares the error with nil.
func (c *code) branchOf(use inspector.Cursor) (branch, bool) {
	use, parent := outer(use)
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

package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

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
				c.report(call, nil, "the error of a conditional write is dropped: if it is "+unknownName+", the write may have been applied")
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
	return c.mentionsUnknown(f)
}

// mentionsUnknown reports whether something in f tells unknown outcomes from others.
func (c *code) mentionsUnknown(f inspector.Cursor) bool {
	for at := range f.Preorder((*ast.Ident)(nil), (*ast.SelectorExpr)(nil)) {
		switch n := at.Node().(type) {
		case *ast.Ident:
			if coodie.unknown.in(c.TypesInfo.Uses[n]) {
				return true
			}
		case *ast.SelectorExpr:
			if coodie.unknown.field(c.TypesInfo.TypeOf(n.X), n.Sel.Name) {
				return true
			}
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
	if n := f.Node(); v.Pos() < n.Pos() || v.Pos() >= n.End() { // of the function around, which may look at it later
		for _, use := range c.uses[v] {
			if use.ParentEdgeKind() != edge.AssignStmt_Lhs && !f.Contains(use) {
				return
			}
		}
	}
	end := f.Node().End() // or where it has another value in any case
	for _, set := range c.sets[v] {
		if pos := set.at.Node().Pos(); pos > call.Pos() && pos < end && set.at.Parent().Contains(at) {
			end = pos
		}
	}
	var branches []branch
	for _, use := range c.uses[v] {
		if pos := use.Node().Pos(); pos < call.End() || pos >= end || !f.Contains(use) || use.ParentEdgeKind() == edge.AssignStmt_Lhs {
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
		c.report(call, nil, "the error of a conditional write is not handled: if it is "+unknownName+", the write may have been applied")
		return
	}
	for _, b := range branches {
		if b.body != nil && c.goesOn(f, b.body, v) {
			c.report(b.at, nil, "the program goes on after the error of a conditional write without a look at "+unknownName+": the write may have been applied")
			return
		}
	}
}

package vet

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// LWTResult finds conditional writes whose answer nobody reads.
var LWTResult = finder("lwtresult", `report conditional writes whose answer is not read

A refused write is a result, no error. So a program that looks at the error alone takes a refused
write for one that was applied. Read Applied, or return Err() of the result.`, func(c *code) {
	for at, call := range calls(c.root) {
		c.checkAnswer(at, call)
	}
	c.checkHandles()
})

func (c *code) checkAnswer(at inspector.Cursor, call *ast.CallExpr) {
	index, what := c.outcomeOf(call), "a refused write is a result, no error: read "+appliedName+", or return the result's "+errName+"()"
	if index < 0 && c.answersCAS(call) {
		index, what = 0, "a refused statement is no error: read whether it was applied"
	}
	if index < 0 {
		return
	}
	if c.isPlanned(at) {
		return
	}
	how, v := c.answer(at, index)
	if q, ok := c.queryOf(call); ok && q.text.notExists && isAssignment(at) {
		return // it makes sure that the row is there, whoever wrote it
	}
	switch {
	case how == dropped:
		if at.ParentEdgeKind() == edge.DeferStmt_Call {
			c.report(call, nil, "the answer of a deferred conditional write is dropped; %s", what)
			return
		}
		c.report(call, nil, "the answer of a conditional write is dropped; %s", what)
	case how == kept && c.outcomeOf(call) >= 0 && !c.readsOutcome(v):
		c.report(call, nil, "the answer of a conditional write is kept in %s, but nothing reads %[1]s."+appliedName+"; a refused write is a result, no error", v.Name())
	}
}

// isPlanned reports whether the place is in a function that is only planned, and so sends nothing.
func (c *code) isPlanned(at inspector.Cursor) bool {
	for f := range at.Enclosing((*ast.FuncLit)(nil)) {
		if call, ok := f.Parent().Node().(*ast.CallExpr); ok {
			if callee := c.callee(call); callee != nil && coodie.plan.in(callee) {
				return true
			}
		}
	}
	return false
}

func isAssignment(at inspector.Cursor) bool {
	_, parent := outer(at)
	_, ok := parent.Node().(*ast.AssignStmt)
	return ok
}

// outcomeOf is which result of the call says whether a conditional write was applied; -1 if none does.
func (c *code) outcomeOf(call *ast.CallExpr) int {
	for i, t := range c.results(call) {
		if s, ok := t.Underlying().(*types.Slice); ok {
			t = s.Elem()
		}
		if coodie.outcomes.is(t) {
			return i
		}
	}
	return -1
}

type fate int

const (
	dropped fate = iota // nobody can read it
	kept                // in a variable
	passed              // to somewhere else
)

// answer is what becomes of a result of the call.
func (c *code) answer(at inspector.Cursor, index int) (fate, types.Object) {
	at, parent := outer(at)
	var names, values []ast.Expr
	switch n := parent.Node().(type) {
	case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt:
		return dropped, nil
	case *ast.AssignStmt:
		names, values = n.Lhs, n.Rhs
	case *ast.ValueSpec:
		for _, name := range n.Names {
			names = append(names, name)
		}
		values = n.Values
	}
	switch {
	case len(values) > 1:
		index = at.ParentEdgeIndex()
	case len(values) == 0:
		return passed, nil
	}
	if index >= len(names) {
		return passed, nil
	}
	if id, ok := ast.Unparen(names[index]).(*ast.Ident); ok && id.Name == "_" {
		return dropped, nil
	}
	v := c.variable(names[index])
	if !c.local(v) {
		return passed, nil
	}
	return kept, v
}

// readsOutcome reports whether anything reads of the variable whether the write was applied, or
// takes all of it.
func (c *code) readsOutcome(v types.Object) bool {
	if c.unclear[v] { // a result of the function, or its address is taken
		return true
	}
	for _, use := range c.uses[v] {
		use, parent := outer(use)
		switch kind := use.ParentEdgeKind(); {
		case kind == edge.AssignStmt_Lhs:
			continue
		case kind != edge.SelectorExpr_X:
			return true
		}
		member := parent.Node().(*ast.SelectorExpr).Sel.Name
		switch {
		case coodie.read.field(v.Type(), member), coodie.settle.field(v.Type(), member) && !c.givenBackTo(parent, v):
			return true
		case coodie.existing.field(v.Type(), member):
			// The row is nil if the write was applied: to look whether it is, is to read the answer.
			if _, outside := outer(parent); !c.selectsValue(outside.Node()) {
				return true
			}
		}
	}
	return false
}

// givenBackTo reports whether the variable, or nothing, gets what the selected method returns first: reading the
// outcome of Settle elsewhere is to read the answer, and lwtresult looks whether it is read.
func (c *code) givenBackTo(sel inspector.Cursor, v types.Object) bool {
	_, parent := outer(sel)
	if _, ok := parent.Node().(*ast.CallExpr); !ok {
		return false
	}
	how, to := c.answer(parent, 0)
	return how == dropped || to == v
}

func (c *code) selectsValue(n ast.Node) bool {
	sel, ok := n.(*ast.SelectorExpr)
	return ok && coodie.value.field(c.typeOf(sel.X), sel.Sel.Name)
}

// checkHandles finds batches that are executed although nobody can ask any of their conditional
// writes for its result.
func (c *code) checkHandles() {
	first := map[types.Object]*ast.CallExpr{}
	asked := map[types.Object]bool{}
	for at, call := range calls(c.root) {
		results := c.results(call)
		if len(results) != 1 || !coodie.handles.is(results[0]) {
			continue
		}
		b := c.batchOf(call)
		if b == nil {
			continue
		}
		if how, _ := c.answer(at, 0); how != dropped {
			asked[b] = true
		} else if first[b] == nil {
			first[b] = call
		}
	}
	for b, call := range first {
		if !asked[b] && c.isMadeHere(b) && c.fateOfBatch(b) == executed {
			c.report(call, nil, "nothing asks a handle of the batch %s for its "+resultName+": "+execName+" returns nil for a refused batch", b.Name())
		}
	}
}

// batchOf is the variable of the batch that a chain of coodie puts a write into.
func (c *code) batchOf(e ast.Expr) types.Object {
	for _, step := range c.links(e) {
		if f := c.callee(step); f != nil && coodie.into.in(f) && len(step.Args) > 0 {
			return c.variable(step.Args[0])
		}
	}
	return nil
}

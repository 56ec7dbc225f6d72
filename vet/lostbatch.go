package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// LostBatch finds batches that are never executed.
var LostBatch = finder("lostbatch", `report batches that are never executed

Writes that are put into a batch are sent by its Exec, or by the session's ExecuteBatch. Without
it nothing is written, and nothing says so.`, func(c *code) {
	reported := map[types.Object]bool{}
	for at := range c.root.Preorder((*ast.Ident)(nil)) {
		v := c.TypesInfo.Defs[at.Node().(*ast.Ident)]
		if v == nil || reported[v] || !c.isMadeHere(v) || c.fateOfBatch(v) != forgotten {
			continue
		}
		reported[v] = true
		c.report(at.Node(), nil, "the batch %s is never executed, so nothing is written", v.Name())
	}
})

type batchFate int

const (
	forgotten batchFate = iota // nothing sends it
	executed                   // where it was made, and nobody else has it
	elsewhere                  // somebody else has it
)

// isMadeHere reports whether the variable is a function's own, and all its values are new batches.
func (c *code) isMadeHere(v types.Object) bool {
	if !c.local(v) || c.unclear[v] || !coodie.batches.is(v.Type()) && !isBatch(v.Type()) || len(c.sets[v]) == 0 {
		return false
	}
	for _, set := range c.sets[v] {
		steps := c.links(set.value)
		if len(steps) == 0 {
			return false
		}
		begun := steps[len(steps)-1]
		if c.variable(c.receiver(begun)) == v { // b = b.WithContext(ctx)
			continue
		}
		f := c.callee(begun)
		if f == nil || f.Pkg() == nil || !coodie.makeBatch.in(f) && !isDriverBatch(f) {
			return false
		}
	}
	return true
}

// isDriverBatch reports whether f makes a batch of gocql or gocqlx.
func isDriverBatch(f *types.Func) bool {
	return isGocql(f.Pkg().Path()) && (f.Name() == "NewBatch" || f.Name() == "Batch")
}

// fateOfBatch says who executes the batch that the variable holds.
func (c *code) fateOfBatch(v types.Object) batchFate {
	fate := forgotten
	for _, use := range c.uses[v] {
		use, parent := outer(use)
		switch kind := use.ParentEdgeKind(); {
		case kind == edge.AssignStmt_Lhs:
		case kind == edge.SelectorExpr_X:
			if is := c.fateOfStep(parent); is != forgotten {
				fate = max(fate, is)
			}
		case kind == edge.CallExpr_Args && c.into(parent):
		case kind == edge.CallExpr_Args && strings.Contains(c.method(parent.Node().(*ast.CallExpr)), "ExecuteBatch"):
			fate = max(fate, executed)
		default:
			return elsewhere
		}
	}
	return fate
}

func (c *code) into(call inspector.Cursor) bool {
	f := c.callee(call.Node().(*ast.CallExpr))
	return f != nil && coodie.into.in(f)
}

// fateOfStep says what the selected member of a batch does with it.
func (c *code) fateOfStep(sel inspector.Cursor) batchFate {
	sel, parent := outer(sel)
	call, ok := parent.Node().(*ast.CallExpr)
	if !ok || sel.ParentEdgeKind() != edge.CallExpr_Fun {
		if sel.ParentEdgeKind() == edge.AssignStmt_Lhs { // b.Cons = gocql.Quorum
			return forgotten
		}
		return elsewhere
	}
	name := c.method(call)
	switch {
	case coodie.sendBatch.in(c.callee(call)), isBatch(c.typeOf(c.receiver(call))) && (strings.HasPrefix(name, "Exec") || strings.HasPrefix(name, "MapExec")):
		return executed
	case isBatch(c.typeOf(call)): // a step of a chain
		at, outside := outer(parent)
		switch outside.Node().(type) {
		case *ast.ExprStmt:
			return forgotten
		case *ast.SelectorExpr:
			return c.fateOfStep(outside)
		case *ast.AssignStmt:
			if n := outside.Node().(*ast.AssignStmt); len(n.Lhs) == len(n.Rhs) && c.isMadeOf(n, at.ParentEdgeIndex(), call) {
				return forgotten
			}
		}
		return elsewhere
	}
	return forgotten
}

// isMadeOf reports whether a step of a batch is given to the variable of the batch itself.
func (c *code) isMadeOf(n *ast.AssignStmt, i int, call *ast.CallExpr) bool {
	steps := c.links(call)
	return i < len(n.Lhs) && c.variable(n.Lhs[i]) != nil && c.variable(n.Lhs[i]) == c.variable(c.receiver(steps[len(steps)-1]))
}

package vet

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// MixedWrites finds plain writes of tables that are written conditionally, too.
var MixedWrites = finder("mixedwrites", `report plain writes to a table that the package writes conditionally, too

Plain writes are ordered by clocks and conditional ones by Paxos. A plain write of a clock that is
ahead undoes later conditional writes, silently: two clients are told that they hold one lock.`, func(c *code) {
	batches := c.conditionalBatches()
	plain, conditional := map[string][]ast.Node{}, map[string]ast.Node{}
	add := func(table string, at ast.Node, isConditional bool) {
		switch {
		case table == "" || c.inTest(at.Pos()):
		case !isConditional:
			plain[table] = append(plain[table], at)
		case conditional[table] == nil:
			conditional[table] = at
		}
	}
	for _, call := range calls(c.root) {
		f := c.callee(call)
		if f == nil || f.Pkg() == nil || f.Pkg().Path() != coodiePath {
			continue
		}
		switch {
		case coodie.plain.in(f) && !c.mayBeConditional(call, batches):
			add(c.rowOf(f), call, false)
		case c.isHandle(call) || c.sendsLWT(call):
			add(c.rowOf(f), call, true)
		}
	}
	for _, q := range c.statements() {
		switch q.text.op {
		case "INSERT", "UPDATE", "DELETE":
			if q.text.conditional || !c.mayBeConditional(q.call, batches) {
				add(q.table(), q.call, q.text.conditional)
			}
		}
	}
	var tables []string
	for table := range plain {
		if conditional[table] != nil {
			tables = append(tables, table)
		}
	}
	slices.SortFunc(tables, func(a, b string) int { return cmp.Compare(plain[a][0].Pos(), plain[b][0].Pos()) })
	for _, table := range tables {
		p := c.Fset.Position(conditional[table].Pos())
		more := ""
		if n := len(plain[table]) - 1; n > 0 {
			more = fmt.Sprintf(", as do %d more", n)
		}
		c.report(plain[table][0], nil, "a plain write to the table %s, which %s:%d writes conditionally: by a clock that is ahead it undoes later conditional writes%s",
			table[strings.LastIndexAny(table, "/ ")+1:], filepath.Base(p.Filename), p.Line, more)
	}
})

// conditionalBatches are the variables of batches that get a conditional write: all writes of such a
// batch are one conditional write.
func (c *code) conditionalBatches() map[types.Object]bool {
	all := map[types.Object]bool{}
	for _, call := range calls(c.root) {
		if c.isHandle(call) {
			all[c.batchOf(call)] = true
		} else if arg := c.cqlArgument(call); arg != nil && isBatch(c.typeOf(c.receiver(call))) && c.textOf(arg).conditional {
			all[c.variable(c.receiver(call))] = true
		}
	}
	return all
}

func (c *code) isHandle(call *ast.CallExpr) bool {
	results := c.results(call)
	return len(results) == 1 && coodie.handles.is(results[0])
}

// mayBeConditional reports whether the write is put into a batch that gets a conditional one, or that
// somebody else has, too.
func (c *code) mayBeConditional(call *ast.CallExpr, batches map[types.Object]bool) bool {
	var batch types.Object
	f := c.callee(call)
	switch {
	case coodie.batched.in(f):
		batch = c.batchOf(call)
	case isBatch(c.typeOf(c.receiver(call))):
		batch = c.variable(c.receiver(call))
	default:
		return false
	}
	return batch == nil || batches[batch] || !c.isMadeHere(batch)
}

// rowOf names the Go type of the rows of the table that a method of coodie is for.
func (c *code) rowOf(f *types.Func) string {
	recv := f.Signature().Recv()
	if recv == nil {
		return ""
	}
	of := namedType(recv.Type())
	if of == nil || of.TypeArgs().Len() == 0 {
		return ""
	}
	row := of.TypeArgs().At(0)
	if _, ok := types.Unalias(row).(*types.TypeParam); ok {
		return "" // of any table
	}
	return types.TypeString(row, nil)
}

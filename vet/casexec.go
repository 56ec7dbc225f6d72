package vet

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// CASExec finds conditional statements of gocql whose answer is not asked for.
var CASExec = finder("casexec", `report conditional statements that are executed like plain ones

Exec and ExecuteBatch return nil for a refused statement, as for an applied one. MapScanCAS, ScanCAS,
ExecCAS and ExecuteBatchCAS say which it was. With gocql/gocql, Scan, MapScan and Iter read an
answer of IF without its columns, unless NoSkipMetadata is set.`, func(c *code) {
	for _, call := range calls(c.root) {
		name := c.method(call)
		switch {
		case slices.Contains([]string{"Exec", "ExecRelease", "ExecContext"}, name) && c.isQuery(c.typeOf(c.receiver(call))):
			if q, ok := c.queryOf(call); ok && q.text.conditional {
				c.report(call, nil, "%s returns nil for a refused statement, too: use %s", name, instead(c.typeOf(c.receiver(call))))
			}
		case slices.Contains([]string{"Scan", "MapScan", "Iter"}, name) && typePath(c.typeOf(c.receiver(call))) == gocqlPath && typeName(c.typeOf(c.receiver(call))) == "Query":
			if q, ok := c.queryOf(call); ok && q.text.conditional && !c.calls(q, "NoSkipMetadata") {
				c.report(call, nil, "%s reads the answer of a conditional statement without its columns: use MapScanCAS, or NoSkipMetadata", name)
			}
		case name == "ExecuteBatch" && len(call.Args) == 1:
			c.checkBatch(call, c.variable(call.Args[0]))
		case (name == "Exec" || name == "ExecContext") && isBatch(c.typeOf(c.receiver(call))):
			c.checkBatch(call, c.variable(c.receiver(call)))
		}
	}
})

// instead is what to call on a query of the type.
func instead(query types.Type) string {
	path := typePath(query)
	switch {
	case has(query, "ExecCASRelease"):
		return "ExecCASRelease or GetCASRelease"
	case strings.HasPrefix(path, apachePath):
		return "MapScanCASContext"
	}
	return "MapScanCAS"
}

// calls reports whether a step of the chain is called so.
func (c *code) calls(q query, name string) bool {
	return slices.ContainsFunc(q.all, func(call *ast.CallExpr) bool { return c.method(call) == name })
}

// checkBatch reports a batch that has a conditional statement and is executed by the call.
func (c *code) checkBatch(call *ast.CallExpr, v types.Object) {
	if v == nil || !isBatch(v.Type()) {
		return
	}
	for _, use := range c.uses[v] {
		if add, ok := use.Parent().Parent().Node().(*ast.CallExpr); ok && c.cqlArgument(add) != nil && c.variable(c.receiver(add)) == v {
			if c.textOf(c.cqlArgument(add)).conditional {
				c.report(call, nil, "%s returns nil for a refused batch, too, and the batch has a conditional statement: use MapExecuteBatchCAS", c.method(call))
				return
			}
		}
	}
}

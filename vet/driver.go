package vet

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// The paths of gocql: the old one, which ScyllaDB's fork has too by a replace, and the one in
// which development goes on.
const (
	gocqlPath  = "github.com/gocql/gocql"
	apachePath = "github.com/apache/cassandra-gocql-driver/"
	gocqlxPath = "github.com/scylladb/gocqlx/"
)

// A query of gocql, gocqlx, or of an interface that wraps one is recognised by the method
// MapScanCAS or ScanCAS, which nothing else has.
func (c *code) isQuery(t types.Type) bool {
	return has(t, "MapScanCAS") || has(t, "ScanCAS") || has(t, "MapScanCASContext")
}

func has(t types.Type, method string) bool {
	if t == nil || t == types.Typ[types.Invalid] {
		return false
	}
	if _, ok := t.(*types.Tuple); ok {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, method)
	_, ok := obj.(*types.Func)
	return ok
}

func isGocql(path string) bool {
	return path == gocqlPath || strings.HasPrefix(path, apachePath) || strings.HasPrefix(path, gocqlxPath)
}

// isBatch reports whether t is gocql's batch.
func isBatch(t types.Type) bool { return typeName(t) == "Batch" && isGocql(typePath(t)) }

// isRetrying reports whether t is of the driver whose retry policies repeat any statement.
func isRetrying(t types.Type) bool {
	path := typePath(t)
	return path == gocqlPath || strings.HasPrefix(path, gocqlxPath)
}

// casMethods are the calls whose first result says whether a conditional statement was applied.
var casMethods = []string{
	"ScanCAS", "MapScanCAS", "ScanCASContext", "MapScanCASContext", "ExecCAS", "ExecCASRelease", "GetCAS", "GetCASRelease",
	"ExecuteBatchCAS", "MapExecuteBatchCAS", "ExecCASContext", "MapExecCAS", "MapExecCASContext",
}

// answersCAS reports whether the call is of gocql and says whether a conditional statement was applied.
func (c *code) answersCAS(call *ast.CallExpr) bool {
	if !slices.Contains(casMethods, c.method(call)) {
		return false
	}
	results := c.results(call)
	return len(results) >= 2 && types.Identical(results[0].Underlying(), types.Typ[types.Bool]) && isError(results[len(results)-1])
}

// sendsLWT reports whether the call sends a conditional write of coodie or gocql.
func (c *code) sendsLWT(call *ast.CallExpr) bool {
	f := c.callee(call)
	if f == nil || f.Pkg() == nil {
		return false
	}
	if coodie.mutate.in(f) {
		return true
	}
	if f.Pkg().Path() == coodiePath {
		return c.outcomeOf(call) >= 0 && !coodie.settle.in(f) && !coodie.handles.is(f.Signature().Recv().Type())
	}
	return c.answersCAS(call)
}

// links are the calls of a chain, from the last to the first: a.B().C() has C, B.
func (c *code) links(e ast.Expr) (all []*ast.CallExpr) {
	for {
		call, ok := ast.Unparen(e).(*ast.CallExpr)
		if !ok {
			return all
		}
		all = append(all, call)
		if e = c.receiver(call); e == nil {
			return all
		}
	}
}

// query is a statement given to gocql, or to coodie as raw CQL.
type query struct {
	text *text
	call *ast.CallExpr   // that was given the text
	all  []*ast.CallExpr // of the chain, from the last to the first
}

// table names the table that the statement writes; "" if it is not known.
func (q query) table() string {
	if q.text.table == "" {
		return ""
	}
	return "CQL " + q.text.table
}

// queryOf finds the statement of the chain that e ends, which may have begun in a variable.
func (c *code) queryOf(e ast.Expr) (q query, ok bool) {
	for range 8 {
		steps := c.links(e)
		q.all = append(q.all, steps...)
		for _, call := range steps {
			if arg := c.cqlArgument(call); arg != nil {
				q.call, q.text = call, c.textOf(arg)
				return q, true
			}
			if t := c.builderText(call); t != nil && c.isQuery(c.typeOf(call)) {
				q.call, q.text = call, t
				return q, true
			}
		}
		rest := e
		if len(steps) > 0 {
			rest = c.receiver(steps[len(steps)-1])
		}
		if rest == nil {
			return q, false
		}
		next := c.only(rest)
		if next == rest {
			return q, false
		}
		e = next
	}
	return q, false
}

// cqlArgument is the CQL that the call makes a query of; nil if it makes none.
func (c *code) cqlArgument(call *ast.CallExpr) ast.Expr {
	f := c.callee(call)
	if f == nil || len(call.Args) == 0 {
		return nil
	}
	if coodie.raw.in(f) {
		return call.Args[0]
	}
	at := slices.Index([]string{"Query", "Bind", "ContextQuery"}, f.Name())
	if at < 0 || f.Name() == "ContextQuery" && len(call.Args) < 2 {
		return nil
	}
	receiver := c.receiver(call)
	if receiver == nil || c.isQuery(c.typeOf(receiver)) || !c.isQuery(c.typeOf(call)) && !isBatch(c.typeOf(receiver)) {
		return nil
	}
	arg := call.Args[0]
	if f.Name() == "ContextQuery" {
		arg = call.Args[1]
	}
	t := c.typeOf(arg)
	if both, ok := t.(*types.Tuple); ok && both.Len() > 0 { // Query(builder.ToCql())
		t = both.At(0).Type()
	}
	if t == nil || !isString(t) {
		return nil
	}
	return arg
}

func isString(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}

// statements are the calls of the package that make a query of CQL.
func (c *code) statements() func(yield func(inspector.Cursor, query) bool) {
	return func(yield func(inspector.Cursor, query) bool) {
		for at, call := range calls(c.root) {
			var t *text
			switch arg := c.cqlArgument(call); {
			case arg == nil && (c.makesCQL(call) || c.isQuery(c.typeOf(call)) && !c.isQuery(c.typeOf(c.receiver(call)))):
				t = c.builderText(call)
			case arg != nil && !c.isBuilt(arg):
				t = c.textOf(arg)
			}
			if t != nil && !yield(at, query{text: t, call: call}) {
				return
			}
		}
	}
}

// isBuilt reports whether the CQL comes from a builder, whose statement is another one.
func (c *code) isBuilt(e ast.Expr) bool {
	call, ok := c.only(e).(*ast.CallExpr)
	return ok && c.makesCQL(call)
}

// makesCQL reports whether the call returns the CQL of a builder of gocqlx, and the names of its values.
func (c *code) makesCQL(call *ast.CallExpr) bool {
	results := c.results(call)
	f := c.callee(call)
	return len(results) == 2 && f != nil && f.Pkg() != nil && strings.HasPrefix(f.Pkg().Path(), gocqlxPath) && isString(results[0])
}

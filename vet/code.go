package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// code is a package with an index of its variables. All analyzers share it.
type code struct {
	*analysis.Pass
	root    inspector.Cursor
	uses    map[types.Object][]inspector.Cursor // where an object is named, but for its declaration
	sets    map[types.Object][]assignment
	unclear map[types.Object]bool // variables that are also set by other means: address taken, range, parameter
	silent  map[string]map[int]map[string]bool
	bad     []*ast.Comment
}

// assignment gives a variable a value.
type assignment struct {
	value ast.Expr
	index int // which result of a call that has several; -1: the only one
	op    token.Token
	at    inspector.Cursor
}

var codeOf = &analysis.Analyzer{
	Name:             "coodiecode",
	Doc:              "index the variables of a package for coodie's analyzers",
	Requires:         []*analysis.Analyzer{inspect.Analyzer},
	ResultType:       reflect.TypeFor[*code](),
	RunDespiteErrors: true,
	Run: func(pass *analysis.Pass) (any, error) {
		c := &code{
			Pass: pass, root: pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root(),
			uses: map[types.Object][]inspector.Cursor{}, sets: map[types.Object][]assignment{}, unclear: map[types.Object]bool{},
		}
		c.readDirectives()
		for at := range c.root.Preorder((*ast.Ident)(nil), (*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil),
			(*ast.RangeStmt)(nil), (*ast.UnaryExpr)(nil), (*ast.IncDecStmt)(nil), (*ast.FuncType)(nil)) {
			c.index(at)
		}
		return c, nil
	},
}

func (c *code) index(at inspector.Cursor) {
	switch n := at.Node().(type) {
	case *ast.Ident:
		if obj := c.TypesInfo.Uses[n]; obj != nil {
			c.uses[origin(obj)] = append(c.uses[origin(obj)], at)
		}
	case *ast.AssignStmt:
		c.assign(at, n.Lhs, n.Rhs, n.Tok)
	case *ast.ValueSpec:
		var names []ast.Expr
		for _, name := range n.Names {
			names = append(names, name)
		}
		if len(n.Values) > 0 {
			c.assign(at, names, n.Values, token.ASSIGN)
		}
	case *ast.RangeStmt:
		c.muddle(n.Key)
		c.muddle(n.Value)
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			c.muddle(n.X)
		}
	case *ast.IncDecStmt:
		c.muddle(n.X)
	case *ast.FuncType:
		for _, list := range []*ast.FieldList{n.Params, n.Results} {
			if list == nil {
				continue
			}
			for _, field := range list.List {
				for _, name := range field.Names {
					c.muddle(name)
				}
			}
		}
	}
}

func (c *code) assign(at inspector.Cursor, names, values []ast.Expr, op token.Token) {
	for i, name := range names {
		obj := c.variable(name)
		if obj == nil {
			continue
		}
		set := assignment{index: -1, op: op, at: at}
		switch {
		case len(values) == len(names):
			set.value = values[i]
		case len(values) == 1:
			set.value, set.index = values[0], i
		default:
			continue // it does not compile
		}
		c.sets[obj] = append(c.sets[obj], set)
	}
}

func (c *code) muddle(e ast.Expr) {
	if obj := c.variable(e); obj != nil {
		c.unclear[obj] = true
	}
}

// variable is the variable, no field, that e names; nil if it names none.
func (c *code) variable(e ast.Expr) types.Object {
	if e == nil {
		return nil
	}
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := c.TypesInfo.ObjectOf(id).(*types.Var)
	if !ok || v.IsField() {
		return nil
	}
	return v
}

// local reports whether obj is a variable of a function.
func (c *code) local(obj types.Object) bool {
	return obj != nil && obj.Parent() != nil && c.Pkg != nil && obj.Parent() != c.Pkg.Scope()
}

// origin is obj, as it is declared.
func origin(obj types.Object) types.Object {
	switch obj := obj.(type) {
	case *types.Func:
		return obj.Origin()
	case *types.Var:
		return obj.Origin()
	}
	return obj
}

// only is the one value that the variable which e names ever has, or else e itself.
func (c *code) only(e ast.Expr) ast.Expr {
	for range 8 { // variables may be given to each other in a circle
		obj := c.variable(e)
		if obj == nil || c.unclear[obj] || len(c.sets[obj]) != 1 || c.sets[obj][0].index > 0 {
			break
		}
		if op := c.sets[obj][0].op; op != token.ASSIGN && op != token.DEFINE {
			break
		}
		e = c.sets[obj][0].value
	}
	return ast.Unparen(e)
}

// typeOf is the type of e; nil if it has none.
func (c *code) typeOf(e ast.Expr) types.Type {
	if e == nil {
		return nil
	}
	return c.TypesInfo.TypeOf(e)
}

// results are the types of what the call returns.
func (c *code) results(call *ast.CallExpr) []types.Type {
	switch t := c.typeOf(call).(type) {
	case nil:
		return nil
	case *types.Tuple:
		all := make([]types.Type, t.Len())
		for i := range all {
			all[i] = t.At(i).Type()
		}
		return all
	default:
		return []types.Type{t}
	}
}

// callee is the function or method that is called; nil if it is not known by name.
func (c *code) callee(call *ast.CallExpr) *types.Func {
	f, _ := typeutil.Callee(c.TypesInfo, call).(*types.Func)
	return f
}

// receiver is what the called method is called on; nil if the call is of no method.
func (c *code) receiver(call *ast.CallExpr) ast.Expr {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || c.TypesInfo.Selections[sel] == nil {
		return nil
	}
	return ast.Unparen(sel.X)
}

// method is the name of the called method; "" if the call is of none.
func (c *code) method(call *ast.CallExpr) string {
	if c.receiver(call) == nil {
		return ""
	}
	return ast.Unparen(call.Fun).(*ast.SelectorExpr).Sel.Name
}

// calls are the calls in a part of the program.
func calls(in inspector.Cursor) func(yield func(inspector.Cursor, *ast.CallExpr) bool) {
	return func(yield func(inspector.Cursor, *ast.CallExpr) bool) {
		for at := range in.Preorder((*ast.CallExpr)(nil)) {
			if !yield(at, at.Node().(*ast.CallExpr)) {
				return
			}
		}
	}
}

// function is the declaration or literal that at stands in; ok is false outside of one.
func function(at inspector.Cursor) (f inspector.Cursor, ok bool) {
	for f := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		return f, true
	}
	return at, false
}

// outermost is the declaration that at stands in.
func outermost(at inspector.Cursor) (f inspector.Cursor, ok bool) {
	for f := range at.Enclosing((*ast.FuncDecl)(nil)) {
		return f, true
	}
	return at, false
}

// outer is the cursor without the parentheses around it, and its parent.
func outer(at inspector.Cursor) (inspector.Cursor, inspector.Cursor) {
	parent := at.Parent()
	for parent.ParentEdgeKind() != edge.Invalid && isParen(parent.Node()) {
		at, parent = parent, parent.Parent()
	}
	return at, parent
}

func isParen(n ast.Node) bool {
	_, ok := n.(*ast.ParenExpr)
	return ok
}

// inTest reports whether the place is in a _test.go file.
func (c *code) inTest(pos token.Pos) bool {
	return strings.HasSuffix(c.Fset.Position(pos).Filename, "_test.go")
}

// isNil reports whether e is the constant nil.
func (c *code) isNil(e ast.Expr) bool { return c.TypesInfo.Types[e].IsNil() }

var errorType = types.Universe.Lookup("error").Type()

func isError(t types.Type) bool { return t != nil && types.Identical(t, errorType) }

package vet

import (
	"go/ast"

	"golang.org/x/tools/go/ast/inspector"
)

// LostContext finds calls that do not end with the request that they are made for.
var LostContext = finder("lostcontext", `report calls under context.Background where the function has a context

A call under context.Background goes on when the client that asked for it is gone, and has no deadline but
that of the table.`, func(c *code) {
	for at, call := range calls(c.root) {
		f := c.callee(call)
		if f == nil || f.Pkg() == nil || f.Pkg().Path() != coodiePath && !isGocql(f.Pkg().Path()) || len(call.Args) == 0 {
			continue
		}
		given, ok := ast.Unparen(call.Args[0]).(*ast.CallExpr)
		if !ok || !c.isFunction(given, "context", "Background", "TODO") {
			continue
		}
		if ctx := c.contextAt(at); ctx != "" {
			c.report(given, replacing(given, ctx, "use "+ctx), "the call does not end with %s", ctx)
		}
	}
})

// contextAt is the context of the function around the place, as it can be written there; "" if it has none.
func (c *code) contextAt(at inspector.Cursor) string {
	for f := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		var t *ast.FuncType
		switch n := f.Node().(type) {
		case *ast.FuncDecl:
			t = n.Type
		case *ast.FuncLit:
			t = n.Type
		}
		if t.Params == nil {
			continue
		}
		for _, field := range t.Params.List {
			for _, name := range field.Names {
				switch of := c.typeOf(field.Type); {
				case name.Name == "_" || !c.means(at, name):
				case typePath(of)+"."+typeName(of) == "context.Context":
					return name.Name
				case typePath(of)+"."+typeName(of) == "net/http.Request":
					return name.Name + ".Context()"
				}
			}
		}
	}
	return ""
}

// means reports whether the parameter's name means the parameter at the place, too.
func (c *code) means(at inspector.Cursor, name *ast.Ident) bool {
	scope := c.Pkg.Scope().Innermost(at.Node().Pos())
	if scope == nil {
		return false
	}
	_, obj := scope.LookupParent(name.Name, at.Node().Pos())
	return obj != nil && obj == c.TypesInfo.Defs[name]
}

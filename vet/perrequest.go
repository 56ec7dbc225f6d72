package vet

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// PerRequest finds what should be opened once in functions that serve a request.
var PerRequest = finder("perrequest", `report tables and sessions that are opened for each request

Open describes a struct and resolves its columns; a session is a pool of connections and a map of
the cluster. Both are for the life of the process and for all goroutines.`, func(c *code) {
	for at, call := range calls(c.root) {
		f := c.callee(call)
		if f == nil {
			continue
		}
		what := ""
		switch {
		case coodie.openTable.in(f):
			what = "the table is opened"
		case coodie.connect.in(f), isDriverConnect(f), isSession(f):
			what = "a session is made"
		default:
			continue
		}
		if c.servesRequest(at) {
			c.report(call, nil, "%s for each request: do it once, and share it", what)
		}
	}
})

// isDriverConnect reports whether f connects by another driver, as coodie's modules for these do.
func isDriverConnect(f *types.Func) bool {
	return f.Pkg() != nil && f.Pkg().Path() == coodieApachePath && f.Name() == "Connect"
}

// isSession reports whether f makes a session of gocql or gocqlx.
func isSession(f *types.Func) bool {
	if f.Pkg() == nil || !isGocql(f.Pkg().Path()) {
		return false
	}
	switch f.Name() {
	case "NewSession", "CreateSession", "WrapSession":
		return f.Name() != "NewSession" || f.Pkg().Name() == "gocql" // that of gocqlx wraps one that is there
	}
	return false
}

// servesRequest reports whether a function around the place is given a request, and does not do it once for all.
func (c *code) servesRequest(at inspector.Cursor) bool {
	for f := range at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		if c.isOnce(f) {
			return false
		}
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
		if slices.ContainsFunc(t.Params.List, func(p *ast.Field) bool { return c.isRequest(c.typeOf(p.Type)) }) || c.isMethodOfGRPC(t) {
			return true
		}
	}
	return false
}

// isOnce reports whether the function is given to the Do of a sync.Once.
func (c *code) isOnce(f inspector.Cursor) bool {
	at, parent := outer(f)
	call, ok := parent.Node().(*ast.CallExpr)
	if !ok || at.ParentEdgeKind() != edge.CallExpr_Args {
		return false
	}
	t := c.typeOf(c.receiver(call))
	return typePath(t) == "sync" && typeName(t) == "Once"
}

// isRequest reports whether a value of t is what a server hands to the function that serves a request.
func (c *code) isRequest(t types.Type) bool {
	switch typePath(t) + "." + typeName(t) {
	case "net/http.Request", "github.com/gin-gonic/gin.Context", "github.com/valyala/fasthttp.RequestCtx",
		"github.com/labstack/echo/v4.Context", "github.com/labstack/echo.Context",
		"github.com/gofiber/fiber/v2.Ctx", "github.com/gofiber/fiber/v3.Ctx":
		return true
	}
	return false
}

// isMethodOfGRPC reports whether a function of the type takes a message, and returns one or takes a stream: others may
// be given a message that is their configuration.
func (c *code) isMethodOfGRPC(t *ast.FuncType) bool {
	some := func(list *ast.FieldList, method string) bool {
		return list != nil && slices.ContainsFunc(list.List, func(f *ast.Field) bool { return has(c.typeOf(f.Type), method) })
	}
	const message, stream = "ProtoReflect", "SendMsg"
	return some(t.Params, stream) || some(t.Params, message) && some(t.Results, message)
}

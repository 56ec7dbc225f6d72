package vet

import (
	"go/ast"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// LWTRetry finds conditional writes that a library for retries repeats.
var LWTRetry = finder("lwtretry", `report conditional writes that a retry library sends again

Such a library runs a function again after any error. If the answer of a conditional write got lost,
the second one finds the row as the first has left it, and is told "refused". coodie sends again
what was certainly not executed; Mutate is the loop for what has to be tried again.`, func(c *code) {
	sends := c.senders()
	for _, call := range calls(c.root) {
		f := c.callee(call)
		if f == nil || f.Pkg() == nil || !retries(f) {
			continue
		}
		for _, arg := range call.Args {
			c.checkRepeated(arg, f, sends)
		}
	}
})

// retryLibraries are packages whose functions run a function again when it fails.
var retryLibraries = regexp.MustCompile(`^(` + strings.Join([]string{
	`github\.com/cenkalti/backoff(/v\d+)?`,
	`github\.com/avast/retry-go(/v\d+)?`,
	`github\.com/sethvargo/go-retry`,
	`github\.com/eapache/go-resiliency/retrier`,
	`github\.com/failsafe-go/failsafe-go(/.*)?`,
	`github\.com/matryer/try`,
	`github\.com/flowchartsman/retry`,
	`github\.com/giantswarm/retry-go`,
	`github\.com/rafaeljesus/retry-go`,
	`github\.com/Rican7/retry(/v\d+)?`,
	`github\.com/kamilsk/retry(/v\d+)?`,
	`k8s\.io/client-go/util/retry`,
}, "|") + `)$`)

func retries(f *types.Func) bool {
	path := f.Pkg().Path()
	return retryLibraries.MatchString(path) ||
		path == "k8s.io/apimachinery/pkg/util/wait" && (strings.Contains(f.Name(), "Backoff") || strings.Contains(f.Name(), "Poll"))
}

// senders are the package's functions that send a conditional write, by themselves or by another
// function of the package.
func (c *code) senders() map[types.Object]*ast.CallExpr {
	sends := map[types.Object]*ast.CallExpr{}
	for changed := true; changed; {
		changed = false
		for f := range c.root.Preorder((*ast.FuncDecl)(nil)) {
			obj := c.TypesInfo.Defs[f.Node().(*ast.FuncDecl).Name]
			if obj == nil || sends[obj] != nil {
				continue
			}
			if call := c.sentIn(f, sends); call != nil {
				sends[obj], changed = call, true
			}
		}
	}
	return sends
}

// sentIn is the first call of the function that sends a conditional write; nil if there is none, or if
// the function tells unknown outcomes from other errors.
func (c *code) sentIn(f inspector.Cursor, sends map[types.Object]*ast.CallExpr) (found *ast.CallExpr) {
	if c.mentionsUnknown(f) {
		return nil
	}
	for _, call := range calls(f) {
		if callee := c.callee(call); callee != nil && (c.sendsLWT(call) || sends[callee.Origin()] != nil) {
			return call
		}
	}
	return nil
}

func (c *code) checkRepeated(arg ast.Expr, by *types.Func, sends map[types.Object]*ast.CallExpr) {
	arg = c.only(arg)
	if call, ok := arg.(*ast.CallExpr); ok && len(call.Args) == 1 && c.TypesInfo.Types[call.Fun].IsType() {
		arg = c.only(call.Args[0]) // backoff.Operation(func() error { … })
	}
	switch arg := arg.(type) {
	case *ast.FuncLit:
		at, ok := c.root.FindNode(arg)
		if !ok {
			return
		}
		if call := c.sentIn(at, sends); call != nil {
			c.report(call, nil, "%s.%s runs this conditional write again after a lost answer, and then it is refused by what it has written itself", by.Pkg().Name(), by.Name())
		}
	case *ast.Ident, *ast.SelectorExpr:
		if obj := c.object(arg); obj != nil && sends[obj] != nil {
			c.report(arg, nil, "%s.%s runs %s, and so a conditional write, again after a lost answer, and then it is refused by what it has written itself",
				by.Pkg().Name(), by.Name(), obj.Name())
		}
	}
}

// object is what an identifier or a selector names, as it is declared.
func (c *code) object(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return origin(c.TypesInfo.ObjectOf(e))
	case *ast.SelectorExpr:
		return origin(c.TypesInfo.ObjectOf(e.Sel))
	}
	return nil
}

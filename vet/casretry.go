package vet

import (
	"go/ast"
	"go/types"
	"slices"
)

// CASRetry finds retry policies that send conditional statements of gocql again.
var CASRetry = finder("casretry", `report retry policies of gocql that repeat conditional statements

gocql/gocql applies a retry policy to any statement, idempotent or not. A conditional one whose answer
got lost is sent again, refused by the row that it has written itself, and reported as not applied.`, func(c *code) {
	send := c.sentUnderClusterPolicy()
	for _, call := range calls(c.root) {
		switch name := c.method(call); {
		case name == "RetryPolicy" && len(call.Args) == 1 && !c.isNil(call.Args[0]) && c.isPolicyOfLWT(call):
			c.report(call, nil, "this policy sends a conditional statement again whose answer got lost; it is then refused by its own row")
		case name == "Idempotent" && len(call.Args) == 1 && c.isTrue(call.Args[0]) && c.isQuery(c.typeOf(c.receiver(call))):
			if q, ok := c.queryOf(call); ok && q.text.conditional {
				c.report(call, nil, "a conditional statement is not idempotent: sent again, it is refused by its own row")
			}
		}
	}
	if send == nil {
		return
	}
	at := c.Fset.Position(send.Pos())
	for _, policy := range c.clusterPolicies() {
		c.report(policy, nil, "this policy sends the conditional statement of line %d again, too, if its answer got lost; give such statements a RetryPolicy that never retries", at.Line)
	}
})

func (c *code) isTrue(e ast.Expr) bool {
	v := c.TypesInfo.Types[e].Value
	return v != nil && v.String() == "true"
}

// isPolicyOfLWT reports whether the call gives a policy to a conditional statement.
func (c *code) isPolicyOfLWT(call *ast.CallExpr) bool {
	if t := c.typeOf(c.receiver(call)); !isRetrying(t) || !c.isQuery(t) || c.neverRetries(call.Args[0]) {
		return false
	}
	q, ok := c.queryOf(call)
	return ok && q.text.conditional
}

// neverRetries reports whether the policy is one of the program's own types, of which nothing is known,
// or a number of 0 retries.
func (c *code) neverRetries(policy ast.Expr) bool {
	policy = c.only(policy)
	if path := typePath(c.typeOf(policy)); !isGocql(path) {
		return true
	}
	if u, ok := policy.(*ast.UnaryExpr); ok {
		policy = u.X
	}
	lit, ok := policy.(*ast.CompositeLit)
	return ok && len(lit.Elts) == 0
}

// sentUnderClusterPolicy is a call that sends a conditional statement and does not say how it is
// retried; nil if there is none.
func (c *code) sentUnderClusterPolicy() ast.Node {
	for _, call := range calls(c.root) {
		if !c.answersCAS(call) || !isRetrying(c.typeOf(c.receiver(call))) || c.inTest(call.Pos()) {
			continue
		}
		q, _ := c.queryOf(call)
		if !slices.ContainsFunc(q.all, func(step *ast.CallExpr) bool { return c.method(step) == "RetryPolicy" }) {
			return call
		}
	}
	return nil
}

// clusterPolicies are the retry policies that the package gives to clusters of gocql.
func (c *code) clusterPolicies() (all []ast.Node) {
	add := func(e ast.Expr) {
		if !c.isNil(e) && !c.neverRetries(e) {
			all = append(all, e)
		}
	}
	isCluster := func(t types.Type) bool { return typePath(t) == gocqlPath && typeName(t) == "ClusterConfig" }
	for at := range c.root.Preorder((*ast.AssignStmt)(nil), (*ast.CompositeLit)(nil)) {
		switch n := at.Node().(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				sel, ok := left.(*ast.SelectorExpr)
				if ok && sel.Sel.Name == "RetryPolicy" && len(n.Lhs) == len(n.Rhs) && isCluster(c.typeOf(sel.X)) {
					add(n.Rhs[i])
				}
			}
		case *ast.CompositeLit:
			if !isCluster(c.typeOf(n)) {
				continue
			}
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "RetryPolicy" {
						add(kv.Value)
					}
				}
			}
		}
	}
	return all
}

package server

import (
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// ResourceExists says whether there is what the resource names.
func ResourceExists(r roles.Resource, x *Execution) bool {
	p := r.Parts()
	s := x.Server.Schema.Load()
	switch {
	case len(p) == 1:
		return true
	case p[0] == "roles":
		_, ok := x.Server.Auth.Copy()[strings.Join(p[1:], "/")]
		return ok
	case s.Keyspaces[p[1]] == nil:
		return false
	case len(p) == 2 || p[2] == "*":
		return true
	case p[0] == "functions":
		return slices.ContainsFunc(s.Keyspaces[p[1]].Functions, func(f *schema.Function) bool { return roles.FunctionResource(f, p[1]) == r })
	}
	return s.Keyspaces[p[1]].Tables[p[2]] != nil
}

// Enforces says whether statements need permissions: where clients log in.
func (x *Execution) Enforces() bool {
	return x.Server.Opts.Authenticator != "" && !x.Client.Direct && x.Client.User != ""
}

// May says whether the client's role, or one that is granted to it, has a
// permission on a resource or on what that is part of.
func (x *Execution) May(p cqlparse.Permission, r roles.Resource) bool {
	list := x.Server.Auth.Copy()
	for _, name := range roles.Inherited(list, x.Client.User, true) {
		role := list[name]
		if role.Superuser {
			return true
		}
		for _, in := range r.Chain() {
			if slices.Contains(role.Granted[in], p) {
				return true
			}
		}
	}
	return false
}

// Ensure refuses a statement whose client lacks a permission.
func (x *Execution) Ensure(p cqlparse.Permission, r roles.Resource) error {
	if !x.Enforces() || x.May(p, r) {
		return nil
	}
	return protocol.Unauthorized("User %s has no %s permission on %s or any of its parents", x.Client.User, p, r)
}

// Follow gives who created something every permission on it, and takes all
// permissions on what is dropped.
func (x *Execution) Follow(ch *protocol.SchemaChange) {
	var on []roles.Resource
	switch ch.Target {
	case "KEYSPACE":
		on = []roles.Resource{roles.KeyspaceResource(ch.Keyspace), roles.FunctionsIn(ch.Keyspace)}
	case "TABLE":
		on = []roles.Resource{roles.TableResource(ch.Keyspace, ch.Name)}
	case "FUNCTION", "AGGREGATE":
		on = []roles.Resource{roles.Resource("functions/" + ch.Keyspace + "/" + ch.Name + "[" + strings.Join(ch.Arguments, "^") + "]")}
	}
	list := x.Server.Auth.Copy()
	switch {
	case ch.Change == "DROPPED":
		for name, r := range list {
			list[name] = r.Without(on)
		}
	case ch.Change == "CREATED" && x.Enforces() && !x.viewOf(ch):
		r := list[x.Client.User]
		for _, o := range on {
			r = r.With(o, o.Applicable())
		}
		list[x.Client.User] = r
	default:
		return
	}
	x.Server.SetRoles(list)
}

// viewOf says whether a change is that of a materialized view, on which there are no
// permissions of its own.
func (x *Execution) viewOf(ch *protocol.SchemaChange) bool {
	t := x.Server.Schema.Load().Find(schema.TableName{Keyspace: ch.Keyspace, Name: ch.Name})
	return ch.Target == "TABLE" && t != nil && t.IsView()
}

// Anonymous says whether nobody has logged in.
func (s *Server) Anonymous(c *protocol.Client) bool {
	return s.Opts.Authenticator == "" || s.Opts.Authenticator == "AllowAllAuthenticator" || c.User == "" || c.User == "anonymous"
}

// Insufficient refuses a statement about a role.
func (x *Execution) Insufficient(p cqlparse.Permission, on roles.Resource) error {
	if x.May(p, on) {
		return nil
	}
	return protocol.Unauthorized("User %s does not have sufficient privileges to perform the requested operation", x.Client.User)
}

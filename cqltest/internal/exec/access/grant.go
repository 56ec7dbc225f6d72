package access

import (
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// resource turns a written resource into one.
func resource(p *server.Preparer, w *cqlparse.Resource) (roles.Resource, error) {
	switch w.Kind {
	case cqlparse.ResourceTable:
		ks, err := p.KeyspaceOf(w.Name)
		return roles.TableResource(ks, w.Name.Name.Name), err
	case cqlparse.ResourceKeyspace:
		return roles.KeyspaceResource(w.Keyspace.Name), nil
	case cqlparse.ResourceAllKeyspaces:
		return "data", nil
	case cqlparse.ResourceAllTables:
		return roles.TablesIn(w.Keyspace.Name), nil
	case cqlparse.ResourceRole:
		return roles.RoleResource(w.Role.Name), nil
	case cqlparse.ResourceAllRoles:
		return "roles", nil
	case cqlparse.ResourceAllFunctions:
		return "functions", nil
	case cqlparse.ResourceKeyspaceFunctions:
		return roles.FunctionsIn(w.Keyspace.Name), nil
	case cqlparse.ResourceFunction:
		if w.Name.Keyspace.IsZero() {
			return "", protocol.Invalid("In this context function name must be explictly qualified by a keyspace")
		}
		ks := w.Name.Keyspace.Name
		if ks == "system" {
			return "", protocol.Invalid("Altering permissions on builtin functions is not supported")
		}
		f := &schema.Function{Name: w.Name.Name.Name}
		for _, a := range w.Types {
			t, err := types.Resolve(ks, a, p.Schema.UDT)
			if err != nil {
				return "", err
			}
			f.Args = append(f.Args, t)
		}
		return roles.FunctionResource(f, ks), nil
	}
	return mbeans, nil
}

// mbeans stands for all resources of Java's management, on which nothing is granted here.
const mbeans roles.Resource = "mbeans"

// grant is GRANT or REVOKE of permissions.
func grant(p *server.Preparer, ast cqlparse.Statement) (*roleStatement, error) {
	verb, to, written, named := "granted", "", (*cqlparse.Resource)(nil), []cqlparse.Permission(nil)
	switch s := ast.(type) {
	case *cqlparse.GrantPermission:
		to, written, named = s.To.Name, s.Resource, s.Permissions
	case *cqlparse.RevokePermission:
		verb, to, written, named = "revoked", s.From.Name, s.Resource, s.Permissions
	}
	on, err := resource(p, written)
	if err != nil {
		return nil, err
	}
	chosen := on.Applicable()
	if len(named) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(p cqlparse.Permission) bool { return !slices.Contains(named, p) })
	}
	if len(chosen) == 0 {
		return nil, protocol.SyntaxError("Resource type %s does not support any of the requested permissions", on.Kind())
	}
	return &roleStatement{kind: string(ast.Kind()),
		authorize: func(x *server.Execution, _ map[string]roles.Role) error {
			for _, p := range slices.Concat([]cqlparse.Permission{"AUTHORIZE"}, chosen) {
				if err := x.Ensure(p, on); err != nil {
					return err
				}
			}
			return nil
		},
		change: func(x *server.Execution, list map[string]roles.Role) error {
			r, ok := list[to]
			switch {
			case on == mbeans:
				return protocol.Invalid("Permissions on MBeans are not supported by cqltest")
			case !ok:
				return protocol.Invalid("Role %s doesn't exist", to)
			case !server.ResourceExists(on, x):
				return protocol.Invalid("Resource %s doesn't exist", on)
			}
			had := slices.DeleteFunc(slices.Clone(chosen), func(p cqlparse.Permission) bool { return slices.Contains(r.Granted[on], p) != (verb == "granted") })
			names := make([]string, len(had))
			for i, p := range had {
				names[i] = string(p)
			}
			if verb == "granted" {
				list[to] = r.With(on, chosen)
				if len(had) > 0 {
					x.Warn("Role '" + to + "' was already granted " + strings.Join(names, ", ") + " on " + on.String())
				}
				return nil
			}
			list[to] = r.Less(on, chosen)
			if len(had) > 0 {
				x.Warn("Role '" + to + "' was not granted " + strings.Join(names, ", ") + " on " + on.String())
			}
			return nil
		}}, nil
}

// listPermissions is LIST PERMISSIONS.
type listPermissions struct {
	ast *cqlparse.ListPermissions
	on  roles.Resource // empty: any
}

func (s *listPermissions) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: "list_permissions", Keyspace: "system_auth"}
}

func (s *listPermissions) Run(x *server.Execution) (*protocol.Result, error) {
	of := s.ast.Of.Name
	list := x.Server.Auth.Copy()
	if s.on != "" && !server.ResourceExists(s.on, x) {
		return nil, protocol.Invalid("%s doesn't exist", s.on)
	}
	if _, ok := list[of]; of != "" && !ok {
		return nil, protocol.Invalid("%s doesn't exist", roles.RoleResource(of))
	}
	if own := roles.Inherited(list, x.Client.User, true); x.Enforces() && !roles.Superior(list, x.Client.User) && !slices.Contains(own, of) {
		who := of
		if who == "" {
			who = "everyone"
		}
		return nil, protocol.Unauthorized("You are not authorized to view %s's permissions", who)
	}
	names := slices.Sorted(maps.Keys(list))
	if of != "" {
		names = roles.Inherited(list, of, true)
		slices.Sort(names)
	}
	on := s.on.Chain()
	if s.ast.NoRecursive {
		on = on[:1]
	}
	res := &protocol.Result{Kind: protocol.Rows}
	for _, n := range []string{"role", "username", "resource", "permission"} {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: "system_auth", Table: "permissions", Name: n, Type: types.Text})
	}
	for _, name := range names {
		for _, r := range slices.Sorted(maps.Keys(list[name].Granted)) {
			if s.on != "" && !slices.Contains(on, r) {
				continue
			}
			for _, p := range list[name].Granted[r] {
				if len(s.ast.Permissions) == 0 || slices.Contains(s.ast.Permissions, p) {
					res.Rows = append(res.Rows, [][]byte{[]byte(name), []byte(name), []byte(r.String()), []byte(p)})
				}
			}
		}
	}
	if len(res.Rows) == 0 {
		return &protocol.Result{Kind: protocol.Void}, nil
	}
	return res, nil
}

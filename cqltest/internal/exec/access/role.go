// Package access has the statements about roles and permissions.
package access

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// roleStatement is a statement that changes roles.
type roleStatement struct {
	kind      string
	authorize func(x *server.Execution, list map[string]roles.Role) error
	change    func(x *server.Execution, list map[string]roles.Role) error
}

func (s *roleStatement) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: server.InfoKind(s.kind), Keyspace: "system_auth"}
}

func (s *roleStatement) Run(x *server.Execution) (*protocol.Result, error) {
	x.Server.Write.Lock()
	defer x.Server.Write.Unlock()
	list := x.Server.Auth.Copy()
	if x.Enforces() {
		if err := s.authorize(x, list); err != nil {
			return nil, err
		}
	}
	if err := s.change(x, list); err != nil {
		return nil, err
	}
	x.Server.SetRoles(list)
	return &protocol.Result{Kind: protocol.Void}, nil
}

// Prepare prepares what concerns roles and permissions; nil if ast does not.
func Prepare(p *server.Preparer, ast cqlparse.Statement) (server.Statement, error) {
	switch s := ast.(type) {
	case *cqlparse.ServiceLevel:
		return prepareServiceLevel(s)
	case *cqlparse.CreateRole, *cqlparse.AlterRole, *cqlparse.DropRole,
		*cqlparse.CreateUser, *cqlparse.AlterUser, *cqlparse.DropUser, *cqlparse.GrantPermission, *cqlparse.RevokePermission,
		*cqlparse.GrantRole, *cqlparse.RevokeRole, *cqlparse.ListPermissions, *cqlparse.ListRoles, *cqlparse.ListUsers,
		*cqlparse.AddIdentity, *cqlparse.DropIdentity:
	default:
		return nil, nil
	}
	switch ast.(type) {
	case *cqlparse.GrantPermission, *cqlparse.RevokePermission: // are looked at before who sends them
		if _, err := grant(p, ast); err != nil {
			return nil, err
		}
	}
	if p.Server.Anonymous(p.Client) {
		if givesPassword(ast) {
			return nil, protocol.Invalid("org.apache.cassandra.auth.CassandraRoleManager doesn't support PASSWORD")
		}
		return nil, protocol.Unauthorized("You have to be logged in and not anonymous to perform this request")
	}
	kind := string(ast.Kind())
	switch s := ast.(type) {
	case *cqlparse.CreateRole:
		return createRole(kind, s.Role.Name, s.IfNotExists, roleOptions(s.Options)), nil
	case *cqlparse.CreateUser:
		return createRole(kind, s.User, s.IfNotExists, userOptions(s.Password, s.Superuser, true)), nil
	case *cqlparse.AlterRole:
		return alterRole(kind, s.Role.Name, s.IfExists, roleOptions(s.Options)), nil
	case *cqlparse.AlterUser:
		return alterRole(kind, s.User, s.IfExists, userOptions(s.Password, s.Superuser, false)), nil
	case *cqlparse.DropRole:
		return dropRole(kind, s.Role.Name, s.IfExists), nil
	case *cqlparse.DropUser:
		return dropRole(kind, s.User, s.IfExists), nil
	case *cqlparse.GrantRole:
		return grantRole(kind, s.Role.Name, s.To.Name), nil
	case *cqlparse.RevokeRole:
		return revokeRole(kind, s.Role.Name, s.From.Name), nil
	case *cqlparse.GrantPermission, *cqlparse.RevokePermission:
		return grant(p, ast)
	case *cqlparse.ListPermissions:
		l := &listPermissions{ast: s}
		if s.Resource != nil {
			var err error
			if l.on, err = resource(p, s.Resource); err != nil {
				return nil, err
			}
		}
		return l, nil
	case *cqlparse.ListRoles:
		return &listRoles{of: s.Of.Name, all: !s.NoRecursive}, nil
	case *cqlparse.ListUsers:
		return &listRoles{users: true, all: true}, nil
	}
	return nil, protocol.Invalid("%s is not supported by cqltest", ast.Kind())
}

func createRole(kind, name string, ifNotExists bool, o options) server.Statement {
	return &roleStatement{kind,
		func(x *server.Execution, list map[string]roles.Role) error {
			if err := x.Insufficient("CREATE", "roles"); err != nil {
				return err
			}
			if o.superuser != nil && *o.superuser && !roles.Superior(list, x.Client.User) {
				return protocol.Unauthorized("Only superusers can create a role with superuser status")
			}
			return nil
		},
		func(x *server.Execution, list map[string]roles.Role) error {
			if _, exists := list[name]; exists {
				if ifNotExists {
					return nil
				}
				return protocol.Invalid("%s already exists", name)
			}
			list[name] = change(roles.Role{}, o)
			if x.Enforces() {
				on := roles.RoleResource(name)
				list[x.Client.User] = list[x.Client.User].With(on, on.Applicable())
			}
			return nil
		}}
}

func alterRole(kind, name string, ifExists bool, o options) server.Statement {
	return &roleStatement{kind,
		func(x *server.Execution, list map[string]roles.Role) error {
			super := roles.Superior(list, x.Client.User)
			switch {
			case o.superuser != nil && slices.Contains(roles.Inherited(list, x.Client.User, true), name):
				return protocol.Unauthorized("You aren't allowed to alter your own superuser status or that of a role granted to you")
			case o.superuser != nil && !super:
				return protocol.Unauthorized("Only superusers are allowed to alter superuser status")
			case super:
				return nil
			case name != x.Client.User:
				return x.Insufficient("ALTER", roles.RoleResource(name))
			case o.login != nil:
				return protocol.Unauthorized("You aren't allowed to alter LOGIN")
			}
			return nil
		},
		func(_ *server.Execution, list map[string]roles.Role) error {
			r, exists := list[name]
			switch {
			case exists:
				list[name] = change(r, o)
			case !ifExists:
				return protocol.Invalid("Role %s doesn't exist", name)
			}
			return nil
		}}
}

func dropRole(kind, name string, ifExists bool) server.Statement {
	return &roleStatement{kind,
		func(x *server.Execution, list map[string]roles.Role) error {
			if err := x.Insufficient("DROP", roles.RoleResource(name)); err != nil {
				return err
			}
			if roles.Superior(list, name) && !roles.Superior(list, x.Client.User) {
				return protocol.Unauthorized("Only superusers can drop a role with superuser status")
			}
			return nil
		},
		func(x *server.Execution, list map[string]roles.Role) error {
			if _, exists := list[name]; !exists {
				if ifExists {
					return nil
				}
				return protocol.Invalid("%s doesn't exist", name)
			}
			if x.Client.User == name {
				return protocol.Invalid("Cannot DROP primary role for current login")
			}
			delete(list, name)
			for n, r := range list {
				r.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(of string) bool { return of == name })
				list[n] = r.Without([]roles.Resource{roles.RoleResource(name)})
			}
			return nil
		}}
}

func grantRole(kind, name, to string) server.Statement {
	return &roleStatement{kind,
		func(x *server.Execution, _ map[string]roles.Role) error {
			return x.Insufficient("AUTHORIZE", roles.RoleResource(name))
		},
		func(_ *server.Execution, list map[string]roles.Role) error {
			if err := bothExist(list, name, to); err != nil {
				return err
			}
			for _, pair := range [][2]string{{to, name}, {name, to}} {
				if slices.Contains(roles.Inherited(list, pair[0], true), pair[1]) {
					return protocol.Invalid("%s is a member of %s", pair[0], pair[1])
				}
			}
			r := list[to]
			r.MemberOf = slices.Sorted(slices.Values(append(slices.Clip(r.MemberOf), name)))
			list[to] = r
			return nil
		}}
}

func revokeRole(kind, name, from string) server.Statement {
	return &roleStatement{kind,
		func(x *server.Execution, _ map[string]roles.Role) error {
			return x.Insufficient("AUTHORIZE", roles.RoleResource(name))
		},
		func(_ *server.Execution, list map[string]roles.Role) error {
			if err := bothExist(list, name, from); err != nil {
				return err
			}
			r := list[from]
			if !slices.Contains(r.MemberOf, name) {
				return protocol.Invalid("%s is not a member of %s", from, name)
			}
			r.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(of string) bool { return of == name })
			list[from] = r
			return nil
		}}
}

func bothExist(list map[string]roles.Role, names ...string) error {
	for _, n := range names {
		if _, ok := list[n]; !ok {
			return protocol.Invalid("%s doesn't exist", n)
		}
	}
	return nil
}

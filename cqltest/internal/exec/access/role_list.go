package access

import (
	"maps"
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/cqltest/internal/exec/server"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// listRoles is LIST ROLES or LIST USERS.
type listRoles struct {
	of    string
	all   bool // also what is granted to what is granted
	users bool
}

func (s *listRoles) Info() protocol.StatementInfo {
	return protocol.StatementInfo{Kind: "list_roles", Keyspace: "system_auth"}
}

func (s *listRoles) Run(x *server.Execution) (*protocol.Result, error) {
	list := x.Server.Auth.Copy()
	if _, ok := list[s.of]; s.of != "" && !ok {
		return nil, protocol.Invalid("%s doesn't exist", roles.RoleResource(s.of))
	}
	of := s.of
	if x.Enforces() && !x.May("DESCRIBE", "roles") {
		if of == "" {
			of = x.Client.User
		}
		if !slices.Contains(roles.Inherited(list, x.Client.User, true), of) {
			return nil, protocol.Unauthorized("You are not authorized to view roles granted to %s ", of)
		}
	}
	names := slices.Collect(maps.Keys(list))
	if of != "" {
		names = roles.Inherited(list, of, s.all)
	}
	slices.Sort(names)
	return s.result(names, list), nil
}

func (s *listRoles) result(names []string, list map[string]roles.Role) *protocol.Result {
	res := &protocol.Result{Kind: protocol.Rows}
	column := func(table, name string, t *types.Type) {
		res.Columns = append(res.Columns, protocol.ColumnSpec{Keyspace: "system_auth", Table: table, Name: name, Type: t})
	}
	if s.users {
		column("users", "name", types.Text)
		column("users", "super", types.Boolean)
		column("users", "datacenters", types.Text)
	} else {
		column("roles", "role", types.Text)
		column("roles", "super", types.Boolean)
		column("roles", "login", types.Boolean)
		column("roles", "options", types.Map(types.Text, types.Text, false))
		column("roles", "datacenters", types.Text)
	}
	for _, name := range names {
		r := list[name]
		switch {
		case !s.users:
			res.Rows = append(res.Rows, [][]byte{[]byte(name), types.EncodeBoolean(r.Superuser), types.EncodeBoolean(r.Login), types.PackList(0, nil), []byte("ALL")})
		case r.Login:
			res.Rows = append(res.Rows, [][]byte{[]byte(name), types.EncodeBoolean(r.Superuser), []byte("ALL")})
		}
	}
	return res
}

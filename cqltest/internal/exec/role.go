package exec

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// role is a user, or what users are granted. It is immutable.
type role struct {
	password         string
	superuser, login bool
	memberOf         []string // sorted
	granted          map[resource][]cqlparse.Permission
}

// roles are those that PasswordAuthenticator and CassandraAuthorizer know.
type roles struct {
	mu   sync.Mutex
	list map[string]role
}

func (r *roles) reset(user, password string) {
	r.restore(map[string]role{user: {password: password, superuser: true, login: true}})
}

func (r *roles) copy() map[string]role {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.list)
}

func (r *roles) restore(list map[string]role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = maps.Clone(list)
}

// rows are those of a table of system_auth.
func (r *roles) rows(table string) (rows []sysRow) {
	list := r.copy()
	for name, role := range list {
		switch table {
		case "roles":
			row := sysRow{"role": name, "can_login": role.login, "is_superuser": role.superuser}
			if len(role.memberOf) > 0 {
				row["member_of"] = role.memberOf
			}
			rows = append(rows, row)
		case "role_members":
			for _, of := range role.memberOf {
				rows = append(rows, sysRow{"role": of, "member": name})
			}
		case "role_permissions":
			for on, list := range role.granted {
				names := make([]string, len(list))
				for i, p := range list {
					names[i] = string(p)
				}
				slices.Sort(names)
				rows = append(rows, sysRow{"role": name, "resource": string(on), "permissions": names})
			}
		}
	}
	return rows
}

// inherited are a role and those granted to it: directly, or all of them.
func inherited(list map[string]role, name string, all bool) []string {
	names := []string{name}
	for i := 0; i < len(names); i++ {
		for _, of := range list[names[i]].memberOf {
			if _, exists := list[of]; exists && !slices.Contains(names, of) {
				names = append(names, of)
			}
		}
		if !all {
			break
		}
	}
	return names
}

// superior says whether a role is a superuser, or has been granted one.
func superior(list map[string]role, name string) bool {
	return slices.ContainsFunc(inherited(list, name, true), func(n string) bool { return list[n].superuser })
}

// Authenticate refuses a user or password that it does not know.
func (e *Engine) Authenticate(user, password string) error {
	bad := func(format string, args ...any) error {
		return &Error{Code: CodeBadCredentials, Message: fmt.Sprintf(format, args...)}
	}
	switch r, ok := e.server.auth.copy()[user]; {
	case user == "":
		return bad("User name must not be null")
	case password == "":
		return bad("Password must not be null")
	case !ok || r.password != password:
		return bad("Provided username %s and/or password are incorrect", user)
	case !r.login:
		return bad("%s is not permitted to log in", user)
	}
	return nil
}

// roleStatement is a statement that changes roles.
type roleStatement struct {
	kind      string
	authorize func(x *execution, list map[string]role) error
	change    func(x *execution, list map[string]role) error
}

func (s *roleStatement) info() StatementInfo {
	return StatementInfo{Kind: infoKind(s.kind), Keyspace: "system_auth"}
}

func (s *roleStatement) run(x *execution) (*Result, error) {
	x.server.write.Lock()
	defer x.server.write.Unlock()
	list := x.server.auth.copy()
	if x.enforces() {
		if err := s.authorize(x, list); err != nil {
			return nil, err
		}
	}
	if err := s.change(x, list); err != nil {
		return nil, err
	}
	x.server.auth.restore(list)
	return &Result{Kind: Void}, nil
}

// roleStatement prepares what concerns roles and permissions; nil if ast does not.
func (p *preparer) roleStatement(ast cqlparse.Statement) (statement, error) {
	switch ast.(type) {
	case *cqlparse.CreateRole, *cqlparse.AlterRole, *cqlparse.DropRole,
		*cqlparse.CreateUser, *cqlparse.AlterUser, *cqlparse.DropUser, *cqlparse.GrantPermission, *cqlparse.RevokePermission,
		*cqlparse.GrantRole, *cqlparse.RevokeRole, *cqlparse.ListPermissions, *cqlparse.ListRoles, *cqlparse.ListUsers,
		*cqlparse.AddIdentity, *cqlparse.DropIdentity:
	default:
		return nil, nil
	}
	if p.server.anonymous(p.client) {
		if givesPassword(ast) {
			return nil, invalid("org.apache.cassandra.auth.CassandraRoleManager doesn't support PASSWORD")
		}
		return nil, unauthorized("You have to be logged in and not anonymous to perform this request")
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
		return p.grant(ast)
	case *cqlparse.ListPermissions:
		l := &listPermissions{ast: s}
		if s.Resource != nil {
			var err error
			if l.on, err = p.resource(s.Resource); err != nil {
				return nil, err
			}
		}
		return l, nil
	case *cqlparse.ListRoles:
		return &listRoles{of: s.Of.Name, all: !s.NoRecursive}, nil
	case *cqlparse.ListUsers:
		return &listRoles{users: true, all: true}, nil
	}
	return nil, invalid("%s is not supported by cqltest", ast.Kind())
}

// givesPassword says whether a statement sets a password.
func givesPassword(ast cqlparse.Statement) bool {
	var options []*cqlparse.RoleOption
	switch s := ast.(type) {
	case *cqlparse.CreateUser:
		return s.Password != nil
	case *cqlparse.AlterUser:
		return s.Password != nil
	case *cqlparse.CreateRole:
		options = s.Options
	case *cqlparse.AlterRole:
		options = s.Options
	}
	return slices.ContainsFunc(options, func(o *cqlparse.RoleOption) bool { return o.Kind == cqlparse.RolePassword })
}

// anonymous says whether nobody has logged in.
func (s *server) anonymous(c *Client) bool {
	return s.opts.Authenticator == "" || s.opts.Authenticator == "AllowAllAuthenticator" || c.User == "" || c.User == "anonymous"
}

// options are what CREATE and ALTER say about a role; nil where they say nothing.
type options struct {
	password         *string
	superuser, login *bool
}

func roleOptions(list []*cqlparse.RoleOption) (o options) {
	for _, option := range list {
		text := ""
		if l, ok := option.Value.(*cqlparse.Literal); ok {
			text = l.Text
		}
		yes := text == "true" || text == "TRUE" || text == "True"
		switch option.Kind {
		case cqlparse.RolePassword:
			o.password = &text
		case cqlparse.RoleSuperuser:
			o.superuser = &yes
		case cqlparse.RoleLogin:
			o.login = &yes
		}
	}
	return o
}

// userOptions are those of the old statements about users, who can all log in.
func userOptions(password *cqlparse.Literal, superuser *bool, create bool) options {
	o := options{superuser: superuser}
	if password != nil {
		o.password = &password.Text
	}
	if create {
		login := true
		o.login = &login
	}
	return o
}

func (r role) change(o options) role {
	if o.password != nil {
		r.password = *o.password
	}
	if o.superuser != nil {
		r.superuser = *o.superuser
	}
	if o.login != nil {
		r.login = *o.login
	}
	return r
}

// insufficient refuses a statement about a role.
func (x *execution) insufficient(p cqlparse.Permission, on resource) error {
	if x.may(p, on) {
		return nil
	}
	return unauthorized("User %s does not have sufficient privileges to perform the requested operation", x.client.User)
}

func createRole(kind, name string, ifNotExists bool, o options) statement {
	return &roleStatement{kind,
		func(x *execution, list map[string]role) error {
			if err := x.insufficient("CREATE", "roles"); err != nil {
				return err
			}
			if o.superuser != nil && *o.superuser && !superior(list, x.client.User) {
				return unauthorized("Only superusers can create a role with superuser status")
			}
			return nil
		},
		func(x *execution, list map[string]role) error {
			if _, exists := list[name]; exists {
				if ifNotExists {
					return nil
				}
				return invalid("%s already exists", name)
			}
			list[name] = role{}.change(o)
			if x.enforces() {
				on := roleResource(name)
				list[x.client.User] = list[x.client.User].with(on, on.applicable())
			}
			return nil
		}}
}

func alterRole(kind, name string, ifExists bool, o options) statement {
	return &roleStatement{kind,
		func(x *execution, list map[string]role) error {
			super := superior(list, x.client.User)
			switch {
			case o.superuser != nil && slices.Contains(inherited(list, x.client.User, true), name):
				return unauthorized("You aren't allowed to alter your own superuser status or that of a role granted to you")
			case o.superuser != nil && !super:
				return unauthorized("Only superusers are allowed to alter superuser status")
			case super:
				return nil
			case name != x.client.User:
				return x.insufficient("ALTER", roleResource(name))
			case o.login != nil:
				return unauthorized("You aren't allowed to alter LOGIN")
			}
			return nil
		},
		func(_ *execution, list map[string]role) error {
			r, exists := list[name]
			switch {
			case exists:
				list[name] = r.change(o)
			case !ifExists:
				return invalid("Role %s doesn't exist", name)
			}
			return nil
		}}
}

func dropRole(kind, name string, ifExists bool) statement {
	return &roleStatement{kind,
		func(x *execution, list map[string]role) error {
			if err := x.insufficient("DROP", roleResource(name)); err != nil {
				return err
			}
			if superior(list, name) && !superior(list, x.client.User) {
				return unauthorized("Only superusers can drop a role with superuser status")
			}
			return nil
		},
		func(x *execution, list map[string]role) error {
			if _, exists := list[name]; !exists {
				if ifExists {
					return nil
				}
				return invalid("%s doesn't exist", name)
			}
			if x.client.User == name {
				return invalid("Cannot DROP primary role for current login")
			}
			delete(list, name)
			for n, r := range list {
				r.memberOf = slices.DeleteFunc(slices.Clone(r.memberOf), func(of string) bool { return of == name })
				list[n] = r.without([]resource{roleResource(name)})
			}
			return nil
		}}
}

func grantRole(kind, name, to string) statement {
	return &roleStatement{kind,
		func(x *execution, _ map[string]role) error { return x.insufficient("AUTHORIZE", roleResource(name)) },
		func(_ *execution, list map[string]role) error {
			if err := bothExist(list, name, to); err != nil {
				return err
			}
			for _, pair := range [][2]string{{to, name}, {name, to}} {
				if slices.Contains(inherited(list, pair[0], true), pair[1]) {
					return invalid("%s is a member of %s", pair[0], pair[1])
				}
			}
			r := list[to]
			r.memberOf = slices.Sorted(slices.Values(append(slices.Clip(r.memberOf), name)))
			list[to] = r
			return nil
		}}
}

func revokeRole(kind, name, from string) statement {
	return &roleStatement{kind,
		func(x *execution, _ map[string]role) error { return x.insufficient("AUTHORIZE", roleResource(name)) },
		func(_ *execution, list map[string]role) error {
			if err := bothExist(list, name, from); err != nil {
				return err
			}
			r := list[from]
			if !slices.Contains(r.memberOf, name) {
				return invalid("%s is not a member of %s", from, name)
			}
			r.memberOf = slices.DeleteFunc(slices.Clone(r.memberOf), func(of string) bool { return of == name })
			list[from] = r
			return nil
		}}
}

func bothExist(list map[string]role, names ...string) error {
	for _, n := range names {
		if _, ok := list[n]; !ok {
			return invalid("%s doesn't exist", n)
		}
	}
	return nil
}

// listRoles is LIST ROLES or LIST USERS.
type listRoles struct {
	of    string
	all   bool // also what is granted to what is granted
	users bool
}

func (s *listRoles) info() StatementInfo {
	return StatementInfo{Kind: "list_roles", Keyspace: "system_auth"}
}

func (s *listRoles) run(x *execution) (*Result, error) {
	list := x.server.auth.copy()
	if _, ok := list[s.of]; s.of != "" && !ok {
		return nil, invalid("%s doesn't exist", roleResource(s.of))
	}
	of := s.of
	if x.enforces() && !x.may("DESCRIBE", "roles") {
		if of == "" {
			of = x.client.User
		}
		if !slices.Contains(inherited(list, x.client.User, true), of) {
			return nil, unauthorized("You are not authorized to view roles granted to %s ", of)
		}
	}
	names := slices.Collect(maps.Keys(list))
	if of != "" {
		names = inherited(list, of, s.all)
	}
	slices.Sort(names)
	return s.result(names, list), nil
}

func (s *listRoles) result(names []string, list map[string]role) *Result {
	res := &Result{Kind: Rows}
	column := func(table, name string, t *types.Type) {
		res.Columns = append(res.Columns, ColumnSpec{"system_auth", table, name, t})
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
			res.Rows = append(res.Rows, [][]byte{[]byte(name), types.EncodeBoolean(r.superuser), types.EncodeBoolean(r.login), types.PackList(0, nil), []byte("ALL")})
		case r.login:
			res.Rows = append(res.Rows, [][]byte{[]byte(name), types.EncodeBoolean(r.superuser), []byte("ALL")})
		}
	}
	return res
}

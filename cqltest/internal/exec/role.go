package exec

import (
	"maps"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/internal/cqlparse"
)

// role is a user.
type role struct {
	password         string
	superuser, login bool
}

// roles are the users that PasswordAuthenticator knows.
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

func (r *roles) rows() []sysRow {
	list := r.copy()
	var rows []sysRow
	for _, name := range slices.Sorted(maps.Keys(list)) {
		rows = append(rows, sysRow{"role": name, "can_login": list[name].login, "is_superuser": list[name].superuser})
	}
	return rows
}

// Authenticate says whether the pair is known.
func (e *Engine) Authenticate(user, password string) bool {
	r, ok := e.auth.copy()[user]
	return ok && r.login && r.password == password
}

// roleStatement prepares what concerns roles; nil if ast does not. Roles can be
// made and dropped; permissions are not kept: every role may do everything.
func (p *preparer) roleStatement(ast cqlparse.Statement) (statement, error) {
	var change func(x *execution, list map[string]role) error
	switch s := ast.(type) {
	case *cqlparse.CreateRole:
		change = func(_ *execution, list map[string]role) error {
			if _, exists := list[s.Role.Name]; exists {
				if s.IfNotExists {
					return nil
				}
				return invalid("%s already exists", s.Role.Name)
			}
			list[s.Role.Name] = role{}.with(s.Options)
			return nil
		}
	case *cqlparse.AlterRole:
		change = func(_ *execution, list map[string]role) error {
			r, exists := list[s.Role.Name]
			if !exists {
				if s.IfExists {
					return nil
				}
				return invalid("Role %s doesn't exist", s.Role.Name)
			}
			list[s.Role.Name] = r.with(s.Options)
			return nil
		}
	case *cqlparse.DropRole:
		change = func(x *execution, list map[string]role) error {
			if _, exists := list[s.Role.Name]; !exists {
				if s.IfExists {
					return nil
				}
				return invalid("Role '%s' doesn't exist", s.Role.Name)
			}
			if x.client.User == s.Role.Name {
				return invalid("Cannot DROP primary role for current login")
			}
			delete(list, s.Role.Name)
			return nil
		}
	case *cqlparse.CreateUser, *cqlparse.AlterUser, *cqlparse.DropUser, *cqlparse.GrantPermission, *cqlparse.RevokePermission,
		*cqlparse.GrantRole, *cqlparse.RevokeRole, *cqlparse.ListPermissions, *cqlparse.ListRoles, *cqlparse.ListUsers,
		*cqlparse.AddIdentity, *cqlparse.DropIdentity:
	default:
		return nil, nil
	}
	if p.engine.anonymous(p.client) {
		if givesPassword(ast) {
			return nil, invalid("org.apache.cassandra.auth.CassandraRoleManager doesn't support PASSWORD")
		}
		return nil, unauthorized("You have to be logged in and not anonymous to perform this request")
	}
	if change == nil {
		return nil, invalid("%s is not supported by cqltest", ast.Kind())
	}
	return &roleStatement{string(ast.Kind()), change}, nil
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
func (e *Engine) anonymous(c *Client) bool {
	return e.opts.Authenticator == "" || e.opts.Authenticator == "AllowAllAuthenticator" || c.User == "" || c.User == "anonymous"
}

func (r role) with(options []*cqlparse.RoleOption) role {
	for _, o := range options {
		text := ""
		if l, ok := o.Value.(*cqlparse.Literal); ok {
			text = l.Text
		}
		yes := text == "true" || text == "TRUE" || text == "True"
		switch o.Kind {
		case cqlparse.RolePassword:
			r.password = text
		case cqlparse.RoleSuperuser:
			r.superuser = yes
		case cqlparse.RoleLogin:
			r.login = yes
		}
	}
	return r
}

type roleStatement struct {
	kind   string
	change func(x *execution, list map[string]role) error
}

func (s *roleStatement) info() StatementInfo {
	return StatementInfo{Kind: infoKind(s.kind), Keyspace: "system_auth"}
}

func (s *roleStatement) run(x *execution) (*Result, error) {
	x.engine.write.Lock()
	defer x.engine.write.Unlock()
	list := x.engine.auth.copy()
	if err := s.change(x, list); err != nil {
		return nil, err
	}
	x.engine.auth.restore(list)
	return &Result{Kind: Void}, nil
}

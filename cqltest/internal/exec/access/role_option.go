package access

import (
	"slices"

	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

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

func change(r roles.Role, o options) roles.Role {
	if o.password != nil {
		r.Password = *o.password
	}
	if o.superuser != nil {
		r.Superuser = *o.superuser
	}
	if o.login != nil {
		r.Login = *o.login
	}
	return r
}

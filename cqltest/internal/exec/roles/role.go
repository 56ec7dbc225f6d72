// Package roles knows users, what they are granted, and the resources that permissions
// are about.
package roles

import (
	"maps"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/exec/catalog"
	"github.com/coodie-go/coodie/cqltest/internal/exec/schema"
	"github.com/coodie-go/coodie/cqltest/internal/store"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// Role is a user, or what users are granted. It is immutable.
type Role struct {
	Password         string
	Superuser, Login bool
	MemberOf         []string // sorted
	Granted          map[Resource][]cqlparse.Permission
	Level            string // the service level attached to it, of ScyllaDB
}

// List are those that PasswordAuthenticator and CassandraAuthorizer know.
type List struct {
	mu   sync.Mutex
	list map[string]Role
}

// First are the roles of a new server: one superuser.
func First(user, password string) map[string]Role {
	return map[string]Role{user: {Password: password, Superuser: true, Login: true}}
}

// Copy returns the roles by name, to read or to change and restore.
func (r *List) Copy() map[string]Role {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.list)
}

// Restore takes other roles in place of all.
func (r *List) Restore(list map[string]Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = maps.Clone(list)
}

// Rows are those by which a table of system_auth shows the roles.
func Rows(list map[string]Role, table string) (rows []catalog.Row) {
	for name, role := range list {
		switch table {
		case "roles":
			row := catalog.Row{"role": name, "can_login": role.Login, "is_superuser": role.Superuser}
			if len(role.MemberOf) > 0 {
				row["member_of"] = role.MemberOf
			}
			rows = append(rows, row)
		case "role_members":
			for _, of := range role.MemberOf {
				rows = append(rows, catalog.Row{"role": of, "member": name})
			}
		case "role_permissions":
			for on, list := range role.Granted {
				names := make([]string, len(list))
				for i, p := range list {
					names[i] = string(p)
				}
				slices.Sort(names)
				rows = append(rows, catalog.Row{"role": name, "resource": string(on), "permissions": names})
			}
		}
	}
	return rows
}

// Shown says whether the roles are shown by a table of system_auth.
func Shown(t *schema.Table) bool {
	return t.Keyspace == "system_auth" && (t.Name == "roles" || t.Name == "role_members" || t.Name == "role_permissions")
}

// Read returns the roles that tables of system_auth show. What they do not show is as
// in known.
func Read(tables map[string]*schema.Table, now int64, known map[string]Role) map[string]Role {
	list := map[string]Role{}
	each := func(t *schema.Table, fn func(key string, row *store.Row)) {
		t.Data.View().Scan(nil, func(p *store.Partition) bool {
			return p.Rows(store.All, false, now, func(r *store.Row) bool { fn(p.Key.Bytes, r); return true })
		})
	}
	elements := func(t *schema.Table, row *store.Row, column string) (texts []string) {
		if cx := row.Complex(t.ByName[column].ID); cx != nil {
			for _, c := range cx.Cells {
				texts = append(texts, string(c.Path))
			}
		}
		return texts
	}
	byRole, permissions := tables["roles"], tables["role_permissions"]
	each(byRole, func(name string, row *store.Row) {
		is := func(column string) bool {
			c := row.Cell(byRole.ByName[column].ID)
			return c != nil && len(c.Value) == 1 && c.Value[0] != 0
		}
		old := known[name]
		list[name] = Role{Password: old.Password, Level: old.Level, Superuser: is("is_superuser"), Login: is("can_login"), MemberOf: elements(byRole, row, "member_of")}
	})
	each(permissions, func(name string, row *store.Row) {
		role, exists := list[name]
		if !exists {
			return
		}
		var add []cqlparse.Permission
		for _, p := range elements(permissions, row, "permissions") {
			add = append(add, cqlparse.Permission(p))
		}
		list[name] = role.With(Resource(row.Clustering[0]), add)
	})
	return list
}

// Inherited are a role and those granted to it: directly, or all of them.
func Inherited(list map[string]Role, name string, all bool) []string {
	names := []string{name}
	for i := 0; i < len(names); i++ {
		for _, of := range list[names[i]].MemberOf {
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

// Superior says whether a role is a superuser, or has been granted one.
func Superior(list map[string]Role, name string) bool {
	return slices.ContainsFunc(Inherited(list, name, true), func(n string) bool { return list[n].Superuser })
}

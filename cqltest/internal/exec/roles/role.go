// Package roles knows users, what they are granted, and the resources that permissions
// are about.
package roles

import (
	"maps"
	"slices"
	"sync"

	"github.com/coodie-go/coodie/cqltest/internal/exec/catalog"
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

// Reset leaves only a superuser.
func (r *List) Reset(user, password string) {
	r.Restore(map[string]Role{user: {Password: password, Superuser: true, Login: true}})
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

// Rows are those of a table of system_auth.
func (r *List) Rows(table string) (rows []catalog.Row) {
	list := r.Copy()
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

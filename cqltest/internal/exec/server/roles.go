package server

import (
	"github.com/coodie-go/coodie/cqltest/internal/exec/catalog"
	"github.com/coodie-go/coodie/cqltest/internal/exec/roles"
)

// SetRoles takes other roles in place of all, and shows them in the tables of
// system_auth.
func (srv *Server) SetRoles(list map[string]roles.Role) {
	srv.Auth.Restore(list)
	for _, t := range srv.Schema.Load().Keyspaces["system_auth"].Tables {
		if roles.Shown(t) {
			t.Data.Restore(catalog.Fill(t, roles.Rows(list, t.Name)))
		}
	}
}

// ReadRoles takes the roles that the tables of system_auth show, after one of them has
// been written to.
func (srv *Server) ReadRoles() {
	tables := srv.Schema.Load().Keyspaces["system_auth"].Tables
	srv.Auth.Restore(roles.Read(tables, srv.Clock.Now().Unix(), srv.Auth.Copy()))
}

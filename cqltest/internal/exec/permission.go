package exec

import (
	"maps"
	"slices"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/types"
	"github.com/coodie-go/coodie/internal/cqlparse"
)

// permissions in the server's order, which is that of lists.
var permissions = []cqlparse.Permission{"CREATE", "ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE", "DESCRIBE", "EXECUTE", "UNMASK", "SELECT_MASKED"}

func comparePermissions(a, b cqlparse.Permission) int {
	return slices.Index(permissions, a) - slices.Index(permissions, b)
}

// resource is what a permission is about, by the name under which the server files
// it: data, data/ks, data/ks/* and data/ks/t; functions, functions/ks and
// functions/ks/f[int^text]; roles and roles/r.
type resource string

func tableResource(keyspace, table string) resource {
	return resource("data/" + keyspace + "/" + table)
}

// tablesIn is all tables of a keyspace.
func tablesIn(keyspace string) resource { return tableResource(keyspace, "*") }

func keyspaceResource(keyspace string) resource { return resource("data/" + keyspace) }

func functionsIn(keyspace string) resource { return resource("functions/" + keyspace) }

func roleResource(name string) resource { return resource("roles/" + name) }

func (f *function) resource(keyspace string) resource {
	return resource("functions/" + keyspace + "/" + f.name + "[" + strings.Join(f.argTexts(), "^") + "]")
}

func (r resource) parts() []string { return strings.SplitN(string(r), "/", 3) }

// chain is the resource and what it is part of, up to the root.
func (r resource) chain() []resource {
	chain := []resource{r}
	p := r.parts()
	if len(p) == 3 && p[0] == "data" && p[2] != "*" {
		chain = append(chain, tablesIn(p[1]))
	}
	if len(p) == 3 {
		chain = append(chain, resource(p[0]+"/"+p[1]))
	}
	if len(p) > 1 {
		chain = append(chain, resource(p[0]))
	}
	return chain
}

// String is the resource as messages show it.
func (r resource) String() string {
	p := r.parts()
	switch {
	case r == "data":
		return "<all keyspaces>"
	case len(p) == 1:
		return "<all " + p[0] + ">"
	case p[0] == "roles":
		return "<role " + strings.Join(p[1:], "/") + ">"
	case p[0] == "functions" && len(p) == 2:
		return "<all functions in " + p[1] + ">"
	case p[0] == "functions":
		name, args, _ := strings.Cut(strings.TrimSuffix(p[2], "]"), "[")
		return "<function " + p[1] + "." + name + "(" + strings.ReplaceAll(args, "^", ", ") + ")>"
	case len(p) == 2:
		return "<keyspace " + p[1] + ">"
	case p[2] == "*":
		return "<all tables in " + p[1] + ">"
	}
	return "<table " + p[1] + "." + p[2] + ">"
}

// applicable are the permissions that there are on a resource.
func (r resource) applicable() []cqlparse.Permission {
	p := r.parts()
	switch {
	case p[0] == "roles" && len(p) == 1:
		return []cqlparse.Permission{"CREATE", "ALTER", "DROP", "AUTHORIZE", "DESCRIBE"}
	case p[0] == "roles":
		return []cqlparse.Permission{"ALTER", "DROP", "AUTHORIZE", "DESCRIBE"}
	case p[0] == "functions" && len(p) == 3:
		return []cqlparse.Permission{"ALTER", "DROP", "AUTHORIZE", "EXECUTE"}
	case p[0] == "functions":
		return []cqlparse.Permission{"CREATE", "ALTER", "DROP", "AUTHORIZE", "EXECUTE"}
	case len(p) == 3 && p[2] != "*":
		return []cqlparse.Permission{"ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE", "UNMASK", "SELECT_MASKED"}
	}
	return []cqlparse.Permission{"CREATE", "ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE", "UNMASK", "SELECT_MASKED"}
}

// kind is the Java class that messages name.
func (r resource) kind() string {
	switch r.parts()[0] {
	case "roles":
		return "RoleResource"
	case "functions":
		return "FunctionResource"
	}
	return "DataResource"
}

// exists says whether there is what the resource names.
func (r resource) exists(x *execution) bool {
	p := r.parts()
	s := x.server.schema.Load()
	switch {
	case len(p) == 1:
		return true
	case p[0] == "roles":
		_, ok := x.server.auth.copy()[strings.Join(p[1:], "/")]
		return ok
	case s.keyspaces[p[1]] == nil:
		return false
	case len(p) == 2 || p[2] == "*":
		return true
	case p[0] == "functions":
		return slices.ContainsFunc(s.keyspaces[p[1]].functions, func(f *function) bool { return f.resource(p[1]) == r })
	}
	return s.keyspaces[p[1]].tables[p[2]] != nil
}

// resource turns a written resource into one.
func (p *preparer) resource(w *cqlparse.Resource) (resource, error) {
	switch w.Kind {
	case cqlparse.ResourceTable:
		ks, err := p.keyspaceOf(w.Name)
		return tableResource(ks, w.Name.Name.Name), err
	case cqlparse.ResourceKeyspace:
		return keyspaceResource(w.Keyspace.Name), nil
	case cqlparse.ResourceAllKeyspaces:
		return "data", nil
	case cqlparse.ResourceAllTables:
		return tablesIn(w.Keyspace.Name), nil
	case cqlparse.ResourceRole:
		return roleResource(w.Role.Name), nil
	case cqlparse.ResourceAllRoles:
		return "roles", nil
	case cqlparse.ResourceAllFunctions:
		return "functions", nil
	case cqlparse.ResourceKeyspaceFunctions:
		return functionsIn(w.Keyspace.Name), nil
	case cqlparse.ResourceFunction:
		if w.Name.Keyspace.IsZero() {
			return "", invalid("In this context function name must be explictly qualified by a keyspace")
		}
		ks := w.Name.Keyspace.Name
		f := &function{name: w.Name.Name.Name}
		for _, a := range w.Types {
			t, err := types.Resolve(ks, a, p.schema.udt)
			if err != nil {
				return "", err
			}
			f.args = append(f.args, t)
		}
		return f.resource(ks), nil
	}
	return "", invalid("Permissions on MBeans are not supported by cqltest")
}

// enforces says whether statements need permissions: where clients log in.
func (x *execution) enforces() bool {
	return x.server.opts.Authenticator != "" && !x.client.Direct && x.client.User != ""
}

// may says whether the client's role, or one that is granted to it, has a
// permission on a resource or on what that is part of.
func (x *execution) may(p cqlparse.Permission, r resource) bool {
	list := x.server.auth.copy()
	for _, name := range inherited(list, x.client.User, true) {
		role := list[name]
		if role.superuser {
			return true
		}
		for _, in := range r.chain() {
			if slices.Contains(role.granted[in], p) {
				return true
			}
		}
	}
	return false
}

// ensure refuses a statement whose client lacks a permission.
func (x *execution) ensure(p cqlparse.Permission, r resource) error {
	if !x.enforces() || x.may(p, r) {
		return nil
	}
	return unauthorized("User %s has no %s permission on %s or any of its parents", x.client.User, p, r)
}

// readable are the system's tables that every client may read, for drivers do.
var readable = []string{"system.local", "system.peers", "system.peers_v2"}

func (s *selection) allowed(x *execution) error {
	t, name := s.table, s.table.name
	switch {
	case t.keyspace == "system_schema" || t.keyspace == "system_virtual_schema" || slices.Contains(readable, t.keyspace+"."+t.name):
		return nil
	case t.isView():
		name = t.view.base
	}
	return x.ensure("SELECT", tableResource(t.keyspace, name))
}

func (m *modification) allowed(x *execution) error {
	on := tableResource(m.table.keyspace, m.table.name)
	if err := x.ensure("MODIFY", on); err != nil {
		return err
	}
	if m.conditional() || len(m.table.views) > 0 {
		if err := x.ensure("SELECT", on); err != nil {
			return err
		}
	}
	for _, v := range m.table.views {
		if err := x.ensure("MODIFY", tableResource(m.table.keyspace, v)); err != nil {
			return err
		}
	}
	return nil
}

// allowed checks what can be told before the definition looks at the schema.
func (d *definition) allowed(x *execution) error {
	ks, name := d.about.Keyspace, d.about.Table
	if d.on != "" {
		name = d.on
	}
	verb, what, _ := strings.Cut(d.about.Kind, "_")
	p := cqlparse.Permission(strings.ToUpper(verb))
	switch {
	case what == "keyspace" && verb == "create":
		return x.ensure(p, "data")
	case what == "keyspace":
		return x.ensure(p, keyspaceResource(ks))
	case what == "type", what == "table" && verb == "create":
		return x.ensure(p, tablesIn(ks))
	case what == "table":
		return x.ensure(p, tableResource(ks, name))
	case verb == "create" && (what == "index" || what == "view"):
		return x.ensure("ALTER", tableResource(ks, name))
	case verb == "create" && (what == "function" || what == "aggregate"):
		return x.ensure(p, functionsIn(ks))
	}
	return nil
}

// follow gives who created something every permission on it, and takes all
// permissions on what is dropped.
func (x *execution) follow(ch *SchemaChange) {
	var on []resource
	switch ch.Target {
	case "KEYSPACE":
		on = []resource{keyspaceResource(ch.Keyspace), functionsIn(ch.Keyspace)}
	case "TABLE":
		on = []resource{tableResource(ch.Keyspace, ch.Name)}
	case "FUNCTION", "AGGREGATE":
		on = []resource{resource("functions/" + ch.Keyspace + "/" + ch.Name + "[" + strings.Join(ch.Arguments, "^") + "]")}
	}
	list := x.server.auth.copy()
	switch {
	case ch.Change == "DROPPED":
		for name, r := range list {
			list[name] = r.without(on)
		}
	case ch.Change == "CREATED" && x.enforces() && !x.viewOf(ch):
		r := list[x.client.User]
		for _, o := range on {
			r = r.with(o, o.applicable())
		}
		list[x.client.User] = r
	default:
		return
	}
	x.server.auth.restore(list)
}

// viewOf says whether a change is that of a materialized view, on which there are no
// permissions of its own.
func (x *execution) viewOf(ch *SchemaChange) bool {
	t := x.server.schema.Load().find(tableName{ch.Keyspace, ch.Name})
	return ch.Target == "TABLE" && t != nil && t.isView()
}

// with returns the role with permissions added.
func (r role) with(on resource, add []cqlparse.Permission) role {
	granted := maps.Clone(r.granted)
	if granted == nil {
		granted = map[resource][]cqlparse.Permission{}
	}
	all := slices.Concat(granted[on], add)
	slices.SortFunc(all, comparePermissions)
	granted[on] = slices.Compact(all)
	r.granted = granted
	return r
}

// less returns the role with permissions taken away.
func (r role) less(on resource, drop []cqlparse.Permission) role {
	granted := maps.Clone(r.granted)
	left := slices.DeleteFunc(slices.Clone(granted[on]), func(p cqlparse.Permission) bool { return slices.Contains(drop, p) })
	if len(left) == 0 {
		delete(granted, on)
	} else {
		granted[on] = left
	}
	r.granted = granted
	return r
}

// without returns the role without permissions on resources and on what is in them.
func (r role) without(gone []resource) role {
	granted := maps.Clone(r.granted)
	maps.DeleteFunc(granted, func(on resource, _ []cqlparse.Permission) bool {
		return slices.ContainsFunc(gone, func(g resource) bool { return slices.Contains(on.chain(), g) })
	})
	r.granted = granted
	return r
}

// grant is GRANT or REVOKE of permissions.
func (p *preparer) grant(ast cqlparse.Statement) (*roleStatement, error) {
	verb, to, written, named := "granted", "", (*cqlparse.Resource)(nil), []cqlparse.Permission(nil)
	switch s := ast.(type) {
	case *cqlparse.GrantPermission:
		to, written, named = s.To.Name, s.Resource, s.Permissions
	case *cqlparse.RevokePermission:
		verb, to, written, named = "revoked", s.From.Name, s.Resource, s.Permissions
	}
	on, err := p.resource(written)
	if err != nil {
		return nil, err
	}
	chosen := on.applicable()
	if len(named) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(p cqlparse.Permission) bool { return !slices.Contains(named, p) })
	}
	if len(chosen) == 0 {
		return nil, syntaxError("Resource type %s does not support any of the requested permissions", on.kind())
	}
	return &roleStatement{kind: string(ast.Kind()),
		authorize: func(x *execution, _ map[string]role) error {
			for _, p := range slices.Concat([]cqlparse.Permission{"AUTHORIZE"}, chosen) {
				if err := x.ensure(p, on); err != nil {
					return err
				}
			}
			return nil
		},
		change: func(x *execution, list map[string]role) error {
			r, ok := list[to]
			switch {
			case !ok:
				return invalid("Role %s doesn't exist", to)
			case !on.exists(x):
				return invalid("Resource %s doesn't exist", on)
			}
			had := slices.DeleteFunc(slices.Clone(chosen), func(p cqlparse.Permission) bool { return slices.Contains(r.granted[on], p) != (verb == "granted") })
			names := make([]string, len(had))
			for i, p := range had {
				names[i] = string(p)
			}
			if verb == "granted" {
				list[to] = r.with(on, chosen)
				if len(had) > 0 {
					x.warn("Role '" + to + "' was already granted " + strings.Join(names, ", ") + " on " + on.String())
				}
				return nil
			}
			list[to] = r.less(on, chosen)
			if len(had) > 0 {
				x.warn("Role '" + to + "' was not granted " + strings.Join(names, ", ") + " on " + on.String())
			}
			return nil
		}}, nil
}

// listPermissions is LIST PERMISSIONS.
type listPermissions struct {
	ast *cqlparse.ListPermissions
	on  resource // empty: any
}

func (s *listPermissions) info() StatementInfo {
	return StatementInfo{Kind: "list_permissions", Keyspace: "system_auth"}
}

func (s *listPermissions) run(x *execution) (*Result, error) {
	of := s.ast.Of.Name
	list := x.server.auth.copy()
	if s.on != "" && !s.on.exists(x) {
		return nil, invalid("%s doesn't exist", s.on)
	}
	if _, ok := list[of]; of != "" && !ok {
		return nil, invalid("%s doesn't exist", roleResource(of))
	}
	if own := inherited(list, x.client.User, true); x.enforces() && !superior(list, x.client.User) && !slices.Contains(own, of) {
		who := of
		if who == "" {
			who = "everyone"
		}
		return nil, unauthorized("You are not authorized to view %s's permissions", who)
	}
	names := slices.Sorted(maps.Keys(list))
	if of != "" {
		names = inherited(list, of, true)
		slices.Sort(names)
	}
	on := s.on.chain()
	if s.ast.NoRecursive {
		on = on[:1]
	}
	res := &Result{Kind: Rows}
	for _, n := range []string{"role", "username", "resource", "permission"} {
		res.Columns = append(res.Columns, ColumnSpec{"system_auth", "permissions", n, types.Text})
	}
	for _, name := range names {
		for _, r := range slices.Sorted(maps.Keys(list[name].granted)) {
			if s.on != "" && !slices.Contains(on, r) {
				continue
			}
			for _, p := range list[name].granted[r] {
				if len(s.ast.Permissions) == 0 || slices.Contains(s.ast.Permissions, p) {
					res.Rows = append(res.Rows, [][]byte{[]byte(name), []byte(name), []byte(r.String()), []byte(p)})
				}
			}
		}
	}
	if len(res.Rows) == 0 {
		return &Result{Kind: Void}, nil
	}
	return res, nil
}

package cqlparse

import "strings"

// createRole parses CREATE ROLE.
func (p *parser) createRole() Statement {
	s := &CreateRole{Head: p.head()}
	p.next()
	p.next()
	s.IfNotExists = p.ifNotExists()
	s.Role = p.role()
	s.Options = p.roleOptions()
	return s
}

func (p *parser) alterRole() Statement {
	s := &AlterRole{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Role = p.role()
	s.Options = p.roleOptions()
	return s
}

func (p *parser) dropRole() Statement {
	s := &DropRole{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Role = p.role()
	return s
}

// roleOptionNames are the server's names of the options it wants once.
var roleOptionNames = map[RoleOptionKind]string{
	RolePassword: "PASSWORD", RoleHashedPassword: "HASHED_PASSWORD", RoleOptions: "OPTIONS",
	RoleSuperuser: "SUPERUSER", RoleLogin: "LOGIN",
}

// roleOptions parses WITH option AND option …, if it is there.
func (p *parser) roleOptions() (opts []*RoleOption) {
	if !p.accept(kwWith) {
		return nil
	}
	seen := map[RoleOptionKind]bool{}
	for {
		o := p.roleOption()
		if name := roleOptionNames[o.Kind]; name != "" && seen[o.Kind] {
			p.reject(o.Pos, "Multiple definition for property '%s'", name)
		}
		seen[o.Kind] = true
		opts = append(opts, o)
		if !p.accept(kwAnd) {
			break
		}
	}
	if seen[RolePassword] && seen[RoleHashedPassword] {
		p.reject(opts[0].Pos, "Options 'password' and 'hashed password' are mutually exclusive")
	}
	return opts
}

func (p *parser) roleOption() *RoleOption {
	o := &RoleOption{Pos: p.here()}
	value := func(kind RoleOptionKind, parse func() Term) {
		o.Kind = kind
		p.next()
		p.expect(tokEQ)
		o.Value = parse()
	}
	text := func() Term { return p.stringLiteral() }
	switch p.kind() {
	case kwPassword:
		value(RolePassword, text)
	case kwHashed:
		p.next()
		if !p.at(kwPassword) {
			p.mismatch(kwPassword.String())
		}
		value(RoleHashedPassword, text)
	case kwOptions:
		value(RoleOptions, func() Term {
			m := p.mapLiteral()
			p.checkPropertyMap(m)
			return m
		})
	case kwSuperuser:
		value(RoleSuperuser, p.boolean)
	case kwLogin:
		value(RoleLogin, p.boolean)
	case kwAccess:
		p.access(o)
	default:
		p.noViable(1)
	}
	return o
}

// access parses ACCESS TO DATACENTERS and ACCESS FROM CIDRS.
func (p *parser) access(o *RoleOption) {
	all, some, word := RoleAllDatacenters, RoleDatacenters, kwDatacenters
	switch p.kindAt(2) {
	case kwTo:
	case kwFrom:
		all, some, word = RoleAllCIDRs, RoleCIDRs, kwCidrs
	default:
		p.noViable(2)
	}
	switch p.kindAt(3) {
	case kwAll:
		p.look(4)
		p.next()
		p.next()
		p.next()
		p.expect(word)
		o.Kind = all
	case word:
		p.look(4)
		p.next()
		p.next()
		p.next()
		set := &SetLiteral{Pos: p.expect(tokLBrace).pos}
		p.list(func() { set.Elems = append(set.Elems, p.stringLiteral()) })
		p.expect(tokRBrace)
		o.Kind, o.Value = some, set
	default:
		p.noViable(3)
	}
}

func (p *parser) boolean() Term {
	if !p.at(tokBoolean) {
		p.mismatch(tokBoolean.String())
	}
	return p.scalar()
}

// userName parses the name of a user, which keeps its case.
func (p *parser) userName(what string) string {
	switch p.kind() {
	case tokIdent, tokString:
		return p.next().text
	case tokQuotedName:
		p.reject(p.here(), "Quoted strings are are not supported for %s", what)
	}
	p.noViable(1)
	return ""
}

const (
	userNames     = "user names and USER is deprecated, please use ROLE"
	identityNames = "identity"
)

// userOptions parses what CREATE and ALTER USER share.
func (p *parser) userOptions() (password *Literal, hashed bool, super *bool) {
	if p.accept(kwWith) {
		switch p.kind() {
		case kwPassword:
		case kwHashed:
			hashed = true
			p.next()
			if !p.at(kwPassword) {
				p.mismatch(kwPassword.String())
			}
		default:
			p.noViable(1)
		}
		p.next()
		password = p.stringLiteral()
	}
	if k := p.kind(); k == kwSuperuser || k == kwNosuperuser {
		p.next()
		yes := k == kwSuperuser
		super = &yes
	}
	return password, hashed, super
}

func (p *parser) createUser() Statement {
	s := &CreateUser{Head: p.head()}
	p.next()
	p.next()
	s.IfNotExists = p.ifNotExists()
	s.User = p.userName(userNames)
	s.Password, s.Hashed, s.Superuser = p.userOptions()
	return s
}

func (p *parser) alterUser() Statement {
	s := &AlterUser{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.User = p.userName(userNames)
	s.Password, s.Hashed, s.Superuser = p.userOptions()
	return s
}

func (p *parser) dropUser() Statement {
	s := &DropUser{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.User = p.userName(userNames)
	return s
}

func (p *parser) addIdentity() Statement {
	s := &AddIdentity{Head: p.head()}
	p.next()
	p.expect(kwIdentity)
	s.IfNotExists = p.ifNotExists()
	s.Identity = p.userName(identityNames)
	p.expect(kwTo)
	p.expect(kwRole)
	s.Role = p.userName(identityNames)
	return s
}

func (p *parser) dropIdentity() Statement {
	s := &DropIdentity{Head: p.head()}
	p.next()
	p.next()
	s.IfExists = p.ifExists()
	s.Identity = p.userName(identityNames)
	return s
}

// isPermission reports whether k names a permission.
func (k kind) isPermission() bool {
	switch k {
	case kwCreate, kwAlter, kwDrop, kwSelect, kwModify, kwAuthorize, kwDescribe, kwExecute,
		kwUnmask, kwSelectMasked:
		return true
	}
	return false
}

// permissions parses ALL [PERMISSIONS], as nil, or a list.
func (p *parser) permissions() (ps []Permission) {
	if p.accept(kwAll) {
		p.accept(kwPermissions)
		return nil
	}
	p.list(func() {
		if !p.kind().isPermission() {
			p.mismatch("set null")
		}
		ps = append(ps, Permission(strings.ToUpper(p.next().text)))
		p.accept(kwPermission)
	})
	return ps
}

func (p *parser) grantPermission() Statement {
	s := &GrantPermission{Head: p.head()}
	p.next()
	s.Permissions = p.permissions()
	p.expect(kwOn)
	s.Resource = p.resource()
	p.expect(kwTo)
	s.To = p.role()
	return s
}

func (p *parser) revokePermission() Statement {
	s := &RevokePermission{Head: p.head()}
	p.next()
	s.Permissions = p.permissions()
	p.expect(kwOn)
	s.Resource = p.resource()
	p.expect(kwFrom)
	s.From = p.role()
	return s
}

func (p *parser) grantRole() Statement {
	s := &GrantRole{Head: p.head()}
	p.next()
	s.Role = p.role()
	p.expect(kwTo)
	s.To = p.role()
	return s
}

func (p *parser) revokeRole() Statement {
	s := &RevokeRole{Head: p.head()}
	p.next()
	s.Role = p.role()
	p.expect(kwFrom)
	s.From = p.role()
	return s
}

func (p *parser) listPermissions() Statement {
	s := &ListPermissions{Head: p.head()}
	p.next()
	s.Permissions = p.permissions()
	if p.accept(kwOn) {
		s.Resource = p.resource()
	}
	s.Of, s.NoRecursive = p.listOf()
	return s
}

func (p *parser) listRoles() Statement {
	s := &ListRoles{Head: p.head()}
	p.next()
	p.next()
	s.Of, s.NoRecursive = p.listOf()
	return s
}

func (p *parser) listOf() (role Identifier, noRecursive bool) {
	if p.accept(kwOf) {
		role = p.role()
	}
	return role, p.accept(kwNorecursive)
}

func (p *parser) listUsers() Statement {
	s := &ListUsers{Head: p.head()}
	p.next()
	p.next()
	return s
}

// resource parses what a permission is about.
func (p *parser) resource() *Resource {
	r := &Resource{Pos: p.here()}
	// Unreserved words are tables unless what they introduce follows.
	introduces := func(ok func(kind) bool) bool { return ok(p.kindAt(2)) }
	inKeyspace := func(kind ResourceKind) {
		p.next()
		r.Kind = kind
		p.expect(kwIn)
		p.expect(kwKeyspace)
		r.Keyspace = p.keyspace()
	}
	switch k := p.kind(); {
	case k == kwAll && !afterTable[p.kindAt(2)] && p.kindAt(2) != tokDot:
		p.allOf(r, inKeyspace)
	case k == kwKeyspace:
		p.next()
		r.Kind, r.Keyspace = ResourceKeyspace, p.keyspace()
	case k == kwColumnfamily:
		p.next()
		r.Name = p.table()
	case k == kwRole && introduces(func(k kind) bool { return k.isName() || k == tokString || k == tokMarker }):
		p.next()
		r.Kind, r.Role = ResourceRole, p.role()
	case k == kwFunction && introduces(func(k kind) bool { return k.isName() || k.isFunction() }):
		p.functionResource(r)
	case (k == kwMbean || k == kwMbeans) && p.kindAt(2) == tokString:
		r.Kind = ResourceMBean
		if k == kwMbeans {
			r.Kind = ResourceMBeans
		}
		p.next()
		r.Pattern = p.next().text
	case k == kwFunction && p.kindAt(2) == tokLParen:
		p.noViable(2)
	default:
		r.Name = p.table()
	}
	return r
}

func (p *parser) allOf(r *Resource, inKeyspace func(ResourceKind)) {
	switch p.kindAt(2) {
	case kwKeyspaces:
		r.Kind = ResourceAllKeyspaces
	case kwRoles:
		r.Kind = ResourceAllRoles
	case kwMbeans:
		r.Kind = ResourceAllMBeans
	case kwTables:
		p.next()
		inKeyspace(ResourceAllTables)
		return
	case kwFunctions:
		if k := p.kindAt(3); k != kwIn && !afterTable[k] {
			p.noViable(3)
		}
		p.next()
		if p.kindAt(2) == kwIn {
			inKeyspace(ResourceKeyspaceFunctions)
			return
		}
		r.Kind = ResourceAllFunctions
		p.next()
		return
	default:
		p.noViable(2)
	}
	p.next()
	p.next()
}

func (p *parser) functionResource(r *Resource) {
	r.Kind = ResourceFunction
	p.next()
	if k := p.kindAt(2); k != tokLParen && k != tokDot {
		p.noViable(2)
	}
	r.Name = p.functionName()
	r.Types = p.types()
}

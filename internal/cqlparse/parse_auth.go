package cqlparse

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

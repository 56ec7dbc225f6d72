package cqlparse

import "strings"

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

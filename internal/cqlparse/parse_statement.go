package cqlparse

// statement parses one statement, without its semicolon.
func (p *parser) statement() Statement {
	first := len(p.markers)
	s := p.chooseStatement()()
	p.finish(s, first)
	return s
}

// chooseStatement picks the rule by the first words. Further tokens matter to
// few statements.
func (p *parser) chooseStatement() func() Statement {
	if a, ok := p.atServiceLevel(); ok {
		return p.serviceLevel(a)
	}
	words := 1
	var rule func() Statement
	switch k := p.kind(); k {
	case kwSelect:
		rule = p.selectStatement
	case kwInsert:
		rule = p.insertStatement
	case kwUpdate:
		rule = p.updateStatement
	case kwDelete:
		rule = p.deleteStatement
	case kwBegin:
		rule = p.batchStatement
	case kwUse:
		rule = p.useStatement
	case kwTruncate:
		rule = p.truncateStatement
	case kwAdd:
		rule = p.addIdentity
	case kwDescribe, kwDesc:
		rule = p.describeStatement
	case kwCreate:
		rule, words = p.chooseCreate()
	case kwAlter:
		rule, words = p.chooseAlter(), 2
	case kwDrop:
		rule, words = p.chooseDrop(), 2
	case kwGrant, kwRevoke:
		rule, words = p.chooseGrant(k), 2
	case kwList:
		rule, words = p.chooseList(), 2
	default:
		if p.extended() && p.atWord("prune") {
			rule = p.pruneStatement
			break
		}
		p.noViable(1)
	}
	p.look(words + 1)
	return rule
}

func (p *parser) chooseCreate() (rule func() Statement, words int) {
	switch p.kindAt(2) {
	case kwKeyspace:
		return p.createKeyspace, 2
	case kwSchema:
		if p.extended() {
			return p.createKeyspace, 2
		}
	case kwColumnfamily:
		return p.createTable, 2
	case kwType:
		return p.createType, 2
	case kwIndex, kwCustom:
		return p.createIndex, 2
	case kwMaterialized:
		return p.createView, 2
	case kwTrigger:
		return p.createTrigger, 2
	case kwFunction:
		return p.createFunction, 2
	case kwAggregate:
		return p.createAggregate, 2
	case kwRole:
		return p.createRole, 2
	case kwUser:
		return p.createUser, 2
	case kwOr:
		if p.kindAt(3) != kwReplace {
			p.noViable(3)
		}
		switch p.kindAt(4) {
		case kwFunction:
			return p.createFunction, 4
		case kwAggregate:
			return p.createAggregate, 4
		}
		p.noViable(4)
	}
	p.noViable(2)
	return nil, 0
}

func (p *parser) chooseAlter() func() Statement {
	switch p.kindAt(2) {
	case kwKeyspace:
		return p.alterKeyspace
	case kwSchema:
		if p.extended() {
			return p.alterKeyspace
		}
	case kwColumnfamily:
		return p.alterTable
	case kwType:
		return p.alterType
	case kwMaterialized:
		return p.alterView
	case kwRole:
		return p.alterRole
	case kwUser:
		return p.alterUser
	}
	p.noViable(2)
	return nil
}

func (p *parser) chooseDrop() func() Statement {
	switch p.kindAt(2) {
	case kwKeyspace:
		return p.dropKeyspace
	case kwSchema:
		if p.extended() {
			return p.dropKeyspace
		}
	case kwColumnfamily:
		return p.dropTable
	case kwType:
		return p.dropType
	case kwIndex:
		return p.dropIndex
	case kwMaterialized:
		return p.dropView
	case kwTrigger:
		return p.dropTrigger
	case kwFunction:
		return p.dropFunction
	case kwAggregate:
		return p.dropAggregate
	case kwRole:
		return p.dropRole
	case kwUser:
		return p.dropUser
	case kwIdentity:
		return p.dropIdentity
	}
	p.noViable(2)
	return nil
}

// chooseGrant tells permissions from roles.
func (p *parser) chooseGrant(k kind) func() Statement {
	permissions, role := p.grantPermission, p.grantRole
	if k == kwRevoke {
		permissions, role = p.revokePermission, p.revokeRole
	}
	switch what := p.kindAt(2); {
	case what == kwAll || what == kwUnmask || what == kwSelectMasked:
		// These are also names.
		switch p.kindAt(3) {
		case kwOn, kwPermission, kwPermissions:
			return permissions
		case tokComma:
			if what != kwAll {
				return permissions
			}
		case kwTo, kwFrom:
			return role
		}
		p.noViable(3)
	case what.isPermission():
		return permissions
	case what.isName() || what == tokString || what == tokMarker:
		return role
	}
	p.noViable(2)
	return nil
}

func (p *parser) chooseList() func() Statement {
	switch k := p.kindAt(2); {
	case k == kwUsers:
		return p.listUsers
	case k == kwRoles:
		return p.listRoles
	case k == kwAll || k.isPermission():
		return p.listPermissions
	}
	p.noViable(2)
	return nil
}

package cqlparse

import "strings"

// ServiceLevel is a statement of ScyllaDB about service levels.
type ServiceLevel struct {
	Head
	Action      ServiceLevelAction
	IfNotExists bool        // of CREATE
	IfExists    bool        // of DROP
	Level, Role Identifier  // as far as the action names them
	Options     []*Property // of CREATE and ALTER
}

// ServiceLevelAction is what a statement does with service levels, in the words before
// SERVICE LEVEL.
type ServiceLevelAction string

// The actions.
const (
	CreateLevel        ServiceLevelAction = "CREATE"
	AlterLevel         ServiceLevelAction = "ALTER"
	DropLevel          ServiceLevelAction = "DROP"
	AttachLevel        ServiceLevelAction = "ATTACH"
	DetachLevel        ServiceLevelAction = "DETACH"
	ListLevel          ServiceLevelAction = "LIST"
	ListAllLevels      ServiceLevelAction = "LIST ALL"
	ListAttached       ServiceLevelAction = "LIST ATTACHED"
	ListAllAttached    ServiceLevelAction = "LIST ALL ATTACHED"
	ListEffectiveLevel ServiceLevelAction = "LIST EFFECTIVE"
)

// Kind implements Statement.
func (s *ServiceLevel) Kind() Kind { return Kind(string(s.Action) + " SERVICE LEVEL") }

// serviceLevelActions are the actions, those first that begin as others do.
var serviceLevelActions = []ServiceLevelAction{
	ListAllAttached, ListAttached, ListEffectiveLevel, ListAllLevels, ListLevel,
	CreateLevel, AlterLevel, DropLevel, AttachLevel, DetachLevel,
}

// atServiceLevel returns the action of a statement about service levels, or nothing.
func (p *parser) atServiceLevel() (ServiceLevelAction, bool) {
	if p.dialect == Cassandra {
		return "", false
	}
	for _, a := range serviceLevelActions {
		words := strings.Fields(string(a))
		k := 1
		for k <= len(words) && p.spells(k, words[k-1]) {
			k++
		}
		if k <= len(words) {
			continue
		}
		level := "level"
		if a == ListAllLevels || a == ListAllAttached {
			level = "levels"
		}
		if p.spells(k, "service_"+level) || p.spells(k, "service") && p.spells(k+1, level) {
			return a, true
		}
	}
	return "", false
}

// spells says whether the k-th token is a word, be it a keyword or not.
func (p *parser) spells(k int, word string) bool {
	t := p.look(k)
	return t.kind != tokString && t.kind != tokQuotedName && strings.EqualFold(t.text, word)
}

func (p *parser) serviceLevel(a ServiceLevelAction) func() Statement {
	return func() Statement {
		s := &ServiceLevel{Head: p.head(), Action: a}
		for range strings.Fields(string(a)) {
			p.next()
		}
		if p.spells(1, "service") {
			p.next()
		}
		p.next()
		switch a {
		case CreateLevel:
			s.IfNotExists = p.ifNotExists()
		case DropLevel:
			s.IfExists = p.ifExists()
		}
		switch a {
		case CreateLevel, AlterLevel, DropLevel, ListLevel, AttachLevel:
			s.Level = p.role()
		}
		switch a {
		case AttachLevel:
			p.expect(kwTo)
			s.Role = p.role()
		case DetachLevel:
			p.expect(kwFrom)
			s.Role = p.role()
		case ListAttached, ListEffectiveLevel:
			p.expect(kwOf)
			s.Role = p.role()
		case CreateLevel, AlterLevel:
			if a == AlterLevel && !p.at(kwWith) {
				p.mismatch(kwWith.String())
			}
			if p.accept(kwWith) {
				s.Options = p.properties()
			}
		}
		return s
	}
}

func (p *printer) serviceLevel(s *ServiceLevel) {
	p.add(string(s.Action), " SERVICE LEVEL")
	p.opt(s.Action == ListAllLevels || s.Action == ListAllAttached, "S")
	p.opt(s.IfNotExists, " IF NOT EXISTS")
	p.opt(s.IfExists, " IF EXISTS")
	if !s.Level.IsZero() {
		p.add(" ", s.Level)
	}
	if !s.Role.IsZero() {
		p.add(map[ServiceLevelAction]string{AttachLevel: " TO ", DetachLevel: " FROM "}[s.Action])
		p.opt(s.Action == ListAttached || s.Action == ListEffectiveLevel, " OF ")
		p.add(s.Role)
	}
	p.with(s.Options)
}

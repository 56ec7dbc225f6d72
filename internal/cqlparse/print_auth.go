package cqlparse

import "strings"

// functionStatement writes function, aggregate and DESCRIBE statements.
func (p *printer) functionStatement(s Statement) {
	switch s := s.(type) {
	case *CreateFunction:
		p.createFunction(s)
	case *DropFunction:
		p.add("DROP FUNCTION ", ifExists(s.IfExists))
		p.functionName(s.Name)
		if s.Signature != nil {
			p.add(s.Signature)
		}
	case *CreateAggregate:
		p.createAggregate(s)
	case *DropAggregate:
		p.add("DROP AGGREGATE ", ifExists(s.IfExists))
		p.functionName(s.Name)
		if s.Signature != nil {
			p.add(s.Signature)
		}
	case *Describe:
		p.describe(s)
	default:
		p.authStatement(s)
	}
}

func (p *printer) createFunction(s *CreateFunction) {
	p.add("CREATE ")
	p.opt(s.OrReplace, "OR REPLACE ")
	p.add("FUNCTION ", ifNotExists(s.IfNotExists))
	p.functionName(s.Name)
	p.add(" (")
	printList(p, ", ", s.Args)
	p.add(")")
	if s.CalledOnNullInput {
		p.add(" CALLED")
	} else {
		p.add(" RETURNS NULL")
	}
	p.add(" ON NULL INPUT RETURNS ", s.Returns, " LANGUAGE ", s.Language, " AS ", s.Body)
}

func (p *printer) createAggregate(s *CreateAggregate) {
	p.add("CREATE ")
	p.opt(s.OrReplace, "OR REPLACE ")
	p.add("AGGREGATE ", ifNotExists(s.IfNotExists))
	p.functionName(s.Name)
	p.add(" (")
	printList(p, ", ", s.Args)
	p.add(") SFUNC ")
	p.functionName(QualifiedName{Name: s.StateFunc})
	p.add(" STYPE ", s.StateType)
	if !s.FinalFunc.IsZero() {
		p.add(" FINALFUNC ")
		p.functionName(QualifiedName{Name: s.FinalFunc})
	}
	p.opt(s.InitCond != nil, " INITCOND ", s.InitCond)
}

var describeWords = map[DescribeKind]string{
	DescribeCluster: "CLUSTER", DescribeSchema: "SCHEMA", DescribeKeyspaces: "KEYSPACES",
	DescribeKeyspace: "KEYSPACE", DescribeTables: "TABLES", DescribeTable: "TABLE",
	DescribeIndex: "INDEX", DescribeView: "MATERIALIZED VIEW", DescribeTypes: "TYPES",
	DescribeType: "TYPE", DescribeFunctions: "FUNCTIONS", DescribeFunction: "FUNCTION",
	DescribeAggregates: "AGGREGATES", DescribeAggregate: "AGGREGATE",
}

func (p *printer) describe(s *Describe) {
	p.add("DESCRIBE")
	p.opt(s.Full, " FULL")
	p.opt(s.Only, " ONLY")
	p.opt(s.What != DescribeGeneric, " ", describeWords[s.What])
	if !s.Name.IsZero() {
		p.add(" ")
		p.describedName(s)
	}
	p.opt(s.Internals, " WITH INTERNALS")
}

func (p *printer) describedName(s *Describe) {
	if s.What == DescribeFunction || s.What == DescribeAggregate {
		p.functionName(s.Name)
		return
	}
	p.add(s.Name)
}

// authStatement writes role, user and permission statements.
func (p *printer) authStatement(s Statement) {
	switch s := s.(type) {
	case *CreateRole:
		p.add("CREATE ROLE ", ifNotExists(s.IfNotExists), s.Role)
		p.roleOptions(s.Options)
	case *AlterRole:
		p.add("ALTER ROLE ", ifExists(s.IfExists), s.Role)
		p.roleOptions(s.Options)
	case *DropRole:
		p.add("DROP ROLE ", ifExists(s.IfExists), s.Role)
	case *CreateUser:
		p.add("CREATE USER ", ifNotExists(s.IfNotExists), QuoteString(s.User))
		p.userOptions(s.Password, s.Hashed, s.Superuser)
	case *AlterUser:
		p.add("ALTER USER ", ifExists(s.IfExists), QuoteString(s.User))
		p.userOptions(s.Password, s.Hashed, s.Superuser)
	case *DropUser:
		p.add("DROP USER ", ifExists(s.IfExists), QuoteString(s.User))
	case *AddIdentity:
		p.add("ADD IDENTITY ", ifNotExists(s.IfNotExists), QuoteString(s.Identity), " TO ROLE ", QuoteString(s.Role))
	case *DropIdentity:
		p.add("DROP IDENTITY ", ifExists(s.IfExists), QuoteString(s.Identity))
	case *GrantPermission:
		p.add("GRANT ", permissionList(s.Permissions), " ON ", s.Resource, " TO ", s.To)
	case *RevokePermission:
		p.add("REVOKE ", permissionList(s.Permissions), " ON ", s.Resource, " FROM ", s.From)
	case *GrantRole:
		p.add("GRANT ", s.Role, " TO ", s.To)
	case *RevokeRole:
		p.add("REVOKE ", s.Role, " FROM ", s.From)
	case *ListPermissions:
		p.add("LIST ", permissionList(s.Permissions))
		if s.Resource != nil {
			p.add(" ON ", s.Resource)
		}
		p.listOf(s.Of, s.NoRecursive)
	case *ListRoles:
		p.add("LIST ROLES")
		p.listOf(s.Of, s.NoRecursive)
	case *ListUsers:
		p.add("LIST USERS")
	case *ServiceLevel:
		p.serviceLevel(s)
	}
}

func permissionList(ps []Permission) string {
	if len(ps) == 0 {
		return "ALL PERMISSIONS"
	}
	words := make([]string, len(ps))
	for i, perm := range ps {
		words[i] = string(perm)
	}
	return strings.Join(words, ", ")
}

func (p *printer) listOf(role Identifier, noRecursive bool) {
	p.opt(!role.IsZero(), " OF ", role)
	p.opt(noRecursive, " NORECURSIVE")
}

func (p *printer) userOptions(password *Literal, hashed bool, super *bool) {
	if password != nil {
		p.add(" WITH ")
		p.opt(hashed, "HASHED ")
		p.add("PASSWORD ", password)
	}
	if super != nil {
		p.opt(*super, " SUPERUSER")
		p.opt(!*super, " NOSUPERUSER")
	}
}

func (p *printer) roleOptions(opts []*RoleOption) {
	if len(opts) > 0 {
		p.add(" WITH ")
		printList(p, " AND ", opts)
	}
}

var roleOptionWords = map[RoleOptionKind]string{
	RolePassword: "PASSWORD = ", RoleHashedPassword: "HASHED PASSWORD = ", RoleOptions: "OPTIONS = ",
	RoleSuperuser: "SUPERUSER = ", RoleLogin: "LOGIN = ",
	RoleAllDatacenters: "ACCESS TO ALL DATACENTERS", RoleDatacenters: "ACCESS TO DATACENTERS ",
	RoleAllCIDRs: "ACCESS FROM ALL CIDRS", RoleCIDRs: "ACCESS FROM CIDRS ",
}

func (p *printer) roleOption(o *RoleOption) {
	p.add(roleOptionWords[o.Kind])
	if o.Value != nil {
		p.add(o.Value)
	}
}

func (p *printer) resource(r *Resource) {
	switch r.Kind {
	case ResourceTable:
		p.add("TABLE ", r.Name)
	case ResourceKeyspace:
		p.add("KEYSPACE ", r.Keyspace)
	case ResourceAllKeyspaces:
		p.add("ALL KEYSPACES")
	case ResourceAllTables:
		p.add("ALL TABLES IN KEYSPACE ", r.Keyspace)
	case ResourceRole:
		p.add("ROLE ", r.Role)
	case ResourceAllRoles:
		p.add("ALL ROLES")
	case ResourceFunction:
		p.add("FUNCTION ")
		p.functionName(r.Name)
		p.add("(")
		printList(p, ", ", r.Types)
		p.add(")")
	case ResourceAllFunctions:
		p.add("ALL FUNCTIONS")
	case ResourceKeyspaceFunctions:
		p.add("ALL FUNCTIONS IN KEYSPACE ", r.Keyspace)
	case ResourceMBean:
		p.add("MBEAN ", QuoteString(r.Pattern))
	case ResourceMBeans:
		p.add("MBEANS ", QuoteString(r.Pattern))
	case ResourceAllMBeans:
		p.add("ALL MBEANS")
	}
}

package cqlparse

// CreateRole is CREATE ROLE.
type CreateRole struct {
	Head
	IfNotExists bool
	Role        Identifier
	Options     []*RoleOption
}

// AlterRole is ALTER ROLE.
type AlterRole struct {
	Head
	IfExists bool
	Role     Identifier
	Options  []*RoleOption
}

// DropRole is DROP ROLE.
type DropRole struct {
	Head
	IfExists bool
	Role     Identifier
}

// RoleOptionKind tells the options of a role apart.
type RoleOptionKind int

// The options of a role, and the Value of each.
const (
	RolePassword       RoleOptionKind = iota // string *Literal
	RoleHashedPassword                       // string *Literal
	RoleOptions                              // *MapLiteral
	RoleSuperuser                            // boolean *Literal
	RoleLogin                                // boolean *Literal
	RoleAllDatacenters                       // nil: ACCESS TO ALL DATACENTERS
	RoleDatacenters                          // *SetLiteral of strings
	RoleAllCIDRs                             // nil: ACCESS FROM ALL CIDRS
	RoleCIDRs                                // *SetLiteral of strings
)

// RoleOption is one option of CREATE or ALTER ROLE.
type RoleOption struct {
	Pos
	Kind  RoleOptionKind
	Value Term
}

// CreateUser is the old CREATE USER.
type CreateUser struct {
	Head
	IfNotExists bool
	User        string // in its own case, also when unquoted
	Password    *Literal
	Hashed      bool  // HASHED PASSWORD
	Superuser   *bool // nil when neither SUPERUSER nor NOSUPERUSER is written
}

// AlterUser is the old ALTER USER.
type AlterUser struct {
	Head
	IfExists  bool
	User      string // in its own case, also when unquoted
	Password  *Literal
	Hashed    bool  // HASHED PASSWORD
	Superuser *bool // nil when neither SUPERUSER nor NOSUPERUSER is written
}

// DropUser is the old DROP USER.
type DropUser struct {
	Head
	IfExists bool
	User     string // in its own case, also when unquoted
}

// Permission is a permission's name in capitals, such as SELECT.
type Permission string

// GrantPermission is GRANT permissions ON resource TO role.
type GrantPermission struct {
	Head
	Permissions []Permission // empty for ALL
	Resource    *Resource
	To          Identifier
}

// RevokePermission is REVOKE permissions ON resource FROM role.
type RevokePermission struct {
	Head
	Permissions []Permission // empty for ALL
	Resource    *Resource
	From        Identifier
}

// GrantRole is GRANT role TO role.
type GrantRole struct {
	Head
	Role, To Identifier
}

// RevokeRole is REVOKE role FROM role.
type RevokeRole struct {
	Head
	Role, From Identifier
}

// ListPermissions is LIST ALL PERMISSIONS or LIST permissions.
type ListPermissions struct {
	Head
	Permissions []Permission // empty for ALL
	Resource    *Resource    // may be nil
	Of          Identifier   // may be zero
	NoRecursive bool
}

// ListRoles is LIST ROLES.
type ListRoles struct {
	Head
	Of          Identifier // may be zero
	NoRecursive bool
}

// ListUsers is LIST USERS.
type ListUsers struct{ Head }

// AddIdentity is ADD IDENTITY.
type AddIdentity struct {
	Head
	IfNotExists bool
	Identity    string
	Role        string
}

// DropIdentity is DROP IDENTITY.
type DropIdentity struct {
	Head
	IfExists bool
	Identity string
}

// ResourceKind is what a permission is about.
type ResourceKind int

// The resources, and the fields of [Resource] each uses.
const (
	ResourceTable             ResourceKind = iota // Name
	ResourceKeyspace                              // Keyspace
	ResourceAllKeyspaces                          // none
	ResourceAllTables                             // Keyspace: ALL TABLES IN KEYSPACE
	ResourceRole                                  // Role
	ResourceAllRoles                              // none
	ResourceFunction                              // Name, Types
	ResourceAllFunctions                          // none
	ResourceKeyspaceFunctions                     // Keyspace: ALL FUNCTIONS IN KEYSPACE
	ResourceMBean                                 // Pattern
	ResourceMBeans                                // Pattern
	ResourceAllMBeans                             // none
)

// Resource is what a permission is about.
type Resource struct {
	Pos
	Kind     ResourceKind
	Name     QualifiedName
	Keyspace Identifier
	Role     Identifier
	Types    []*Type
	Pattern  string
}

package cqlparse

// Kind names a kind of statement, in the words of CQL.
type Kind string

// The kinds of statement.
const (
	KindSelect   Kind = "SELECT"
	KindInsert   Kind = "INSERT"
	KindUpdate   Kind = "UPDATE"
	KindDelete   Kind = "DELETE"
	KindBatch    Kind = "BATCH"
	KindUse      Kind = "USE"
	KindTruncate Kind = "TRUNCATE"
	KindDescribe Kind = "DESCRIBE"
	KindPrune    Kind = "PRUNE MATERIALIZED VIEW"

	KindCreateKeyspace  Kind = "CREATE KEYSPACE"
	KindAlterKeyspace   Kind = "ALTER KEYSPACE"
	KindDropKeyspace    Kind = "DROP KEYSPACE"
	KindCreateTable     Kind = "CREATE TABLE"
	KindAlterTable      Kind = "ALTER TABLE"
	KindDropTable       Kind = "DROP TABLE"
	KindCreateType      Kind = "CREATE TYPE"
	KindAlterType       Kind = "ALTER TYPE"
	KindDropType        Kind = "DROP TYPE"
	KindCreateIndex     Kind = "CREATE INDEX"
	KindDropIndex       Kind = "DROP INDEX"
	KindCreateView      Kind = "CREATE MATERIALIZED VIEW"
	KindAlterView       Kind = "ALTER MATERIALIZED VIEW"
	KindDropView        Kind = "DROP MATERIALIZED VIEW"
	KindCreateFunction  Kind = "CREATE FUNCTION"
	KindDropFunction    Kind = "DROP FUNCTION"
	KindCreateAggregate Kind = "CREATE AGGREGATE"
	KindDropAggregate   Kind = "DROP AGGREGATE"
	KindCreateTrigger   Kind = "CREATE TRIGGER"
	KindDropTrigger     Kind = "DROP TRIGGER"

	KindCreateRole       Kind = "CREATE ROLE"
	KindAlterRole        Kind = "ALTER ROLE"
	KindDropRole         Kind = "DROP ROLE"
	KindCreateUser       Kind = "CREATE USER"
	KindAlterUser        Kind = "ALTER USER"
	KindDropUser         Kind = "DROP USER"
	KindGrantPermission  Kind = "GRANT PERMISSION"
	KindRevokePermission Kind = "REVOKE PERMISSION"
	KindGrantRole        Kind = "GRANT ROLE"
	KindRevokeRole       Kind = "REVOKE ROLE"
	KindListPermissions  Kind = "LIST PERMISSIONS"
	KindListRoles        Kind = "LIST ROLES"
	KindListUsers        Kind = "LIST USERS"
	KindAddIdentity      Kind = "ADD IDENTITY"
	KindDropIdentity     Kind = "DROP IDENTITY"
)

func (*Select) Kind() Kind    { return KindSelect }
func (*Insert) Kind() Kind    { return KindInsert }
func (*Update) Kind() Kind    { return KindUpdate }
func (*Delete) Kind() Kind    { return KindDelete }
func (*Batch) Kind() Kind     { return KindBatch }
func (*Use) Kind() Kind       { return KindUse }
func (*Truncate) Kind() Kind  { return KindTruncate }
func (*Describe) Kind() Kind  { return KindDescribe }
func (*PruneView) Kind() Kind { return KindPrune }

func (*CreateKeyspace) Kind() Kind  { return KindCreateKeyspace }
func (*AlterKeyspace) Kind() Kind   { return KindAlterKeyspace }
func (*DropKeyspace) Kind() Kind    { return KindDropKeyspace }
func (*CreateTable) Kind() Kind     { return KindCreateTable }
func (*AlterTable) Kind() Kind      { return KindAlterTable }
func (*DropTable) Kind() Kind       { return KindDropTable }
func (*CreateType) Kind() Kind      { return KindCreateType }
func (*AlterType) Kind() Kind       { return KindAlterType }
func (*DropType) Kind() Kind        { return KindDropType }
func (*CreateIndex) Kind() Kind     { return KindCreateIndex }
func (*DropIndex) Kind() Kind       { return KindDropIndex }
func (*CreateView) Kind() Kind      { return KindCreateView }
func (*AlterView) Kind() Kind       { return KindAlterView }
func (*DropView) Kind() Kind        { return KindDropView }
func (*CreateFunction) Kind() Kind  { return KindCreateFunction }
func (*DropFunction) Kind() Kind    { return KindDropFunction }
func (*CreateAggregate) Kind() Kind { return KindCreateAggregate }
func (*DropAggregate) Kind() Kind   { return KindDropAggregate }
func (*CreateTrigger) Kind() Kind   { return KindCreateTrigger }
func (*DropTrigger) Kind() Kind     { return KindDropTrigger }

func (*CreateRole) Kind() Kind       { return KindCreateRole }
func (*AlterRole) Kind() Kind        { return KindAlterRole }
func (*DropRole) Kind() Kind         { return KindDropRole }
func (*CreateUser) Kind() Kind       { return KindCreateUser }
func (*AlterUser) Kind() Kind        { return KindAlterUser }
func (*DropUser) Kind() Kind         { return KindDropUser }
func (*GrantPermission) Kind() Kind  { return KindGrantPermission }
func (*RevokePermission) Kind() Kind { return KindRevokePermission }
func (*GrantRole) Kind() Kind        { return KindGrantRole }
func (*RevokeRole) Kind() Kind       { return KindRevokeRole }
func (*ListPermissions) Kind() Kind  { return KindListPermissions }
func (*ListRoles) Kind() Kind        { return KindListRoles }
func (*ListUsers) Kind() Kind        { return KindListUsers }
func (*AddIdentity) Kind() Kind      { return KindAddIdentity }
func (*DropIdentity) Kind() Kind     { return KindDropIdentity }

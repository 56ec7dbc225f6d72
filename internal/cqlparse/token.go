package cqlparse

// kind is the lexical kind of a token. Keywords are grouped by how far they
// may serve as names, so that a comparison tells.
type kind uint8

const (
	tokEOF    kind = iota
	tokHidden      // white space or a comment

	tokIdent
	tokQuotedName
	tokEmptyQuotedName
	tokString
	tokInteger
	tokFloat
	tokBoolean
	tokDuration
	tokUUID
	tokHex
	tokNaN
	tokInfinity
	tokNegInfinity

	tokMarker // ?
	tokNE
	tokPercent
	tokLParen
	tokRParen
	tokPlus
	tokPlusEq
	tokComma
	tokMinus
	tokMinusEq
	tokDot
	tokRange
	tokSlash
	tokColon
	tokSemicolon
	tokLT
	tokLE
	tokEQ
	tokGT
	tokGE
	tokLBracket
	tokStar
	tokRBracket
	tokExpr // expr(
	tokLBrace
	tokRBrace

	// Unreserved: names of anything.
	kwKeys
	kwAs
	kwCluster
	kwClustering
	kwCompact
	kwStorage
	kwTables
	kwType
	kwTypes
	kwValues
	kwMap
	kwList
	kwFiltering
	kwPermission
	kwPermissions
	kwKeyspaces
	kwAll
	kwUser
	kwUsers
	kwRole
	kwRoles
	kwIdentity
	kwSuperuser
	kwNosuperuser
	kwLogin
	kwNologin
	kwOptions
	kwPassword
	kwHashed
	kwExists
	kwCustom
	kwTrigger
	kwContains
	kwInternals
	kwOnly
	kwStatic
	kwFrozen
	kwTuple
	kwFunction
	kwFunctions
	kwAggregate
	kwAggregates
	kwSfunc
	kwStype
	kwFinalfunc
	kwInitcond
	kwReturns
	kwLanguage
	kwCalled
	kwInput
	kwLike
	kwPer
	kwPartition
	kwGroup
	kwDatacenters
	kwCidrs
	kwAccess
	kwDefault
	kwMbean
	kwMbeans
	kwReplace
	kwUnset
	kwMasked
	kwUnmask
	kwSelectMasked
	kwVector
	kwAnn

	// Unreserved: names of anything but user types.
	kwAscii
	kwBigint
	kwBlob
	kwBoolean
	kwCounter
	kwDecimal
	kwDouble
	kwDuration
	kwFloat
	kwInet
	kwInt
	kwSmallint
	kwText
	kwTimestamp
	kwTinyint
	kwUuid
	kwVarchar
	kwVarint
	kwTimeuuid
	kwDate
	kwTime

	// Unreserved: names of anything but functions and user types.
	kwTtl
	kwCount
	kwWritetime
	kwMaxwritetime
	kwKey
	kwCast
	kwJson
	kwDistinct

	// Reserved: names only when quoted.
	kwAdd
	kwAllow
	kwAlter
	kwAnd
	kwApply
	kwAsc
	kwAuthorize
	kwBatch
	kwBegin
	kwBy
	kwColumnfamily
	kwCreate
	kwDelete
	kwDesc
	kwDescribe
	kwDrop
	kwEntries
	kwExecute
	kwFrom
	kwFull
	kwGrant
	kwIf
	kwIn
	kwIndex
	kwInsert
	kwInto
	kwIs
	kwKeyspace
	kwLimit
	kwMaterialized
	kwModify
	kwNorecursive
	kwNot
	kwNull
	kwOf
	kwOn
	kwOr
	kwOrder
	kwPrimary
	kwRename
	kwRevoke
	kwSchema
	kwSelect
	kwSet
	kwTo
	kwToken
	kwTruncate
	kwUnlogged
	kwUpdate
	kwUse
	kwUsing
	kwView
	kwWhere
	kwWith
	numKinds
)

const (
	firstBasic     = kwKeys
	lastBasic      = kwAnn
	firstNative    = kwAscii
	lastNative     = kwTime
	lastUnreserved = kwDistinct
)

// kindNames are the names of the grammar's tokens, as error messages show them.
var kindNames = [numKinds]string{
	tokEOF: "EOF", tokIdent: "IDENT", tokQuotedName: "QUOTED_NAME",
	tokEmptyQuotedName: "EMPTY_QUOTED_NAME", tokString: "STRING_LITERAL",
	tokInteger: "INTEGER", tokFloat: "FLOAT", tokBoolean: "BOOLEAN",
	tokDuration: "DURATION", tokUUID: "UUID", tokHex: "HEXNUMBER",
	tokMarker: "QMARK", tokRange: "RANGE",
	tokNE: "'!='", tokPercent: "'%'", tokLParen: "'('", tokRParen: "')'", tokPlus: "'+'",
	tokPlusEq: "'+='", tokComma: "','", tokMinus: "'-'", tokMinusEq: "'-='", tokDot: "'.'",
	tokSlash: "'/'", tokColon: "':'", tokSemicolon: "';'", tokLT: "'<'", tokLE: "'<='",
	tokEQ: "'='", tokGT: "'>'", tokGE: "'>='", tokLBracket: "'['", tokStar: `'\*'`,
	tokRBracket: "']'", tokExpr: "'expr('", tokLBrace: "'{'", tokRBrace: "'}'",
}

// keywordNames are the keywords in capitals.
var keywordNames = [numKinds]string{
	kwKeys: "KEYS", kwAs: "AS", kwCluster: "CLUSTER", kwClustering: "CLUSTERING",
	kwCompact: "COMPACT", kwStorage: "STORAGE", kwTables: "TABLES", kwType: "TYPE",
	kwTypes: "TYPES", kwValues: "VALUES", kwMap: "MAP", kwList: "LIST", kwFiltering: "FILTERING",
	kwPermission: "PERMISSION", kwPermissions: "PERMISSIONS", kwKeyspaces: "KEYSPACES",
	kwAll: "ALL", kwUser: "USER", kwUsers: "USERS", kwRole: "ROLE", kwRoles: "ROLES",
	kwIdentity: "IDENTITY", kwSuperuser: "SUPERUSER", kwNosuperuser: "NOSUPERUSER",
	kwLogin: "LOGIN", kwNologin: "NOLOGIN", kwOptions: "OPTIONS", kwPassword: "PASSWORD",
	kwHashed: "HASHED", kwExists: "EXISTS", kwCustom: "CUSTOM", kwTrigger: "TRIGGER",
	kwContains: "CONTAINS", kwInternals: "INTERNALS", kwOnly: "ONLY", kwStatic: "STATIC",
	kwFrozen: "FROZEN", kwTuple: "TUPLE", kwFunction: "FUNCTION", kwFunctions: "FUNCTIONS",
	kwAggregate: "AGGREGATE", kwAggregates: "AGGREGATES", kwSfunc: "SFUNC", kwStype: "STYPE",
	kwFinalfunc: "FINALFUNC", kwInitcond: "INITCOND", kwReturns: "RETURNS",
	kwLanguage: "LANGUAGE", kwCalled: "CALLED", kwInput: "INPUT", kwLike: "LIKE", kwPer: "PER",
	kwPartition: "PARTITION", kwGroup: "GROUP", kwDatacenters: "DATACENTERS", kwCidrs: "CIDRS",
	kwAccess: "ACCESS", kwDefault: "DEFAULT", kwMbean: "MBEAN", kwMbeans: "MBEANS",
	kwReplace: "REPLACE", kwUnset: "UNSET", kwMasked: "MASKED", kwUnmask: "UNMASK",
	kwSelectMasked: "SELECT_MASKED", kwVector: "VECTOR", kwAnn: "ANN", kwAscii: "ASCII",
	kwBigint: "BIGINT", kwBlob: "BLOB", kwBoolean: "BOOLEAN", kwCounter: "COUNTER",
	kwDecimal: "DECIMAL", kwDouble: "DOUBLE", kwDuration: "DURATION", kwFloat: "FLOAT",
	kwInet: "INET", kwInt: "INT", kwSmallint: "SMALLINT", kwText: "TEXT",
	kwTimestamp: "TIMESTAMP", kwTinyint: "TINYINT", kwUuid: "UUID", kwVarchar: "VARCHAR",
	kwVarint: "VARINT", kwTimeuuid: "TIMEUUID", kwDate: "DATE", kwTime: "TIME", kwTtl: "TTL",
	kwCount: "COUNT", kwWritetime: "WRITETIME", kwMaxwritetime: "MAXWRITETIME", kwKey: "KEY",
	kwCast: "CAST", kwJson: "JSON", kwDistinct: "DISTINCT", kwAdd: "ADD", kwAllow: "ALLOW",
	kwAlter: "ALTER", kwAnd: "AND", kwApply: "APPLY", kwAsc: "ASC", kwAuthorize: "AUTHORIZE",
	kwBatch: "BATCH", kwBegin: "BEGIN", kwBy: "BY", kwColumnfamily: "COLUMNFAMILY",
	kwCreate: "CREATE", kwDelete: "DELETE", kwDesc: "DESC", kwDescribe: "DESCRIBE",
	kwDrop: "DROP", kwEntries: "ENTRIES", kwExecute: "EXECUTE", kwFrom: "FROM", kwFull: "FULL",
	kwGrant: "GRANT", kwIf: "IF", kwIn: "IN", kwIndex: "INDEX", kwInsert: "INSERT",
	kwInto: "INTO", kwIs: "IS", kwKeyspace: "KEYSPACE", kwLimit: "LIMIT",
	kwMaterialized: "MATERIALIZED", kwModify: "MODIFY", kwNorecursive: "NORECURSIVE",
	kwNot: "NOT", kwNull: "NULL", kwOf: "OF", kwOn: "ON", kwOr: "OR", kwOrder: "ORDER",
	kwPrimary: "PRIMARY", kwRename: "RENAME", kwRevoke: "REVOKE", kwSchema: "SCHEMA",
	kwSelect: "SELECT", kwSet: "SET", kwTo: "TO", kwToken: "TOKEN", kwTruncate: "TRUNCATE",
	kwUnlogged: "UNLOGGED", kwUpdate: "UPDATE", kwUse: "USE", kwUsing: "USING", kwView: "VIEW",
	kwWhere: "WHERE", kwWith: "WITH",
}

func (k kind) isKeyword() bool { return k >= firstBasic }

// String returns the name of the kind in error messages.
func (k kind) String() string {
	if k.isKeyword() {
		return "K_" + keywordNames[k]
	}
	return kindNames[k]
}

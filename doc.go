// Package coodie is an object mapper for Apache Cassandra and ScyllaDB whose
// first-class subject is the lightweight transaction (LWT, compare-and-set).
//
// A lock that one deploy holds at a time:
//
//	type DeployLock struct {
//		Service  string    `cql:"service,partition"`
//		LockedBy string    `cql:"locked_by"`
//		LockedAt time.Time `cql:"locked_at"`
//	}
//
//	var lockedBy = coodie.Col(func(l *DeployLock) *string { return &l.LockedBy })
//
//	db := coodie.New(session)
//	locks, err := coodie.Open[DeployLock](db)
//	…
//	lock := locks.New(DeployLock{Service: "api", LockedBy: "alice", LockedAt: time.Now()})
//	res, err := lock.Insert(ctx)                                // INSERT … IF NOT EXISTS
//	switch {
//	case err != nil:      return err                            // unknown, or certainly nothing
//	case !res.Applied:    return fmt.Errorf("held by %s", res.Existing.Value.LockedBy)
//	}
//	…
//	res, err = lock.If(lockedBy.Eq("alice")).Delete(ctx)        // DELETE … IF locked_by = ?
//
// # Three outcomes
//
// A conditional write ends in one of three ways, and the API keeps them apart:
//
//   - Applied: res.Applied is true.
//   - Refused: res.Applied is false, and res.Existing holds what the server sent of the
//     row. That is a result, not an error; res.Err() makes an error of it.
//   - Unknown: err matches ErrOutcomeUnknown. The write may have been executed, or may
//     still be, because a node, the network or the context gave up in between. It is
//     never reported as refused, and it is never sent again behind your back: the
//     second attempt would meet the first one's row and be told "refused".
//
// Every other error is definite: nothing was written.
//
// LWTResult.Settle finds out what became of an unknown write. It reads at serial
// consistency, which ends a pending round, and looks for the id that each conditional
// INSERT and UPDATE stores if the struct has an attempt column:
//
//	Attempt coodie.UUID `cql:"attempt,attempt"`
//
// It answers applied, refused, or that it cannot tell; it never guesses. A row that looks
// untouched proves nothing where the answer got lost: the request may still lie with a
// node that stands still. WithSettle makes every conditional write settle by itself.
//
// WithPeekFirst, of Insert and Create, answers a claim that is taken by a plain read, which
// is much cheaper. It is an option because the answer may be late: a lock that has just been
// released may still look held. It never says that a claim was granted.
//
// # Read, change, write
//
// Mutate is the loop that everybody writes around an LWT: it reads the row, lets a function
// change it, and writes on the condition that nobody else has; if somebody has, it
// begins again. Callers in one process queue up instead of fighting, and hand the row on to
// the next, which saves it the read; unknown outcomes are settled, and a deleted row never comes back.
//
// A column tagged `version` counts a row's conditional writes. Every conditional write of a
// Document checks it, and Mutate needs no other condition but the static columns. It begins at
// the time of the insert, so that no version of a row ever comes again.
//
// # Batches
//
// DB.Batch takes writes that belong together: see Batch. With one conditional write in it
// the whole batch is an LWT on one partition, applied as a whole or not at all, and each
// conditional write has a Handle with its own LWTResult.
//
// # Bulk
//
// Table.SaveAll, InsertAll, DeleteAll and GetMany send a statement per item, several at
// once. Item i of the call has result i, and its own error in the *BulkError. A read of many
// partitions by In is sent as several statements, and Table.Scan reads a whole table.
//
// # Connecting
//
// Connect makes a session by a gocql.ClusterConfig, which it checks, and owns it; New takes
// a session that exists. Without a deadline of its own a call takes 30 s at most on a DB of
// Connect. An Observer is told of every call: package coodie/observe has
// one that counts and one that logs, and the module coodie/otel reports to OpenTelemetry. KindOf tells errors apart: no host, timeout, invalid, auth, not found and so on. The text of an
// error or event holds no bound value; the driver's error beneath, which errors.As finds, may.
//
// # Raw CQL, and what is sent twice
//
// DB.Raw takes any CQL. It is parsed first: a statement with a condition goes through CAS,
// whose answer cannot be overlooked.
//
// A statement that was certainly not executed is sent again (WithRetries). One that may
// have been is left to the retry policy of the session if it is idempotent, which is
// inferred (WithIdempotent), and to the caller otherwise; a conditional one always is. If that
// policy made more than one attempt, the error of a write leaves its outcome unknown.
//
// # Tables
//
// A struct with `cql` tags declares a table: see Open. The tag is
// `cql:"name,option,…"`; the name defaults to the field's in snake_case. A name in '…' may hold anything.
//
//	partition, partition=2      partition key, in order of declaration or by position
//	clustering, clustering=2    clustering column; with asc (default) or desc
//	static                      static column
//	set                         a slice is a set instead of a list
//	tuple                       a struct is a tuple instead of a user-defined type
//	version                     counts the row's conditional writes: see Document.IfUnchanged
//	attempt                     the id of the row's last write: see Settle
//	slots                       of a field _ struct{}: updates are carried out exactly once: docs/exactly-once.md
//	frozen                      a frozen collection or user-defined type (keys are by themselves)
//	default=new                 what a null column gets in an INSERT
//	index, index=sai            an index that Schema makes
//	json                        any Go type as JSON in a text
//	codec=name                  stored by functions of yours: see CodecOf
//	type=map<text, bigint>      this CQL type instead of the default one
//	-                           (as the whole tag) not a column
//
// Embedded structs are flattened. A mistake is a *SchemaError from Open. The table is
// called by the struct's name in snake_case, its TableName method, or WithTable. Its hooks
// are the methods of BeforeSaver, Validator and AfterLoader.
//
// # Null
//
// A nil pointer, slice or map, a zero time.Time and a zero Date are null; a pointer makes
// any other type nullable. In answers, Column.From tells null from missing and present.
// Insert leaves null columns unset; Save writes null, which deletes, unless told WithOmitNil.
//
// # Plain writes beside LWTs
//
// Only tables that are written by LWT alone are safe. An LWT is ordered by the
// coordinators' clocks (its ballot is its timestamp); a plain write is ordered by
// whatever timestamp it carries. A client whose clock is 50 ms ahead and who releases a
// lock by a plain DELETE hides the next owners' INSERT … IF NOT EXISTS, and two of them
// are told "applied". Therefore plain writes carry no client timestamp here, unless
// WithClientTimestamps says so, and are never sent twice unless declared WithIdempotent(true), since
// a replay would be newer than what came between. Even so a plain write is not linearizable with LWTs: prefer
// IfExists and If, also for deletes. WithLWTOnly refuses plain writes of a table, and
// makes its reads by key linearizable.
//
// # Leases
//
// A TTL belongs to values, not to rows. A lease taken by an INSERT with a TTL, of which
// another column is later set by an UPDATE without one, leaves a row behind that has
// no owner and still refuses IF NOT EXISTS. Write all columns with the same TTL, or take
// the lease by `If(owner.IsNull())` with AllowCreate.
//
// # Names by topic
//
//   - Connecting: [DB], [New], [NewOver], [Connect], [ConnectOver], [ConnectOption],
//     [WithLocalDatacenter], [WithAnyDatacenter], [WithDriverLog].
//   - Tables: [Table], [Open], [TableOption], [WithTable], [WithColumns], [View], [OpenView], [Variants],
//     [OpenVariants], [Variant], [VariantOf], [TableOf], [Codec], [CodecOf], [SchemaError].
//   - Schemas: [Schema], [Tables], [AnyTable], [Difference], [MismatchError], [WithDefaultTTL], [WithProperty].
//   - Consistency: [Consistency], [Any], [One], [Two], [Three], [Quorum], [All], [LocalQuorum],
//     [EachQuorum], [LocalOne], [SerialConsistency], [Serial], [LocalSerial], [WithConsistency],
//     [WithCommitConsistency], [WithSerialConsistency].
//   - Options of a DB and a table: [Option], [EachOption], [WithKeyspace], [WithIdempotent], [WithTimeout], [WithRetries], [WithPageSize], [WithInChunk], [WithSettle],
//     [WithLWTOnly], [WithStrictTypes], [WithClientTimestamps], [WithoutValidate].
//   - Options of a call: [CallOption], [WithTTL], [WithTimestamp], [WithOmitNil], [WithPeekFirst],
//     [WithLinearizable], [WithConcurrency], [WithPrefetch], [WithBypassCache], [WithUsingTimeout].
//   - Columns: [Column], [Col], [NullCol], [Field], [AnyColumn], [AnyCol], [Target], [Cond], [Assign],
//     [Like], [Cols], [Token], [TokenAfter], [TokenUpTo].
//   - Collections and counters: [Append], [Prepend], [Add], [Put], [Remove], [RemoveKeys], [At], [Entry],
//     [Contains], [ContainsValue], [ContainsKey], [Increment], [Decrement].
//   - Documents and queries: [Document], [QuerySet], [Query], [Readable], [ConditionalWrite],
//     [InsertWrite], [Order], [Asc], [Desc], [Page], [WithPageTokenKeys], [WithPageTokenLifetime].
//   - Answers: [LWTResult], [Existing], [State], [Pair],
//     [JudgedCondition].
//   - Mutate: [MutateResult], [MutateOption], [MaxAttempts], [OrCreate], [Unqueued].
//   - Batches: [Batch], [BatchOption], [MaxBytes], [MaxStatements], [Handle].
//   - Bulk calls and scans: [BulkError], [ScanOption], [ScanProgress], [Checkpoint], [ResumeFrom],
//     [RateLimit], [MinRanges], [OnProgress].
//   - Selections: [Values], [Project], [Selection], [Expr], [Selectable], [Func], [As], [Nullable],
//     [Count], [Sum], [Avg], [Min], [Max], [Cast], [Call], [WriteTime],
//     [TTL], [ToJSON].
//   - Vectors: [ANN], [Cosine], [Euclidean], [DotProduct].
//   - Errors: [Error], [ErrorKind], [KindOf], [Key], [ErrNotFound], [ErrNotApplied], [ErrOutcomeUnknown],
//     [ErrContended], [ErrCannotGuard], [ErrNotSent], [ErrPlanned].
//   - Raw CQL and plans: [Raw], [RawResult], [Row], [Unset], [Plan], [Planned].
//   - Observers: [WithObserver], [Observer], [ObserverFunc], [CallObserver], [Event], [EventKind],
//     [Outcome], [Attempt].
//   - Hooks: [BeforeSaver], [Validator], [AfterLoader].
//   - Values: [UUID], [NewUUID], [NewTimeUUID], [ParseUUID], [Date], [DateOf], [ParseDate], [Duration],
//     [Marshaler], [Unmarshaler].
package coodie

package coodie

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/pagetoken"
	"github.com/coodie-go/coodie/internal/stmt"
)

// Option sets something of a DB, as the default of its tables, or of one table.
type Option interface {
	TableOption
	ConnectOption
	applyDB(*settings)
}

// TableOption sets something of one table.
type TableOption interface {
	applyTable(*settings)
}

// settings are a table's resolved options.
type settings struct {
	keyspace        string
	table           string
	viewOf          string         // the table of which it is a materialized view
	properties      []ddl.Property // of CREATE TABLE
	broken          error          // the first mistake in them
	serial          driver.SerialConsistency
	commit          driver.Consistency // of conditional writes
	commitSet       bool
	consistency     driver.Consistency // of plain writes and reads
	consistencySet  bool
	clientTimestamp bool
	pageSize        int
	inChunk         int // partitions that a statement names by IN at most; 0: inValues
	autoSettle      bool
	lwtOnly         bool
	idempotence     stmt.Said
	retries         int
	retriesSet      bool
	pages           pagetoken.Keys
	badPageKey      error
	observers       []listener
	timeout         time.Duration // of a call; 0 is none
	timeoutSet      bool
	anywhere        bool // coordinators are in several datacenters
	noValidate      bool // the struct's Validate is no hook
	columns         []namedColumn
	strictTypes     bool // no write sets to null a field that the struct lacks
}

// CallOption sets how one call reads or writes and how it is sent, by With of a QuerySet, a Document, or what they
// lead to, and of the bulk calls of a Table:
//
//	res, err := lock.With(coodie.WithTTL(time.Minute), coodie.WithTimeout(time.Second)).Insert(ctx)
//
// An option that a call cannot have, such as a page size of a write, is an error of KindUsage.
type CallOption interface{ applyCall(*stmt.Told) }

// EachOption is an option of a DB, of a table, and of a single call, where it takes the place of the others.
type EachOption interface {
	Option
	CallOption
}

type callOption func(*stmt.Told)

func (o callOption) applyCall(t *stmt.Told) { o(t) }

// eachOption is an EachOption.
type eachOption struct {
	option
	callOption
}

// WithUsingTimeout is ScyllaDB's USING TIMEOUT: how long the server itself tries, instead of
// its configured timeouts. It is rounded up to whole milliseconds. A write that runs out
// of it has an unknown outcome. Cassandra has no such clause.
func WithUsingTimeout(d time.Duration) CallOption {
	return callOption(func(t *stmt.Told) { t.Per.UsingTimeout = &d })
}

// WithBypassCache is ScyllaDB's BYPASS CACHE, for reads of rows that are not worth a place in
// the server's cache, such as a scan. Cassandra has no such clause.
func WithBypassCache() CallOption { return callOption(func(t *stmt.Told) { t.Per.BypassCache = true }) }

// WithPrefetch is the share of a page that is left to read when the next page is asked for,
// 0.25 unless the session says otherwise. With 0 a page is asked for only when the last
// one is used up, so that never more than one is held.
func WithPrefetch(share float64) CallOption {
	return callOption(func(t *stmt.Told) { t.Per.Prefetch = &share })
}

// WithConcurrency is how many statements a bulk call, a read or plain write of many partitions (In) or
// a Scan has under way at once. The default is 32 for bulk calls; In and Scan have their own.
// It changes how fast a call is and how hard it presses the servers, never what it does.
func WithConcurrency(n int) CallOption {
	return callOption(func(t *stmt.Told) { t.Concurrency = n })
}

// WithTTL makes what a write writes expire after d, rounded up to whole seconds. The server counts whole seconds of
// its clock, and so a row may be gone up to a second early. Columns that are not written keep their own, and so does
// the row: a row that was inserted with a TTL and updated without one leaves a remainder behind (see
// the package documentation on leases).
func WithTTL(d time.Duration) CallOption { return callOption(func(t *stmt.Told) { t.TTL = &d }) }

// WithTimestamp is USING TIMESTAMP, for plain writes only; it has microseconds. A time before 1970 is
// one, but the zero time is an error of KindUsage: the write would be older than every other.
func WithTimestamp(at time.Time) CallOption {
	return callOption(func(t *stmt.Told) { t.Timestamp = &at })
}

// WithOmitNil makes Save, SaveAll and SaveJSON leave null columns alone instead of deleting them.
func WithOmitNil() CallOption { return callOption(func(t *stmt.Told) { t.OmitNil = true }) }

// WithLinearizable makes a Get, an Exists or each read of a GetMany read at the table's serial consistency: it sees
// every LWT that has been answered, and completes one whose outcome was left open. It costs a Paxos
// round. Only reads by the whole primary key can be linearizable.
func WithLinearizable() CallOption { return callOption(func(t *stmt.Told) { t.Serial = true }) }

// WithPeekFirst makes Insert and Create read the row before they claim it: a plain read by the whole
// primary key, at QUORUM, or at LOCAL_QUORUM on a table with LocalSerial, where that is
// what conditional writes commit at. If a row is there, the answer is refused without an
// LWT, with the row in Existing (the columns of the struct) and Peeked set. If not, the
// LWT goes out as ever; a peek never makes a write Applied. Every other write with it is an error of KindUsage, and so
// is one in a batch.
//
// It pays where most claims find the row taken, for a read is much cheaper than a Paxos
// round, and costs a round trip where the row is free: docs/performance.md has the
// break-even. It is off by default, because a plain read is not linearizable: a row that has
// just been deleted, or whose delete is not committed yet, may still look held, and the claim
// is then refused although an LWT would have been applied. The other way round nothing can
// go wrong, since the LWT has the last word.
//
// A read that fails ends the call with an *Error of the op "peek": nothing was
// written. Whatever is refused before sending is refused before the peek, and hooks run before it.
func WithPeekFirst() CallOption { return callOption(func(t *stmt.Told) { t.Peek = true }) }

type option func(*settings)

func (o option) applyDB(s *settings)    { o(s) }
func (o option) applyTable(s *settings) { o(s) }

func (o option) applyConnect(c *connection) { o(&c.settings) }

type tableOption func(*settings)

func (o tableOption) applyTable(s *settings) { o(s) }

// WithTable names the table, instead of snake_case of the struct's name or its TableName method.
func WithTable(name string) TableOption { return tableOption(func(s *settings) { s.table = name }) }

// namedColumn is a column variable of a struct.
type namedColumn struct {
	of  reflect.Type
	ref *stmt.Ref
}

// WithColumns names a program's column variables, so that a mistake in one is a *SchemaError of Open, with the file and line of its
// selector, and not of the first call that uses it: a field that is no column, a selector that returns a field's
// pointer instead of its address, a field of a type that has none, a nil variable.
//
//	locks, err := coodie.Open[Lock](db, coodie.WithColumns(service, lockedBy, lockedAt))
func WithColumns[T any](columns ...Target[T]) TableOption {
	list := refs(columns)
	return tableOption(func(s *settings) {
		for _, r := range list {
			s.columns = append(s.columns, namedColumn{reflect.TypeFor[T](), r})
		}
	})
}

// WithKeyspace names the keyspace, instead of the session's.
func WithKeyspace(name string) Option { return option(func(s *settings) { s.keyspace = name }) }

// WithSerialConsistency sets the serial consistency of every LWT and every linearizable
// read of a table: Serial (the default) or LocalSerial. All programs that
// touch a table must agree on it: SERIAL and LOCAL_SERIAL are different Paxos
// quorums, and mixing them breaks linearizability; hence there is no override per call.
//
// LOCAL_SERIAL is linearizable within one datacenter only, and is for tables whose
// LWTs all come from there.
func WithSerialConsistency(c SerialConsistency) Option {
	return option(func(s *settings) { s.serial = driver.SerialConsistency(c) })
}

// WithCommitConsistency sets the consistency at which a conditional write commits:
// QUORUM by default, LOCAL_QUORUM with LocalSerial. A weaker one makes the write
// invisible to QUORUM reads for a while. ANY is refused.
func WithCommitConsistency(c Consistency) Option {
	return option(func(s *settings) { s.commit, s.commitSet = driver.Consistency(c), true })
}

// WithConsistency sets the consistency of plain writes and plain reads: QUORUM by
// default, LOCAL_QUORUM with LocalSerial. Of a call on a WithLWTOnly table it makes a read by key a plain one.
func WithConsistency(c Consistency) EachOption {
	level := driver.Consistency(c)
	return eachOption{
		func(s *settings) { s.consistency, s.consistencySet = level, true },
		func(t *stmt.Told) { t.Per.Consistency = &level },
	}
}

// WithClientTimestamps gives plain writes the client's clock as their timestamp, as
// gocql does by default, and so lets the session's retry policy send those again that are
// idempotent: see WithIdempotent.
//
// A call has one timestamp, however often it is sent, where gocql takes a new one for each
// attempt: a write that is repeated stays older than the writes of others that came in between.
// The timestamps of a DB increase from call to call, even within one microsecond.
//
// Do not use it on a table that is also written by LWTs: an LWT is ordered by the
// servers' clocks, and a client that is 50 ms ahead then hides LWTs that come after
// its plain write; a lock released so is granted to two owners at once. Without
// this option plain writes carry no client timestamp and are never sent twice, unless
// declared WithIdempotent(true).
func WithClientTimestamps() Option { return option(func(s *settings) { s.clientTimestamp = true }) }

// WithPageSize sets how many rows a read fetches at a time; the session's default otherwise.
func WithPageSize(rows int) EachOption {
	return eachOption{func(s *settings) { s.pageSize = rows }, func(t *stmt.Told) { t.Per.PageSize = &rows }}
}

// WithSettle makes each conditional write whose outcome is unknown call LWTResult.Settle by
// itself, as long as its context lasts. What cannot be settled still
// matches ErrOutcomeUnknown. It wants an attempt column: see Settle.
func WithSettle() Option { return option(func(s *settings) { s.autoSettle = true }) }

// WithLWTOnly refuses plain writes of the table, which could undo what its LWTs have been
// told (see the package documentation), and makes reads by the whole primary key
// linearizable. Other reads are at the consistency of WithConsistency, as ever. A table with the writers' slots (tag
// `slots`) has it without being told.
func WithLWTOnly() Option { return option(func(s *settings) { s.lwtOnly = true }) }

// WithStrictTypes refuses a write that would set a field to null which the struct does not
// know. Such a field appears when ALTER TYPE adds it to a user-defined type while programs with the
// old struct run. Without the option the value is written, and observers are warned once for each
// table and column.
//
// It concerns values that are written whole without having been read: frozen ones, elements of
// collections, and static columns of an Insert, by Save, Replace, Update, Insert and their like. The
// error is an error of KindUsage that names the column. Mutate keeps such fields, and so does every write of a
// user-defined type that is not frozen: docs/columns.md.
func WithStrictTypes() Option { return option(func(s *settings) { s.strictTypes = true }) }

// rules are the settings that statements obey.
func (s *settings) rules() stmt.Rules {
	return stmt.Rules{
		StrictTypes: s.strictTypes, LWTOnly: s.lwtOnly, ClientTimestamp: s.clientTimestamp, ViewOf: s.viewOf, InChunk: s.inChunk,
		PageSize: s.pageSize, Consistency: s.consistency, Serial: s.serial, Idempotence: s.idempotence,
	}
}

// resolve fills in the defaults and refuses what cannot be.
func (s *settings) resolve() error {
	switch s.serial {
	case 0:
		s.serial = driver.Serial
	case driver.Serial, driver.LocalSerial:
	default:
		return fmt.Errorf("serial consistency is SERIAL or LOCAL_SERIAL")
	}
	quorum := driver.Quorum
	if s.serial == driver.LocalSerial {
		quorum = driver.LocalQuorum
	}
	if !s.commitSet {
		s.commit = quorum
	}
	if !s.consistencySet {
		s.consistency = quorum
	}
	for _, c := range [...]driver.Consistency{s.commit, s.consistency} {
		if stmt.SerialLevel(c) {
			return fmt.Errorf("SERIAL and LOCAL_SERIAL are set by WithSerialConsistency, and read by WithLinearizable")
		}
	}
	if s.commit == driver.Any {
		return fmt.Errorf("commit consistency ANY would let a committed LWT exist only as a hint; use QUORUM")
	}
	if !s.retriesSet {
		s.retries = 2
	}
	if s.retries < 0 {
		return fmt.Errorf("%d retries are less than none", s.retries)
	}
	if s.anywhere && s.serial == driver.LocalSerial {
		return fmt.Errorf("LOCAL_SERIAL means another quorum with each coordinator where these are in several datacenters (WithAnyDatacenter); name one by WithLocalDatacenter")
	}
	if s.timeoutSet && s.timeout <= 0 {
		return fmt.Errorf("a timeout of %v would wait for ever; for one call give the context a deadline of its own", s.timeout)
	}
	if s.badPageKey != nil {
		return s.badPageKey
	}
	if s.pages.Lifetime < 0 {
		return fmt.Errorf("the lifetime of page tokens is negative")
	}
	if s.pageSize < 0 {
		return fmt.Errorf("page size %d is negative", s.pageSize)
	}
	if s.inChunk < 0 {
		return fmt.Errorf("WithInChunk(%d): a statement names at least 1 partition", s.inChunk)
	}
	return nil
}

// defaultTimeout is how long a call may take on a DB of Connect.
const defaultTimeout = 30 * time.Second

// WithTimeout sets how long a call may take whose context has no deadline: 30 s on a DB that
// Connect has made, and without end on one of New, which cannot see what the session's own
// timeouts are. The call is all that it sends: a Mutate with its attempts, a conditional
// write with the settling of it, All with its pages; its hooks get the context that ends then,
// those of a batch too. Of bulk work each item is a call. An
// Iter ends with the caller's loop, and has each page bounded by the cluster config's
// Timeout alone.
//
// A deadline of the context's own is left as it is, be it shorter or longer.
//
// Of one call (With) it ends each statement of the call after d, as a context that ends then, whatever deadline the
// context has; of a loop over Iter, the whole loop. The session's own timeout holds as well. A write
// that runs out of time has an unknown outcome, as ever; Settle and WithSettle
// then have a time of their own.
func WithTimeout(d time.Duration) EachOption {
	return eachOption{
		func(s *settings) { s.timeout, s.timeoutSet = d, true },
		func(t *stmt.Told) { t.Per.Timeout = &d },
	}
}

// withDeadline gives ctx a deadline if it has none.
func (s *settings) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.timeout == 0 {
		return ctx, noCancel
	}
	if _, ok := ctx.Deadline(); ok {
		return ctx, noCancel
	}
	return context.WithTimeout(ctx, s.timeout)
}

func noCancel() {}

func (t *table) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return t.settings.withDeadline(ctx)
}

func (q *query) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	c := q.call()
	return c.withDeadline(ctx)
}

// withDeadline is Table.bound, unless the chain says how long a statement may take. A call may
// not have looked yet whether there is a table.
func (c *call) withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.table == nil || c.spec.Per != nil && c.spec.Per.Timeout != nil {
		return ctx, noCancel
	}
	return c.table.withDeadline(ctx)
}

// WithIdempotent decides whether statements may be sent twice by the session's retry policy, those of a DB, of a table or of
// one call, instead of inferring it from each: true, that a second execution does no harm; false, that none is.
//
// Without it, a read may be sent again, and a plain write if it carries a client timestamp
// (WithClientTimestamps, WithTimestamp) and leaves the same row when carried out twice. Not
// idempotent are changes of counters, appending and prepending to a list, its elements by index, a
// whole list under a client timestamp (its elements would be there twice), and in raw CQL
// what calls a function or cannot be proved. Without a client timestamp a write that is
// sent again is newer than what others wrote since; only WithIdempotent(true) allows that.
//
// A conditional write is never sent again by anybody but the caller, whatever is said here.
func WithIdempotent(idempotent bool) EachOption {
	said := stmt.SaidOf(idempotent)
	return eachOption{func(s *settings) { s.idempotence = said }, func(t *stmt.Told) { t.Idempotence = said }}
}

// WithRetries sets how often a statement is sent again that failed with an error that
// proves that it was not executed: too few replicas alive before anything was written, a
// node that is still starting, no connection to be had. 2 by default; 0 turns it off. Between
// attempts it waits for up to 20, 40, 80 … ms, ten times as long for a connection, under the
// context. This goes for conditional writes too, since nothing was proposed. Mutate counts its
// attempts by itself.
//
// The retry policy of the gocql session is another thing: it sends again what may have been
// executed, and only idempotent statements are handed to it. If it made more than one attempt, the
// error of a write is an error that matches ErrOutcomeUnknown, whatever the last attempt said: an earlier one
// may have been executed. No policy makes more than 100 attempts.
func WithRetries(n int) Option {
	return option(func(s *settings) { s.retries, s.retriesSet = n, true })
}

// Consistency is the level of a plain statement, or of the commit of an LWT. The numbers are those of the
// native protocol, so that a driver's level converts: coodie.Consistency(gocql.Quorum).
type Consistency uint16

// The levels of a Consistency.
const (
	Any         = Consistency(driver.Any)
	One         = Consistency(driver.One)
	Two         = Consistency(driver.Two)
	Three       = Consistency(driver.Three)
	Quorum      = Consistency(driver.Quorum)
	All         = Consistency(driver.All)
	LocalQuorum = Consistency(driver.LocalQuorum)
	EachQuorum  = Consistency(driver.EachQuorum)
	LocalOne    = Consistency(driver.LocalOne)
)

// String returns the level's name in CQL, such as LOCAL_QUORUM.
func (c Consistency) String() string { return driver.Consistency(c).String() }

// SerialConsistency is the level of an LWT's Paxos round, or of a linearizable read.
type SerialConsistency uint16

// The levels of a SerialConsistency.
const (
	Serial      = SerialConsistency(driver.Serial)
	LocalSerial = SerialConsistency(driver.LocalSerial)
)

// String returns the level's name in CQL: SERIAL or LOCAL_SERIAL.
func (s SerialConsistency) String() string { return driver.SerialConsistency(s).String() }

package coodie

import (
	"fmt"
	"time"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/pagetoken"
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
	settle          bool
	lwtOnly         bool
	idempotence     Idempotence
	retries         int
	retriesSet      bool
	pages           pagetoken.Keys
	badPageKey      error
	observers       []Observer
	timeout         time.Duration // of a call; 0 is none
	timeoutSet      bool
	anywhere        bool // coordinators are in several datacenters
	noValidate      bool // the struct's Validate is no hook
	strictTypes     bool // no write sets to null a field that the struct lacks
}

type option func(*settings)

func (o option) applyDB(s *settings)    { o(s) }
func (o option) applyTable(s *settings) { o(s) }

func (o option) applyConnect(c *connection) { o(&c.settings) }

type tableOption func(*settings)

func (o tableOption) applyTable(s *settings) { o(s) }

// WithTable names the table, instead of snake_case of the struct's name or its TableName method.
func WithTable(name string) TableOption { return tableOption(func(s *settings) { s.table = name }) }

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
// default, LOCAL_QUORUM with LocalSerial.
func WithConsistency(c Consistency) Option {
	return option(func(s *settings) { s.consistency, s.consistencySet = driver.Consistency(c), true })
}

// WithClientTimestamps gives plain writes the client's clock as their timestamp, as
// gocql does by default, and so lets the session's retry policy send those again that are
// idempotent: see WithIdempotence.
//
// A call has one timestamp, however often it is sent, where gocql takes a new one for each
// attempt: a write that is repeated stays older than the writes of others that came in between.
// The timestamps of a DB increase from call to call, even within one microsecond.
//
// Do not use it on a table that is also written by LWTs: an LWT is ordered by the
// servers' clocks, and a client that is 50 ms ahead then hides LWTs that come after
// its plain write; a lock released so is granted to two owners at once. Without
// this option plain writes carry no client timestamp and are never sent twice, unless
// declared Idempotent.
func WithClientTimestamps() Option { return option(func(s *settings) { s.clientTimestamp = true }) }

// WithPageSize sets how many rows a read fetches at a time; the session's default otherwise.
func WithPageSize(rows int) Option { return option(func(s *settings) { s.pageSize = rows }) }

// WithSettle makes each conditional write whose outcome is unknown call LWTResult.Settle by
// itself, as long as its context lasts. What cannot be settled is still an
// *OutcomeUnknownError. It wants an attempt column: see Settle.
func WithSettle() Option { return option(func(s *settings) { s.settle = true }) }

// WithLWTOnly refuses plain writes of the table, which could undo what its LWTs have been
// told (see the package documentation), and makes reads by the whole primary key
// linearizable. Other reads are at the consistency of WithConsistency, as ever.
func WithLWTOnly() Option { return option(func(s *settings) { s.lwtOnly = true }) }

// WithStrictTypes refuses a write that would set a field to null which the struct does not
// know. Such a field appears when ALTER TYPE adds it to a user-defined type while programs with the
// old struct run. Without the option the value is written, and observers are warned once for each
// table and column.
//
// It concerns values that are written whole without having been read: frozen ones, elements of
// collections, and static columns of an Insert, by Save, Replace, Update, Insert and their like. The
// error is a *UsageError that names the column. Mutate keeps such fields, and so does every write of a
// user-defined type that is not frozen: docs/columns.md.
func WithStrictTypes() Option { return option(func(s *settings) { s.strictTypes = true }) }

// rules are the settings that statements obey.
func (s *settings) rules() stmt.Rules {
	return stmt.Rules{
		StrictTypes: s.strictTypes, LWTOnly: s.lwtOnly, ClientTimestamp: s.clientTimestamp, ViewOf: s.viewOf, InChunk: s.inChunk,
		PageSize: s.pageSize, Consistency: s.consistency, Serial: s.serial, Idempotence: stmt.Said(s.idempotence),
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
			return fmt.Errorf("SERIAL and LOCAL_SERIAL are set by WithSerialConsistency, and read by Linearizable")
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
	if s.idempotence > NotIdempotent {
		return fmt.Errorf("idempotence is Inferred, Idempotent or NotIdempotent")
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

package main

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"
)

// Lock is a row of the table of 2 columns.
type Lock struct {
	Name  string `cql:"name,partition" db:"name"`
	Owner string `cql:"owner" db:"owner"`
}

// Row is a row of the table of 12 columns.
type Row struct {
	Name    string         `cql:"name,partition" db:"name"`
	Seq     int            `cql:"seq,clustering" db:"seq"`
	Total   int64          `cql:"total" db:"total"`
	ID      gocql.UUID     `cql:"id" db:"id"`
	At      time.Time      `cql:"at" db:"at"`
	Done    bool           `cql:"done" db:"done"`
	Ratio   float64        `cql:"ratio" db:"ratio"`
	Data    []byte         `cql:"data" db:"data"`
	Tags    []string       `cql:"tags" db:"tags"`
	Counts  map[string]int `cql:"counts" db:"counts"`
	Labels  []string       `cql:"labels,set" db:"labels"`
	Balance *inf.Dec       `cql:"balance" db:"balance"`
}

// Counted is a row of the table with a version.
type Counted struct {
	Name    string `cql:"name,partition" db:"name"`
	Owner   string `cql:"owner" db:"owner"`
	Version int64  `cql:"version,version" db:"version"`
}

// Seat is a row of the table whose batches take seats rows of one partition.
type Seat struct {
	Show  string `cql:"show,partition" db:"show"`
	No    int    `cql:"no,clustering" db:"no"`
	Owner string `cql:"owner" db:"owner"`
}

const seats = 5

const keyspace = "bench"

// schema makes the tables anew, as coodie would create them.
var schema = []string{
	`DROP KEYSPACE IF EXISTS bench`,
	`CREATE KEYSPACE bench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
	`CREATE TABLE bench.lock (name text PRIMARY KEY, owner text)`,
	`CREATE TABLE bench.counted (name text PRIMARY KEY, owner text, version bigint)`,
	`CREATE TABLE bench.seat (show text, no int, owner text, PRIMARY KEY (show, no))`,
	`CREATE TABLE bench.row (name text, seq int, total bigint, id uuid, at timestamp, done boolean, ratio double,
		data blob, tags list<text>, counts map<text, int>, labels set<text>, balance decimal, PRIMARY KEY (name, seq))`,
}

// pageRows and partitionRows: the selection of many rows takes four pages.
const (
	partitionRows = 1000
	pageRows      = 250
	firstRows     = 10 // that a limited selection takes
)

// row is the row seq of a partition.
func row(name string, seq int) Row {
	r := Row{
		Name: name, Seq: seq, Total: int64(seq) << 33, Done: seq%2 == 0, Ratio: float64(seq) / 3,
		At:      time.UnixMilli(1_700_000_000_000 + int64(seq)).UTC(),
		Data:    []byte(fmt.Sprintf("%016d", seq)),
		Tags:    []string{"alpha", "beta", fmt.Sprint("tag", seq)},
		Counts:  map[string]int{"left": seq, "right": -seq},
		Labels:  []string{"blue", "green"},
		Balance: inf.NewDecBig(big.NewInt(1_234_567_890_123+int64(seq)), 2),
	}
	copy(r.ID[:], fmt.Sprintf("%016d", seq))
	return r
}

// held is the name of the rows that refuse every write. What is applied is applied to rows
// of each contender's own, since a row can be claimed only once.
const held = "held"

var (
	free      = []string{"free-0", "free-1", "free-2"}
	owned     = []string{"owned-0", "owned-1", "owned-2"}
	gone      = []string{"gone-0", "gone-1", "gone-2"}
	nextOwner = []string{"bob-0", "bob-1", "bob-2"} // the first value of an UPDATE tells it apart
	freeRow   = []Row{row("free-0", 1), row("free-1", 1), row("free-2", 1)}
	heldRow   = row(held, 1)
)

// seed makes the tables and the rows that the operations meet.
func seed(session *gocql.Session) error {
	for _, statement := range schema {
		if err := session.Query(statement).Exec(); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	lock := func(name string) error {
		return session.Query(`INSERT INTO bench.lock (name, owner) VALUES (?, ?)`, name, "alice").Exec()
	}
	for _, name := range slices.Concat([]string{held}, owned, gone) {
		if err := lock(name); err != nil {
			return err
		}
	}
	if err := session.Query(`INSERT INTO bench.counted (name, owner, version) VALUES (?, ?, ?)`, held, "alice", 7).Exec(); err != nil {
		return err
	}
	for _, show := range owned {
		for no := range seats {
			if err := session.Query(`INSERT INTO bench.seat (show, no, owner) VALUES (?, ?, ?)`, show, no, "alice").Exec(); err != nil {
				return err
			}
		}
	}
	for seq := range partitionRows {
		r := row(held, seq)
		err := session.Query(`INSERT INTO bench.row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Name, r.Seq, r.Total, r.ID, r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance).Exec()
		if err != nil {
			return err
		}
	}
	return nil
}

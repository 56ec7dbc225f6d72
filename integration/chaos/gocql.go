package chaos

import (
	"context"
	"errors"

	"github.com/gocql/gocql"
)

// plain is a client that uses gocql as people write it.
type plain struct {
	session *gocql.Session
	tables  [Lease]string
	trust   bool // an error is taken for "not applied"
}

// byHand is gocql without coodie; it makes its tables if told so.
func byHand(trust bool) func(context.Context, *gocql.Session, string, bool) (func() Client, error) {
	return func(ctx context.Context, session *gocql.Session, prefix string, create bool) (func() Client, error) {
		var tables [Lease]string
		for k := range tables {
			tables[k] = tableName(prefix, Kind(k))
			if !create {
				continue
			}
			cql := "CREATE TABLE IF NOT EXISTS " + tables[k] + " (k text PRIMARY KEY, v bigint)"
			if err := session.Query(cql).WithContext(ctx).Exec(); err != nil {
				return nil, err
			}
		}
		return func() Client { return &plain{session: session, tables: tables, trust: trust} }, nil
	}
}

func (p *plain) Read(ctx context.Context, kind Kind, key string) Answer {
	n, err := readSerial(ctx, p.session, p.tables[kind], key)
	if err != nil {
		return Answer{Outcome: Failed, Err: err}
	}
	return Answer{Seen: n, Told: true}
}

// readSerial reads a cell at SERIAL; 0 if there is no row.
func readSerial(ctx context.Context, session *gocql.Session, table, key string) (n int64, err error) {
	err = session.Query("SELECT v FROM "+table+" WHERE k = ?", key).WithContext(ctx).
		Consistency(gocql.Consistency(gocql.Serial)).Scan(&n)
	if errors.Is(err, gocql.ErrNotFound) {
		err = nil
	}
	return n, err
}

func (p *plain) Swap(ctx context.Context, kind Kind, key string, old, next int64) Answer {
	var q *gocql.Query
	switch t := p.tables[kind]; {
	case old == 0:
		q = p.session.Query("INSERT INTO "+t+" (k, v) VALUES (?, ?) IF NOT EXISTS", key, next)
	case next == 0:
		q = p.session.Query("DELETE FROM "+t+" WHERE k = ? IF v = ?", key, old)
	default:
		q = p.session.Query("UPDATE "+t+" SET v = ? WHERE k = ? IF v = ?", next, key, old)
	}
	existing := map[string]any{}
	applied, err := q.WithContext(ctx).SerialConsistency(gocql.Serial).MapScanCAS(existing)
	switch {
	case err != nil && p.trust:
		return Answer{Outcome: Failed, Unknown: true, Err: err}
	case err != nil:
		return Answer{Outcome: Open, Unknown: true, Err: err}
	case applied:
		return Answer{}
	}
	n, _ := existing["v"].(int64)
	return Answer{Outcome: Refused, Seen: n, Told: true}
}

// Add is the loop that stands in every article: read, write if unchanged, again.
func (p *plain) Add(ctx context.Context, key string) Answer {
	n, err := readSerial(ctx, p.session, p.tables[Counter], key)
	for err == nil && ctx.Err() == nil {
		a := p.Swap(ctx, Counter, key, n, n+1)
		switch a.Outcome {
		case Applied:
			return Answer{Seen: n + 1, Told: true}
		case Refused:
			n = a.Seen
		case Open:
			return a
		default: // "it was not applied", so it is tried again
			n, err = readSerial(ctx, p.session, p.tables[Counter], key)
		}
	}
	return Answer{Outcome: Failed, Err: err}
}

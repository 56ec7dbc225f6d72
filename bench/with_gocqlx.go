package main

import (
	"context"

	"github.com/gocql/gocql"
	"github.com/scylladb/gocqlx/v2"
)

// withGocqlx is gocqlx as its documentation uses it, with statements made once, by
// the methods that give the query back.
type withGocqlx struct{ session gocqlx.Session }

func newGocqlx(session *gocql.Session) withGocqlx { return withGocqlx{gocqlx.NewSession(session)} }

var (
	lockNames = []string{"name", "owner"}
	casNames  = []string{"owner", "name", "expected"}
	delNames  = []string{"name", "expected"}
	ttlNames  = []string{"_ttl", "owner", "name", "expected"}
	verNames  = []string{"owner", "next", "name", "version"}
	seatNames = []string{"owner", "show", "no", "expected"}
	topNames  = []string{"name", "limit"}
	keyNames  = []string{"name", "seq"}
	rowNames  = []string{"name", "seq", "total", "id", "at", "done", "ratio", "data", "tags", "counts", "labels", "balance"}
)

// change is what an UPDATE or DELETE of a lock is bound from.
type change struct {
	Name     string
	Owner    string
	Expected string
}

func (x withGocqlx) InsertLock(_ context.Context, l Lock) (applied bool, existing Lock, err error) {
	applied, err = x.session.Query(`INSERT INTO lock (name, owner) VALUES (?, ?) IF NOT EXISTS`, lockNames).
		BindStruct(l).GetCASRelease(&existing)
	return applied, existing, err
}

func (x withGocqlx) UpdateLock(_ context.Context, name, expected, owner string) (bool, string, error) {
	var existing Lock
	applied, err := x.session.Query(`UPDATE lock SET owner = ? WHERE name = ? IF owner = ?`, casNames).
		BindStruct(change{name, owner, expected}).GetCASRelease(&existing)
	return applied, existing.Owner, err
}

func (x withGocqlx) DeleteLock(_ context.Context, name, expected string) (bool, string, error) {
	var existing Lock
	applied, err := x.session.Query(`DELETE FROM lock WHERE name = ? IF owner = ?`, delNames).
		BindStruct(change{Name: name, Expected: expected}).GetCASRelease(&existing)
	return applied, existing.Owner, err
}

// lease, count and take are what an UPDATE with a TTL, of a version and of a seat are bound from, first what a limited selection is.
type (
	lease struct {
		change
		TTL int `db:"_ttl"`
	}
	count struct {
		Counted
		Next int64
	}
	take struct {
		Seat
		Expected string
	}
	first struct {
		Name  string
		Limit int
	}
)

func (x withGocqlx) LeaseLock(_ context.Context, name, expected, owner string) (bool, string, error) {
	var existing Lock
	applied, err := x.session.Query(`UPDATE lock USING TTL ? SET owner = ? WHERE name = ? IF owner = ?`, ttlNames).
		BindStruct(lease{change{name, owner, expected}, 60}).GetCASRelease(&existing)
	return applied, existing.Owner, err
}

func (x withGocqlx) UpdateCounted(_ context.Context, c Counted, owner string) (bool, int64, error) {
	var existing Counted
	applied, err := x.session.Query(`UPDATE counted SET owner = ?, version = ? WHERE name = ? IF version = ?`, verNames).
		BindStruct(count{Counted{c.Name, owner, c.Version}, c.Version + 1}).GetCASRelease(&existing)
	return applied, existing.Version, err
}

// TakeSeats binds by gocqlx; the batch is gocql's.
func (x withGocqlx) TakeSeats(_ context.Context, show, expected, owner string) (bool, error) {
	b := x.session.NewBatch(gocql.LoggedBatch)
	for no := range seats {
		q := x.session.Query(`UPDATE seat SET owner = ? WHERE show = ? AND no = ? IF owner = ?`, seatNames).
			BindStruct(take{Seat{show, no, owner}, expected})
		b.Query(q.Statement(), q.Values()...)
		q.Release()
	}
	applied, iter, err := x.session.ExecuteBatchCAS(b)
	if err != nil {
		return false, err
	}
	return applied, iter.Close()
}

func (x withGocqlx) UpdateDocument(ctx context.Context, l Lock, owner string) (bool, string, error) {
	return x.UpdateLock(ctx, l.Name, l.Owner, owner)
}

func (x withGocqlx) DeleteDocument(ctx context.Context, l Lock) (bool, string, error) {
	return x.DeleteLock(ctx, l.Name, l.Owner)
}

func (x withGocqlx) InsertRow(_ context.Context, r Row) (applied bool, existing Row, err error) {
	applied, err = x.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`, rowNames).
		BindStruct(r).GetCASRelease(&existing)
	return applied, existing, err
}

func (x withGocqlx) SaveRow(_ context.Context, r Row) error {
	return x.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, rowNames).BindStruct(r).ExecRelease()
}

func (x withGocqlx) GetRow(_ context.Context, name string, seq int) (r Row, err error) {
	err = x.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? AND seq = ?`, keyNames).BindStruct(Row{Name: name, Seq: seq}).GetRelease(&r)
	return r, err
}

func (x withGocqlx) FirstRows(_ context.Context, name string, n int) (rows []Row, err error) {
	err = x.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? LIMIT ?`, topNames).BindStruct(first{name, n}).SelectRelease(&rows)
	return rows, err
}

func (x withGocqlx) EachRow(_ context.Context, name string, f func(Row)) error {
	var rows []Row
	err := x.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ?`, keyNames[:1]).BindStruct(Row{Name: name}).SelectRelease(&rows)
	for i := range rows {
		f(rows[i])
	}
	return err
}

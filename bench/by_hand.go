package main

import (
	"context"

	"github.com/gocql/gocql"
)

// byHand is gocql as a careful program uses it: constant statements, the answer scanned
// straight into variables, and each query given back with Release.
type byHand struct{ session *gocql.Session }

func (h byHand) InsertLock(_ context.Context, l Lock) (applied bool, existing Lock, err error) {
	q := h.session.Query(`INSERT INTO lock (name, owner) VALUES (?, ?) IF NOT EXISTS`, l.Name, l.Owner)
	defer q.Release()
	applied, err = q.ScanCAS(&existing.Name, &existing.Owner)
	return applied, existing, err
}

func (h byHand) UpdateLock(_ context.Context, name, expected, owner string) (applied bool, actual string, err error) {
	q := h.session.Query(`UPDATE lock SET owner = ? WHERE name = ? IF owner = ?`, owner, name, expected)
	defer q.Release()
	applied, err = q.ScanCAS(&actual)
	return applied, actual, err
}

func (h byHand) DeleteLock(_ context.Context, name, expected string) (applied bool, actual string, err error) {
	q := h.session.Query(`DELETE FROM lock WHERE name = ? IF owner = ?`, name, expected)
	defer q.Release()
	applied, err = q.ScanCAS(&actual)
	return applied, actual, err
}

func (h byHand) LeaseLock(_ context.Context, name, expected, owner string) (applied bool, actual string, err error) {
	q := h.session.Query(`UPDATE lock USING TTL ? SET owner = ? WHERE name = ? IF owner = ?`, 60, owner, name, expected)
	defer q.Release()
	applied, err = q.ScanCAS(&actual)
	return applied, actual, err
}

func (h byHand) UpdateCounted(_ context.Context, c Counted, owner string) (applied bool, actual int64, err error) {
	q := h.session.Query(`UPDATE counted SET owner = ?, version = ? WHERE name = ? IF version = ?`, owner, c.Version+1, c.Name, c.Version)
	defer q.Release()
	applied, err = q.ScanCAS(&actual)
	return applied, actual, err
}

func (h byHand) TakeSeats(_ context.Context, show, expected, owner string) (applied bool, err error) {
	b := h.session.NewBatch(gocql.LoggedBatch)
	for no := range seats {
		b.Query(`UPDATE seat SET owner = ? WHERE show = ? AND no = ? IF owner = ?`, owner, show, no, expected)
	}
	applied, iter, err := h.session.ExecuteBatchCAS(b)
	if err != nil {
		return false, err
	}
	return applied, iter.Close()
}

func (h byHand) UpdateDocument(ctx context.Context, l Lock, owner string) (bool, string, error) {
	return h.UpdateLock(ctx, l.Name, l.Owner, owner)
}

func (h byHand) DeleteDocument(ctx context.Context, l Lock) (bool, string, error) {
	return h.DeleteLock(ctx, l.Name, l.Owner)
}

func (h byHand) InsertRow(_ context.Context, r Row) (applied bool, e Row, err error) {
	q := h.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
		r.Name, r.Seq, r.Total, r.ID, r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance)
	defer q.Release()
	// The existing row comes as SELECT * has it: the other columns in the order of their names.
	applied, err = q.ScanCAS(&e.Name, &e.Seq, &e.At, &e.Balance, &e.Counts, &e.Data, &e.Done, &e.ID, &e.Labels, &e.Ratio, &e.Tags, &e.Total)
	return applied, e, err
}

func (h byHand) SaveRow(_ context.Context, r Row) error {
	q := h.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Name, r.Seq, r.Total, r.ID, r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance)
	defer q.Release()
	return q.Exec()
}

func (h byHand) GetRow(_ context.Context, name string, seq int) (r Row, err error) {
	q := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? AND seq = ?`, name, seq)
	defer q.Release()
	err = q.Scan(&r.Name, &r.Seq, &r.Total, &r.ID, &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance)
	return r, err
}

func (h byHand) FirstRows(_ context.Context, name string, n int) (rows []Row, err error) {
	q := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? LIMIT ?`, name, n)
	defer q.Release()
	iter := q.Iter()
	var r Row
	for iter.Scan(&r.Name, &r.Seq, &r.Total, &r.ID, &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance) {
		rows = append(rows, r)
		r = Row{}
	}
	return rows, iter.Close()
}

func (h byHand) EachRow(_ context.Context, name string, f func(Row)) error {
	q := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ?`, name)
	defer q.Release()
	iter := q.Iter()
	var r Row
	for iter.Scan(&r.Name, &r.Seq, &r.Total, &r.ID, &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance) {
		f(r)
		r = Row{}
	}
	return iter.Close()
}

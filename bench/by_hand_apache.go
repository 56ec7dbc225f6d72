package main

import (
	"context"

	v2 "github.com/apache/cassandra-gocql-driver/v2"
)

// byHandApache is byHand with Apache's driver, whose queries are not given back.
type byHandApache struct{ session *v2.Session }

func (h byHandApache) InsertLock(ctx context.Context, l Lock) (applied bool, existing Lock, err error) {
	q := h.session.Query(`INSERT INTO lock (name, owner) VALUES (?, ?) IF NOT EXISTS`, l.Name, l.Owner)
	applied, err = q.ScanCASContext(ctx, &existing.Name, &existing.Owner)
	return applied, existing, err
}

func (h byHandApache) UpdateLock(ctx context.Context, name, expected, owner string) (applied bool, actual string, err error) {
	q := h.session.Query(`UPDATE lock SET owner = ? WHERE name = ? IF owner = ?`, owner, name, expected)
	applied, err = q.ScanCASContext(ctx, &actual)
	return applied, actual, err
}

func (h byHandApache) DeleteLock(ctx context.Context, name, expected string) (applied bool, actual string, err error) {
	q := h.session.Query(`DELETE FROM lock WHERE name = ? IF owner = ?`, name, expected)
	applied, err = q.ScanCASContext(ctx, &actual)
	return applied, actual, err
}

func (h byHandApache) LeaseLock(ctx context.Context, name, expected, owner string) (applied bool, actual string, err error) {
	q := h.session.Query(`UPDATE lock USING TTL ? SET owner = ? WHERE name = ? IF owner = ?`, 60, owner, name, expected)
	applied, err = q.ScanCASContext(ctx, &actual)
	return applied, actual, err
}

func (h byHandApache) UpdateCounted(ctx context.Context, c Counted, owner string) (applied bool, actual int64, err error) {
	q := h.session.Query(`UPDATE counted SET owner = ?, version = ? WHERE name = ? IF version = ?`, owner, c.Version+1, c.Name, c.Version)
	applied, err = q.ScanCASContext(ctx, &actual)
	return applied, actual, err
}

func (h byHandApache) TakeSeats(ctx context.Context, show, expected, owner string) (applied bool, err error) {
	b := h.session.Batch(v2.LoggedBatch)
	for no := range seats {
		b.Query(`UPDATE seat SET owner = ? WHERE show = ? AND no = ? IF owner = ?`, owner, show, no, expected)
	}
	applied, iter, err := b.ExecCASContext(ctx)
	if err != nil {
		return false, err
	}
	return applied, iter.Close()
}

func (h byHandApache) UpdateDocument(ctx context.Context, l Lock, owner string) (bool, string, error) {
	return h.UpdateLock(ctx, l.Name, l.Owner, owner)
}

func (h byHandApache) DeleteDocument(ctx context.Context, l Lock) (bool, string, error) {
	return h.DeleteLock(ctx, l.Name, l.Owner)
}

func (h byHandApache) InsertRow(ctx context.Context, r Row) (applied bool, e Row, err error) {
	q := h.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
		r.Name, r.Seq, r.Total, v2.UUID(r.ID), r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance)
	// The existing row comes as SELECT * has it: the other columns in the order of their names.
	applied, err = q.ScanCASContext(ctx, &e.Name, &e.Seq, &e.At, &e.Balance, &e.Counts, &e.Data, &e.Done, (*v2.UUID)(&e.ID), &e.Labels, &e.Ratio, &e.Tags, &e.Total)
	return applied, e, err
}

func (h byHandApache) SaveRow(ctx context.Context, r Row) error {
	q := h.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Name, r.Seq, r.Total, v2.UUID(r.ID), r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance)
	return q.ExecContext(ctx)
}

func (h byHandApache) GetRow(ctx context.Context, name string, seq int) (r Row, err error) {
	q := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? AND seq = ?`, name, seq)
	err = q.ScanContext(ctx, &r.Name, &r.Seq, &r.Total, (*v2.UUID)(&r.ID), &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance)
	return r, err
}

func (h byHandApache) FirstRows(ctx context.Context, name string, n int) (rows []Row, err error) {
	q := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? LIMIT ?`, name, n)
	iter := q.IterContext(ctx)
	var r Row
	for iter.Scan(&r.Name, &r.Seq, &r.Total, (*v2.UUID)(&r.ID), &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance) {
		rows = append(rows, r)
		r = Row{}
	}
	return rows, iter.Close()
}

func (h byHandApache) EachRow(ctx context.Context, name string, f func(Row)) error {
	q := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ?`, name)
	iter := q.IterContext(ctx)
	var r Row
	for iter.Scan(&r.Name, &r.Seq, &r.Total, (*v2.UUID)(&r.ID), &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance) {
		f(r)
		r = Row{}
	}
	return iter.Close()
}

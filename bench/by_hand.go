package main

import (
	"context"

	"github.com/gocql/gocql"
)

// byHand is gocql as a careful program uses it: constant statements, and the answer
// scanned straight into variables.
type byHand struct{ session *gocql.Session }

func (h byHand) InsertLock(_ context.Context, l Lock) (applied bool, existing Lock, err error) {
	applied, err = h.session.Query(`INSERT INTO lock (name, owner) VALUES (?, ?) IF NOT EXISTS`, l.Name, l.Owner).
		ScanCAS(&existing.Name, &existing.Owner)
	return applied, existing, err
}

func (h byHand) UpdateLock(_ context.Context, name, expected, owner string) (applied bool, actual string, err error) {
	applied, err = h.session.Query(`UPDATE lock SET owner = ? WHERE name = ? IF owner = ?`, owner, name, expected).ScanCAS(&actual)
	return applied, actual, err
}

func (h byHand) DeleteLock(_ context.Context, name, expected string) (applied bool, actual string, err error) {
	applied, err = h.session.Query(`DELETE FROM lock WHERE name = ? IF owner = ?`, name, expected).ScanCAS(&actual)
	return applied, actual, err
}

func (h byHand) UpdateDocument(ctx context.Context, l Lock, owner string) (bool, string, error) {
	return h.UpdateLock(ctx, l.Name, l.Owner, owner)
}

func (h byHand) DeleteDocument(ctx context.Context, l Lock) (bool, string, error) {
	return h.DeleteLock(ctx, l.Name, l.Owner)
}

func (h byHand) InsertRow(_ context.Context, r Row) (applied bool, e Row, err error) {
	applied, err = h.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
		r.Name, r.Seq, r.Total, r.ID, r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance).
		// The existing row comes as SELECT * has it: the other columns in the order of their names.
		ScanCAS(&e.Name, &e.Seq, &e.At, &e.Balance, &e.Counts, &e.Data, &e.Done, &e.ID, &e.Labels, &e.Ratio, &e.Tags, &e.Total)
	return applied, e, err
}

func (h byHand) SaveRow(_ context.Context, r Row) error {
	return h.session.Query(`INSERT INTO row (name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Name, r.Seq, r.Total, r.ID, r.At, r.Done, r.Ratio, r.Data, r.Tags, r.Counts, r.Labels, r.Balance).Exec()
}

func (h byHand) GetRow(_ context.Context, name string, seq int) (r Row, err error) {
	err = h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ? AND seq = ?`, name, seq).
		Scan(&r.Name, &r.Seq, &r.Total, &r.ID, &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance)
	return r, err
}

func (h byHand) EachRow(_ context.Context, name string, f func(Row)) error {
	iter := h.session.Query(`SELECT name, seq, total, id, at, done, ratio, data, tags, counts, labels, balance
		FROM row WHERE name = ?`, name).Iter()
	var r Row
	for iter.Scan(&r.Name, &r.Seq, &r.Total, &r.ID, &r.At, &r.Done, &r.Ratio, &r.Data, &r.Tags, &r.Counts, &r.Labels, &r.Balance) {
		f(r)
		r = Row{}
	}
	return iter.Close()
}

package coodie

import (
	"context"

	"github.com/coodie-go/coodie/internal/ddl"
	"github.com/coodie-go/coodie/internal/driver"
)

// CreateCQL is what Create runs: a CREATE TYPE for each user-defined type, a type
// after those that it uses, the CREATE TABLE, and a CREATE INDEX for each index, all IF NOT EXISTS.
func (t *Table[T]) CreateCQL() []string { return (*table)(t).createCQL() }

func (t *table) createCQL() []string {
	d := t.ddl()
	return d.Create()
}

// ddl is the table as its statements describe it.
func (t *table) ddl() ddl.Table {
	s := &t.settings
	return ddl.Table{Meta: t.schema.Meta, Keyspace: s.keyspace, Name: s.table, ViewOf: s.viewOf, Properties: s.properties}
}

// Create makes the table and its user-defined types where they do not exist, and waits
// until all nodes agree on the schema. It changes nothing that exists: Verify tells
// whether that fits.
//
// Let one process do it: nodes that are asked to create the same table at the same
// time can disagree on it (CASSANDRA-5202).
func (t *Table[T]) Create(ctx context.Context) error { return (*table)(t).create(ctx) }

func (t *table) create(ctx context.Context) error {
	for _, statement := range t.createCQL() {
		if err := t.alter(ctx, "create", statement); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes the table and all its rows where it exists, and waits until all nodes agree
// on the schema. Its user-defined types stay.
func (t *Table[T]) Drop(ctx context.Context) error { return (*table)(t).drop(ctx) }

func (t *table) drop(ctx context.Context) error {
	d := t.ddl()
	return t.alter(ctx, "drop", d.Drop())
}

// Truncate removes all rows of the table, on all nodes: it fails if one is down. It is
// for tests: LWTs under way may come after it or be lost.
func (t *Table[T]) Truncate(ctx context.Context) error { return (*table)(t).truncate(ctx) }

func (t *table) truncate(ctx context.Context) error {
	if t.settings.viewOf != "" {
		return &UsageError{Op: "truncate", Table: t.schema.Name, Reason: "a materialized view is read-only; truncate " + t.settings.viewOf}
	}
	d := t.ddl()
	return t.alter(ctx, "truncate", d.Truncate())
}

// alter sends a statement that concerns the whole table.
func (t *table) alter(ctx context.Context, op, statement string) error {
	ctx, cancel := t.bound(ctx)
	defer cancel()
	r := &driver.Request{Kind: driver.Schema, Statement: statement, Consistency: t.settings.consistency}
	start := t.now()
	err := driver.Exec(ctx, t.sender, r)
	if err == nil {
		err = t.sender.AwaitSchema(ctx)
	}
	err = t.failure(op, r, err)
	t.observe(ctx, op, r, Done, err, start)
	return err
}

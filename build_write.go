package coodie

import (
	"context"
	"errors"

	"github.com/coodie-go/coodie/internal/stmt"

	"github.com/coodie-go/coodie/internal/driver"
)

// write sends a plain write.
func (c *chain) write(ctx context.Context, b *stmt.Builder) error {
	t := c.table
	defer b.Release()
	if b.Err != nil {
		return c.locate(usageError(b.Err))
	}
	ctx, done := c.bound(ctx)
	defer done()
	r, replay := &b.Request, c.spec.Replayed(b)
	r.Kind, r.Statement, r.Consistency = driver.Write, t.schema.Text(b), c.spec.Level()
	r.ClientTimestamp, r.Timestamp, r.Replayable, r.Reason = t.settings.clientTimestamp, c.stamp, replay.Safe(), replay.String()
	c.note(ctx, b)
	c.sending()
	ctx, cancel := within(ctx, c.spec.Per)
	defer cancel()
	start := t.now()
	var err error
	if b.Companion == nil {
		err = b.Call.Do(ctx, t.sender, r).Close()
	} else {
		texts := t.schema.Statements(b)
		r.Kind, r.Statement, r.Entries = driver.LoggedBatch, stmt.BatchText("BEGIN BATCH ", texts), b.Entries(texts)
		err = driver.Exec(ctx, t.sender, r)
	}
	if b.Call.Grown() {
		return t.failure(b.Op, r, err)
	}
	r.Lost = b.Call.Lost()
	err = c.locate(t.failure(b.Op, r, err))
	t.observe(ctx, b.Op, r, Done, err, start)
	return err
}

// failure wraps an error of the driver, and says whether the request may have been executed.
func (t *table) failure(op string, r *driver.Request, err error) error {
	return failure(op, t.schema.Name, r, err)
}

func failure(op, table string, r *driver.Request, err error) error {
	var lost *driver.LostError
	var other *driver.TypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lost):
		return &UsageError{Op: op, Table: table, Column: lost.Column, Err: err, Reason: "the value would set a field to null that the struct lacks (WithStrictTypes); " +
			"add the field to the struct, or write by Mutate"}
	case errors.As(err, &other):
		return &UsageError{Op: op, Table: table, Column: other.Column, Reason: "the value does not fit the live column", Err: err}
	case driver.Unknown(r.Kind, err):
		unknown := &OutcomeUnknownError{Op: op, Table: table, Statement: r.Statement, Err: err}
		unknown.WriteType, unknown.Received, unknown.Required = driver.Acks(err)
		return unknown
	}
	return &QueryError{Op: op, Table: table, Statement: r.Statement, Err: explain(r.Statement, err)}
}

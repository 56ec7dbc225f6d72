package coodie

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

func TestDocumentFollowsAppliedWrites(t *testing.T) {
	ctx := context.Background()
	things, _ := answering[Everything](t, applied)
	made := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	doc := things.New(Everything{Tenant: "t", ID: 1, At: made, Name: "old", Tags: []string{"a"}, Select: ptr(1)})

	_, err := doc.If(name.Eq("old")).Update(ctx, name.Set("new"), sel.SetNull(), mixed.Set(true), pair.Set(Pair2{A: 7}))
	require.NoError(t, err)
	require.Equal(t, "new", doc.Value.Name)
	require.Nil(t, doc.Value.Select)
	require.True(t, *doc.Value.Mixed)
	require.Equal(t, 7, doc.Value.Pair.A)
	require.False(t, doc.Stale())

	require.NoError(t, doc.Update(ctx, AnyCol(things, "name").Set("by name")))
	require.Equal(t, "by name", doc.Value.Name)

	_, err = doc.IfExists().DeleteColumns(ctx, name, mixed)
	require.NoError(t, err)
	require.Empty(t, doc.Value.Name)
	require.Nil(t, doc.Value.Mixed)
	require.False(t, doc.Stale())

	_, err = doc.IfExists().Update(ctx, Append(tags, "b"))
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, doc.Value.Tags)
	require.True(t, doc.Stale(), "what an append made of the list is not known")
}

func TestTimesAreCopiedAsStored(t *testing.T) {
	locks, _ := answering[DeployLock](t, applied)
	doc := locks.New(DeployLock{Service: "api"})
	now := time.Date(2026, 1, 2, 3, 4, 5, 678_912_345, time.FixedZone("", 3600))
	_, err := doc.IfExists().Update(context.Background(), lockedAt.Set(now))
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 1, 2, 2, 4, 5, 678_000_000, time.UTC), *doc.Value.LockedAt)
}

func TestDocumentIgnoresRefusedWrites(t *testing.T) {
	things, _ := answering[Everything](t, refused)
	doc := things.New(Everything{Tenant: "t", ID: 1, At: epoch, Name: "old"})
	before := doc.Value
	res, err := doc.If(name.Eq("x")).Update(context.Background(), name.Set("new"), Append(tags, "a"))
	require.NoError(t, err)
	require.False(t, res.Applied)
	_, err = doc.IfExists().DeleteColumns(context.Background(), name)
	require.NoError(t, err)
	require.Equal(t, before, doc.Value)
	require.False(t, doc.Stale())
}

func TestDocumentAfterAnUnknownOutcome(t *testing.T) {
	things, _ := answering[Everything](t, fake.Answer{Err: io.EOF})
	doc := things.New(Everything{Tenant: "t", ID: 1, At: epoch, Name: "old"})
	before := doc.Value
	_, err := doc.If(name.Eq("old")).Update(context.Background(), name.Set("new"))
	require.ErrorIs(t, err, ErrOutcomeUnknown)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, before, doc.Value)
	require.True(t, doc.Stale())
}

func TestQuerySetIsImmutable(t *testing.T) {
	things, sent := answering[Everything](t, applied)
	ctx := context.Background()
	prefix := things.Find(tenant.Eq("t")).Filter(id.Eq(1))
	a := prefix.Filter(at.Eq(epoch), seq.Eq(1))
	b := prefix.Filter(at.Eq(epoch), seq.Eq(2)).Limit(3)
	_, err := a.IfExists().Delete(ctx)
	require.NoError(t, err)
	first := sent.Last()
	_, err = b.All(ctx)
	require.NoError(t, err)
	_, err = a.IfExists().Delete(ctx)
	require.NoError(t, err)
	require.Equal(t, first, sent.Last())
	_, err = prefix.All(ctx)
	require.NoError(t, err)
	require.Contains(t, sent.Last(), "WHERE tenant=? AND id=?")
	require.NotContains(t, sent.Last(), "LIMIT")
}

// TestConditionsAreCopied: a slice given to IfAll is the caller's again.
func TestConditionsAreCopied(t *testing.T) {
	configs, sent := answering[AppConfig](t, applied)
	conds := []Cond[AppConfig]{version.Eq(1)}
	of := []ConditionalWrite[AppConfig]{
		configs.New(AppConfig{Key: "a"}).IfAll(conds),
		configs.Find(key.Eq("a")).IfAll(conds),
	}
	conds[0] = value.Eq("x")
	for _, c := range of {
		_, err := c.Delete(context.Background())
		require.NoError(t, err)
		require.Contains(t, sent.Last(), "IF version=?")
	}
}

// TestHowStatementsAreSent: the guarantees of each kind of statement, as the driver is asked for them.
func TestHowStatementsAreSent(t *testing.T) {
	ctx := context.Background()
	one := func(t *testing.T, call func(*Table[AppConfig]) error, opts ...TableOption) driver.Request {
		table, sent := answering[AppConfig](t, applied, opts...)
		require.NoError(t, call(table))
		require.Len(t, sent.Sent(), 1)
		return sent.Sent()[0]
	}
	cas := func(t *Table[AppConfig]) error {
		_, err := t.New(AppConfig{Key: "a"}).Insert(ctx)
		return err
	}
	save := func(t *Table[AppConfig]) error { return t.New(AppConfig{Key: "a"}).Save(ctx) }
	all := func(t *Table[AppConfig]) error { _, err := t.Find().All(ctx); return err }
	get := func(t *Table[AppConfig]) error {
		if _, err := t.Find(key.Eq("a")).With(WithLinearizable()).Get(ctx); !errors.Is(err, ErrNotFound) {
			return err
		}
		return nil
	}

	r := one(t, cas)
	require.Equal(t, driver.CAS, r.Kind)
	require.Equal(t, driver.Serial, r.Serial)
	require.Equal(t, driver.Quorum, r.Consistency)

	r = one(t, cas, WithSerialConsistency(LocalSerial))
	require.Equal(t, driver.LocalSerial, r.Serial)
	require.Equal(t, driver.LocalQuorum, r.Consistency)

	r = one(t, cas, WithCommitConsistency(One))
	require.Equal(t, driver.One, r.Consistency)

	r = one(t, get, WithSerialConsistency(LocalSerial))
	require.Equal(t, driver.SerialRead, r.Kind)
	require.Equal(t, driver.Consistency(driver.LocalSerial), r.Consistency)

	r = one(t, all, WithPageSize(7))
	require.Equal(t, driver.Read, r.Kind)
	require.Equal(t, driver.Quorum, r.Consistency)
	require.Equal(t, 7, r.PageSize)

	r = one(t, save)
	require.Equal(t, driver.Write, r.Kind)
	require.False(t, r.ClientTimestamp)
	require.False(t, r.Replayable)

	r = one(t, save, WithClientTimestamps())
	require.True(t, r.ClientTimestamp)
	require.True(t, r.Replayable)
}

func TestOptionsThatAreRefused(t *testing.T) {
	db := newDB(&fake.Sender{}, nil)
	for says, opt := range map[string]TableOption{
		"ANY":        WithCommitConsistency(Any),
		"SERIAL":     WithSerialConsistency(SerialConsistency(Quorum)),
		"WithSerial": WithConsistency(Consistency(Serial)),
		"page size":  WithPageSize(-1),
		"table":      WithTable("a b"),
		"keyspace":   WithKeyspace("a.b"),
	} {
		_, err := Open[AppConfig](db, opt)
		var schema *SchemaError
		require.ErrorAs(t, err, &schema)
		require.Contains(t, err.Error(), says)
	}
	_, err := Open[AppConfig](nil)
	require.ErrorContains(t, err, "coodie.New(session)")
	_, err = Open[AppConfig](New(nil))
	require.ErrorContains(t, err, "coodie.New(session)")
}

func TestObserver(t *testing.T) {
	var events []Event
	observe := WithObserver(ObserverFunc(func(_ context.Context, e Event) { events = append(events, e) }))
	for _, a := range []fake.Answer{applied, refused, {Err: io.EOF}, {Err: gocql.ErrNoConnections}} {
		table, _ := answering[AppConfig](t, a, observe)
		_, _ = table.New(AppConfig{Key: "secret"}).Insert(context.Background())
	}
	table, _ := answering[AppConfig](t, applied, observe)
	require.NoError(t, table.New(AppConfig{Key: "secret"}).Save(context.Background()))
	var outcomes []string
	for _, e := range events {
		outcomes = append(outcomes, e.Outcome.String())
		require.Equal(t, "insert", e.Op)
		require.Equal(t, "app_config", e.Table)
		require.NotContains(t, e.Statement, "secret")
	}
	require.Equal(t, []string{"applied", "refused", "unknown", "failed", "done"}, outcomes)

	_, err := table.Find(key.Eq("a")).Get(context.Background())
	require.ErrorIs(t, err, ErrNotFound)
	require.Equal(t, OutcomeDone, events[len(events)-1].Outcome, "a read that finds nothing has not failed")
}

func TestLWTOnly(t *testing.T) {
	ctx := context.Background()
	table, sent := answering[AppConfig](t, applied, WithLWTOnly())
	doc := table.New(AppConfig{Key: "a"})
	for _, err := range []error{
		doc.Save(ctx), doc.Update(ctx, value.Set("x")), doc.Delete(ctx), doc.DeleteColumns(ctx, value),
		table.Find(key.Eq("a")).Delete(ctx), table.Find(key.Eq("a")).Update(ctx, value.Set("x")),
	} {
		var usage *Error
		require.ErrorAs(t, err, &usage)
		require.Equal(t, KindUsage, usage.Kind)
		require.Contains(t, err.Error(), "LWTs only")
	}
	require.Empty(t, sent.Last())
	_, err := doc.If(version.Eq(1)).Update(ctx, value.Set("x"))
	require.NoError(t, err)

	kind := func(read func() error) driver.Kind {
		if err := read(); !errors.Is(err, ErrNotFound) {
			require.NoError(t, err)
		}
		all := sent.Sent()
		return all[len(all)-1].Kind
	}
	byKey := table.Find(key.Eq("a"))
	require.Equal(t, driver.SerialRead, kind(func() error { _, err := byKey.Get(ctx); return err }))
	require.Equal(t, driver.SerialRead, kind(func() error { _, err := byKey.All(ctx); return err }))
	require.Equal(t, driver.Read, kind(func() error { _, err := table.Find().All(ctx); return err }))
	require.Equal(t, driver.Read, kind(func() error { _, err := table.Find(key.In("a", "b")).All(ctx); return err }))
	require.Equal(t, driver.Read, kind(func() error { _, err := byKey.Count(ctx); return err }))
}

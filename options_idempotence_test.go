package coodie

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
	"github.com/coodie-go/coodie/internal/replay"
	"github.com/coodie-go/coodie/internal/stmt"
)

// sentBy is the last request that do makes on a table with these options.
func sentBy[T any](t *testing.T, do func(*Table[T]), opts ...TableOption) driver.Request {
	t.Helper()
	table, sent := answering[T](t, applied, opts...)
	do(table)
	requests := sent.Sent()
	require.NotEmpty(t, requests)
	return requests[len(requests)-1]
}

// TestInferredIdempotence: under client timestamps, which writes the session's retry policy
// may repeat.
func TestInferredIdempotence(t *testing.T) {
	ctx := context.Background()
	row := func(table *Table[Everything]) *QuerySet[Everything] {
		return table.Find(tenant.Eq("t"), id.Eq(1), at.Eq(epoch), seq.Eq(2))
	}
	update := func(a ...Assign[Everything]) func(*Table[Everything]) {
		return func(table *Table[Everything]) { _ = row(table).Update(ctx, a...) }
	}
	remove := func(targets ...Target[Everything]) func(*Table[Everything]) {
		return func(table *Table[Everything]) { _ = row(table).DeleteColumns(ctx, targets...) }
	}
	save := func(v Everything) func(*Table[Everything]) {
		return func(table *Table[Everything]) { _ = table.New(v).Save(ctx) }
	}
	for name, tt := range map[string]struct {
		do   func(*Table[Everything])
		want replay.Reason
	}{
		"set":                        {update(name.Set("a"), sel.SetNull()), replay.Same},
		"set a list":                 {update(tags.Set([]string{"a"})), replay.StampedList},
		"set a list null":            {update(tags.SetNull()), replay.Same},
		"append":                     {update(Append(tags, "a")), replay.ListAppend},
		"prepend":                    {update(name.Set("a"), Prepend(tags, "a")), replay.ListAppend},
		"an element":                 {update(At(tags, 0).Set("a")), replay.ListIndex},
		"remove values of a list":    {update(Remove(tags, "a")), replay.Same},
		"add to a set":               {update(Add(labels, "a")), replay.Same},
		"remove from a set":          {update(Remove(labels, "a")), replay.Same},
		"put into a map":             {update(Entry(attrs, "a").Set(1)), replay.Same},
		"set a frozen map":           {update(Col(func(e *Everything) *map[string]string { return &e.Fixed }).Set(nil)), replay.Same},
		"delete a row":               {func(table *Table[Everything]) { _ = row(table).Delete(ctx) }, replay.Same},
		"delete columns":             {remove(name, tags, Entry(attrs, "a")), replay.Same},
		"delete an element by index": {remove(At(tags, 0)), replay.ListIndex},
		"save":                       {save(Everything{Tenant: "t", ID: 1, At: epoch}), replay.Same},
		"save with a list":           {save(Everything{Tenant: "t", ID: 1, At: epoch, Tags: []string{"a"}}), replay.StampedList},
	} {
		t.Run(name, func(t *testing.T) {
			r := sentBy(t, tt.do, WithClientTimestamps())
			require.Equal(t, driver.Write, r.Kind)
			require.Equal(t, tt.want.Safe(), r.Replayable, r.Statement)
			r = sentBy(t, tt.do)
			require.False(t, r.Replayable, "without a timestamp it is ordered anew")
			r = sentBy(t, tt.do, WithIdempotent(true))
			require.True(t, r.Replayable, "declared")
			r = sentBy(t, tt.do, WithIdempotent(false), WithClientTimestamps())
			require.False(t, r.Replayable, "declared")
		})
	}
	r := sentBy(t, func(table *Table[Everything]) { _ = row(table).With(WithTimestamp(epoch)).Update(ctx, name.Set("a")) })
	require.True(t, r.Replayable, "with a timestamp of its own")
	hits := func(table *Table[Hits]) {
		_ = table.Find(AnyCol(table, "page").Eq("/")).Update(ctx, AnyCol(table, "n").Add(1))
	}
	require.False(t, sentBy(t, hits, WithClientTimestamps()).Replayable, "a counter")
}

// TestReasons: each statement knows why.
func TestReasons(t *testing.T) {
	things, _ := answering[Everything](t, applied)
	stamped, _ := answering[Everything](t, applied, WithClientTimestamps(), WithIdempotent(false))
	row := things.Find(tenant.Eq("t"), id.Eq(1), at.Eq(epoch), seq.Eq(2))
	reason := func(q *QuerySet[Everything], assigns ...Assign[Everything]) replay.Reason {
		c := plainQuery(q).call()
		b := c.spec.Update(plainAssigns(assigns), false)
		require.Nil(t, b.Err)
		return c.spec.Replayed(b)
	}
	require.Equal(t, replay.Reordered, reason(row, name.Set("a")))
	require.Equal(t, replay.Same, reason(row.With(WithTimestamp(epoch)), name.Set("a")))
	require.Equal(t, replay.StampedList, reason(row.With(WithTimestamp(epoch)), tags.Set([]string{"a"})))
	require.Equal(t, replay.Reordered, reason(row, tags.Set([]string{"a"})))
	require.Equal(t, replay.ListAppend, reason(row, Append(tags, "a")))
	require.Equal(t, replay.Declared, reason(row.With(WithIdempotent(true)), Append(tags, "a")))
	require.Equal(t, replay.Refused, reason(row.With(WithTimestamp(epoch), WithIdempotent(false)), name.Set("a")))
	other := stamped.Find(tenant.Eq("t"), id.Eq(1), at.Eq(epoch), seq.Eq(2))
	require.Equal(t, replay.Refused, reason(other, name.Set("a")))
	require.Equal(t, replay.Same, reason(other.With(WithIdempotent(true)), name.Set("a")), "it is so by itself")

	read, refused := plainQuery(row).call(), plainQuery(other).call()
	require.Equal(t, replay.Read, read.spec.Replayed(read.spec.Query(stmt.ReadRows)))
	require.Equal(t, replay.Refused, refused.spec.Replayed(refused.spec.Query(stmt.ReadRows)))
	cas := row.IfExists()
	lwt := (*conditional)(&cas).call()
	require.Equal(t, replay.Conditional, lwt.spec.Replayed(lwt.spec.Update([]stmt.Assign{stmt.Assign(name.Set("a"))}, true)))
}

// TestReadsAndIdempotence: a read is handed to the session's retry policy unless told not to be.
func TestReadsAndIdempotence(t *testing.T) {
	ctx := context.Background()
	all := func(table *Table[AppConfig]) { _, _ = table.Find().All(ctx) }
	require.False(t, sentBy(t, all).Once)
	require.True(t, sentBy(t, all, WithIdempotent(false)).Once)
	require.True(t, sentBy(t, func(table *Table[AppConfig]) { _, _ = table.Find().With(WithIdempotent(false)).All(ctx) }).Once)
	require.False(t, sentBy(t, func(table *Table[AppConfig]) { _, _ = table.Find().With(WithIdempotent(true)).All(ctx) }, WithIdempotent(false)).Once)
	require.False(t, sentBy(t, all, WithIdempotent(true)).Once)
}

// TestLWTCannotBeIdempotent: declaring it is refused, and what is said of the table leaves
// conditional writes alone.
func TestLWTCannotBeIdempotent(t *testing.T) {
	ctx := context.Background()
	configs, sent := answering[AppConfig](t, applied)
	row, doc := configs.Find(key.Eq("a")).With(WithIdempotent(true)), configs.New(AppConfig{Key: "a"})
	batch := newDB(sent, nil).Batch()
	for name, call := range map[string]func() error{
		"insert": func() error { _, err := doc.With(WithIdempotent(true)).Insert(ctx); return err },
		"create": func() error {
			_, err := configs.Find().With(WithIdempotent(true)).IfNotExists().Create(ctx, AppConfig{})
			return err
		},
		"update":  func() error { _, err := row.IfExists().Update(ctx, value.Set("on")); return err },
		"delete":  func() error { _, err := row.If(version.Eq(1)).Delete(ctx); return err },
		"columns": func() error { _, err := row.If(version.Eq(1)).DeleteColumns(ctx, value); return err },
		"batch":   func() error { row.IfExists().DeleteIn(batch); return batch.Exec(ctx) },
		"document": func() error {
			_, err := doc.With(WithIdempotent(true)).If(version.Eq(1)).Delete(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := call()
			var usage *Error
			require.ErrorAs(t, err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.ErrorContains(t, err, "never idempotent")
		})
	}
	require.Empty(t, sent.Sent())

	_, err := configs.Find(key.Eq("a")).With(WithIdempotent(false)).IfExists().Delete(ctx)
	require.NoError(t, err, "which it is anyway")
	r := sentBy(t, func(table *Table[AppConfig]) { _, _ = table.New(AppConfig{Key: "a"}).Insert(ctx) }, WithIdempotent(true))
	require.Equal(t, driver.CAS, r.Kind)
	require.False(t, r.Replayable)
}

// TestBatchesAndIdempotence: a batch may be repeated if all its writes may.
func TestBatchesAndIdempotence(t *testing.T) {
	ctx := context.Background()
	sender := &fake.Sender{}
	db := newDB(sender, nil)
	stamped, err := Open[AppConfig](db, WithClientTimestamps())
	require.NoError(t, err)
	plain, err := Open[AppConfig](db)
	require.NoError(t, err)
	things, err := Open[Everything](db, WithClientTimestamps())
	require.NoError(t, err)
	row := things.Find(tenant.Eq("t"), id.Eq(1), at.Eq(epoch), seq.Eq(2))
	for name, tt := range map[string]struct {
		add  func(*Batch)
		want bool
	}{
		"all of them": {func(b *Batch) { stamped.New(AppConfig{Key: "a"}).SaveIn(b); row.UpdateIn(b, name.Set("a")) }, true},
		"one not":     {func(b *Batch) { stamped.New(AppConfig{Key: "a"}).SaveIn(b); row.UpdateIn(b, Append(tags, "a")) }, false},
		"unstamped":   {func(b *Batch) { plain.New(AppConfig{Key: "a"}).SaveIn(b) }, false},
		"declared":    {func(b *Batch) { plain.New(AppConfig{Key: "a"}).With(WithIdempotent(true)).SaveIn(b) }, true},
		"mixed": {func(b *Batch) {
			stamped.New(AppConfig{Key: "a"}).SaveIn(b)
			plain.New(AppConfig{Key: "a"}).With(WithTimestamp(epoch)).SaveIn(b)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := db.Batch()
			tt.add(b)
			require.NoError(t, b.Exec(ctx))
			sent := sender.Sent()
			require.Equal(t, tt.want, sent[len(sent)-1].Replayable)
		})
	}
}

package coodie

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
)

// TestPerCall: what a call is told goes into its statement and request, and into no other.
func TestPerCall(t *testing.T) {
	ctx := context.Background()
	configs, sent := answering[AppConfig](t, applied, WithPageSize(100))
	guarded, guardedSent := answering[AppConfig](t, applied, WithLWTOnly())
	flag, all := configs.Find(key.Eq("flag")), configs.Find()
	doc := func() *Document[AppConfig] { return configs.New(AppConfig{Key: "flag"}) }
	err := func(_ any, err error) error { return err }
	const row = ` WHERE key = ?`
	const columns = `SELECT key, value, version FROM app_config`

	read := driver.Request{Kind: driver.Read, Consistency: driver.Quorum, PageSize: 100}
	write := driver.Request{Kind: driver.Write, Consistency: driver.Quorum}
	cas := driver.Request{Kind: driver.CAS, Consistency: driver.Quorum, Serial: driver.Serial}
	at := func(r driver.Request, c driver.Consistency) driver.Request { r.Consistency = c; return r }
	none := 0.0

	for _, tt := range []struct {
		name string
		call func() error
		cql  string
		want driver.Request
	}{
		{"nothing", func() error { return err(all.All(ctx)) }, columns, read},
		{"read at one", func() error { return err(all.With(WithConsistency(One)).All(ctx)) }, columns, at(read, driver.One)},
		{"count at one", func() error { return err(all.With(WithConsistency(One)).Count(ctx)) }, `SELECT count(*) FROM app_config`, at(read, driver.One)},
		{"page size", func() error { return err(all.With(WithPageSize(7), WithPrefetch(0)).All(ctx)) }, columns,
			driver.Request{Kind: driver.Read, Consistency: driver.Quorum, PageSize: 7, Prefetch: &none}},
		{"a shared prefix stays as it was", func() error { return err(all.All(ctx)) }, columns, read},
		{"one", func() error { return err(all.One(ctx)) }, columns + ` LIMIT ?`, read},
		{"exists", func() error { return err(all.Exists(ctx)) }, `SELECT key FROM app_config LIMIT ?`, read},
		{"exists, linearizable", func() error { return err(flag.With(WithLinearizable()).Exists(ctx)) },
			`SELECT key FROM app_config` + row + ` LIMIT ?`, driver.Request{Kind: driver.SerialRead, Consistency: driver.Consistency(driver.Serial), PageSize: 100}},
		{"bypass cache", func() error { return err(flag.With(WithBypassCache()).Get(ctx)) }, columns + row + ` BYPASS CACHE`, read},
		{"server's timeout of a read", func() error {
			return err(flag.Limit(1).With(WithBypassCache(), WithUsingTimeout(time.Second)).All(ctx))
		},
			columns + row + ` LIMIT ? BYPASS CACHE USING TIMEOUT ?`, read},
		{"save at one", func() error { return doc().With(WithConsistency(One)).Save(ctx) },
			`INSERT INTO app_config (key, value, version) VALUES (?, ?, ?)`, at(write, driver.One)},
		{"save at any", func() error { return doc().With(WithOmitNil(), WithConsistency(Any), WithTimeout(time.Hour)).Save(ctx) },
			`INSERT INTO app_config (key, value, version) VALUES (?, ?, ?)`, at(write, driver.Any)},
		{"server's timeout of a save", func() error {
			return doc().With(WithTTL(time.Hour), WithTimestamp(epoch), WithUsingTimeout(time.Second)).Save(ctx)
		},
			`INSERT INTO app_config (key, value, version) VALUES (?, ?, ?) USING TTL ? AND TIMESTAMP ? AND TIMEOUT ?`, write},
		{"server's timeout of an update", func() error { return flag.With(WithUsingTimeout(time.Second)).Update(ctx, value.Set("x")) },
			`UPDATE app_config USING TIMEOUT ? SET value = ?` + row, write},
		{"delete by query", func() error {
			return flag.With(WithConsistency(EachQuorum), WithUsingTimeout(time.Second), WithTimestamp(epoch)).Delete(ctx)
		}, `DELETE FROM app_config USING TIMESTAMP ? AND TIMEOUT ?` + row, at(write, driver.EachQuorum)},
		{"insert", func() error {
			return err(doc().With(WithTimeout(time.Hour), WithUsingTimeout(time.Second)).Insert(ctx))
		},
			`INSERT INTO app_config (key, value, version) VALUES (?, ?, ?) IF NOT EXISTS USING TIMEOUT ?`, cas},
		{"create", func() error {
			return err(all.IfNotExists().With(WithTimeout(time.Hour), WithUsingTimeout(time.Second)).Create(ctx, AppConfig{Key: "a"}))
		}, `INSERT INTO app_config (key, value, version) VALUES (?, ?, ?) IF NOT EXISTS USING TIMEOUT ?`, cas},
		{"update if", func() error {
			return err(doc().If(version.Eq(1)).With(WithTimeout(time.Hour), WithUsingTimeout(time.Second)).Update(ctx, value.Set("x")))
		}, `UPDATE app_config USING TIMEOUT ? SET value = ?` + row + ` IF version = ?`, cas},
		{"delete if, told before", func() error {
			return err(flag.With(WithTimeout(time.Hour), WithUsingTimeout(time.Second)).If(version.Eq(1)).Delete(ctx))
		}, `DELETE FROM app_config USING TIMEOUT ?` + row + ` IF version = ?`, cas},
		{"exists by key, for LWTs only", func() error { return err(guarded.Find(key.Eq("flag")).Exists(ctx)) },
			`SELECT key FROM app_config` + row + ` LIMIT ?`, driver.Request{Kind: driver.SerialRead, Consistency: driver.Consistency(driver.Serial)}},
		{"any row, for LWTs only", func() error { return err(guarded.Find().Exists(ctx)) },
			`SELECT key FROM app_config LIMIT ?`, driver.Request{Kind: driver.Read, Consistency: driver.Quorum}},
		{"plain by key, for LWTs only", func() error { return err(guarded.Find(key.Eq("flag")).With(WithConsistency(Quorum)).Get(ctx)) },
			columns + row, driver.Request{Kind: driver.Read, Consistency: driver.Quorum}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, guardedBefore := len(sent.Sent()), len(guardedSent.Sent())
			if err := tt.call(); err != nil {
				require.ErrorIs(t, err, ErrNotFound)
			}
			requests := append(sent.Sent()[before:], guardedSent.Sent()[guardedBefore:]...)
			require.Len(t, requests, 1)
			got := requests[0]
			require.Equal(t, tokens(tt.cql), tokens(got.Statement))
			require.Len(t, got.Values, strings.Count(tt.cql, "?"), "one value per marker")
			got.Statement, got.Values, got.Replayable, got.Reason = "", nil, false, "" // TestInferredIdempotence looks at that
			got.OneRow = false                                                         // and TestColumnsLately
			require.Equal(t, tt.want, got)
		})
	}
}

// TestPerCallRefused: what a call cannot be told is refused before anything is sent.
func TestPerCallRefused(t *testing.T) {
	ctx := context.Background()
	configs, sent := answering[AppConfig](t, applied)
	flag, all := configs.Find(key.Eq("flag")), configs.Find()
	doc := configs.New(AppConfig{Key: "flag"})
	err := func(_ any, err error) error { return err }
	batched := func(add func(*Batch)) error {
		batch := newDB(sent, nil).Batch()
		add(batch)
		return batch.Exec(ctx)
	}
	for _, tt := range []struct {
		name string
		says string
		err  error
	}{
		{"read at any", "for writes", err(all.With(WithConsistency(Any)).All(ctx))},
		{"read at serial", "Linearizable", err(flag.With(WithConsistency(Consistency(Serial))).Get(ctx))},
		{"write at local serial", "WithSerialConsistency", doc.With(WithConsistency(Consistency(LocalSerial))).Save(ctx)},
		{"two consistencies", "takes no other", err(flag.With(WithLinearizable(), WithConsistency(One)).Get(ctx))},
		{"commit", "WithCommitConsistency", err(flag.With(WithConsistency(One)).If(version.Eq(1)).Delete(ctx))},
		{"commit of a create", "WithCommitConsistency", err(all.With(WithConsistency(One)).IfNotExists().Create(ctx, AppConfig{Key: "a"}))},
		{"commit of an insert", "WithCommitConsistency", err(doc.With(WithConsistency(One)).Insert(ctx))},
		{"no time", "more than 0", err(all.With(WithTimeout(0)).All(ctx))},
		{"no time of the server", "more than 0", flag.With(WithUsingTimeout(-time.Second)).Delete(ctx)},
		{"too much time of the server", "more than 0", flag.With(WithUsingTimeout(math.MaxInt64)).Delete(ctx)},
		{"empty page", "at least 1", err(all.With(WithPageSize(0)).All(ctx))},
		{"prefetch", "from 0 to 1", err(all.With(WithPrefetch(1.5)).All(ctx))},
		{"prefetch that is no number", "from 0 to 1", err(all.With(WithPrefetch(math.NaN())).All(ctx))},
		{"page of a write", "for reads", flag.With(WithPageSize(1)).Delete(ctx)},
		{"cache of a write", "for reads", err(flag.With(WithBypassCache()).IfExists().Delete(ctx))},
		{"linearizable range", "each key column", err(configs.Find(key.In("a", "b")).With(WithLinearizable()).Exists(ctx))},
		{"linearizable one", "only Get and Exists", err(flag.With(WithLinearizable()).One(ctx))},
		{"timeout in a batch", "context of its Exec", batched(func(b *Batch) { doc.With(WithTimeout(time.Second)).SaveIn(b) })},
		{"consistency in a batch", "context of its Exec", batched(func(b *Batch) { flag.With(WithConsistency(One)).DeleteIn(b) })},
		{"server's timeout in a batch", "context of its Exec", batched(func(b *Batch) { flag.IfExists().With(WithUsingTimeout(time.Second)).DeleteIn(b) })},
		{"zero query", "zero value", err(new(QuerySet[AppConfig]).With(WithPageSize(1), WithTimeout(1), WithConsistency(One)).Exists(ctx))},
		{"zero write", "zero value", new(Document[AppConfig]).With(WithTimeout(1), WithUsingTimeout(1)).Delete(ctx)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var usage *Error
			require.ErrorAs(t, tt.err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.Contains(t, tt.err.Error(), tt.says)
		})
	}
	require.Empty(t, sent.Last(), "nothing was sent")
}

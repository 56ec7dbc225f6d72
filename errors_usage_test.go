package coodie

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
)

type Hits struct {
	Page string `cql:"page,partition"`
	N    int64  `cql:"n,type=counter"`
}

type Small struct {
	K int  `cql:"k,partition"`
	T int  `cql:"t,type=tinyint"`
	B *int `cql:"b,clustering"`
}

// TestRefusedBeforeSending: each call is refused with an error of KindUsage that names the
// table, the column and what is wrong, and nothing is sent.
func TestRefusedBeforeSending(t *testing.T) {
	ctx := context.Background()
	configs, configsSent := answering[AppConfig](t, applied)
	things, thingsSent := answering[Everything](t, applied)
	hits, hitsSent := answering[Hits](t, applied)
	smalls, smallsSent := answering[Small](t, applied)

	flag := configs.Find(key.Eq("flag"))
	config := configs.New(AppConfig{Key: "flag"})
	row := things.Find(tenant.Eq("t"), id.Eq(1), at.Eq(time.Unix(1, 0)), seq.Eq(2))
	partition := things.Find(tenant.Eq("t"), id.Eq(1))
	hit := hits.Find(AnyCol(hits, "page").Eq("/"))
	one := 1
	panics := Col(func(e *Everything) *string { return (*struct{ S *string })(nil).S })
	outside := new(string)
	foreign := Col(func(*Everything) *string { return outside })
	inner := Col(func(e *Everything) *string { return &e.Addr.City })
	err := func(_ any, err error) error { return err }

	for _, tt := range []struct {
		name, column, says string
		err                error
	}{
		{"filters before IfNotExists", "", "filters", err(flag.IfNotExists().Create(ctx, AppConfig{Key: "x"}))},
		{"empty IfAll", "", "no condition", err(config.IfAll(nil).Delete(ctx))},
		{"empty IfAll of a query", "", "no condition", err(flag.IfAll(nil).Update(ctx, value.Set("x")))},
		{"no assignment", "", "assignment", err(config.IfExists().Update(ctx))},
		{"no column to delete", "", "at least one column", err(config.IfExists().DeleteColumns(ctx))},
		{"nil column to delete", "", "nil column", err(config.IfExists().DeleteColumns(ctx, nil))},
		{"missing key", "key", "missing", err(configs.Find().IfExists().Delete(ctx))},
		{"missing clustering column", "at", "missing", err(partition.IfExists().Delete(ctx))},
		{"missing key of a plain write", "key", "missing", configs.Find().Delete(ctx)},
		{"empty partition key", "key", "empty", err(configs.New(AppConfig{}).Insert(ctx))},
		{"empty partition key in a filter", "key", "empty", err(configs.Find(key.Eq("")).IfExists().Delete(ctx))},
		{"null key", "at", "cannot be null", err(things.New(Everything{Tenant: "t"}).Insert(ctx))},
		{"null key of a document", "at", "cannot be null", err(things.New(Everything{Tenant: "t"}).IfExists().Delete(ctx))},
		{"null key in a filter", "at", "cannot be null", err(partition.Filter(at.Eq(time.Time{}), seq.Eq(1)).IfExists().Delete(ctx))},
		{"null pointer key", "b", "cannot be null", err(smalls.New(Small{K: 1}).Insert(ctx))},
		{"key given twice", "key", "twice", err(flag.Filter(key.Eq("b")).IfExists().Delete(ctx))},
		{"IN on a key", "", "no IN", err(configs.Find(key.In("a", "b")).IfExists().Delete(ctx))},
		{"range on a key", "", "no range", err(partition.Filter(at.Gt(time.Unix(1, 0)), seq.Eq(1)).If(name.Eq("a")).Delete(ctx))},
		{"key in SET", "key", "cannot be updated", err(config.IfExists().Update(ctx, key.Set("b")))},
		{"key in IF", "key", "no condition", err(config.If(key.Eq("flag")).Delete(ctx))},
		{"key deleted", "key", "cannot be deleted", err(config.IfExists().DeleteColumns(ctx, key))},
		{"no key in WHERE", "value", "belongs into If", err(flag.Filter(value.Eq("a")).IfExists().Delete(ctx))},
		{"less than null", "at", "null", err(partition.Filter(at.Lt(time.Time{})).All(ctx))},
		{"condition less than null", "select", "null", err(row.If(AnyCol(things, "select").Lt(nil)).Delete(ctx))},
		{"IN of nothing", "name", "never holds", err(row.If(name.In()).Delete(ctx))},
		{"timestamp", "", "timestamp", err(flag.With(WithTimestamp(time.Now())).IfExists().Delete(ctx))},
		{"timestamp of a document", "", "timestamp", err(config.With(WithTimestamp(time.Now())).If(version.Eq(1)).Update(ctx, value.Set("a")))},
		{"negative TTL", "", "TTL", err(config.With(WithTTL(-1)).Insert(ctx))},
		{"TTL too long", "", "TTL", err(config.With(WithTTL(21 * 365 * 24 * time.Hour)).Insert(ctx))},
		{"TTL of a delete", "", "TTL", err(config.With(WithTTL(time.Second)).IfExists().Delete(ctx))},
		{"condition on a counter table", "", "counter", err(hit.IfExists().Update(ctx, AnyCol(hits, "n").Add(1)))},
		{"insert of a counter", "", "counter", err(hits.New(Hits{Page: "/"}).Insert(ctx))},
		{"save of a counter", "", "counter", hits.New(Hits{Page: "/"}).Save(ctx)},
		{"set of a counter", "n", "only added", hit.Update(ctx, AnyCol(hits, "n").Set(1))},
		{"ghost: null", "", "missing row", err(row.If(name.IsNull()).Update(ctx, name.Set("a")))},
		{"ghost: not equal", "", "missing row", err(row.If(name.Ne("a"), sel.Ne(1)).Update(ctx, name.Set("a")))},
		{"ghost: null in IN", "", "missing row", err(row.If(AnyCol(things, "select").In(1, nil)).Update(ctx, name.Set("a")))},
		{"ghost: empty collection", "", "missing row", err(row.If(tags.Eq([]string{})).Update(ctx, name.Set("a")))},
		{"ghost: missing element", "", "missing row", err(row.If(Entry(attrs, "a").IsNull()).Update(ctx, name.Set("a")))},
		{"ghost: static condition", "", "missing row", err(row.If(owner.Eq("a")).Update(ctx, name.Set("a")))},
		{"ghost: a row's static column", "", "missing row", err(partition.If(owner.IsNull()).Update(ctx, owner.Set("a")))},
		{"static change by row", "", "partition key alone", err(row.IfExists().Update(ctx, owner.Set("a")))},
		{"column assigned twice", "name", "twice", err(row.IfExists().Update(ctx, name.Set("a"), name.Set("b")))},
		{"list set and appended to", "tags", "twice", err(row.IfExists().Update(ctx, Append(tags, "a"), tags.Set(nil)))},
		{"frozen map changed", "fixed", "frozen", err(row.IfExists().Update(ctx, Entry(fixed, "a").Set("b")))},
		{"frozen map added to", "fixed", "frozen", err(row.IfExists().Update(ctx, Put(fixed, map[string]string{"a": "b"})))},
		{"frozen element deleted", "fixed", "frozen", err(row.IfExists().DeleteColumns(ctx, Entry(fixed, "a")))},
		{"negative index", "tags", "negative", err(row.If(At(tags, -1).Eq("a")).Delete(ctx))},
		{"element of an element", "attrs", "one level deep", err(row.If(AnyCol(things, "attrs").At("a").At("b").Eq(1)).Delete(ctx))},
		{"append to text", "name", "collection", err(row.IfExists().Update(ctx, AnyCol(things, "name").Add("a")))},
		{"prepend to a set", "labels", "only a list", err(row.IfExists().Update(ctx, AnyCol(things, "labels").Prepend([]string{"a"})))},
		{"order of a map's value", "attrs", "as if it were a text, like the keys, so >= can hold there when it should not; coodie refuses it on every server", err(row.If(Entry(attrs, "a").Ge(1)).Delete(ctx))},
		{"unknown column", "nmae", "no such column", err(row.If(AnyCol(things, "nmae").Eq(1)).Delete(ctx))},
		{"unknown field", "addr", "no field", err(row.If(AnyCol(things, "addr").Field("zip").Eq(1)).Delete(ctx))},
		{"wrong value by name", "version", "int", err(config.If(AnyCol(configs, "version").Eq("42")).Delete(ctx))},
		{"value that overflows", "t", "tinyint", err(smalls.New(Small{K: 1, T: 128, B: &one}).Insert(ctx))},
		{"default int that overflows", "version", "int", err(config.If(version.Eq(math.MaxInt)).Delete(ctx))},
		{"selector that panics", "", "selector", err(row.If(panics.Eq("a")).Delete(ctx))},
		{"selector of another variable", "", "outside", err(row.If(foreign.Eq("a")).Delete(ctx))},
		{"selector into a column", "", "no column", err(row.If(inner.Eq("a")).Delete(ctx))},
		{"field of a zero column", "", "zero value", err(row.If(Field(new(Column[Everything, Address]), func(a *Address) *string { return &a.City }).Eq("x")).Delete(ctx))},
		{"element of a zero column", "", "zero value", err(row.If(Entry(new(Column[Everything, map[string]int]), "a").Eq(1)).Delete(ctx))},
		{"element of a zero column by name", "", "zero value", err(row.If(new(AnyColumn[Everything]).At(0).Eq(1)).Delete(ctx))},
		{"field of a zero column by name", "", "zero value", err(row.If(new(AnyColumn[Everything]).Field("a").Eq(1)).Delete(ctx))},
		{"operation of a zero column", "", "not made by a column", err(row.If(new(AnyColumn[Everything]).Contains(1)).Delete(ctx))},
		{"zero condition", "", "not made by a column", err(row.If(Cond[Everything]{}).Delete(ctx))},
		{"zero assignment", "", "not made by a column", err(row.IfExists().Update(ctx, Assign[Everything]{}))},
		{"zero document", "", "zero value", err(new(Document[AppConfig]).Insert(ctx))},
		{"nil document", "", "zero value", err((*Document[AppConfig])(nil).Insert(ctx))},
		{"nil document, plain", "", "zero value", (*Document[AppConfig])(nil).Save(ctx)},
		{"document of a zero table", "", "zero value", err(new(Table[AppConfig]).New(AppConfig{}).Insert(ctx))},
		{"zero table elsewhere", "", "zero value", err(new(Table[AppConfig]).InKeyspace("x"))},
		{"nil table on a DB", "", "zero value", err((*Table[AppConfig])(nil).On(new(DB)))},
		{"zero table truncated", "", "zero value", new(Table[AppConfig]).Truncate(ctx)},
		{"column of a zero table", "", "zero value", err(config.If(AnyCol(new(Table[AppConfig]), "version").Eq(1)).Delete(ctx))},
		{"schema of a zero table", "", "zero value", Schema(nil, new(Table[AppConfig])).Create(ctx)},
		{"schema of a zero view", "", "zero value", Schema(nil, new(View[AppConfig])).Create(ctx)},
		{"strict nil schema", "", "no tables", (*Tables)(nil).Strict().Verify(ctx)},
		{"zero variants", "", "zero value", err(new(Variants[AppConfig, any]).Read(configs.Find()).All(ctx))},
		{"variants of nothing", "", "zero value", err((*Variants[AppConfig, any])(nil).Read(nil).All(ctx))},
		{"zero handle", "", "zero value", err(new(Handle[AppConfig]).Result())},
		{"no call to plan", "", "no call", err(Plan(ctx, nil))},
		{"no cluster", "", "no cluster", err(ConnectOver(ctx, nil))},
		{"zero query", "", "zero value", err(new(QuerySet[AppConfig]).IfExists().Delete(ctx))},
		{"zero query read", "", "zero value", err(new(QuerySet[AppConfig]).All(ctx))},
		{"get of a range", "key", "missing", err(configs.Find().Get(ctx))},
		{"linearizable scan", "", "only Get", err(configs.Find().With(WithLinearizable()).All(ctx))},
		{"linearizable count", "", "only Get", err(flag.With(WithLinearizable()).Count(ctx))},
		{"linearizable delete", "", "no WithLinearizable", flag.With(WithLinearizable()).Delete(ctx)},
		{"limit of a count", "", "no Limit", err(configs.Find().Limit(1).Count(ctx))},
		{"limit of nothing", "", "limit", err(configs.Find().Limit(0).All(ctx))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var usage *Error
			require.ErrorAs(t, tt.err, &usage)
			require.Equal(t, KindUsage, usage.Kind)
			require.Contains(t, tt.err.Error(), tt.says)
			if tt.column != "" {
				require.Equal(t, tt.column, usage.Column)
			}
			require.NotErrorIs(t, tt.err, ErrOutcomeUnknown)
			require.NotErrorIs(t, tt.err, ErrNotApplied)
		})
	}
	for _, sender := range []interface{ Last() string }{configsSent, thingsSent, hitsSent, smallsSent} {
		require.Empty(t, sender.Last(), "nothing was sent")
	}
}

// TestResultBesideAnError: what was not sent was not refused.
func TestResultBesideAnError(t *testing.T) {
	configs, _ := answering[AppConfig](t, applied)
	res, err := configs.New(AppConfig{Key: "a"}).If(version.Eq(math.MaxInt)).Delete(context.Background())
	require.Error(t, err)
	require.Error(t, res.Err())
	require.NotErrorIs(t, res.Err(), ErrNotApplied)
	require.Equal(t, StateUnknown, res.Row())
	require.Equal(t, "unknown", verdictOf(res.Conditions()[0]))
}

// TestErrorsHoldNoValues: a refused value may be a secret, so it is in no message.
func TestErrorsHoldNoValues(t *testing.T) {
	smalls, _ := answering[Small](t, applied)
	one := 1
	_, err := smalls.New(Small{K: 1, T: 4711, B: &one}).Insert(context.Background())
	require.Error(t, err)
	require.NotContains(t, err.Error(), "4711")
	var cause *codec.Error
	require.ErrorAs(t, err, &cause)
}

func TestContextThatHasEnded(t *testing.T) {
	configs, sent := answering[AppConfig](t, applied)
	ctx, cancel := context.WithCancelCause(context.Background())
	reason := errors.New("shutting down")
	cancel(reason)
	_, err := configs.New(AppConfig{Key: "a"}).Insert(ctx)
	var query *Error
	require.ErrorAs(t, err, &query, "nothing was sent, so the outcome is known")
	require.True(t, !query.Unknown && query.Kind < KindUsage, "%v", query)
	require.ErrorIs(t, err, reason)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrOutcomeUnknown)
	require.Empty(t, sent.Last())
	require.True(t, strings.HasPrefix(err.Error(), "coodie: insert app_config (key): "))
}

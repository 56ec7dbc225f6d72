package coodie

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// The tables of the guide.
type DeployLock struct {
	Service  string     `cql:"service,partition"`
	LockedBy *string    `cql:"locked_by"`
	LockedAt *time.Time `cql:"locked_at"`
}

func (DeployLock) TableName() string { return "deploy_locks" }

type AppConfig struct {
	Key     string `cql:"key,partition"`
	Value   string `cql:"value"`
	Version int    `cql:"version"`
}

// Everything has a column of every kind.
type Everything struct {
	Tenant string            `cql:"tenant,partition"`
	ID     int               `cql:"id,partition"`
	At     time.Time         `cql:"at,clustering,desc"`
	Seq    int               `cql:"seq,clustering"`
	Owner  string            `cql:"owner,static"`
	Name   string            `cql:"name"`
	Tags   []string          `cql:"tags"`
	Labels []string          `cql:"labels,set"`
	Attrs  map[string]int    `cql:"attrs"`
	Addr   Address           `cql:"addr"`
	Fixed  map[string]string `cql:"fixed,frozen"`
	Select *int              `cql:"select"`
	Mixed  *bool             `cql:"mixedCase"`
	Pair   *Pair2            `cql:"pair,tuple"`
}

type Address struct {
	Street string
	City   string
}

type Pair2 struct {
	A int
	B *string
}

var (
	service  = Col(func(l *DeployLock) *string { return &l.Service })
	lockedBy = NullCol(func(l *DeployLock) **string { return &l.LockedBy })
	lockedAt = NullCol(func(l *DeployLock) **time.Time { return &l.LockedAt })

	key     = Col(func(c *AppConfig) *string { return &c.Key })
	value   = Col(func(c *AppConfig) *string { return &c.Value })
	version = Col(func(c *AppConfig) *int { return &c.Version })

	tenant = Col(func(e *Everything) *string { return &e.Tenant })
	id     = Col(func(e *Everything) *int { return &e.ID })
	at     = Col(func(e *Everything) *time.Time { return &e.At })
	seq    = Col(func(e *Everything) *int { return &e.Seq })
	owner  = Col(func(e *Everything) *string { return &e.Owner })
	name   = Col(func(e *Everything) *string { return &e.Name })
	tags   = Col(func(e *Everything) *[]string { return &e.Tags })
	labels = Col(func(e *Everything) *[]string { return &e.Labels })
	attrs  = Col(func(e *Everything) *map[string]int { return &e.Attrs })
	addr   = Col(func(e *Everything) *Address { return &e.Addr })
	city   = Field(addr, func(a *Address) *string { return &a.City })
	fixed  = Col(func(e *Everything) *map[string]string { return &e.Fixed })
	sel    = NullCol(func(e *Everything) **int { return &e.Select })
	mixed  = NullCol(func(e *Everything) **bool { return &e.Mixed })
	pair   = NullCol(func(e *Everything) **Pair2 { return &e.Pair })
)

var (
	applied = fake.Answer{
		Columns: []driver.Column{fake.Column("[applied]", codec.Boolean)},
		Rows:    [][][]byte{{{1}}},
	}
	refused = fake.Answer{
		Columns: []driver.Column{fake.Column("[applied]", codec.Boolean)},
		Rows:    [][][]byte{{{0}}},
	}
)

// answering opens T's table on a sender that answers an LWT with a and all else with nothing.
func answering[T any](t *testing.T, a fake.Answer, opts ...TableOption) (*Table[T], *fake.Sender) {
	t.Helper()
	sender := &fake.Sender{Answer: func(r *driver.Request) fake.Answer {
		if r.Kind == driver.CAS {
			return a
		}
		return fake.Answer{}
	}}
	table, err := Open[T](newDB(sender, nil), opts...)
	require.NoError(t, err)
	return table, sender
}

var token = regexp.MustCompile(`"[^"]*"|\w+|!=|<=|>=|[^\s\w]`)

// tokens makes statements comparable whose white space and keyword case differ.
func tokens(statement string) string {
	return strings.ToLower(strings.Join(token.FindAllString(statement, -1), " "))
}

func TestConditionalStatements(t *testing.T) {
	ctx := context.Background()
	locks, locksSent := answering[DeployLock](t, applied)
	configs, configsSent := answering[AppConfig](t, applied)
	things, thingsSent := answering[Everything](t, applied)
	lock := func() *Document[DeployLock] { return locks.New(DeployLock{Service: "api"}) }
	config := func() *Document[AppConfig] { return configs.New(AppConfig{Key: "flag"}) }
	thing := func() *Document[Everything] {
		return things.New(Everything{Tenant: "t", ID: 1, At: time.Unix(1, 0), Seq: 2})
	}
	row := things.Find(tenant.Eq("t"), id.Eq(1), at.Eq(time.Unix(1, 0)), seq.Eq(2))
	partition := things.Find(tenant.Eq("t"), id.Eq(1))
	const where = ` WHERE tenant = ? AND id = ? AND at = ? AND seq = ?`
	answer := func(res any, err error) error { return err }

	for _, tt := range []struct {
		name string
		call func() error
		want string
	}{
		{"document insert", func() error { return answer(lock().Insert(ctx)) },
			`INSERT INTO deploy_locks (service, locked_by, locked_at) VALUES (?, ?, ?) IF NOT EXISTS`},
		{"create", func() error { return answer(locks.Find().IfNotExists().Create(ctx, DeployLock{Service: "api"})) },
			`INSERT INTO deploy_locks (service, locked_by, locked_at) VALUES (?, ?, ?) IF NOT EXISTS`},
		{"create with TTL", func() error {
			return answer(locks.Find().IfNotExists().With(WithTTL(time.Minute)).Create(ctx, DeployLock{Service: "api"}))
		}, `INSERT INTO deploy_locks (service, locked_by, locked_at) VALUES (?, ?, ?) IF NOT EXISTS USING TTL ?`},
		{"document delete if exists", func() error { return answer(lock().IfExists().Delete(ctx)) },
			`DELETE FROM deploy_locks WHERE service = ? IF EXISTS`},
		{"query delete if exists", func() error { return answer(locks.Find(service.Eq("api")).IfExists().Delete(ctx)) },
			`DELETE FROM deploy_locks WHERE service = ? IF EXISTS`},
		{"document update if exists", func() error { return answer(lock().IfExists().Update(ctx, lockedBy.Set("bob"))) },
			`UPDATE deploy_locks SET locked_by = ? WHERE service = ? IF EXISTS`},
		{"query update if exists", func() error {
			return answer(locks.Find(service.Eq("api")).IfExists().Update(ctx, lockedBy.Set("bob")))
		}, `UPDATE deploy_locks SET locked_by = ? WHERE service = ? IF EXISTS`},
		{"document update if", func() error {
			return answer(config().If(version.Eq(42)).Update(ctx, value.Set("x"), version.Set(43)))
		}, `UPDATE app_config SET value = ?, version = ? WHERE key = ? IF version = ?`},
		{"query update if", func() error {
			return answer(configs.Find(key.Eq("flag")).If(version.Eq(42)).Update(ctx, value.Set("x"), version.Set(43)))
		}, `UPDATE app_config SET value = ?, version = ? WHERE key = ? IF version = ?`},
		{"document delete if", func() error { return answer(config().If(version.Eq(42)).Delete(ctx)) },
			`DELETE FROM app_config WHERE key = ? IF version = ?`},
		{"query delete if", func() error { return answer(configs.Find(key.Eq("flag")).If(version.Eq(42)).Delete(ctx)) },
			`DELETE FROM app_config WHERE key = ? IF version = ?`},
		{"document delete columns if", func() error {
			return answer(config().If(version.Eq(42)).DeleteColumns(ctx, value))
		}, `DELETE value FROM app_config WHERE key = ? IF version = ?`},
		{"query delete columns if", func() error {
			return answer(configs.Find(key.Eq("flag")).If(version.Eq(42)).DeleteColumns(ctx, value, version))
		}, `DELETE value, version FROM app_config WHERE key = ? IF version = ?`},
		{"delete columns if exists", func() error { return answer(config().IfExists().DeleteColumns(ctx, value)) },
			`DELETE value FROM app_config WHERE key = ? IF EXISTS`},
		{"columns by name", func() error {
			return answer(config().If(AnyCol(configs, "version").Eq(42)).Update(ctx, AnyCol(configs, "value").Set("x")))
		}, `UPDATE app_config SET value = ? WHERE key = ? IF version = ?`},
		{"a slice of conditions", func() error {
			return answer(config().IfAll([]Cond[AppConfig]{version.Eq(1), value.Eq("a")}).Delete(ctx))
		}, `DELETE FROM app_config WHERE key = ? IF version = ? AND value = ?`},
		{"TTL", func() error {
			return answer(config().If(version.Eq(42)).With(WithTTL(30*time.Second)).Update(ctx, value.Set("x")))
		}, `UPDATE app_config USING TTL ? SET value = ? WHERE key = ? IF version = ?`},
		{"same column in SET and IF", func() error {
			return answer(config().If(version.Eq(1)).Update(ctx, version.Set(2)))
		}, `UPDATE app_config SET version = ? WHERE key = ? IF version = ?`},

		{"comparisons", func() error {
			return answer(row.If(name.Ne("a"), name.Lt("b"), name.Le("c"), name.Gt("d"), name.Ge("e"), name.In("f", "g")).
				Update(ctx, name.Set("x")))
		}, `UPDATE everything SET name = ?` + where + ` IF name != ? AND name < ? AND name <= ? AND name > ? AND name >= ? AND name IN ?`},
		{"null", func() error {
			return answer(row.If(name.IsNull(), sel.IsNotNull()).Update(ctx, name.SetNull()))
		}, `UPDATE everything SET name = ?` + where + ` IF name = ? AND "select" != ?`},
		{"contains", func() error {
			return answer(row.If(Contains(tags, "a"), Contains(labels, "b"), ContainsValue(attrs, 1), ContainsKey(attrs, "c")).Delete(ctx))
		}, `DELETE FROM everything` + where + ` IF tags CONTAINS ? AND labels CONTAINS ? AND attrs CONTAINS ? AND attrs CONTAINS KEY ?`},
		{"elements", func() error {
			return answer(thing().If(Entry(attrs, "a").Eq(1), At(tags, 0).Ne("x"), city.Eq("Rome"), Entry(attrs, "b").In(1, 2)).Delete(ctx))
		}, `DELETE FROM everything` + where + ` IF attrs[?] = ? AND tags[?] != ? AND addr.city = ? AND attrs[?] IN ?`},
		{"elements by name", func() error {
			return answer(thing().If(AnyCol(things, "attrs").At("a").Eq(1), AnyCol(things, "tags").At(0).Eq("x"), AnyCol(things, "addr").Field("city").Eq("Rome")).
				Update(ctx, AnyCol(things, "attrs").At("a").Set(2), AnyCol(things, "tags").Add([]string{"y"}), AnyCol(things, "labels").Remove([]string{"z"})))
		}, `UPDATE everything SET attrs[?] = ?, tags = tags + ?, labels = labels - ?` + where + ` IF attrs[?] = ? AND tags[?] = ? AND addr.city = ?`},
		{"whole collections", func() error {
			return answer(row.If(tags.Eq([]string{"a"}), fixed.Eq(map[string]string{"a": "b"})).
				Update(ctx, tags.Set(nil), attrs.Set(map[string]int{"a": 1})))
		}, `UPDATE everything SET tags = ?, attrs = ?` + where + ` IF tags = ? AND fixed = ?`},
		{"collection changes", func() error {
			return answer(row.IfExists().Update(ctx, Append(tags, "a"), Add(labels, "b"), Put(attrs, map[string]int{"c": 1})))
		}, `UPDATE everything SET tags = tags + ?, labels = labels + ?, attrs = attrs + ?` + where + ` IF EXISTS`},
		{"collection removals", func() error {
			return answer(row.IfExists().Update(ctx, Remove(tags, "a"), Remove(labels, "b"), RemoveKeys(attrs, "c")))
		}, `UPDATE everything SET tags = tags - ?, labels = labels - ?, attrs = attrs - ?` + where + ` IF EXISTS`},
		{"prepend and elements", func() error {
			return answer(row.IfExists().Update(ctx, Prepend(tags, "a"), Entry(attrs, "k").Set(2), Entry(attrs, "l").SetNull(), city.Set("Oslo")))
		}, `UPDATE everything SET tags = ? + tags, attrs[?] = ?, attrs[?] = ?, addr.city = ?` + where + ` IF EXISTS`},
		{"set by index", func() error { return answer(row.IfExists().Update(ctx, At(tags, 3).Set("a"))) },
			`UPDATE everything SET tags[?] = ?` + where + ` IF EXISTS`},
		{"delete elements", func() error {
			return answer(row.IfExists().DeleteColumns(ctx, Entry(attrs, "k"), At(tags, 1), city, mixed))
		},
			`DELETE attrs[?], tags[?], addr.city, "mixedCase" FROM everything` + where + ` IF EXISTS`},
		{"quoted names", func() error {
			return answer(row.If(mixed.Eq(true)).Update(ctx, mixed.Set(false), sel.Set(1)))
		}, `UPDATE everything SET "mixedCase" = ?, "select" = ?` + where + ` IF "mixedCase" = ?`},
		{"tuple", func() error {
			return answer(row.If(pair.Eq(Pair2{A: 1})).Update(ctx, pair.Set(Pair2{A: 2})))
		}, `UPDATE everything SET pair = (?, ?)` + where + ` IF pair = (?, ?)`},
		{"null tuple", func() error { return answer(row.If(pair.IsNotNull()).Update(ctx, pair.SetNull())) },
			`UPDATE everything SET pair = null` + where + ` IF pair != null`},
		{"insert leaves a null tuple out", func() error { return answer(thing().Insert(ctx)) },
			`INSERT INTO everything (tenant, id, at, seq, owner, name, tags, labels, attrs, addr, fixed, "select", "mixedCase") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`},
		{"static only, by partition", func() error {
			return answer(partition.If(owner.Eq("a")).Update(ctx, owner.Set("b")))
		}, `UPDATE everything SET owner = ? WHERE tenant = ? AND id = ? IF owner = ?`},
		{"static only, by document", func() error {
			return answer(thing().If(owner.Eq("a")).DeleteColumns(ctx, owner))
		}, `DELETE owner FROM everything WHERE tenant = ? AND id = ? IF owner = ?`},
		{"static and regular", func() error {
			return answer(row.If(owner.Eq("a"), name.Eq("x")).Update(ctx, name.Set("b")))
		}, `UPDATE everything SET name = ?` + where + ` IF owner = ? AND name = ?`},
		{"allowed to create", func() error { return answer(row.If(name.IsNull()).AllowCreate().Update(ctx, name.Set("b"))) },
			`UPDATE everything SET name = ?` + where + ` IF name = ?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := [3]int{len(locksSent.Sent()), len(configsSent.Sent()), len(thingsSent.Sent())}
			require.NoError(t, tt.call())
			var sent []driver.Request
			sent = append(sent, locksSent.Sent()[before[0]:]...)
			sent = append(sent, configsSent.Sent()[before[1]:]...)
			sent = append(sent, thingsSent.Sent()[before[2]:]...)
			require.Len(t, sent, 1)
			require.Equal(t, tokens(tt.want), tokens(sent[0].Statement))
			require.Equal(t, strings.Count(tt.want, "?"), len(sent[0].Values), "one value per marker")
			require.Equal(t, driver.CAS, sent[0].Kind)
			require.Equal(t, driver.Serial, sent[0].Serial)
			require.Equal(t, driver.Quorum, sent[0].Consistency)
		})
	}
}

var epoch = time.Unix(1, 0).UTC()

package coodie

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

var tK = Col(func(t *T) *int { return &t.K })

// deadlines records the deadline of each request's context; zero if it has none.
type deadlines struct {
	fake.Sender
	saw []time.Time
}

func (d *deadlines) Send(ctx context.Context, r *driver.Request, used driver.Iter) driver.Iter {
	deadline, _ := ctx.Deadline()
	d.saw = append(d.saw, deadline)
	return d.Sender.Send(ctx, r, used)
}

// TestCallsAreBounded: a call gets the DB's timeout if its context has no deadline of its own.
func TestCallsAreBounded(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, db *DB, t *Table[T]) error{
		"insert": func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.New(T{K: 1}).Insert(ctx); return err },
		"update if": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.New(T{K: 1}).If(tV.Eq(1)).Update(ctx, tX.Set(1))
			return err
		},
		"delete if": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.New(T{K: 1}).IfExists().Delete(ctx)
			return err
		},
		"delete columns": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.New(T{K: 1}).IfExists().DeleteColumns(ctx, tX)
			return err
		},
		"create": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.Find().IfNotExists().Create(ctx, T{K: 1})
			return err
		},
		"save":   func(ctx context.Context, _ *DB, t *Table[T]) error { return t.New(T{K: 1}).Save(ctx) },
		"update": func(ctx context.Context, _ *DB, t *Table[T]) error { return t.New(T{K: 1}).Update(ctx, tX.Set(1)) },
		"delete": func(ctx context.Context, _ *DB, t *Table[T]) error { return t.Find(tK.Eq(1)).Delete(ctx) },
		"get":    func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find(tK.Eq(1)).Get(ctx); return err },
		"first":  func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().First(ctx); return err },
		"all":    func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().All(ctx); return err },
		"exists": func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().Exists(ctx); return err },
		"one":    func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().One(ctx); return err },
		"count":  func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().Count(ctx); return err },
		"values": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := Values(t.Find(), tV).All(ctx)
			return err
		},
		"first value": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := Values(t.Find(), tV).First(ctx)
			return err
		},
		"one value":  func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().JSON().One(ctx); return err },
		"page":       func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.Find().Page(ctx, ""); return err },
		"get many":   func(ctx context.Context, _ *DB, t *Table[T]) error { _, err := t.GetMany(ctx, []T{{K: 1}}); return err },
		"save all":   func(ctx context.Context, _ *DB, t *Table[T]) error { return t.SaveAll(ctx, []T{{K: 1}}) },
		"delete all": func(ctx context.Context, _ *DB, t *Table[T]) error { return t.DeleteAll(ctx, []T{{K: 1}}) },
		"insert all": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.InsertAll(ctx, []T{{K: 1}})
			return err
		},
		"in": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.Find(tK.In(1, 2, 3)).All(ctx)
			return err
		},
		"raw": func(ctx context.Context, db *DB, _ *Table[T]) error {
			return db.Raw("UPDATE t SET v = 1 WHERE k = 1").Exec(ctx)
		},
		"raw LWT": func(ctx context.Context, db *DB, _ *Table[T]) error {
			_, err := db.Raw("UPDATE t SET v = 1 WHERE k = 1 IF EXISTS").CAS(ctx)
			return err
		},
		"truncate": func(ctx context.Context, _ *DB, t *Table[T]) error { return t.Truncate(ctx) },
		"mutate": func(ctx context.Context, _ *DB, t *Table[T]) error {
			_, err := t.Find(tK.Eq(1)).Mutate(ctx, func(_ context.Context, _ *T) error { return nil })
			return err
		},
		"create table": func(ctx context.Context, _ *DB, t *Table[T]) error { return Schema(nil, t).Create(ctx) },
		"verify":       func(ctx context.Context, _ *DB, t *Table[T]) error { return Schema(nil, t).Verify(ctx) },
		"batch": func(ctx context.Context, db *DB, t *Table[T]) error {
			b := db.Batch()
			t.New(T{K: 1}).SaveIn(b)
			return b.Exec(ctx)
		},
		"conditional batch": func(ctx context.Context, db *DB, t *Table[T]) error {
			b := db.Batch()
			t.New(T{K: 1}).InsertIn(b)
			return b.Exec(ctx)
		},
		"settle": func(ctx context.Context, _ *DB, t *Table[T]) error {
			cause := &Error{Unknown: true, Err: context.Canceled}
			res := LWTResult[T]{rest: rest{pending: &pending{verdict: new(settlement), call: plainDocument(t.New(T{K: 1})).call(), cause: cause}}}
			_, err := res.Settle(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, tt := range []struct {
				timeout, own time.Duration // 0: none
				want         time.Duration
			}{
				{0, 0, 0},
				{time.Hour, 0, time.Hour},
				{time.Hour, time.Minute, time.Minute},
				{time.Hour, 24 * time.Hour, 24 * time.Hour},
			} {
				sender := &deadlines{}
				sender.Answer = func(*driver.Request) fake.Answer { return fake.Answer{Err: io.EOF} }
				var opts []Option
				if tt.timeout > 0 {
					opts = append(opts, WithTimeout(tt.timeout))
				}
				db := newDB(sender, opts)
				table, err := Open[T](db)
				require.NoError(t, err)
				ctx := context.Background()
				if tt.own > 0 {
					bounded, cancel := context.WithTimeout(ctx, tt.own)
					defer cancel()
					ctx = bounded
				}
				start := time.Now()
				_ = call(ctx, db, table)
				require.NotEmpty(t, sender.saw)
				for _, deadline := range sender.saw {
					if tt.want == 0 {
						require.Zero(t, deadline)
						continue
					}
					require.WithinRange(t, deadline, start.Add(tt.want-time.Minute/2), time.Now().Add(tt.want))
				}
			}
		})
	}
	_, err := Open[T](newDB(&fake.Sender{}, []Option{WithTimeout(0)}))
	require.ErrorContains(t, err, "would wait for ever")
}

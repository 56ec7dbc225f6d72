package coodie

import (
	"context"
	"github.com/coodie-go/coodie/internal/answer"
	"testing"

	"github.com/coodie-go/coodie/internal/codec"
	"github.com/coodie-go/coodie/internal/driver"
	"github.com/coodie-go/coodie/internal/driver/fake"
)

// canned answers every request with the one answer, and costs nothing: what is measured
// beside it is the mapper alone.
type canned struct {
	columns driver.Columns
	cells   [][]byte
	read    bool
}

func (c *canned) Send(context.Context, *driver.Request, driver.Iter) driver.Iter {
	c.read = false
	return c
}
func (c *canned) AwaitSchema(context.Context) error { return nil }
func (c *canned) Keyspace() string                  { return "test" }
func (c *canned) Columns() driver.Columns           { return c.columns }
func (c *canned) Turned() bool                      { return false }
func (c *canned) Forget()                           {}
func (c *canned) PageState() []byte                 { return nil }
func (c *canned) Close() error                      { return nil }

func (c *canned) Next() [][]byte {
	if c.read {
		return nil
	}
	c.read = true
	return c.cells
}

// BenchmarkCalls is what a call costs beside what gocql and the server cost.
func BenchmarkCalls(b *testing.B) {
	type lock struct {
		Name  string `cql:"name,partition"`
		Owner string `cql:"owner"`
	}
	name, owner := Col(func(l *lock) *string { return &l.Name }), Col(func(l *lock) *string { return &l.Owner })
	sender := &canned{}
	locks, err := Open[lock](newDB(sender, nil))
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	is := fake.Column(answer.AppliedColumn, codec.Boolean)
	applied := canned{columns: driver.ColumnsOf(is), cells: [][]byte{{1}}}
	refused := canned{columns: driver.ColumnsOf(is, fake.Column("owner", codec.Text)), cells: [][]byte{{0}, []byte("ann")}}
	whole := canned{
		columns: driver.ColumnsOf(is, fake.Column("name", codec.Text), fake.Column("owner", codec.Text)),
		cells:   [][]byte{{0}, []byte("a"), []byte("ann")},
	}
	for _, bb := range []struct {
		name   string
		answer canned
		call   func() (LWTResult[lock], error)
	}{
		{"insert/applied", applied, func() (LWTResult[lock], error) { return locks.New(lock{"a", "ann"}).Insert(ctx) }},
		{"insert/refused", whole, func() (LWTResult[lock], error) { return locks.New(lock{"a", "ann"}).Insert(ctx) }},
		{"update/applied", applied, func() (LWTResult[lock], error) {
			return locks.Find(name.Eq("a")).If(owner.Eq("bob")).Update(ctx, owner.Set("ann"))
		}},
		{"update/refused", refused, func() (LWTResult[lock], error) {
			return locks.Find(name.Eq("a")).If(owner.Eq("bob")).Update(ctx, owner.Set("ann"))
		}},
		{"delete/refused", refused, func() (LWTResult[lock], error) {
			return locks.Find(name.Eq("a")).If(owner.Eq("bob")).Delete(ctx)
		}},
		{"document update/refused", refused, func() (LWTResult[lock], error) {
			return locks.New(lock{"a", "ann"}).If(owner.Eq("bob")).Update(ctx, owner.Set("ann"))
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			*sender = bb.answer
			b.ReportAllocs()
			for b.Loop() {
				if res, err := bb.call(); err != nil || res.Applied != (len(bb.answer.cells) == 1) {
					b.Fatal(res.Applied, err)
				}
			}
		})
	}
	b.Run("select", func(b *testing.B) {
		*sender = canned{columns: whole.columns.Without(0), cells: whole.cells[1:]}
		b.ReportAllocs()
		for b.Loop() {
			if l, err := locks.Find(name.Eq("a")).Get(ctx); err != nil || l.Owner != "ann" {
				b.Fatal(l, err)
			}
		}
	})
}

//go:build !race

package slots_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/cqltest/explore"
)

// A row that lists every write that was executed.
type row struct {
	ID      string     `cql:"id,partition"`
	V       int        `cql:"v"`
	Log     []string   `cql:"log"`
	Attempt gocql.UUID `cql:"attempt,attempt"`
}

type slotted struct {
	row
	_ struct{} `cql:"slots,slots"`
}

type versioned struct {
	row
	Version int64    `cql:"version,version"`
	_       struct{} `cql:"slots,slots"`
}

// Of static slots, which belong to the partition.
type clustered struct {
	ID  string   `cql:"id,partition"`
	No  int      `cql:"no,clustering"`
	V   int      `cql:"v"`
	Log []string `cql:"log"`
	_   struct{} `cql:"slots,slots,static"`
}

// program is two clients' writes of one row, each told how it ended.
type program[T any] struct {
	x      *explore.T
	told   map[string]string
	dbs    map[*coodie.Table[T]]*coodie.DB
	bobs   int // how often bob came between
	create string
	find   func(*coodie.Table[T]) *coodie.QuerySet[T]
}

func explored[T any](test func(p *program[T], ann, bob *coodie.Table[T]), create string, find func(*coodie.Table[T]) *coodie.QuerySet[T]) func(*explore.T) {
	return func(x *explore.T) {
		p := &program[T]{x: x, told: map[string]string{}, dbs: map[*coodie.Table[T]]*coodie.DB{}, create: create, find: find}
		open := func(client string) *coodie.Table[T] {
			db := coodie.New(x.Session(client))
			table, err := coodie.Open[T](db, coodie.WithTable("t"), coodie.WithLWTOnly(), coodie.WithSettle())
			require.NoError(x, err)
			require.NoError(x, coodie.Schema(nil, table).Create(x.Context()))
			p.dbs[table] = db
			return table
		}
		ann, bob := open("ann"), open("bob")
		x.Server().MustExec(create)
		test(p, ann, bob)
		x.Check(p.check)
	}
}

// tell keeps how a write ended.
func (p *program[T]) tell(name string, applied bool, err error) {
	switch {
	case err == nil && applied:
		p.told[name] = "applied"
	case err == nil, errors.Is(err, coodie.ErrContended):
		p.told[name] = "refused"
	case errors.Is(err, coodie.ErrOutcomeUnknown):
		p.told[name] = "unknown: " + err.Error()
	default:
		p.told[name] = "not executed: " + err.Error()
	}
}

// bob is a name for what bob writes next.
func (p *program[T]) bob() string {
	p.bobs++
	return fmt.Sprintf("bob's %d.", p.bobs)
}

// check compares what the clients were told with what was executed.
func (p *program[T]) check() {
	var log []string
	for _, row := range p.x.Server().MustRows("SELECT log FROM t") {
		of, _ := row["log"].([]string)
		log = append(log, of...)
	}
	for name, told := range p.told {
		n := 0
		for _, entry := range log {
			if entry == name {
				n++
			}
		}
		switch {
		case told == "applied" && n != 1, told != "applied" && n != 0:
			p.x.Errorf("%s is told %q, and was executed %d times: %q", name, told, n, log)
		case len(told) > 7 && told[:7] == "unknown":
			p.x.Errorf("%s is told %q", name, told)
		}
	}
}

func (p *program[T]) set(table *coodie.Table[T], name string, from, to int) {
	v, log := coodie.AnyCol(table, "v"), coodie.AnyCol(table, "log")
	res, err := p.find(table).If(v.Eq(from)).Update(context.Background(), v.Set(to), log.Add([]string{name}))
	p.tell(name, res.Applied, err)
}

// Values return, so that a condition on them alone does not tell a late copy from a new write.
func updates[T any](p *program[T], ann, bob *coodie.Table[T]) {
	p.x.Meanwhile("bob set it back", func() { p.set(bob, p.bob(), 2, 1) })
	p.set(ann, "ann's first", 1, 2)
	p.set(ann, "ann's second", 1, 2)
	p.set(ann, "ann's third", 2, 1)
}

func exists[T any](p *program[T], ann, bob *coodie.Table[T]) {
	set := func(table *coodie.Table[T], name string) {
		res, err := p.find(table).IfExists().Update(context.Background(), coodie.AnyCol(table, "log").Add([]string{name}))
		p.tell(name, res.Applied, err)
	}
	p.x.Meanwhile("bob wrote", func() { set(bob, p.bob()) })
	set(ann, "ann's first")
	set(ann, "ann's second")
}

func mutates[T any](p *program[T], ann, bob *coodie.Table[T]) {
	count := func(table *coodie.Table[T], name string) {
		res, err := p.find(table).Mutate(context.Background(), func(_ context.Context, r *T) error {
			switch r := any(r).(type) {
			case *slotted:
				r.V++
				r.Log = append(r.Log, name)
			case *versioned:
				r.V++
				r.Log = append(r.Log, name)
			case *clustered:
				r.V++
				r.Log = append(r.Log, name)
			}
			return nil
		})
		p.tell(name, res.Changed, err)
	}
	p.x.Meanwhile("bob counted", func() { count(bob, p.bob()) })
	count(ann, "ann's first")
	count(ann, "ann's second")
}

func batches[T any](p *program[T], ann, bob *coodie.Table[T]) {
	set := func(table *coodie.Table[T], name string, from, to int) {
		v, log := coodie.AnyCol(table, "v"), coodie.AnyCol(table, "log")
		batch := p.dbs[table].Batch()
		h := p.find(table).If(v.Eq(from)).UpdateIn(batch, v.Set(to))
		p.find(table).UpdateIn(batch, log.Add([]string{name}))
		err := batch.Exec(context.Background())
		res, _ := h.Result()
		p.tell(name, res.Applied, err)
	}
	p.x.Meanwhile("bob set it back", func() { set(bob, p.bob(), 2, 1) })
	set(ann, "ann's first", 1, 2)
	set(ann, "ann's second", 1, 2)
}

// Rows of a partition that has the slots come and go: what a client was told is what the log of another row says.
func comesAndGoes(p *program[clustered], ann, bob *coodie.Table[clustered]) {
	log := coodie.AnyCol(ann, "log")
	v := coodie.AnyCol(ann, "v")
	row := func(table *coodie.Table[clustered], no int) *coodie.QuerySet[clustered] {
		return table.Find(coodie.AnyCol(table, "id").Eq("a"), coodie.AnyCol(table, "no").Eq(no))
	}
	insert := func(table *coodie.Table[clustered], name string) {
		batch := p.dbs[table].Batch()
		h := table.Find().IfNotExists().CreateIn(batch, clustered{ID: "a", No: 2, V: 1})
		row(table, 1).UpdateIn(batch, log.Add([]string{name}))
		err := batch.Exec(context.Background())
		res, _ := h.Result()
		p.tell(name, res.Applied, err)
	}
	remove := func(table *coodie.Table[clustered], name string) {
		batch := p.dbs[table].Batch()
		h := row(table, 2).If(v.Eq(1)).DeleteIn(batch)
		row(table, 1).UpdateIn(batch, log.Add([]string{name}))
		err := batch.Exec(context.Background())
		res, _ := h.Result()
		p.tell(name, res.Applied, err)
	}
	p.x.Meanwhile("bob deleted it", func() { remove(bob, p.bob()) })
	p.x.Meanwhile("bob inserted it", func() { insert(bob, p.bob()) })
	insert(ann, "ann's insert")
	remove(ann, "ann's delete")
	insert(ann, "ann's second insert")
}

// The same by writes that stand alone: whoever else deletes or inserts the row in between, nobody is told wrongly
// or nothing.
func alone(p *program[clustered], ann, bob *coodie.Table[clustered]) {
	ctx := context.Background()
	there := false
	p.x.Check(func() {
		rows := p.x.Server().MustRows("SELECT no FROM t WHERE id = 'a' AND no = 2")
		if (len(rows) > 0) != there {
			p.x.Errorf("the row is there: %v, and what was told: %v", len(rows) > 0, there)
		}
	})
	row := func(table *coodie.Table[clustered]) *coodie.QuerySet[clustered] {
		return table.Find(coodie.AnyCol(table, "id").Eq("a"), coodie.AnyCol(table, "no").Eq(2))
	}
	done := func(what string, res coodie.LWTResult[clustered], err error, applied bool) {
		if err != nil && !errors.Is(err, coodie.ErrOutcomeUnknown) {
			p.x.SkipNow() // it was not sent
		}
		if err != nil || res.Applied != applied {
			p.x.Errorf("%s: %v, %v", what, res, err)
		}
	}
	res, err := ann.New(clustered{ID: "a", No: 2, V: 1}).Insert(ctx)
	done("insert", res, err, true)
	there = true
	res, err = row(ann).IfExists().Update(ctx, coodie.AnyCol(ann, "v").Set(2))
	done("update", res, err, true)
	res, err = ann.New(clustered{ID: "a", No: 2, V: 3}).Insert(ctx)
	done("second insert", res, err, false)
	if err == nil && res.Existing.Value.V != 2 {
		p.x.Errorf("the row that refused it: %v", res.Existing.Map())
	}
	res, err = row(bob).If(coodie.AnyCol(bob, "v").Eq(2)).Delete(ctx)
	done("delete", res, err, true)
	there = false
	res, err = row(ann).IfExists().Delete(ctx)
	done("second delete", res, err, false)
}

const (
	insertRow       = "INSERT INTO t (id, v) VALUES ('a', 1)"
	insertVersioned = "INSERT INTO t (id, v, version) VALUES ('a', 1, 1)"
	insertClustered = "INSERT INTO t (id, no, v) VALUES ('a', 1, 1)"
)

func one[T any](t *coodie.Table[T]) *coodie.QuerySet[T] {
	return t.Find(coodie.AnyCol(t, "id").Eq("a"))
}

func first(t *coodie.Table[clustered]) *coodie.QuerySet[clustered] {
	return t.Find(coodie.AnyCol(t, "id").Eq("a"), coodie.AnyCol(t, "no").Eq(1))
}

// Whatever request fails, in whatever way: each write was executed as often as its caller was told, and
// none of them is left open.
func TestExplore(t *testing.T) {
	for name, test := range map[string]func(*explore.T){
		"updates":                                explored(updates[slotted], insertRow, one[slotted]),
		"if exists":                              explored(exists[slotted], insertRow, one[slotted]),
		"mutate":                                 explored(mutates[slotted], insertRow, one[slotted]),
		"mutate, versioned":                      explored(mutates[versioned], insertVersioned, one[versioned]),
		"batches":                                explored(batches[slotted], insertRow, one[slotted]),
		"static, updates":                        explored(updates[clustered], insertClustered, first),
		"static, inserts and deletes in batches": explored(comesAndGoes, insertClustered, first),
		"static, inserts and deletes":            explored(alone, insertClustered, first),
		"static, if exists":                      explored(exists[clustered], insertClustered, first),
		"static, mutate":                         explored(mutates[clustered], insertClustered, first),
	} {
		for _, dialect := range []cqltest.Dialect{cqltest.Cassandra, cqltest.Scylla} {
			t.Run(fmt.Sprintf("%s, %v", name, dialect), func(t *testing.T) {
				explore.Run(t, test, explore.With(cqltest.WithDialect(dialect)), explore.Only(cqltest.On(cqltest.Conditional)), explore.Budget(budget()))
			})
		}
	}
}

// Each of these ways to fail leaves a write open, or has it told wrongly, where there are no slots.
func TestWithoutSlots(t *testing.T) {
	for _, way := range []explore.Way{explore.Late, explore.VeryLate, explore.Lost, explore.Timeout, explore.Cut, explore.Down, explore.Failure} {
		r, err := explore.Find(t, explored(updates[row], insertRow, one[row]), explore.Ways(way))
		require.NoError(t, err)
		require.NotNil(t, r.Failure, way)
	}
}

// budget is how many schedules of several faults are tried.
func budget() int {
	if os.Getenv("COODIE_LONG") != "" {
		return 2000
	}
	return 60
}

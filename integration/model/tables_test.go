package model_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

// A table is put together from these parts. Every one has Key and Cells.
type (
	Key struct {
		P string `cql:"p,partition"`
		C int    `cql:"c,clustering"`
	}
	Cells struct {
		N     *int  `cql:"n"`
		Z     int   `cql:"z"`
		Pair  *Pair `cql:"pair,tuple"`
		Addr  *Addr `cql:"addr"`
		Fixed *Addr `cql:"fixed,frozen"`
		L     []int `cql:"l"`
	}
	Statics struct {
		Total int     `cql:"total,static"`
		Label *string `cql:"label,static"`
	}
	Version struct {
		Version int64 `cql:"version,version"`
	}
	Attempt struct {
		Attempt gocql.UUID `cql:"attempt,attempt"`
	}
)

type Pair struct{ X, Y *int }

// Addr is the type that grows: see grow.
type Addr struct {
	A *int `cql:"a"`
	B *int `cql:"b"`
}

// The tables.
type (
	bare struct {
		Key
		Cells
	}
	static struct {
		Key
		Cells
		Statics
	}
	attempt struct {
		Key
		Cells
		Attempt
	}
	staticAttempt struct {
		Key
		Cells
		Statics
		Attempt
	}
	version struct {
		Key
		Cells
		Version
	}
	staticVersion struct {
		Key
		Cells
		Statics
		Version
	}
	versionAttempt struct {
		Key
		Cells
		Version
		Attempt
	}
	staticVersionAttempt struct {
		Key
		Cells
		Statics
		Version
		Attempt
	}
)

// full is a row of any of the tables.
type full struct {
	Key
	Cells
	Statics
	Version
	Attempt
}

// widen makes a full of a row of some table.
func widen(row any) (f full) {
	v := reflect.ValueOf(row)
	for i := range v.NumField() {
		reflect.ValueOf(&f).Elem().FieldByName(v.Type().Field(i).Name).Set(v.Field(i))
	}
	return f
}

// narrow makes a row of some table of a full.
func narrow[T any](f full) (row T) {
	v := reflect.ValueOf(&row).Elem()
	for i := range v.NumField() {
		v.Field(i).Set(reflect.ValueOf(f).FieldByName(v.Type().Field(i).Name))
	}
	return row
}

// column is one that programs write.
type column struct {
	name, field string
	static      bool
}

var columns = []column{
	{"n", "N", false}, {"z", "Z", false}, {"pair", "Pair", false}, {"addr", "Addr", false}, {"fixed", "Fixed", false}, {"l", "L", false},
	{"total", "Total", true}, {"label", "Label", true},
}

func (c column) String() string { return c.name }

func (c column) of(f *full) reflect.Value { return reflect.ValueOf(f).Elem().FieldByName(c.field) }

// setting is a column and a value of its field's type.
type setting struct {
	column column
	value  any
}

func (s setting) String() string {
	return fmt.Sprint(s.column.name, "=", cellsOf(s.column.name, s.value))
}

// The conditions of a write.
type condition int

const (
	plain condition = iota
	ifExists
	ifUnchanged
	ifHolds // act.conds
)

// The writes.
type verb int

const (
	insert verb = iota
	save
	saveSome // Save with OmitNil
	update
	replace
	remove
	removeColumns
)

// act is a write of a document or of a selection.
type act struct {
	verb   verb
	on     condition
	conds  []setting
	sets   []setting // of update, and the columns of removeColumns
	allow  bool      // AllowCreate
	ttl    time.Duration
	create *full // the row that a selection inserts
}

// row is the whole row that the write writes.
func (a act) row(d *held) *full {
	if a.create != nil {
		return a.create
	}
	return &d.value
}

// asks reports whether one of the conditions is on the column.
func (a act) asks(column string) bool {
	return slices.ContainsFunc(a.conds, func(s setting) bool { return s.column.name == column })
}

// stores reports whether the write of a document stores a version, where there is one.
func (a act) stores() bool {
	return a.verb != remove && (a.verb != removeColumns || slices.ContainsFunc(a.sets, func(s setting) bool { return !s.column.static }))
}

func (a act) String() string {
	verbs := []string{"insert", "save", "save what is not nil of", "update", "replace", "delete", "delete columns of"}
	conditions := []string{"", " if it exists", " if it is unchanged", " if"}
	return fmt.Sprint(verbs[a.verb], " the row", conditions[a.on], " ", a.conds, ": ", a.sets, " ", a.ttl)
}

// answer is what a write has answered; applied: true of a plain one.
type answer struct {
	applied    bool
	conditions []coodie.JudgedCondition
	err        error
}

// mutated is what Mutate has answered.
type mutated struct {
	value    full
	changed  bool
	created  bool
	refused  int
	attempts int
	err      error
}

// mutation is a call of Mutate.
type mutation struct {
	only, without []column
	create        bool
	ttl           time.Duration
	change        func(ctx context.Context, row *full) error
}

// rowOf is a document or a selection, of any table.
type rowOf struct {
	do     func(context.Context, act) answer
	mutate func(context.Context, mutation) mutated
	value  func() full // of a document
	set    func(full)
	// in adds a write to a batch. Its answer is there once the batch is done.
	in func(*coodie.Batch, act) func() answer
}

// client is a table on one session.
type client struct {
	batch func() *coodie.Batch
	hold  func(full) rowOf
	find  func(p string, c int) rowOf
	whole func(p string) rowOf
	// create inserts a row by IF NOT EXISTS of a selection.
	create func(context.Context, full, time.Duration) answer
	get    func(ctx context.Context, p string, c int) (full, error)
}

// kind is one of the tables.
type kind struct {
	name                        string
	versioned, attempts, static bool
	create                      func(context.Context, *coodie.DB) error
	open                        func(*coodie.DB) (client, error)
}

func (k kind) columns() (out []column) {
	for _, c := range columns {
		if k.static || !c.static {
			out = append(out, c)
		}
	}
	return out
}

func kindOf[T any](name string) kind {
	has := func(field string) bool { _, ok := reflect.TypeFor[T]().FieldByName(field); return ok }
	open := func(db *coodie.DB) (*coodie.Table[T], error) { return coodie.Open[T](db, coodie.WithTable(name)) }
	return kind{
		name: name, versioned: has("Version"), attempts: has("Attempt"), static: has("Statics"),
		create: func(ctx context.Context, db *coodie.DB) error {
			t, err := open(db)
			if err == nil {
				err = coodie.Schema(db, t).Create(ctx)
			}
			return err
		},
		open: func(db *coodie.DB) (client, error) {
			t, err := open(db)
			if err != nil {
				return client{}, err
			}
			return clientOf(db, t), nil
		},
	}
}

var kinds = []kind{
	kindOf[bare]("bare"), kindOf[static]("statics"), kindOf[attempt]("attempt"), kindOf[staticAttempt]("static_attempt"),
	kindOf[version]("version"), kindOf[staticVersion]("static_version"), kindOf[versionAttempt]("version_attempt"),
	kindOf[staticVersionAttempt]("static_version_attempt"),
}

func clientOf[T any](db *coodie.DB, t *coodie.Table[T]) client {
	at := func(p string, c int) *coodie.QuerySet[T] {
		return t.Find(coodie.AnyCol(t, "p").Eq(p), coodie.AnyCol(t, "c").Eq(c))
	}
	return client{
		batch: func() *coodie.Batch { return db.Batch() },
		hold:  func(f full) rowOf { return documentOf(t, t.New(narrow[T](f))) },
		find:  func(p string, c int) rowOf { return selectionOf(t, at(p, c)) },
		whole: func(p string) rowOf { return selectionOf(t, t.Find(coodie.AnyCol(t, "p").Eq(p))) },
		create: func(ctx context.Context, f full, ttl time.Duration) answer {
			c := t.Find().IfNotExists()
			if ttl > 0 {
				c = c.With(coodie.WithTTL(ttl))
			}
			return answered(c.Create(ctx, narrow[T](f)))
		},
		get: func(ctx context.Context, p string, c int) (full, error) {
			row, err := at(p, c).With(coodie.WithLinearizable()).Get(ctx)
			return widen(row), err
		},
	}
}

func documentOf[T any](t *coodie.Table[T], d *coodie.Document[T]) rowOf {
	conditional := func(a act) coodie.ConditionalWrite[T] {
		switch a.on {
		case ifExists:
			return d.IfExists()
		case ifUnchanged:
			return d.IfUnchanged()
		}
		return d.IfAll(conditions(t, a.conds))
	}
	return rowOf{
		do: func(ctx context.Context, a act) answer {
			w := d.With(coodie.WithOmitNil()) // which concerns Save alone
			switch {
			case a.verb == save && a.ttl > 0:
				return answer{true, nil, d.With(coodie.WithTTL(a.ttl)).Save(ctx)}
			case a.verb == save:
				return answer{true, nil, d.Save(ctx)}
			case a.ttl > 0:
				w = w.With(coodie.WithTTL(a.ttl))
			}
			switch {
			case a.verb == insert:
				return answered(w.Insert(ctx))
			case a.verb == saveSome:
				return answer{true, nil, w.Save(ctx)}
			case a.on != plain:
				return conditionally(ctx, t, conditional(a), a)
			case a.verb == update:
				return answer{true, nil, w.Update(ctx, assignments(t, a.sets)...)}
			case a.verb == removeColumns:
				return answer{true, nil, d.DeleteColumns(ctx, targets(t, a.sets)...)}
			}
			return answer{true, nil, d.Delete(ctx)}
		},
		mutate: func(ctx context.Context, m mutation) mutated {
			return mutatedBy(d.Mutate(ctx, changing[T](m), options(m)...))
		},
		value: func() full { return widen(d.Value) },
		set:   func(f full) { d.Value = narrow[T](f) },
		in: func(b *coodie.Batch, a act) func() answer {
			w := d.With(coodie.WithOmitNil()) // which concerns Save alone
			if a.verb == save {
				w = d.With(coodie.WithIdempotent(false))
			}
			if a.ttl > 0 {
				w = w.With(coodie.WithTTL(a.ttl))
			}
			if a.on == plain && a.verb != insert {
				switch a.verb {
				case save, saveSome:
					w.SaveIn(b)
				case update:
					w.UpdateIn(b, assignments(t, a.sets)...)
				case removeColumns:
					w.DeleteColumnsIn(b, targets(t, a.sets)...)
				default:
					w.DeleteIn(b)
				}
				return func() answer { return answer{applied: true} }
			}
			var h *coodie.Handle[T]
			if a.verb == insert {
				h = w.InsertIn(b)
				return func() answer { return answered(h.Result()) }
			}
			c := conditional(a)
			if a.ttl > 0 {
				c = c.With(coodie.WithTTL(a.ttl))
			}
			switch a.verb {
			case update:
				h = c.UpdateIn(b, assignments(t, a.sets)...)
			case replace:
				h = c.ReplaceIn(b)
			case removeColumns:
				h = c.DeleteColumnsIn(b, targets(t, a.sets)...)
			default:
				h = c.DeleteIn(b)
			}
			return func() answer { return answered(h.Result()) }
		},
	}
}

func selectionOf[T any](t *coodie.Table[T], q *coodie.QuerySet[T]) rowOf {
	return rowOf{
		do: func(ctx context.Context, a act) answer {
			switch {
			case a.on == ifExists:
				return conditionally(ctx, t, q.IfExists(), a)
			case a.on == ifHolds:
				return conditionally(ctx, t, q.IfAll(conditions(t, a.conds)), a)
			case a.verb == update && a.ttl > 0:
				return answer{true, nil, q.With(coodie.WithTTL(a.ttl)).Update(ctx, assignments(t, a.sets)...)}
			case a.verb == update:
				return answer{true, nil, q.Update(ctx, assignments(t, a.sets)...)}
			case a.verb == removeColumns:
				return answer{true, nil, q.DeleteColumns(ctx, targets(t, a.sets)...)}
			}
			return answer{true, nil, q.Delete(ctx)}
		},
		mutate: func(ctx context.Context, m mutation) mutated {
			q := q
			if m.ttl > 0 {
				q = q.With(coodie.WithTTL(m.ttl))
			}
			switch {
			case m.only != nil:
				all := columnsOf(t, m.only)
				q = q.Only(all[0], all[1:]...)
			case m.without != nil:
				all := columnsOf(t, m.without)
				q = q.Defer(all[0], all[1:]...)
			}
			return mutatedBy(q.Mutate(ctx, changing[T](m), options(m)...))
		},
	}
}

func conditionally[T any](ctx context.Context, t *coodie.Table[T], c coodie.ConditionalWrite[T], a act) answer {
	if a.ttl > 0 {
		c = c.With(coodie.WithTTL(a.ttl))
	}
	if a.allow {
		c = c.AllowCreate()
	}
	switch a.verb {
	case update:
		return answered(c.Update(ctx, assignments(t, a.sets)...))
	case replace:
		return answered(c.Replace(ctx))
	case removeColumns:
		return answered(c.DeleteColumns(ctx, targets(t, a.sets)...))
	}
	return answered(c.Delete(ctx))
}

func answered[T any](res coodie.LWTResult[T], err error) answer {
	return answer{res.Applied, res.Conditions(), err}
}

func mutatedBy[T any](res coodie.MutateResult[T], err error) mutated {
	return mutated{widen(res.Value), res.Changed, res.Created, res.Refused, res.Attempts, err}
}

func changing[T any](m mutation) func(context.Context, *T) error {
	return func(ctx context.Context, row *T) error {
		f := widen(*row)
		err := m.change(ctx, &f)
		*row = narrow[T](f)
		return err
	}
}

func options(m mutation) []coodie.MutateOption {
	if m.create {
		return []coodie.MutateOption{coodie.OrCreate()}
	}
	return nil
}

func conditions[T any](t *coodie.Table[T], conds []setting) (out []coodie.Cond[T]) {
	for _, s := range conds {
		out = append(out, coodie.AnyCol(t, s.column.name).Eq(s.value))
	}
	return out
}

func assignments[T any](t *coodie.Table[T], sets []setting) (out []coodie.Assign[T]) {
	for _, s := range sets {
		out = append(out, coodie.AnyCol(t, s.column.name).Set(s.value))
	}
	return out
}

func targets[T any](t *coodie.Table[T], sets []setting) (out []coodie.Target[T]) {
	for _, s := range sets {
		out = append(out, coodie.AnyCol(t, s.column.name))
	}
	return out
}

func columnsOf[T any](t *coodie.Table[T], columns []column) (out []coodie.Target[T]) {
	for _, c := range columns {
		out = append(out, coodie.AnyCol(t, c.name))
	}
	return out
}

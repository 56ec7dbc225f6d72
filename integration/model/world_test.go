package model_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/coodie-go/coodie"
)

// world is one program's: two clients, a partition, and what it should hold.
type world struct {
	*rapid.T
	*server
	ctx     context.Context
	kind    kind
	clients [2]client
	p       string
	part    *partition
	docs    []*held
	columns []column // that the program writes
	verbs   []string
}

// held is a document that a client holds, which may be stale.
type held struct {
	client, c int
	row       rowOf
	value     full   // what its Value should be
	statics   full   // the static columns as it has seen them
	write     int    // which has given the row the version that it holds; 0: it holds none
	proof     column // proves a row without a version; none: ""
}

// hold makes a document of a row, of which write is known.
func (w *world) hold(x, c int, value full, write int) *held {
	d := &held{client: x, c: c, row: w.clients[x].hold(value), value: value}
	d.sees(w, write)
	w.docs = append(w.docs, d)
	return d
}

// sees makes the row as Value is now the one that the document has seen.
func (d *held) sees(w *world, write int) {
	d.statics, d.write, d.proof = d.value, write, column{}
	if write != 0 {
		return
	}
	for _, col := range slices.Backward(w.kind.columns()) {
		if v := col.of(&d.value); !col.static && !v.IsZero() {
			d.proof = col
		}
	}
}

// between draws one of the numbers, each as often: rapid's own generators prefer small ones.
func between(t *rapid.T, text string, least, most int) int {
	return rapid.Custom(func(t *rapid.T) int {
		n := 0
		for range bits.Len(uint(most-least)) + 3 {
			n *= 2
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return least + n%(most-least+1)
	}).Draw(t, text)
}

func from[V any](t *rapid.T, text string, of []V) V { return of[between(t, text, 0, len(of)-1)] }

func (w *world) draw(text string, of ...any) any { return from(w.T, text, of) }

// one is true in one of so many draws.
func (w *world) one(text string, of int) bool { return between(w.T, text, 1, of) == of }

// value draws a value of a column's field. Empties are values of nothing but nulls.
func (w *world) value(col column, empties bool) any {
	one, two, empty := 1, 2, ""
	x := "x"
	switch col.name {
	case "n":
		return w.draw("n", (*int)(nil), &one, &two)
	case "z", "total":
		return w.draw(col.name, 0, 1, 2)
	case "pair":
		if empties && w.one("empty", 4) {
			return &Pair{}
		}
		return w.draw("pair", (*Pair)(nil), &Pair{&one, nil}, &Pair{&one, &two})
	case "addr":
		if empties && w.one("empty", 4) {
			return &Addr{}
		}
		return w.draw("addr", (*Addr)(nil), &Addr{&one, nil}, &Addr{&two, &one})
	case "fixed":
		return w.draw("fixed", (*Addr)(nil), &Addr{}, &Addr{&one, nil}, &Addr{&one, &two})
	case "l":
		return w.draw("l", []int(nil), []int{1}, []int{1, 2})
	}
	return w.draw("label", (*string)(nil), &empty, &x)
}

// some draws a few of the columns.
func (w *world) some(of []column) []column {
	all := rapid.Permutation(of).Draw(w.T, "columns")
	return all[:between(w.T, "how many", 1, min(2, len(all)))]
}

func only(columns []column, static bool) []column {
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.static != static })
}

func (w *world) settings(columns []column, empties bool) (out []setting) {
	for _, col := range columns {
		out = append(out, setting{col, w.value(col, empties)})
	}
	return out
}

// condition draws a condition on one of the columns, which is not on null. Often it is what a
// document holds.
func (w *world) condition(of []column) []setting {
	for range 5 {
		col := from(w.T, "if", of)
		v := w.value(col, false)
		if len(w.docs) > 0 && !w.one("other", 3) {
			v = col.of(&from(w.T, "held", w.docs).value).Interface()
		}
		if len(cellsOf(col.name, v)) > 0 {
			return []setting{{col, v}}
		}
	}
	for _, col := range columns {
		if col.static == of[0].static && (col.name == "z" || col.name == "total") {
			return []setting{{col, 1}}
		}
	}
	panic("no column that is never null")
}

func (w *world) place() int { return between(w.T, "row", 1, 2) }

func (w *world) lives() time.Duration {
	if w.one("ttl", 4) {
		return lifetime
	}
	return 0
}

// lifetime is every TTL, and less than pass waits.
const lifetime = 100 * time.Second

// sync compares the partition with what the server stores.
func (w *world) sync() {
	found, err := stored(w.raw, w.kind.name, w.p)
	require.NoError(w, err)
	require.NoError(w, w.part.adopt(found))
	require.Equal(w, w.part.flat(), found, "what the server stores")
}

// outcome is how a write should end.
type outcome string

const (
	applied   outcome = "applied"
	refused   outcome = "refused"
	usage     outcome = "a usage error"
	unguarded outcome = "ErrCannotGuard"
)

func (a answer) outcome() outcome {
	var bad *coodie.Error
	switch {
	case errors.Is(a.err, coodie.ErrCannotGuard):
		return unguarded
	case errors.As(a.err, &bad) && bad.Kind == coodie.KindUsage:
		return usage
	case a.err != nil:
		return outcome(a.err.Error())
	case a.applied:
		return applied
	}
	return refused
}

// unchanged is what the guard of a document should say.
func (w *world) unchanged(d *held) outcome {
	r := w.part.row(d.c)
	all := w.kind.columns()
	statics := only(all, true)
	switch {
	case d.write == 0 && d.proof.name == "":
		return unguarded
	case r == nil || r.write != d.write:
		return refused
	case d.write == 0 && !maps.Equal(shown(d.statics, all), view(w.part.values(d.c), all)):
		return refused // no version proves the other columns
	case !maps.Equal(shown(d.statics, statics), view(w.part.values(d.c), statics)):
		return refused
	}
	return applied
}

// predict says how a write should end; d is nil for that of a selection.
func (w *world) predict(d *held, c int, a act) outcome {
	guarded := d != nil && w.kind.versioned && !a.asks("version")
	switch {
	case a.verb == insert && w.part.row(c) == nil:
		return applied
	case a.verb == insert:
		return refused
	case a.on == plain && w.kind.versioned, a.on == ifUnchanged && !w.kind.versioned:
		return usage
	case a.on == plain:
		return applied
	}
	end := applied
	if guarded {
		end = w.unchanged(d)
	} else if a.on == ifExists && w.part.row(c) == nil {
		end = refused
	}
	for _, s := range a.conds {
		if end == applied && !maps.Equal(cellsOf(s.column.name, s.value), w.part.of(s.column, c)) {
			end = refused
		}
	}
	return end
}

// carryOut does to the partition what an applied write does.
func (w *world) carryOut(d *held, c int, a act) {
	sets, regular := a.sets, false
	all := w.kind.columns()
	switch a.verb {
	case insert, save, saveSome, replace:
		sets = nil
		for _, col := range all {
			v := col.of(a.row(d))
			switch {
			case a.verb != save && a.verb != replace && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) && v.IsNil():
			case a.verb == replace && w.kind.versioned && col.static && reflect.DeepEqual(v.Interface(), col.of(&d.statics).Interface()):
			default:
				sets = append(sets, setting{col, v.Interface()})
			}
		}
		regular = true
		if a.verb != replace {
			w.part.bear(c, a.ttl)
		}
	case remove:
		delete(w.part.rows, c)
		return
	}
	for _, s := range sets {
		regular = regular || !s.column.static
	}
	guarded := d != nil && w.kind.versioned
	stores := regular || guarded && a.verb != removeColumns
	by := writing{c: c, ttl: a.ttl, versions: stores && w.kind.versioned, attempts: stores && w.kind.attempts}
	if a.verb == removeColumns {
		var names []string
		for i := range sets {
			names = append(names, sets[i].column.name)
			sets[i].value = reflect.Zero(sets[i].column.of(&full{}).Type()).Interface()
		}
		if a.on == plain && by.attempts {
			names, by.attempts = append(names, "attempt"), false
		}
		w.part.clear(c, names...)
		if by.versions || by.attempts {
			w.part.set(by, nil)
		}
	} else {
		w.part.set(by, sets)
	}
	if d == nil {
		return
	}
	for _, s := range sets {
		s.column.of(&d.value).Set(reflect.ValueOf(s.value))
		if s.column.static {
			s.column.of(&d.statics).Set(reflect.ValueOf(s.value))
		}
	}
	if a.verb == insert {
		d.statics = d.value
	}
	if by.versions {
		d.write = w.part.row(c).write
	}
}

// perform does a write, and checks how it ends.
func (w *world) perform(d *held, target rowOf, c int, a act) {
	want := w.predict(d, c, a)
	w.Logf("row %d: %v: %s", c, a, want)
	got := target.do(w.ctx, a)
	if want == applied && got.outcome() == refused && w.inexact(d) {
		want = refused
	}
	require.Equal(w, want, got.outcome(), "the outcome; conditions: %v, %v", got.conditions, got.err)
	if want == applied {
		w.carryOut(d, c, a)
	}
	if want == refused && a.verb != insert {
		holds := func(c coodie.JudgedCondition) bool { return c.Held }
		require.False(w, len(got.conditions) > 0 && !slices.ContainsFunc(got.conditions, func(c coodie.JudgedCondition) bool { return !holds(c) }),
			"refused, and all conditions held: %v", got.conditions)
	}
	w.sync()
	if d != nil {
		d.check(w)
	}
}

// check compares the document's Value with what it should be.
func (d *held) check(w *world) {
	value, all := d.row.value(), w.kind.columns()
	require.Equal(w, shown(d.value, all), shown(value, all), "the document's Value")
	r := w.part.row(d.c)
	if r == nil || d.write == 0 || r.write != d.write {
		return
	}
	require.Equal(w, r.cells["version"].value, fmt.Sprint(value.Version.Version), "the document's version")
	if w.kind.attempts {
		require.Equal(w, r.cells["attempt"].value, compact(value.Attempt.Attempt), "the document's attempt id")
	}
}

// doc draws a document of client x; nil if it has none.
func (w *world) doc(x int) *held {
	var of []*held
	for _, d := range w.docs {
		if d.client == x {
			of = append(of, d)
		}
	}
	if of == nil {
		return nil
	}
	return of[between(w.T, "document", 0, len(of)-1)]
}

// steps are what a program is made of. x is the client; inner: it stands in the function of a
// Mutate of the other client.
var steps map[string]func(w *world, x int, inner bool)

func init() {
	steps = map[string]func(w *world, x int, inner bool){
		"insert":  (*world).insert,
		"get":     (*world).get,
		"write":   (*world).write,
		"guarded": (*world).guarded,
		"find":    (*world).find,
		"static":  (*world).static,
		"batch":   (*world).batch,
		"mutate":  (*world).mutate,
		"pass":    (*world).pass,
		"drop":    (*world).drop,
		"legacy":  (*world).legacy,
		"grow":    (*world).grow,
	}
}

// insert is INSERT IF NOT EXISTS, of a new document or one that is held.
func (w *world) insert(x int, _ bool) {
	if d := w.doc(x); d != nil && w.one("again", 3) {
		w.perform(d, d.row, d.c, act{verb: insert, ttl: w.lives()})
		return
	}
	value := full{Key: Key{w.p, w.place()}}
	for _, s := range w.settings(w.columns, false) {
		s.column.of(&value).Set(reflect.ValueOf(s.value))
	}
	a := act{verb: insert, ttl: w.lives()}
	if w.one("create", 4) {
		a.create = &value
		w.perform(nil, rowOf{do: func(ctx context.Context, a act) answer { return w.clients[x].create(ctx, value, a.ttl) }}, value.C, a)
		return
	}
	d := w.hold(x, value.C, value, 0)
	w.perform(d, d.row, d.c, a)
}

// get reads a row, and holds it.
func (w *world) get(x int, _ bool) {
	c := w.place()
	w.Logf("row %d: client %d reads", c, x)
	value, err := w.clients[x].get(w.ctx, w.p, c)
	r := w.part.row(c)
	if r == nil {
		require.ErrorIs(w, err, coodie.ErrNotFound)
		return
	}
	require.NoError(w, err)
	require.Equal(w, view(w.part.values(c), w.kind.columns()), shown(value, w.kind.columns()), "the row as it is read")
	w.hold(x, c, value, r.write)
}

// write is a write of a document, on a condition or none.
func (w *world) write(x int, inner bool) {
	w.documentWrite(x, from(w.T, "on", []condition{plain, ifExists, ifHolds, ifUnchanged}))
}

// guarded is a write of a document if it is unchanged.
func (w *world) guarded(x int, inner bool) {
	if !w.kind.versioned {
		w.write(x, inner)
		return
	}
	w.documentWrite(x, ifUnchanged)
}

func (w *world) documentWrite(x int, on condition) {
	if d := w.doc(x); d != nil {
		a := w.act(d, on, []verb{save, saveSome, update, update, replace, remove, removeColumns})
		w.perform(d, d.row, d.c, a)
		return
	}
	w.get(x, false)
}

// act draws a write of a document.
func (w *world) act(d *held, on condition, verbs []verb) act {
	a := act{on: on, verb: from(w.T, "verb", verbs)}
	switch {
	case a.verb == insert:
		a.on = plain
	case a.verb == save || a.verb == saveSome:
		a.on = plain
	case a.on == plain && a.verb == replace:
		a.verb = update
	case a.on == ifHolds:
		a.conds = w.condition(only(w.columns, false))
		if w.kind.versioned && w.one("by version", 3) {
			a.conds = append(a.conds, w.versionOf(d))
		}
	}
	switch columns := w.some(w.columns); a.verb {
	case update, removeColumns:
		if !w.kind.versioned && len(only(columns, false)) == 0 {
			columns = append(columns, w.columns[0]) // static columns alone are of the partition
		}
		a.sets = w.settings(columns, true)
	case save, saveSome, replace:
		for _, s := range w.settings(columns, false) {
			s.column.of(&d.value).Set(reflect.ValueOf(s.value))
		}
		value := d.row.value()
		value.Cells, value.Statics = d.value.Cells, d.value.Statics
		d.row.set(value)
	}
	if a.verb != remove && a.verb != removeColumns {
		a.ttl = w.lives()
	}
	return a
}

// versionOf is the condition that the version is the one that the document holds.
func (w *world) versionOf(d *held) setting {
	return setting{column{name: "version"}, d.row.value().Version.Version}
}

// find is a write of a selection, which has no guard.
func (w *world) find(x int, _ bool) {
	c, a := w.place(), w.selectionAct(x)
	w.perform(nil, w.clients[x].find(w.p, c), c, a)
}

// selectionAct draws a write of a selection.
func (w *world) selectionAct(x int) act {
	a := act{
		on:   from(w.T, "on", []condition{plain, ifExists, ifHolds}),
		verb: from(w.T, "verb", []verb{update, update, remove, removeColumns}),
	}
	if a.on == ifHolds {
		a.conds = w.condition(only(w.columns, false))
		if statics := only(w.columns, true); len(statics) > 0 && w.one("static too", 3) {
			a.conds = append(a.conds, w.condition(statics)...)
		}
		if d := w.doc(x); d != nil && w.kind.versioned && w.one("by version", 3) {
			a.conds = append(a.conds, w.versionOf(d))
		}
	}
	if a.verb != remove {
		columns := w.some(w.columns)
		if len(only(columns, false)) == 0 {
			columns = append(columns, w.columns[0])
		}
		a.sets = w.settings(columns, true)
	}
	if a.verb == update {
		a.ttl = w.lives()
	}
	return a
}

// static is a write of the static columns alone.
func (w *world) static(x int, _ bool) {
	statics := only(w.columns, true)
	if len(statics) == 0 {
		w.find(x, false)
		return
	}
	a := act{on: ifHolds, verb: from(w.T, "verb", []verb{update, update, removeColumns}), allow: true}
	if w.one("plain", 3) {
		a.on = plain
	} else {
		a.conds = w.condition(statics)
	}
	a.sets = w.settings(w.some(statics), false)
	if a.verb == update {
		a.ttl = w.lives()
	}
	w.perform(nil, w.clients[x].whole(w.p), 0, a)
}

// batch is a batch of writes of documents. One whose writes contradict each other is refused before
// it is sent; which these are is not the model's business.
func (w *world) batch(x int, inner bool) {
	var docs []*held
	for _, d := range w.docs {
		if d.client == x {
			docs = append(docs, d)
		}
	}
	if docs == nil {
		w.get(x, inner)
		return
	}
	docs = rapid.Permutation(docs).Draw(w.T, "documents")
	docs = docs[:between(w.T, "how many", 1, min(3, len(docs)))]
	batch, ends := w.clients[x].batch(), map[outcome]bool{}
	var acts []act
	var answers []func() answer
	for _, d := range docs {
		on := []condition{plain, ifExists, ifHolds}
		if w.kind.versioned {
			on = []condition{ifUnchanged, ifUnchanged, ifExists, ifHolds}
		}
		verbs := []verb{update, update, remove, removeColumns, replace, insert}
		if !w.kind.versioned {
			verbs = append(verbs, save, saveSome)
		}
		a := w.act(d, from(w.T, "on", on), verbs)
		a.ttl = 0 // an attempt id that two writes of one row store might get either one's
		end := w.predict(d, d.c, a)
		w.Logf("row %d: client %d, in a batch: %v: %s", d.c, x, a, end)
		ends[end] = true
		acts, answers = append(acts, a), append(answers, d.row.in(batch, a))
	}
	err := batch.Exec(w.ctx)
	got := answer{err: err, applied: true}.outcome()
	for _, result := range answers {
		if end := result(); err == nil && end.outcome() != applied {
			got = end.outcome()
		}
	}
	w.Logf("the batch: %s, %v", got, err)
	switch {
	case ends[usage] || ends[unguarded]:
		require.True(w, ends[got] && got != refused && got != applied, got)
	case got == usage && len(docs) > 1:
		w.refused++
	case ends[refused], got == refused && slices.ContainsFunc(docs, w.inexact):
		require.Equal(w, refused, got)
	default:
		require.Equal(w, applied, got)
		w.taken++
		for i, d := range docs {
			w.carryOut(d, d.c, acts[i])
		}
		for i, d := range docs { // two writes of one row store one version
			if r := w.part.row(d.c); w.kind.versioned && d.write != 0 && acts[i].stores() {
				d.write = r.write
			}
		}
	}
	w.sync()
	for _, d := range docs {
		d.check(w)
	}
}

// pass lets time pass until what has a TTL is gone.
func (w *world) pass(x int, inner bool) {
	if w.forward == nil {
		w.get(x, inner)
		return
	}
	w.Logf("time passes")
	w.forward(3 * lifetime / 2)
	w.part.now += 3 * lifetime / 2
	w.part.settle()
	w.sync()
}

// execute is what another program does, without coodie.
func (w *world) execute(statement string, args ...any) {
	w.Logf("%s %v", statement, args)
	require.NoError(w, w.raw.Query(statement, args...).DefaultTimestamp(false).Consistency(gocql.Quorum).Exec())
}

// drop deletes the partition.
func (w *world) drop(x int, _ bool) {
	if !w.kind.versioned && w.one("by coodie", 2) {
		require.NoError(w, w.clients[x].whole(w.p).do(w.ctx, act{verb: remove}).err)
	} else {
		w.execute("DELETE FROM "+w.kind.name+" WHERE p = ?", w.p)
	}
	clear(w.part.rows)
	clear(w.part.statics)
	w.sync()
}

// legacy is a write of a program that knows of no version and no attempt id. It makes a row where
// there is none, and so does not pass by another client's version.
func (w *world) legacy(int, bool) {
	c, n := w.place(), between(w.T, "n", 1, 2)
	if w.part.row(c) != nil {
		return
	}
	w.execute("INSERT INTO "+w.kind.name+" (p, c, n) VALUES (?, ?, ?)", w.p, c, n)
	w.part.bear(c, 0)
	w.part.set(writing{c: c}, []setting{{columns[0], &n}})
	w.sync()
}

// grow gives the type of addr and fixed another field, and a row values for it.
func (w *world) grow(int, bool) {
	if len(w.grown) < mostGrown && (len(w.grown) == 0 || w.one("alter", 20)) {
		field := fmt.Sprint("y", len(w.grown))
		w.execute("ALTER TYPE addr ADD " + field + " int")
		w.grown = append(w.grown, field)
	}
	field, c := from(w.T, "field", w.grown), w.place()
	r := w.part.row(c)
	if r == nil {
		return
	}
	w.execute("UPDATE "+w.kind.name+" SET addr."+field+" = 7 WHERE p = ? AND c = ?", w.p, c)
	r.cells["addr."+field] = cell{"7", 0}
	if w.one("fixed", 2) {
		w.execute("UPDATE "+w.kind.name+" SET fixed = {a: 1, "+field+": 7} WHERE p = ? AND c = ?", w.p, c)
		r.cells["fixed"] = cell{compact(map[string]int{"a": 1, field: 7}), 0}
	}
	w.sync()
}

// inexact reports whether no condition of the document may match its row, since all columns are the
// condition and one holds something that the struct lacks.
func (w *world) inexact(d *held) bool {
	if d == nil || d.write != 0 || !w.kind.versioned || w.part.row(d.c) == nil {
		return false
	}
	for name, cell := range w.part.row(d.c).cells {
		if strings.HasPrefix(name, "addr.y") && cell.value != "" || name == "fixed" && strings.Contains(cell.value, `"y`) {
			return true
		}
	}
	return false
}

// mostGrown is how many fields the type gets in one run.
const mostGrown = 3

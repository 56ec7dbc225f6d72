package model_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/gocql/gocql"
	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
)

var errDeclined = errors.New("declined")

// edit is what Mutate's function does to a column: it counts on from what it is shown, or sets a value.
type edit struct {
	column column
	counts bool
	value  any
}

func (e edit) String() string {
	if e.counts {
		return e.column.name + "++"
	}
	return setting{e.column, e.value}.String()
}

func (e edit) do(f *full) {
	v := e.column.of(f)
	switch {
	case !e.counts:
		v.Set(reflect.ValueOf(e.value))
	case v.Kind() == reflect.Int:
		v.SetInt(v.Int() + 1)
	case v.IsNil():
		one := 1
		v.Set(reflect.ValueOf(&one))
	default:
		next := int(v.Elem().Int()) + 1
		v.Set(reflect.ValueOf(&next))
	}
}

// sight is what Mutate's function was shown, and what it made of it.
type sight struct {
	exists        bool
	write         int
	values        map[string]string // of all columns, as they are stored
	before, after full
	handed        bool // it was no longer so when it was shown: see ahead
}

// call is one call of Mutate.
type call struct {
	*world
	c       int
	columns []column // that the function is shown
	mutation
}

func (m *call) look(row full) *sight {
	s := &sight{values: m.part.values(m.c), before: row, after: row}
	if r := m.part.row(m.c); r != nil {
		s.exists, s.write = true, r.write
	}
	return s
}

// versioned reports whether the version guards the row.
func (s *sight) versioned() bool { return s.exists && s.write != 0 }

// same reports whether the function has changed nothing, so that nothing is written.
func (s *sight) same() bool { return s.exists && reflect.DeepEqual(s.before, s.after) }

// proven reports whether anything of what was shown proves the row.
func (m *call) proven(s *sight) bool {
	return !s.exists || s.versioned() || s.values["attempt"] != "" || slices.ContainsFunc(only(m.columns, false), func(col column) bool {
		return len(read(s.values, col)) > 0
	})
}

// read are the cells of one column, as far as they can be told from null.
func read(values map[string]string, col column) map[string]string {
	out := maps.Clone(values)
	maps.DeleteFunc(out, func(name, value string) bool { return !belongs(name, col.name) || value == nulls })
	return out
}

// outdated reports whether something has changed of what the function was shown, as far as that
// is guarded: the columns themselves only in a row without a version.
func (m *call) outdated(s *sight) bool {
	now := m.look(full{})
	for _, col := range m.columns {
		if (col.static || s.exists && !s.versioned()) && !maps.Equal(read(s.values, col), read(now.values, col)) {
			return true
		}
	}
	return s.exists != now.exists || s.write != now.write || s.values["attempt"] != now.values["attempt"]
}

// mutate is Mutate of a selection or a document, with other writes in the midst of it.
func (w *world) mutate(x int, inner bool) {
	m := call{world: w, c: w.place(), columns: w.kind.columns()}
	var d *held
	if w.one("document", 3) {
		d = w.doc(x)
	}
	target := w.clients[x].find(w.p, m.c)
	if d != nil {
		m.c, target = d.c, d.row
	} else {
		m.ttl = w.lives()
		switch some := w.some(w.columns); {
		case w.one("only", 4):
			m.only, m.columns = some, some
		case w.one("defer", 4):
			m.without = some
			m.columns = slices.DeleteFunc(slices.Clone(m.columns), func(c column) bool { return slices.Contains(some, c) })
		}
	}
	m.create = w.one("create", 2)
	declines := w.one("declines", 6)
	var edits []edit
	if of := slices.DeleteFunc(slices.Clone(w.columns), func(c column) bool { return !slices.Contains(m.columns, c) }); len(of) > 0 && !w.one("nothing", 8) {
		for _, col := range w.some(of) {
			e := edit{column: col, counts: (col.name == "n" || col.name == "z" || col.name == "total") && !w.one("sets", 3)}
			if !e.counts {
				e.value = w.value(col, true)
			}
			edits = append(edits, e)
		}
	}
	meanwhile := !inner && w.one("meanwhile", 2)
	w.Logf("row %d: client %d mutates, document %v, only %v, without %v, create %v, declines %v, meanwhile %v: %v", m.c, x, d != nil, m.only, m.without, m.create, declines, meanwhile, edits)

	ctx, ahead := w.ctx, func() *sight { return nil }
	queued := !inner && w.one("queued", 3)
	if queued {
		m.create = false
		ctx, ahead = w.ahead(x, m.c)
	}
	var last, perhaps *sight
	calls, refusals := 0, 0
	m.change = func(_ context.Context, row *full) error {
		var handed *sight
		if calls++; calls == 1 {
			handed = ahead()
		} else if guess := queued && calls == 2 && (declines || last.same() || !m.proven(last)); !guess {
			// A row that was handed on is guarded by every column, also by what has changed past the version.
			require.True(w, m.outdated(last) || calls == 2 && (queued || perhaps != nil && m.outdated(perhaps)), "called again, though nothing has changed")
			refusals++
		}
		if last = m.look(*row); handed != nil && handed.exists && m.showed(*row, handed) {
			handed.before, handed.after, handed.handed = *row, *row, true
		} else {
			handed = nil
		}
		switch {
		case handed == nil:
		case last.exists && m.showed(*row, last):
			perhaps = handed // null and zero look the same
		default:
			last = handed // of which only a write can tell that it is no longer so
		}
		if !last.handed {
			require.Equal(w, view(last.values, m.columns), shown(*row, m.columns), "what the function is shown")
		}
		for _, e := range edits {
			e.do(row)
		}
		last.after = *row
		if calls == 1 && meanwhile {
			for range between(w.T, "steps", 1, 2) {
				w.step(1-x, true)
			}
		}
		if declines {
			return errDeclined
		}
		return nil
	}
	res := target.mutate(ctx, m.mutation)
	if calls == 0 {
		ahead()
	}
	if guess := queued && calls == 1 && (declines || last.same() || !m.proven(last)); guess && !m.create && w.part.row(m.c) == nil && errors.Is(res.err, coodie.ErrNotFound) {
		w.sync() // the row that was handed on is gone, and so nothing was decided on it
		return
	}
	if perhaps != nil && calls > 1 && res.refused == refusals+1 {
		refusals++ // it was the row that was handed on, and a write has told
	}
	w.ended(&m, d, last, res, declines, refusals)
}

// ended checks how the call has ended.
func (w *world) ended(m *call, d *held, last *sight, res mutated, declines bool, refusals int) {
	now := m.look(full{})
	switch {
	case last == nil:
		require.False(w, now.exists || m.create, "never called: %v", res.err)
		require.ErrorIs(w, res.err, coodie.ErrNotFound)
		return
	case declines:
		require.False(w, last.handed, "declined what was no longer so")
		require.Equal(w, errDeclined, res.err)
		w.sync()
		return
	case last.same():
		require.False(w, last.handed, "left alone what was no longer so")
		require.NoError(w, res.err)
		require.False(w, res.changed)
		require.Equal(w, view(last.values, m.columns), shown(res.value, m.columns), "the result")
	case !m.proven(last):
		require.ErrorIs(w, res.err, coodie.ErrCannotGuard)
		w.sync()
		return
	case m.outdated(last) && !now.exists && !m.create:
		require.ErrorIs(w, res.err, coodie.ErrNotFound)
		require.Equal(w, refusals+1, res.refused)
		w.sync()
		return
	default:
		require.False(w, m.outdated(last), "applied on what was no longer so; %+v", res)
		require.NoError(w, res.err)
		require.True(w, res.changed)
		require.Equal(w, !last.exists, res.created)
		w.mutated(m, last)
		last.write = m.look(full{}).write
	}
	require.Equal(w, refusals, res.refused, "refusals")
	w.sync()
	if res.changed {
		require.Equal(w, shown(last.after, m.columns), shown(res.value, m.columns), "the result")
	}
	if d != nil {
		d.value = res.value
		d.sees(w, last.write)
		d.check(w)
	}
}

// mutated does to the partition what an applied Mutate does.
func (w *world) mutated(m *call, last *sight) {
	by := writing{c: m.c, ttl: m.ttl, versions: w.kind.versioned, attempts: w.kind.attempts, keeps: last.values["fixed"]}
	var sets []setting
	for _, col := range w.kind.columns() {
		before, after := col.of(&last.before).Interface(), col.of(&last.after).Interface()
		switch {
		case last.exists || col.static:
			if !reflect.DeepEqual(before, after) {
				sets = append(sets, setting{col, after})
			}
		case len(cellsOf(col.name, after)) > 0:
			sets = append(sets, setting{col, after})
		}
	}
	if !last.exists {
		w.part.bear(m.c, m.ttl)
	}
	w.part.set(by, sets)
}

// asked is a context that tells when it is asked for a value: a Mutate does so just before it
// queues up.
type asked struct {
	context.Context
	tell func()
}

func (a asked) Value(key any) any {
	a.tell()
	return a.Context.Value(key)
}

// ahead begins another Mutate of the row, by the same client, which ends while the one with the
// returned context waits in the queue. Then the other client may write before that one begins. finish takes
// over what both have done, and returns what was there in between, which may have been handed on.
func (w *world) ahead(x, c int) (ctx context.Context, finish func() *sight) {
	m := call{world: w, c: c, columns: w.kind.columns()}
	first, proceed := m.look(full{}), make(chan struct{})
	want := view(first.values, m.columns)
	inside, ended := make(chan struct{}, 1), make(chan mutated, 1)
	var shows map[string]string
	m.change = func(_ context.Context, row *full) error {
		shows, first.before = shown(*row, m.columns), *row
		edit{column: columns[0], counts: true}.do(row)
		first.after = *row
		inside <- struct{}{}
		<-proceed
		return nil
	}
	w.Logf("another one counts n before it")
	var next *act
	var got answer
	if w.one("between", 2) {
		a := w.selectionAct(1 - x)
		next = &a
		w.Logf("and then, before it begins, client %d does: %v", 1-x, a)
		told := func() { got = w.clients[1-x].find(w.p, c).do(w.ctx, a) }
		w.told[x].Store(&told)
	}
	go func() {
		ended <- w.clients[x].find(w.p, c).mutate(w.ctx, m.mutation)
		close(inside)
	}()
	<-inside
	// Whether it ends before or after the other one stands in the queue makes no difference to what is right.
	return asked{w.ctx, sync.OnceFunc(func() { time.AfterFunc(time.Millisecond, func() { close(proceed) }) })}, func() *sight {
		switch res := <-ended; {
		case !first.exists:
			require.ErrorIs(w, res.err, coodie.ErrNotFound)
		case !m.proven(first):
			require.ErrorIs(w, res.err, coodie.ErrCannotGuard)
		default:
			require.NoError(w, res.err)
			require.Equal(w, want, shows, "what the function is shown")
			require.Equal(w, 0, res.refused)
			w.mutated(&m, first)
			require.NoError(w, w.part.adopt(map[string]string{
				fmt.Sprint(c, " version"): fmt.Sprint(res.value.Version.Version), fmt.Sprint(c, " attempt"): compact(res.value.Attempt.Attempt),
			}))
		}
		between := m.look(full{})
		if next != nil {
			end := w.predict(nil, c, *next)
			require.Equal(w, end, got.outcome(), "%v", got.err)
			if end == applied {
				w.carryOut(nil, c, *next)
			}
		}
		w.sync()
		return between
	}
}

// showed reports whether the function was shown the row as it was then.
func (m *call) showed(row full, then *sight) bool {
	version, attempt := "0", compact(gocql.UUID{})
	if v, ok := then.values["version"]; ok {
		version = v
	}
	if id, ok := then.values["attempt"]; ok {
		attempt = id
	}
	return maps.Equal(view(then.values, m.columns), shown(row, m.columns)) &&
		version == fmt.Sprint(row.Version.Version) && attempt == compact(row.Attempt.Attempt)
}

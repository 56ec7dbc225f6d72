package explore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/coodie-go/coodie/cqltest"
)

// sighting is a point that a run came to.
type sighting struct {
	point
	said   cqltest.Statement // zero for a connection
	others int               // how many functions T.Meanwhile had registered
	strike int               // 1 + the index of the strike in the plan; 0: none
}

// held is a statement that is held up: a write that will be late, or one before which another
// client acts.
type held struct {
	x             *T
	way           Way
	waiting       bool // for release
	begun         bool
	after         int // how many statements came after it
	release, done chan struct{}
}

// run carries out the function under the plan.
func (x *T) run(test func(*T)) {
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.guard(x.start)
	if !x.Failed() {
		end := x.watch()
		x.guard(func() { test(x) })
		end()
	}
	x.heal()
	x.mu.Lock()
	checks := x.checks
	x.mu.Unlock()
	for _, check := range checks {
		if !x.Failed() && !x.Skipped() {
			x.guard(check)
		}
	}
	x.cancel()
	settle()
	for {
		x.mu.Lock()
		n := len(x.cleanups)
		var f func()
		if n > 0 {
			f = x.cleanups[n-1]
			x.cleanups = x.cleanups[:n-1]
		}
		x.mu.Unlock()
		if f == nil {
			return
		}
		x.guard(f)
	}
}

func (x *T) start() {
	replicas := min(3, x.config.nodes)
	opts := append([]cqltest.Option{
		cqltest.WithPipe(),
		cqltest.WithKeyspace(keyspace),
		cqltest.WithSchema(fmt.Sprintf("ALTER KEYSPACE %s WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': %d}", keyspace, replicas)),
	}, x.config.server...)
	x.cluster = cqltest.RunCluster(x, cqltest.Nodes(x.config.nodes, "datacenter1"), opts...)
	x.now = make([]sighting, x.config.nodes)
	x.arm()
}

// arm sets the faults. The first sees each statement and strikes none; of the others the first
// that fits strikes.
func (x *T) arm() {
	var faults []*cqltest.Fault
	for node, srv := range x.cluster.Nodes() {
		set := func(fits func(cqltest.Statement) bool, steps ...cqltest.Step) {
			faults = append(faults, srv.Fault(cqltest.On(cqltest.Any).Where(fits), steps...))
		}
		gate := do(x.releaseDue)
		set(func(s cqltest.Statement) bool { x.arrive(node, s); return false }, cqltest.LoseAnswer)
		set(func(cqltest.Statement) bool { return x.endless() }, cqltest.LoseAnswer)
		for i, f := range x.plan {
			for _, writeType := range writeTypes {
				if steps := f.way.steps(x, node, writeType); steps != nil {
					set(func(s cqltest.Statement) bool { return writeTypeOf(s) == writeType && x.strikes(node, i) }, append([]cqltest.Step{gate}, steps...)...)
				}
			}
		}
		set(func(cqltest.Statement) bool { return x.due() }, gate)
	}
	x.Cleanup(func() {
		for _, f := range faults {
			f.Remove()
		}
	})
}

// arrive takes note of a statement.
func (x *T) arrive(node int, s cqltest.Statement) {
	x.progress.Add(1)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now[node] = sighting{}
	class, ok := classOf(s)
	client, known := x.clients[s.Client.String()]
	if !ok || !known || x.over {
		return
	}
	x.statements++
	for _, h := range x.held {
		if h.waiting {
			h.after++
		}
	}
	if x.config.only != nil && len(cqltest.Log{s}.Matching(*x.config.only)) == 0 {
		return
	}
	x.now[node] = x.sight(point{client: client, class: class, table: tableOf(s)}, s)
}

// sight numbers a point and adds it to those that were seen.
func (x *T) sight(p point, s cqltest.Statement) sighting {
	x.counts[p]++
	p.n = x.counts[p]
	seen := sighting{point: p, said: s, others: len(x.others)}
	for i, f := range x.plan {
		if f.point == p && !x.struck[i] {
			seen.strike, x.struck[i] = i+1, true
			if f.way.breaks() {
				x.broken = true
				for _, client := range x.clients {
					x.settling[client] = true
				}
			}
			break
		}
	}
	x.seen = append(x.seen, seen)
	return seen
}

// strikes reports whether the ith fault strikes the statement that a node looks at.
func (x *T) strikes(node, i int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.now[node].strike == i+1
}

// manyStatements is how many a run may send: more, and it does not end.
const manyStatements = 10_000

func (x *T) endless() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.statements > manyStatements && !x.over
}

// watch ends a run that takes too long. The returned function stops watching.
func (x *T) watch() (end func()) {
	limit := x.config.limit()
	first := time.AfterFunc(limit, func() {
		x.mu.Lock()
		x.late = true
		why := fmt.Sprintf("the function has not returned within %v", limit)
		if x.statements > manyStatements {
			why = fmt.Sprintf("the function has sent more than %d statements", manyStatements)
		}
		x.mu.Unlock()
		x.fail(why)
		x.cancel()
	})
	last := time.AfterFunc(2*limit, func() {
		panic(fmt.Sprintf("explore: the function of %s does not return, although its context has been cancelled\nschedule: %s", x.config.name, x.plan))
	})
	return func() {
		first.Stop()
		last.Stop()
		x.mu.Lock()
		x.late = false
		x.mu.Unlock()
	}
}

// hold makes what holds up a write.
func (x *T) hold(way Way) *held {
	h := &held{x: x, way: way, release: make(chan struct{}), done: make(chan struct{})}
	x.held = append(x.held, h)
	return h
}

// wait begins to hold the statement up.
func (h *held) wait() {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	h.waiting = true
}

// act lets the other client act.
func (h *held) act() {
	i, _ := h.way.meanwhile()
	h.x.mu.Lock()
	h.begun = true
	var f func()
	if i < len(h.x.others) {
		f = h.x.others[i]
	}
	h.x.mu.Unlock()
	defer close(h.release)
	if f != nil {
		h.x.guard(f)
	}
}

// released waits until it is let go.
func (h *held) released() { <-h.release }

// applied says that it has been carried out.
func (h *held) applied() { close(h.done) }

func (h *held) hasBegun() bool {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	return h.begun
}

// isDue reports whether a late write is to be applied before the statement that comes now.
func (h *held) isDue() bool { return h.waiting && h.way != VeryLate && h.after > 1 }

func (x *T) due() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.ContainsFunc(x.held, (*held).isDue)
}

func (x *T) releaseDue() { x.let((*held).isDue) }

// let has the writes that fit applied now.
func (x *T) let(fits func(*held) bool) {
	x.mu.Lock()
	var now []*held
	for _, h := range x.held {
		if fits(h) {
			h.waiting = false
			now = append(now, h)
		}
	}
	x.mu.Unlock()
	for _, h := range now {
		close(h.release)
		h.end()
	}
}

// end waits until the statement has been carried out, once it is let go.
func (h *held) end() {
	<-h.release
	select {
	case <-h.done:
	case <-time.After(h.x.config.timeout()): // the server refused it
	}
}

// down stops a node for a while.
func (x *T) down(node int) {
	srv := x.cluster.Node(node)
	srv.Stop()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.over {
		x.timers = append(x.timers, time.AfterFunc(2*x.config.timeout(), srv.Resume))
	}
}

// heal ends all faults.
func (x *T) heal() {
	x.mu.Lock()
	all := x.held
	x.mu.Unlock()
	for _, h := range all {
		if h.hasBegun() {
			h.end()
		}
	}
	x.let(func(h *held) bool { return h.waiting })
	x.mu.Lock()
	x.over = true
	broken, timers := x.broken, x.timers
	x.mu.Unlock()
	for _, t := range timers {
		t.Stop()
	}
	if !broken || x.cluster == nil {
		return
	}
	for _, srv := range x.cluster.Nodes() {
		srv.Resume()
	}
	time.Sleep(x.config.timeout()) // sessions connect again
}

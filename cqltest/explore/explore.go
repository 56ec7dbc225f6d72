package explore

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie/cqltest"
)

// variable is the environment variable that holds a schedule to replay.
const variable = "COODIE_EXPLORE"

// Run explores, and fails t with the first schedule that fails, reduced. It must not be called in
// a synctest bubble.
func Run(t *testing.T, test func(*T), opts ...Option) {
	t.Helper()
	if why := bubbleless(); why != "" && !newConfig("", opts).realTime {
		t.Skip("explore: " + why + "; the option RealTime explores without them")
	}
	r, err := Find(t, test, opts...)
	switch {
	case err != nil:
		t.Fatal(err)
	case r.Failure != nil:
		t.Error(r)
	default:
		t.Log(r)
	}
}

// bubbleless says why there are no synctest bubbles; "" if there are.
func bubbleless() string {
	if raceDetector {
		return "the race detector crashes in synctest bubbles (golang/go#78156)"
	}
	if _, fork := reflect.TypeFor[gocql.ClusterConfig]().FieldByName("DisableShardAwarePort"); fork {
		return "ScyllaDB's fork of gocql shares what belongs to a synctest bubble with others, and waits for mutexes there"
	}
	return ""
}

// Find explores as [Run] does and returns what it found, so that a test can say that a program is
// wrong. An error says that nothing can fail, or that a
// schedule to replay is malformed or does not strike.
func Find(t *testing.T, test func(*T), opts ...Option) (*Report, error) {
	t.Helper()
	c := newConfig(t.Name(), opts)
	if why := bubbleless(); why != "" && !raceDetector && !c.realTime {
		return nil, errors.New("explore: " + why + "; use RealTime")
	}
	e := &explorer{config: c, t: t, test: test, report: &Report{}}
	text, replay := os.LookupEnv(variable)
	if c.replay != nil {
		text, replay = *c.replay, true
	}
	if replay {
		plan, err := parseSchedule(text)
		if err != nil {
			return nil, err
		}
		return e.report, e.replay(plan)
	}
	e.explore()
	if e.report.Points == 0 && e.report.Failure == nil {
		return nil, errors.New("explore: the function sends nothing that could fail: use the sessions of T.Session, or configurations of T.Cluster")
	}
	return e.report, nil
}

// explorer runs schedules.
type explorer struct {
	*config
	t      *testing.T
	test   func(*T)
	report *Report
}

// outcome is what came of a run.
type outcome struct {
	plan   schedule
	failed bool
	x      *T
	number int
}

// struck says how many faults of the plan struck.
func (o *outcome) struck() (n int) {
	for _, s := range o.x.struck {
		if s {
			n++
		}
	}
	return n
}

// run runs the function once.
func (e *explorer) run(plan schedule) *outcome {
	e.report.Runs++
	x := &T{TB: e.t, config: e.config, plan: plan, struck: make([]bool, len(plan)), clients: map[string]string{}, settling: map[string]bool{}, counts: map[point]int{}}
	if e.realTime {
		x.run(e.test)
	} else {
		e.inBubble(x)
	}
	for _, s := range x.seen {
		if s.class != Connection {
			e.texts[textOf(s.said)] = s.said
		}
	}
	return &outcome{plan, x.failed, x, e.report.Runs}
}

// inBubble runs x in a bubble. Goroutines that x leaves there fail it.
func (e *explorer) inBubble(x *T) {
	defer func() {
		if p := recover(); p != nil {
			x.fail(fmt.Sprintf("%v\n\n%s", p, inBubbles()))
		}
	}()
	defer x.stuck()()
	synctest.Test(e.t, func(t *testing.T) {
		x.TB = t
		x.run(e.test)
		time.Sleep(time.Minute) // in which goroutines that only sleep, as some of gocql's, come to their end
	})
}

// patience is how long, by the clock on the wall, a run may go without a statement.
const patience = time.Minute

// stuck watches, from outside of the bubble, that the run makes progress. The returned function
// stops watching.
func (x *T) stuck() (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(patience)
		defer ticker.Stop()
		for last := int64(-1); ; {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			now := x.progress.Load()
			if now == last {
				panic(fmt.Sprintf("explore: a run of %s stands still: somebody waits for a mutex, or computes, and so the bubble's clock does not move\nschedule: %s",
					x.config.name, x.plan))
			}
			last = now
		}
	}()
	return func() { close(done) }
}

// inBubbles returns the stacks of the goroutines that are left in bubbles.
func inBubbles() string {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	var left []string
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if head, _, _ := strings.Cut(stack, "\n"); strings.Contains(head, "synctest bubble") {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

func textOf(s cqltest.Statement) string { return cqltest.Log{s}.CQL()[0] }

// explore tries the schedules: none, each single fault, several.
func (e *explorer) explore() {
	base := e.run(nil)
	e.report.Points = len(base.x.seen)
	if base.failed {
		e.found(base)
		return
	}
	again := e.run(nil)
	e.report.Unstable = !slices.EqualFunc(base.x.seen, again.x.seen, func(a, b sighting) bool { return a.point == b.point })
	if again.failed {
		e.found(again)
		return
	}
	from := []*outcome{base}
	budget := e.budget
	for n := 1; n <= e.faults && len(from) > 0; n++ {
		var plans []schedule
		for _, o := range from {
			plans = append(plans, e.after(o)...)
		}
		if n > 1 {
			slices.SortFunc(plans, func(a, b schedule) int { return cmp.Compare(e.rank(a), e.rank(b)) })
			most := min(budget/(e.faults-n+1), len(plans)) // something is left for those of more faults
			e.report.LeftOut += len(plans) - most
			budget -= most
			plans = plans[:most]
		}
		from = nil
		for _, plan := range plans {
			o := e.run(plan)
			if o.failed {
				e.found(o)
				return
			}
			if n < e.faults && o.struck() == n {
				from = append(from, o)
			}
		}
	}
}

// rank is where a schedule stands among those of several faults: anywhere, but always at the same
// place, whatever others there are.
func (e *explorer) rank(s schedule) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", e.seed, s)
	return rand.New(rand.NewPCG(h.Sum64(), 0)).Uint64() // FNV mixes the last bytes badly
}

// after are the schedules that add a fault to that of a run, after its last one.
func (e *explorer) after(o *outcome) (plans []schedule) {
	seen := o.x.seen
	if n := len(o.plan); n > 0 {
		last := slices.IndexFunc(seen, func(s sighting) bool { return s.strike == n })
		seen = seen[last+1:]
	}
	for _, s := range seen {
		add := func(way Way) {
			plans = append(plans, append(slices.Clip(o.plan), strike{s.point, way}))
		}
		if s.class != Connection {
			for i := range s.others {
				add(Way(fmt.Sprint(meanwhile, i+1)))
			}
		}
		for _, w := range ways {
			if fits(w.classes, s.class) && e.tries(w.Way) {
				add(w.Way)
			}
		}
	}
	return plans
}

// found reduces a schedule that failed, and makes it the report's.
func (e *explorer) found(o *outcome) {
	for i := 0; i < len(o.plan) && len(o.plan) > 1; {
		less := e.run(slices.Delete(slices.Clone(o.plan), i, i+1))
		if less.failed {
			o = less
		} else {
			i++
		}
	}
	again := e.run(o.plan)
	if again.failed {
		again.number = o.number
		e.failed(again, true)
	} else {
		e.failed(o, false)
	}
}

func (e *explorer) failed(o *outcome, repeat bool) {
	f := &Finding{
		Schedule: o.plan.String(), Messages: o.x.messages,
		run: o.number, repeat: repeat, test: e.name, stable: !e.report.Unstable,
	}
	for _, s := range o.plan {
		f.Words = append(f.Words, s.words(o.x.othersSay))
	}
	for _, s := range o.x.seen {
		line := "  "
		if s.strike > 0 {
			line = "! "
		}
		line += s.client + ": "
		if s.class == Connection {
			line += "connects"
		} else {
			line += strings.TrimSpace(cqltest.Log{s.said}.String())
		}
		if s.strike > 0 {
			way := o.plan[s.strike-1].way
			line += "  ← " + cmp.Or(way.other(o.x.othersSay), string(way))
		}
		f.Sent = append(f.Sent, line)
	}
	e.report.Failure = f
}

// replay runs one schedule. What NotSent strikes is known by its text only, so the runs that lead
// to it come first.
func (e *explorer) replay(plan schedule) error {
	for n := range plan {
		if n == 0 || plan[n].way == NotSent {
			e.run(plan[:n])
		}
	}
	o := e.run(plan)
	e.report.Points = len(o.x.seen)
	if o.failed {
		e.failed(o, true)
		return nil
	}
	for i, struck := range o.x.struck {
		if !struck {
			return fmt.Errorf("explore: the test does not come to %q", plan[i])
		}
	}
	return nil
}

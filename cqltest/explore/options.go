package explore

import (
	"slices"
	"time"

	"github.com/coodie-go/coodie/cqltest"
)

// Option configures exploring.
type Option func(*config)

type config struct {
	name     string // of the test
	nodes    int
	server   []cqltest.Option
	ways     []Way // nil: all
	without  []Way
	only     *cqltest.Match
	faults   int
	budget   int
	seed     uint64
	replay   *string
	realTime bool
	longest  time.Duration

	texts map[string]cqltest.Statement // that were seen in any run
}

func newConfig(name string, opts []Option) *config {
	c := &config{name: name, nodes: 1, faults: 2, budget: 200, texts: map[string]cqltest.Statement{}}
	for _, o := range opts {
		o(c)
	}
	return c
}

// With adds options of the server: its schema, or its dialect. Tables are in the keyspace
// "explore", which is replicated on up to three nodes, unless their names say otherwise.
func With(opts ...cqltest.Option) Option {
	return func(c *config) { c.server = append(c.server, opts...) }
}

// Nodes sets how many nodes the cluster has. The default is one.
func Nodes(n int) Option { return func(c *config) { c.nodes = max(1, n) } }

// Budget sets how many schedules of several faults are tried, 200 by default; with [Faults] of three,
// half of them have two. Those of a single fault are all tried.
func Budget(schedules int) Option { return func(c *config) { c.budget = max(0, schedules) } }

// Faults sets how many faults a schedule has at most, 2 by default.
func Faults(n int) Option { return func(c *config) { c.faults = max(1, n) } }

// Seed chooses which schedules of several faults are tried, if the budget does not suffice for
// all. The same seed tries the same ones.
func Seed(seed uint64) Option { return func(c *config) { c.seed = seed } }

// Ways sets the ways to fail, all by default. What [T.Meanwhile] registers is tried in any case.
func Ways(ways ...Way) Option { return func(c *config) { c.ways = ways } }

// Without leaves ways to fail out.
func Without(ways ...Way) Option { return func(c *config) { c.without = append(c.without, ways...) } }

// Only has faults strike no other statements than those that m chooses, and no connections. Of m,
// only what [cqltest.On] and [cqltest.Match.Where] say counts.
func Only(m cqltest.Match) Option { return func(c *config) { c.only = &m } }

// Replay runs one schedule and no other: the text of a failure, such as "alice lwt locks 2
// applied-lost". The environment variable COODIE_EXPLORE does the same. The empty text is the
// schedule without a fault.
func Replay(schedule string) Option { return func(c *config) { c.replay = &schedule } }

// Limit sets how long the test's function may take in a run: an hour by default, of the bubble's
// time, and half a minute in [RealTime]. Then the run fails and its context is cancelled.
func Limit(d time.Duration) Option { return func(c *config) { c.longest = d } }

// RealTime explores without synctest bubbles, with the timeouts of clients at 200 ms: for code that
// cannot run in a bubble, and for the race detector. Runs then take as long as their timeouts.
func RealTime() Option { return func(c *config) { c.realTime = true } }

// tries reports whether a way to fail is tried.
func (c *config) tries(w Way) bool {
	return (c.ways == nil || slices.Contains(c.ways, w)) && !slices.Contains(c.without, w)
}

// timeout is how long clients wait for an answer.
func (c *config) timeout() time.Duration {
	if c.realTime {
		return 200 * time.Millisecond
	}
	return 5 * time.Second
}

func (c *config) limit() time.Duration {
	switch {
	case c.longest > 0:
		return c.longest
	case c.realTime:
		return 30 * time.Second
	}
	return time.Hour
}

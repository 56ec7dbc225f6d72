package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/coodie-go/coodie/integration/cassandra"
	"github.com/coodie-go/coodie/integration/proxy"
)

// Fault is a way to break the cluster.
type Fault uint8

const (
	Cut      Fault = iota // all connections to a node are cut
	Eat                   // a node executes what it is asked, and its answers get lost
	CutEach               // connections are cut as soon as a statement has been executed
	Hold                  // what is sent to a node and back arrives late
	Pause                 // a node stands still, as in a long garbage collection
	Kill                  // a node loses power, and starts again
	PauseTwo              // two nodes stand still: no quorum
	faults
)

func (f Fault) String() string {
	return [...]string{"connections cut", "answers eaten", "answers cut off", "network held up",
		"node paused", "node killed and restarted", "two nodes paused"}[f]
}

// nemesis inflicts one fault after the other, and heals each before the next.
type nemesis struct {
	ring   *Ring
	random *rand.Rand
	log    func(format string, args ...any)
	counts [faults]int
}

// run breaks the cluster until ctx ends, but every kind of fault comes at least once. The
// cluster is whole when it returns without an error.
func (n *nemesis) run(ctx context.Context) error {
	for i := 0; i < int(faults) || ctx.Err() == nil; i++ {
		time.Sleep(n.between(500*time.Millisecond, 2*time.Second))
		if err := n.inflict(Fault(i % int(faults))); err != nil {
			return err
		}
	}
	return nil
}

func (n *nemesis) between(least, most time.Duration) time.Duration {
	return least + time.Duration(n.random.Int64N(int64(most-least)))
}

func (n *nemesis) inflict(f Fault) (err error) {
	i := n.random.IntN(len(n.ring.proxies))
	p, node := n.ring.proxies[i], n.ring.Cluster.Nodes()[i]
	n.log("%s: %s", f, node.Address())
	switch f {
	case Cut:
		p.Cut(proxy.Reset)
	case Eat, CutEach:
		way := proxy.LoseAnswer
		if f == CutEach {
			way = proxy.CutAnswer
		}
		rule := p.Fault(proxy.On(proxy.Any).Chance(0.5, n.random.Uint64()), way)
		time.Sleep(n.between(200*time.Millisecond, 2*time.Second))
		rule.Remove()
	case Hold:
		p.Hold()
		time.Sleep(n.between(500*time.Millisecond, 6*time.Second))
		p.Release()
	case Pause:
		err = n.pause(n.between(500*time.Millisecond, 6*time.Second), node)
	case PauseTwo:
		err = n.pause(n.between(500*time.Millisecond, 4*time.Second), node, n.ring.Cluster.Nodes()[(i+1)%len(n.ring.proxies)])
	case Kill:
		if err = node.Kill(); err == nil {
			time.Sleep(n.between(0, 3*time.Second))
			// Not the run's context: a node that has been killed is to be there in the end.
			err = node.Restart(context.Background())
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", f, node.Address(), err)
	}
	n.counts[f]++
	return nil
}

// pause stops nodes for a while.
func (n *nemesis) pause(d time.Duration, nodes ...*cassandra.Node) error {
	for _, node := range nodes {
		defer node.Resume() // in any case
		if err := node.Pause(); err != nil {
			return err
		}
	}
	time.Sleep(d)
	for _, node := range nodes {
		if err := node.Resume(); err != nil {
			return err
		}
	}
	return nil
}
